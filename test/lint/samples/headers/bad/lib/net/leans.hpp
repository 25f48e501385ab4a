// SPDX-License-Identifier: BSD-3-Clause
#pragma once
inline std::uint16_t port() { return 1; }
