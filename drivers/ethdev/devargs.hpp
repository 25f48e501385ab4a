// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : device arguments in DPDK's form, "NAME,key=value,...": taken apart and completed
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "iface/port_driver.hpp"

namespace flyover::port {

struct Devargs {
  std::string name;  // "net_af_packet0", "0000:03:00.0"
  std::vector<std::pair<std::string, std::string>> arguments;

  static Result<Devargs> parse(const std::string& text);
  const std::string* find(const std::string& key) const;
  void set_default(const std::string& key, const std::string& value);  // unless the user has set it
  std::string text() const;
  bool is(const std::string& driver) const { return name.rfind(driver, 0) == 0; }
};

// Adds to a net_af_packet device what it needs for `mtu` bytes and `queues` queues. Its ring takes a frame in one piece:
// what does not fit is cut off without a word.
void complete_af_packet(Devargs& args, uint16_t mtu, uint16_t queues);
// Bytes of a frame that its ring takes; 0: not a net_af_packet device, or nonsense for which its driver has the words.
uint32_t af_packet_frame_room(const Devargs& args);

}  // namespace flyover::port
