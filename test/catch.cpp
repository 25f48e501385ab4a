// SPDX-License-Identifier: BSD-3-Clause
// Catch2's implementation: it takes longer to compile than all cases, so it is compiled once, without sanitizers.
#define CATCH_CONFIG_RUNNER
#include "catch.hpp"

int flyover::test::run_cases(int argc, char** argv) { return Catch::Session().run(argc, argv); }
