// SPDX-License-Identifier: BSD-3-Clause
// main() of the test programs that need nothing before their cases; it yields to a main() of a program's own.
#include "catch.hpp"

int main(int argc, char** argv) { return flyover::test::run_cases(argc, argv); }
