// SPDX-License-Identifier: BSD-3-Clause
// Prints the man page of the daemon, from the table of its options.
#include <cstdio>

#include "flyoverd/options.hpp"

int main() { return std::fputs(flyover::daemon::options_man_page().c_str(), stdout) < 0; }
