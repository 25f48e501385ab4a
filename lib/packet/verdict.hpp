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

struct [[nodiscard]] Verdict {
  Exit exit = Exit::Continue;
  uint8_t code = 0;  // DropReason, PuntReason or Lane, by exit
  constexpr bool operator==(const Verdict&) const = default;
};

constexpr Verdict go_on() { return {}; }
constexpr Verdict drop(DropReason reason) { return {Exit::Drop, static_cast<uint8_t>(reason)}; }
constexpr Verdict punt(PuntReason reason) { return {Exit::Punt, static_cast<uint8_t>(reason)}; }
constexpr Verdict divert(Lane lane) { return {Exit::Divert, static_cast<uint8_t>(lane)}; }
constexpr Verdict consumed() { return {Exit::Consumed, 0}; }

}  // namespace flyover
