# weir_options: what every target of ours is compiled with.
add_library(weir_options INTERFACE)
target_include_directories(weir_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(weir_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                       -Wnon-virtual-dtor -Wold-style-cast
                       -Wno-missing-field-initializers)  # designated initialisers name what they set
if(WEIR_SANITIZE)
  target_compile_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=undefined)
  if(WEIR_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(weir_options INTERFACE -Wno-tsan)  # Asio's fences, which it does not understand
  endif()
  target_link_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE})
endif()

# Declares the static library of a folder: weir_library(tls SOURCES a.cpp LINKS OpenSSL::SSL)
function(weir_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(weir_${name} STATIC ${arg_SOURCES})
  add_library(weir::${name} ALIAS weir_${name})
  target_link_libraries(weir_${name} PUBLIC weir_options ${arg_LINKS})
endfunction()
