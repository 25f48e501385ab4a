// SPDX-License-Identifier: BSD-3-Clause
// Purpose : Catch2 for all test programs; what a program of theirs with a main() of its own calls
#pragma once

#include <catch2/catch.hpp>

namespace flyover::test {

// Runs the cases linked into this program; the exit status for main().
int run_cases(int argc, char** argv);

}  // namespace flyover::test
