// SPDX-License-Identifier: BSD-3-Clause
int counter = 0;
namespace flyover {
static int hidden;
extern int elsewhere;
std::vector<int> all{1, 2};
namespace {
const char* pointer = "x";
}
struct A {
  static int shared;
};
int next() {
  static int n = 0;
  return ++n;
}
} // namespace flyover
