// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/own_packet.hpp"

#include <cstring>

#include "net/checksum.hpp"

namespace flyover::ipv4 {

void write_header(Ipv4Header& ip, const HeaderFields& fields) noexcept {
  ip.version_ihl = static_cast<uint8_t>(0x40 | fields.header_length() / 4);
  ip.tos = fields.tos;
  ip.total_length = Be16(fields.total_length());
  ip.id = Be16(fields.id);
  ip.fragment = Be16(fields.fragment);
  ip.ttl = fields.ttl;
  ip.protocol = fields.protocol;
  ip.source = fields.source;
  ip.destination = fields.destination;
  if (!fields.options.empty()) std::memcpy(ip.options(), fields.options.data(), fields.options.size());
  set_ipv4_checksum(ip);
}

uint16_t next_id(Worker& w, Ipv4Address source, Ipv4Address destination, uint8_t protocol) noexcept {
  uint64_t hash = (uint64_t{source.raw()} << 32 | destination.raw()) ^ w.ip_id_key;
  hash = (hash ^ protocol) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15ULL;
  uint16_t& counter = w.ip_id[hash >> 53];
  if (++counter == 0) ++counter;
  return counter;
}

bool make_packet(Packet& p, const HeaderFields& fields, Worker& w) noexcept {
  const uint32_t bytes = sizeof(EthernetHeader) + fields.total_length();
  if (bytes + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(w.pool)) return false;
  rte_mbuf* m = rte_pktmbuf_alloc(w.pool);
  if (!m) return false;
  char* frame = rte_pktmbuf_append(m, static_cast<uint16_t>(bytes));
  p = Packet{};
  p.mbuf = m;
  p.ip = reinterpret_cast<Ipv4Header*>(frame + sizeof(EthernetHeader));
  p.length = fields.total_length();
  p.has_options = !fields.options.empty();
  write_header(*p.ip, fields);
  ++w.counters.created;
  return true;
}

}  // namespace flyover::ipv4
