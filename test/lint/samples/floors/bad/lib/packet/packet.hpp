// SPDX-License-Identifier: BSD-3-Clause
#include <rte_mbuf.h>
#include <boost/asio.hpp>
#include <sys/socket.h>
