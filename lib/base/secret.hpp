// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what a hash or a generator of numbers is keyed with, so that nobody outside can tell what it makes
// Guarantees : 64 bits of the kernel's random numbers, others at each call; a system call, so never for the packet path
#pragma once

#include <cstdint>

namespace flyover {

uint64_t secret();

}  // namespace flyover
