// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what a stage decides about a packet; the only way out of the line
#pragma once

#include <cstdint>

#include "packet/reasons.hpp"

namespace flyover {

enum class Exit : uint8_t {
  Continue,  // on to the next stage
  Drop,      // freed and counted under a DropReason
  Punt,      // to the control thread, by a bounded queue
  Divert,    // to a lane of this worker
  Consumed,  // the stage has taken the mbuf (transmit buffer, reassembly)
};

// One scalar, so that a stage's go_on() disappears when it is inlined (docs/performance.md).
class [[nodiscard]] Verdict {
 public:
  constexpr Verdict() = default;
  constexpr Verdict(Exit exit, uint8_t code) : bits_(static_cast<uint16_t>(static_cast<unsigned>(exit) | code << 8)) {}
  constexpr Exit exit() const { return static_cast<Exit>(bits_ & 0xff); }
  constexpr uint8_t code() const {
    return static_cast<uint8_t>(bits_ >> 8);
  }                                                      // DropReason, PuntReason or Lane, by exit
  constexpr bool goes_on() const { return bits_ == 0; }  // Continue, whose code is 0
  constexpr bool operator==(const Verdict&) const = default;

 private:
  uint16_t bits_ = 0;
};

constexpr Verdict go_on() { return {}; }
constexpr Verdict drop(DropReason reason) { return {Exit::Drop, static_cast<uint8_t>(reason)}; }
constexpr Verdict punt(PuntReason reason) { return {Exit::Punt, static_cast<uint8_t>(reason)}; }
constexpr Verdict divert(Lane lane) { return {Exit::Divert, static_cast<uint8_t>(lane)}; }
constexpr Verdict consumed() { return {Exit::Consumed, 0}; }

}  // namespace flyover
