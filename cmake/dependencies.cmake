# Everything comes from the distribution's packages (tests/packages.sh lists them).
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)

# Asio, Beast and Boost.JSON are compiled once, so that headers which include them stay cheap.
file(WRITE ${CMAKE_BINARY_DIR}/boost_impl.cpp
     "#include <boost/asio/impl/src.hpp>\n#include <boost/asio/ssl/impl/src.hpp>\n#include <boost/beast/src.hpp>\n#include <boost/json/src.hpp>\n")
add_library(weir_boost STATIC ${CMAKE_BINARY_DIR}/boost_impl.cpp)
target_compile_definitions(weir_boost PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                           BOOST_ASIO_NO_DEPRECATED)
target_include_directories(weir_boost SYSTEM PUBLIC ${Boost_INCLUDE_DIRS})
target_link_libraries(weir_boost PUBLIC Threads::Threads OpenSSL::SSL)
if(WEIR_SANITIZE)
  target_compile_options(weir_boost PUBLIC -fsanitize=${WEIR_SANITIZE})
endif()
