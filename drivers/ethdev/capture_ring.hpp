// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : bytes in order from one thread to another
// Expects    : one thread writes, one reads; put() follows has_room() for at least as many bytes
// Guarantees : neither side waits, locks or allocates; the reader sees whole records: what was put before publish()
// Cost       : the copy, and a store per record
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

namespace flyover::port {

class CaptureRing {
 public:
  explicit CaptureRing(uint32_t least) : size_(std::bit_ceil(least)), bytes_(std::make_unique<uint8_t[]>(size_)) {}

  // ---- the writing thread ----
  bool has_room(uint32_t bytes) noexcept {
    if (size_ - (put_ - taken_seen_) >= bytes) return true;
    taken_seen_ = taken_.load(std::memory_order_acquire);
    return size_ - (put_ - taken_seen_) >= bytes;
  }
  void put(const void* from, uint32_t bytes) noexcept {
    const uint64_t at = put_ & (size_ - 1), first = std::min<uint64_t>(bytes, size_ - at);
    std::memcpy(&bytes_[at], from, first);
    std::memcpy(&bytes_[0], static_cast<const uint8_t*>(from) + first, bytes - first);
    put_ += bytes;
  }
  void publish() noexcept { published_.store(put_, std::memory_order_release); }

  // ---- the reading thread ----
  uint64_t end() const noexcept { return published_.load(std::memory_order_acquire); }  // a position: they only grow
  uint64_t begin() const noexcept { return taken_.load(std::memory_order_relaxed); }
  // Copies what lies from begin() on.
  void peek(void* to, uint32_t bytes) const noexcept {
    const uint64_t at = begin() & (size_ - 1), first = std::min<uint64_t>(bytes, size_ - at);
    std::memcpy(to, &bytes_[at], first);
    std::memcpy(static_cast<uint8_t*>(to) + first, &bytes_[0], bytes - first);
  }
  void take(uint32_t bytes) noexcept { taken_.store(begin() + bytes, std::memory_order_release); }

 private:
  const uint64_t size_;
  const std::unique_ptr<uint8_t[]> bytes_;  // all touched: no page is missing when a worker writes
  alignas(64) uint64_t put_ = 0;            // the writer's
  uint64_t taken_seen_ = 0;
  std::atomic<uint64_t> published_{0};
  alignas(64) std::atomic<uint64_t> taken_{0};  // the reader's
};

}  // namespace flyover::port
