// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : reads the daemon's command line and its configuration file
// Guarantees : everything that is wrong is found at once and said in the user's words, with file and line
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flyoverd/config.hpp"

namespace flyover::daemon {

struct Start {
  Config config;
  std::vector<std::string> errors;  // empty: config is good
  bool help = false, version = false;
};

// `arguments` without the program's name. Without --config, `usual_file` is read if it is there.
Start read_options(const std::vector<std::string>& arguments, const std::string& usual_file);
std::string options_help();
std::string options_man_page();  // flyoverd.8

std::optional<std::vector<unsigned>> parse_cores(std::string_view text);  // "0,2-4"

}  // namespace flyover::daemon
