// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what the policy rules have said of a flow, kept by a worker for the flow's next packets
// Linux counterpart : the route cache that Linux had until 3.6; what was wrong with it is what this one must not have
// Expects           : one thread. begin() before the packets of a burst
// Guarantees        : an answer is given only in the generation (rt_genid) in which it was found, so what a change of routes or
//                     rules has made wrong is not given any more. Memory is fixed. Flows with one packet take each other's places,
//                     not those of flows that come again; where hardly any comes again the cache steps aside.
// Cost              : a hit 10 cycles; aside, a test. docs/performance.md says where it pays
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "base/secret.hpp"
#include "packet/counters.hpp"
#include "route/dst.hpp"
#include "route/flow.hpp"

namespace flyover::route {

class RouteCache {
 public:
  static constexpr uint32_t kLines = 2048, kWays = 2;
  // Of so many packets so many must be found, or the next kAside windows of packets go without.
  static constexpr uint32_t kWindow = 4096, kLeastFound = kWindow / 3, kAside = 15;

  RouteCache() : key_(secret()), lines_(std::make_unique<Line[]>(kLines)) {}

  void begin(uint32_t generation) noexcept {
    if (generation >> 16 != generation_ >> 16) [[unlikely]]
      std::fill_n(lines_.get(), kLines, Line{});  // numbers of 16 bits begin anew
    generation_ = generation;
  }

  // What is known of the flow, or what look() says, which is then known.
  template <class Look>
  const Dst& find(const Flow& flow, WorkerCounters& counters, Look&& look) noexcept {
    if (++asked_ >= kWindow) [[unlikely]]
      weigh();
    if (aside_) {
      ++counters.cache_aside;
      return look();
    }
    const Key key = key_of(flow);
    Line& line = lines_[line_of(key)];
    for (Entry& e : line.ways)
      if (e.key == key) {
        if (!(e.dst & kUsed)) e.dst |= kUsed;
        ++found_, ++counters.cache_hits;
        return *reinterpret_cast<const Dst*>(e.dst & ~kUsed);
      }
    ++counters.cache_misses;
    const Dst& dst = look();
    keep(line, key, dst);
    return dst;
  }

 private:
  using Key = std::array<uint64_t, 3>;  // a Flow, and in two bytes more the generation
  struct Entry {
    Key key{};
    uintptr_t dst = 0;  // with kUsed: the flow has come again
  };
  struct alignas(64) Line {
    std::array<Entry, kWays> ways{};
  };
  static constexpr uintptr_t kUsed = 1;
  static_assert(Flow::kBytes == sizeof(Key) - 2 && sizeof(Line) == 64);

  Key key_of(const Flow& flow) const noexcept {
    return {uint64_t{flow.to.raw()} << 32 | flow.from.raw(),
            uint64_t{flow.mark} << 32 | uint64_t{flow.in.value()} << 16 | flow.out.value(),
            uint64_t{generation_} << 48 | uint64_t{flow.source_port} << 32 | uint64_t{flow.destination_port} << 16 |
                uint64_t{flow.protocol} << 8 | flow.tos};
  }
  static uint64_t folded(uint64_t a, uint64_t b) noexcept {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  uint32_t line_of(const Key& key) const noexcept {
    const uint64_t hash = folded(key[0] ^ key_, 0x9e3779b97f4a7c15ULL);
    return static_cast<uint32_t>(folded(hash ^ key[1], key[2] << 16 ^ 0xff51afd7ed558ccdULL) >> 53);
  }
  static_assert(kLines == 1 << 11);

  // In the place of an answer of another generation, or of a flow that has not come again; if both have, they must once more.
  void keep(Line& line, const Key& key, const Dst& dst) noexcept {
    Entry &first = line.ways[++kept_ % kWays], &second = line.ways[(kept_ + 1) % kWays];
    const auto is_free = [this](const Entry& e) { return e.key[2] >> 48 != (generation_ & 0xffff); };
    const auto is_idle = [](const Entry& e) { return !(e.dst & kUsed); };
    Entry* place = is_free(first) ? &first : is_free(second) ? &second : is_idle(first) ? &first : nullptr;
    if (!place && is_idle(second)) place = &second;
    if (place) return void(*place = {key, reinterpret_cast<uintptr_t>(&dst)});
    first.dst &= ~kUsed, second.dst &= ~kUsed;
  }
  void weigh() noexcept {
    if (aside_ != 0)
      --aside_;
    else if (found_ < kLeastFound)
      aside_ = kAside;
    asked_ = found_ = 0;
  }

  const uint64_t key_;
  uint32_t generation_ = 0;
  uint32_t asked_ = 0, found_ = 0;  // in this window
  uint32_t aside_ = 0;              // windows
  uint32_t kept_ = 0;               // ever: they begin with each way in turn
  std::unique_ptr<Line[]> lines_;
};

}  // namespace flyover::route
