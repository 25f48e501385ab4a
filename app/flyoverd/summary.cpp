// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/summary.hpp"

#include <fmt/format.h>

namespace flyover::daemon {
namespace {

void add(Summary& s, const WorkerCounters& c, std::vector<uint64_t>& drops) {
  s.received += peek(c.received);
  s.injected += peek(c.injected);
  s.created += peek(c.created);
  s.sent += peek(c.sent);
  s.consumed += peek(c.consumed);
  for (const uint64_t& n : c.punt) s.punted += peek(n);
  for (size_t i = 0; i < c.drop.size(); ++i) drops[i] += peek(c.drop[i]);
}

}  // namespace

Summary summarize(control::Router& router) {
  Summary s;
  std::vector<uint64_t> drops(kDropReasons.size());
  for (uint16_t i = 0; i < router.workers(); ++i) add(s, router.worker(WorkerId(i)).counters, drops);
  add(s, router.slow_worker().counters, drops);
  for (size_t i = 0; i < drops.size(); ++i) {
    s.dropped += drops[i];
    if (drops[i]) s.reasons.emplace_back(static_cast<DropReason>(i), drops[i]);
  }
  return s;
}

// Between threads a packet is punted or sent by one and injected by the other: that traffic of our own is left out.
std::vector<std::string> Summary::lines() const {
  std::vector<std::string> out;
  out.push_back(fmt::format("{} packets received, {} made, {} sent, {} dropped, {} used up", received, created,
                            sent + punted - injected, dropped, consumed));
  for (const auto& [reason, count] : reasons)
    out.push_back(fmt::format("dropped {}: {} ({})", count, info(reason).name, info(reason).sentence));
  return out;
}

}  // namespace flyover::daemon
