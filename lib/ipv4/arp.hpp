// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : speak ARP: answer requests, learn from what is heard, ask for neighbours, announce own addresses
// Linux counterpart : arp_rcv, arp_process, arp_solicit, arp_send, pneigh_enqueue, inetdev_send_gratuitous_arp
// Expects           : the control thread; its worker's tables and now_ms are current
// Guarantees        : every frame given to input() is used up or dropped with a reason; frames made here are counted as created
//                     and put into the egress interface's buffer; answers that wait for their random delay are bounded
//                     (proxy_qlen) and pin no mbuf
// Exits             : Drop(ArpMalformed, ArpIgnored, ArpQueueFull, NoBuffer)
#pragma once

#include <cstdint>
#include <vector>

#include "neighbour/neighbour_control.hpp"
#include "packet/run.hpp"

namespace flyover::ipv4 {

namespace arp {
inline constexpr uint16_t kRequest = 1, kReply = 2;
}

class Arp {
 public:
  Arp(neighbour::NeighbourControl& neighbours, Worker& slow);  // becomes the one who asks for `neighbours`
  Arp(const Arp&) = delete;
  Arp& operator=(const Arp&) = delete;

  // A frame that was punted as PuntReason::Arp: its mbuf starts with an untagged Ethernet header; in and l2 are set.
  void input(const Packet& p);
  // Sends the proxy answers whose delay is over.
  void poll();
  // Gratuitous requests for each of the interface's addresses. Linux does it where arp_notify is set when a link comes up
  // or gets a new MAC, and always when it is told to notify its peers.
  void announce(InterfaceId interface);
  // Proxy answers for this interface are forgotten.
  void link_down(InterfaceId interface);
  size_t delayed() const { return delayed_.size(); }

 private:
  struct Heard {  // an ARP packet, checked
    InterfaceId in;
    L2Kind l2;
    bool delayed;  // it has waited for its random time
    ArpHeader arp;
    bool is_request() const { return arp.operation.host() == arp::kRequest; }
  };
  struct Delayed {
    uint64_t due_ms;
    Heard heard;
  };
  enum class Outcome : uint8_t { Done, Ignored, Delayed, QueueFull, NoBuffer };
  enum class Route : uint8_t { None, Local, Unicast };

  Outcome process(const Heard& h);
  Outcome answer_probe(const Heard& h);
  Outcome answer(const Heard& h);
  Outcome answer_as_proxy(const Heard& h);
  Outcome learn(const Heard& h);
  Outcome delay(const Heard& h);
  bool hear_sender(const Heard& h);
  bool answers_for_others(const Heard& h, InterfaceId out) const;
  bool ignores(const Heard& h) const;
  bool filters(const Heard& h) const;
  bool accepts(const Heard& h) const;
  bool is_gratuitous(const Heard& h) const;
  Route route_of(const Heard& h, InterfaceId& out);
  void solicit(const neighbour::Solicitation& ask);
  Ipv4Address source_for(const neighbour::Solicitation& ask) const;
  bool send(uint16_t operation, InterfaceId out, Ipv4Address sender, Ipv4Address target, MacAddress to,
            MacAddress target_mac);
  const iface::InterfaceTable& interfaces() const { return *slow_.tables->interfaces; }

  neighbour::NeighbourControl& neighbours_;
  Worker& slow_;
  std::vector<Delayed> delayed_;
};

}  // namespace flyover::ipv4
