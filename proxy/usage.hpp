// The help texts.
#pragma once

#include "proxy/options.hpp"

#include <string>

namespace proxy {

[[nodiscard]] std::string overview();              // weir --help: fits on one screen
[[nodiscard]] std::string usage_of(Command);       // weir <command> --help
[[nodiscard]] std::string every_flag();            // weir --help-all

}  // namespace proxy
