// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <cstdint>
inline std::uint16_t port() { return 1; }
