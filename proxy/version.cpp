#include "proxy/version.hpp"

namespace proxy {

std::string_view version() noexcept { return WEIR_VERSION; }

}  // namespace proxy
