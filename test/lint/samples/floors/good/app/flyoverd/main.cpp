// SPDX-License-Identifier: BSD-3-Clause
#include <boost/asio.hpp>
#include <sys/socket.h>
#include "drivers/ethdev/port.cpp"
#include "lib/ipv4/forward.hpp"
