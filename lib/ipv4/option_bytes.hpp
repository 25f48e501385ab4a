// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : walk over a header's options; read and write what stands in them
// Guarantees : a walk yields complete options only (type, length >= 2, all of it within the header) and ends before the first
//              that is not, or at the end of the list
#pragma once

#include <cstring>

#include "net/headers.hpp"
#include "packet/worker.hpp"

namespace flyover::ipv4::options {

inline constexpr uint8_t kEnd = 0, kNoOperation = 1, kRecordRoute = 7, kTimestamp = 68, kLooseRoute = 131,
                         kCommercialSecurity = 134, kStrictRoute = 137, kRouterAlert = 148;
inline constexpr uint8_t kCopied = 0x80;  // of the type: goes into every fragment
inline constexpr uint8_t kTimesOnly = 0, kTimesAndAddresses = 1, kTimesOfGiven = 3;  // flags of a timestamp option

inline Ipv4Address load_address(const uint8_t* from) noexcept {
  Ipv4Address a;
  std::memcpy(&a, from, sizeof a);
  return a;
}
inline void store(uint8_t* to, Ipv4Address a) noexcept { std::memcpy(to, &a, sizeof a); }
inline void store(uint8_t* to, uint32_t number) noexcept {
  const Be32 wire{number};
  std::memcpy(to, &wire, sizeof wire);
}

constexpr bool is_route(uint8_t type) { return type == kLooseRoute || type == kStrictRoute; }

class Walk {
 public:
  explicit Walk(Ipv4Header& ip) : from_(ip.options()), end_(ip.payload()) {}

  class Iterator {
   public:
    Iterator(uint8_t* at, uint8_t* end) : at_(at), end_(end) { settle(); }
    uint8_t* operator*() const { return at_; }
    Iterator& operator++() {
      at_ += length_;  // as it was: the visitor may have overwritten it
      settle();
      return *this;
    }
    bool operator!=(const Iterator& o) const { return at_ != o.at_; }

   private:
    void settle() {
      while (at_ < end_ && *at_ == kNoOperation) ++at_;
      const bool whole = end_ - at_ >= 2 && *at_ != kEnd && at_[1] >= 2 && at_[1] <= end_ - at_;
      if (whole)
        length_ = at_[1];
      else
        at_ = end_;
    }
    uint8_t *at_, *end_;
    uint8_t length_ = 0;
  };
  Iterator begin() const { return {from_, end_}; }
  Iterator end() const { return {end_, end_}; }

 private:
  uint8_t *from_, *end_;
};

}  // namespace flyover::ipv4::options
