// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : stop at a programming error, in every build; never for anything that a peer or a user can cause
#pragma once

#include <cstdio>
#include <cstdlib>

namespace flyover {

inline void check(bool truth, const char* what, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (truth) [[likely]]
    return;
  std::fprintf(stderr, "flyover: programming error: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace flyover
