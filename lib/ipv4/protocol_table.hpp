// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : who gets the packets that are for this router: by IP protocol, by UDP port, and errors about packets of ours
// Linux counterpart : inet_protos (inet_add_protocol, net_protocol::err_handler), encap sockets (udp_tunnel)
// Guarantees        : immutable once published; a handler's context outlives the table by a grace period; built in: ICMP, UDP, TCP
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "packet/worker.hpp"

namespace flyover::ipv4 {

// Gets a whole datagram (never a fragment), in whichever thread the packet is: a worker's or the control thread. Bytes behind the
// IP header may lie in several segments: need() in ipv4/payload.hpp makes them contiguous.
// The verdict as a stage's: consumed() if the handler has taken the mbuf, use_up() done or not.
struct ProtocolHandler {
  Verdict (*handle)(Packet& p, Worker& w, void* context) noexcept = nullptr;
  void* context = nullptr;
};

// An ICMP error about a packet that this router sent: `inner` is that packet's header as quoted, with at least 8 bytes behind it.
// What the answer says is whether the packet was this router's: the path MTU or the better router that such an error may name is
// then remembered for its destination.
struct ErrorHandler {
  bool (*handle)(const Packet& p, const Ipv4Header& inner, const Owed& error, Worker& w,
                 void* context) noexcept = nullptr;
  void* context = nullptr;
};

class ProtocolTable {
 public:
  ProtocolTable();  // with the built-in handlers

  const ProtocolHandler& of_protocol(uint8_t protocol) const noexcept { return protocols_[protocol]; }
  const ErrorHandler& of_errors(uint8_t inner_protocol) const noexcept { return errors_[inner_protocol]; }
  // Null: nobody has the port.
  const ProtocolHandler* of_udp_port(uint16_t port) const noexcept {
    return has_port_[port] ? find_port(port) : nullptr;
  }

  // Control, before publication. False: it is taken, or was not there.
  bool add_protocol(uint8_t protocol, ProtocolHandler handler, ErrorHandler errors = {});
  bool remove_protocol(uint8_t protocol);
  bool add_udp_port(uint16_t port, ProtocolHandler handler);
  bool remove_udp_port(uint16_t port);

 private:
  using Port = std::pair<uint16_t, ProtocolHandler>;
  const ProtocolHandler* find_port(uint16_t port) const noexcept;

  std::array<ProtocolHandler, 256> protocols_{};
  std::array<ErrorHandler, 256> errors_{};
  std::bitset<65536> has_port_;
  std::vector<Port> ports_;  // sorted by port
};

}  // namespace flyover::ipv4
