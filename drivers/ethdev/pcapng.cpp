// SPDX-License-Identifier: BSD-3-Clause
#include "pcapng.hpp"

#include <cstring>
#include <string_view>

namespace flyover::port::pcapng {
namespace {

constexpr uint32_t kSection = 0x0a0d0d0a, kInterface = 1, kStatistics = 5, kPacket = 6;
constexpr uint32_t kByteOrder = 0x1a2b3c4d;
constexpr uint16_t kEthernet = 1;    // LINKTYPE_ETHERNET
constexpr uint8_t kNanoseconds = 9;  // if_tsresol: 10^-9

constexpr uint16_t kApplication = 4;                                                      // of a section
constexpr uint16_t kName = 2, kDescription = 3, kMac = 6, kResolution = 9, kDevice = 15;  // of an interface
constexpr uint16_t kReceived = 4, kLost = 5;                                              // of statistics
constexpr uint16_t kFlags = 2, kQueue = 6;                                                // of a packet

// Makes a block: fixed part, options, and the length at both ends.
class Maker {
 public:
  explicit Maker(uint32_t type) { add(type).add(uint32_t{0}); }

  template <class T>
  Maker& add(const T& value) {
    return add(&value, sizeof value);
  }
  template <class T>
  Maker& option(uint16_t code, const T& value) {
    return option(code, &value, sizeof value);
  }
  Maker& option(uint16_t code, std::string_view text) {
    return text.empty() ? *this : option(code, text.data(), text.size());
  }
  Block done() {
    add(uint32_t{0});  // opt_endofopt
    const auto length = static_cast<uint32_t>(block_.size() + sizeof(uint32_t));
    std::memcpy(&block_[sizeof(uint32_t)], &length, sizeof length);
    add(length);
    return std::move(block_);
  }

 private:
  Maker& add(const void* from, size_t bytes) {
    const auto* begin = static_cast<const uint8_t*>(from);
    block_.insert(block_.end(), begin, begin + bytes);
    return *this;
  }
  Maker& option(uint16_t code, const void* value, size_t bytes) {
    add(code).add(static_cast<uint16_t>(bytes)).add(value, bytes);
    block_.resize((block_.size() + 3) / 4 * 4);
    return *this;
  }

  Block block_;
};

}  // namespace

PacketHead packet_head(uint32_t frame, uint64_t time) {
  return {.type = kPacket,
          .length = packet_length(frame),
          .interface = 0,
          .time = halves(time),
          .captured = frame,
          .original = frame};
}

PacketTail packet_tail(uint32_t frame, Direction direction, uint32_t queue) {
  return {.flags_option = {kFlags, sizeof(uint32_t)},
          .flags = static_cast<uint32_t>(direction),
          .queue_option = {kQueue, sizeof(uint32_t)},
          .queue = queue,
          .end_option = 0,
          .length = packet_length(frame)};
}

Block section() {
  constexpr uint64_t kLengthUnknown = UINT64_MAX;
  return Maker(kSection)
      .add(kByteOrder)
      .add(std::array<uint16_t, 2>{1, 0})  // version
      .add(kLengthUnknown)
      .option(kApplication, std::string_view("flyover"))
      .done();
}

Block interface(const std::string& name, const iface::PortInfo& info) {
  const std::string on = info.kernel_interface.empty() ? "" : " on " + info.kernel_interface;
  return Maker(kInterface)
      .add(std::array<uint16_t, 2>{kEthernet, 0})
      .add(uint32_t{0})  // frames are not cut
      .option(kName, std::string_view(name))
      .option(kDescription, std::string_view(info.device + on))
      .option(kMac, info.mac.bytes())
      .option(kResolution, kNanoseconds)
      .option(kDevice, std::string_view(info.driver))
      .done();
}

Block statistics(uint64_t time, uint64_t received, uint64_t lost) {
  return Maker(kStatistics).add(uint32_t{0}).add(halves(time)).option(kReceived, received).option(kLost, lost).done();
}

}  // namespace flyover::port::pcapng
