// SPDX-License-Identifier: BSD-3-Clause
#pragma once
extern "C" {
int f(int);
}
namespace flyover {
inline constexpr int kLimit = 3;
constexpr int kRows[] = {1, 2, 3};
static const char* const kNames[] = {"a"};
extern const int kElsewhere;
template <class T>
constexpr bool is_small = sizeof(T) < 8;
struct A {
  static constexpr auto name = "a";
  static int make(int x) { return x; }
  static A of(
      int x);
  int member = 0;
};
static int helper(int x) {
  static const int table[] = {1, 2};
  int local = 0;
  return table[x] + local;
}
static_assert(kLimit == 3);
} // namespace flyover
