// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : stop at a programming error, in every build; never for anything that a peer or a user can cause
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace flyover {

inline void check(bool truth, const char* what, std::source_location at = std::source_location::current()) {
  if (truth) [[likely]]
    return;
  std::fprintf(stderr, "flyover: programming error: %s (%s:%u)\n", what, at.file_name(), at.line());
  std::abort();
}

}  // namespace flyover
