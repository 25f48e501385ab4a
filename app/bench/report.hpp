// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : flyover-bench's results for people, for programs, as a picture
#pragma once

#include <string>
#include <vector>

#include "cases.hpp"

namespace flyover::bench {

std::string as_text(const std::vector<Result>& results);
std::string as_json(const std::vector<Result>& results);
std::string as_svg(
    const std::vector<Result>& results);  // a bar per case, its target as a line, the stages as segments' legend

}  // namespace flyover::bench
