// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/protocol_table.hpp"

#include <algorithm>

#include "ipv4/icmp_input.hpp"
#include "ipv4/tcp_input.hpp"
#include "ipv4/udp_input.hpp"

namespace flyover::ipv4 {
namespace {

// Linux has handlers for these; without a listener they swallow what they get.
Verdict ignore(Packet&, Worker&, void*) noexcept { return drop(DropReason::ProtocolIgnored); }

bool before(const std::pair<uint16_t, ProtocolHandler>& row, uint16_t port) { return row.first < port; }

}  // namespace

ProtocolTable::ProtocolTable() {
  protocols_[protocol::kIcmp].handle = icmp::input;
  errors_[protocol::kIcmp].handle = icmp::is_own_reply;
  protocols_[protocol::kTcp].handle = tcp_input;
  protocols_[protocol::kUdp].handle = udp_input;
  protocols_[protocol::kUdpLite].handle = udp_lite_input;
  protocols_[protocol::kIgmp].handle = ignore;
  protocols_[protocol::kPim].handle = ignore;
}

const ProtocolHandler* ProtocolTable::find_port(uint16_t port) const noexcept {
  return &std::lower_bound(ports_.begin(), ports_.end(), port, before)->second;
}

bool ProtocolTable::add_protocol(uint8_t protocol, ProtocolHandler handler, ErrorHandler errors) {
  if (protocols_[protocol].handle) return false;
  protocols_[protocol] = handler;
  errors_[protocol] = errors;
  return true;
}

bool ProtocolTable::remove_protocol(uint8_t protocol) {
  if (!protocols_[protocol].handle) return false;
  protocols_[protocol] = {};
  errors_[protocol] = {};
  return true;
}

bool ProtocolTable::add_udp_port(uint16_t port, ProtocolHandler handler) {
  if (has_port_[port]) return false;
  ports_.insert(std::lower_bound(ports_.begin(), ports_.end(), port, before), Port{port, handler});
  has_port_[port] = true;
  return true;
}

bool ProtocolTable::remove_udp_port(uint16_t port) {
  if (!has_port_[port]) return false;
  ports_.erase(std::lower_bound(ports_.begin(), ports_.end(), port, before));
  has_port_[port] = false;
  return true;
}

}  // namespace flyover::ipv4
