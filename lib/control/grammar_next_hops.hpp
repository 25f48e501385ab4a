// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the words behind a route's `nexthop`, which are a small language of their own: they end the line
// Linux counterpart : iproute2's parse_nexthops
#pragma once

#include "control/grammar.hpp"

namespace flyover::control {

class NextHopWords {
 public:
  Result<> take(std::string_view word);
  Result<std::vector<WrittenNextHop>> finish();
  void suggest(Suggestions& may) const;  // what may come next

 private:
  enum class Due : uint8_t { Nothing, Via, Dev, Weight };
  Result<> set(std::string_view word);

  std::vector<WrittenNextHop> next_hops_{1};
  Due due_ = Due::Nothing;
  bool begun_ = false;  // the last one has words
};

// 1,3/2 as ids with weights.
Result<Value> parse_members(std::string_view text);

}  // namespace flyover::control
