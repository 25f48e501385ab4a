// SPDX-License-Identifier: BSD-3-Clause
// Purpose : the fuzzer's bytes, read from front to back; behind the end there are zeroes
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace flyover::fuzz {

class ByteSource {
 public:
  ByteSource(const uint8_t* data, size_t size) : rest_(data, size) {}
  bool empty() const { return rest_.empty(); }
  size_t left() const { return rest_.size(); }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const uint8_t b = rest_[0];
    rest_ = rest_.subspan(1);
    return b;
  }
  uint16_t word() {
    const uint8_t low = byte();
    return static_cast<uint16_t>(low | byte() << 8);
  }
  std::span<const uint8_t> bytes(size_t count) {
    const auto taken = rest_.subspan(0, std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::string text(size_t count) {
    const auto taken = bytes(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace flyover::fuzz
