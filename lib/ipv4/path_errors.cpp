// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/path_errors.hpp"

#include "iface/interface_table.hpp"
#include "ipv4/flow.hpp"
#include "ipv4/payload.hpp"
#include "ipv4/resolve.hpp"
#include "packet/run.hpp"

namespace flyover::ipv4 {
namespace {

// What net.ipv4.ip_no_pmtu_disc makes of the MTU that was said; none: it is not heard.
std::optional<uint32_t> believed(uint32_t mtu, uint8_t no_pmtu_disc) {
  constexpr uint8_t smallest = 1, not_at_all = 2, only_with_proof = 3;  // which ICMP does not have
  if (no_pmtu_disc == not_at_all || no_pmtu_disc == only_with_proof) return std::nullopt;
  return no_pmtu_disc == smallest ? 0 : mtu;
}

}  // namespace

void PathErrors::input(Packet& p, Worker& w) noexcept {
  const auto* icmp = reinterpret_cast<const IcmpHeader*>(p.ip->payload());
  Packet sent;  // as it was; its ports were not all quoted
  sent.ip = reinterpret_cast<Ipv4Header*>(p.ip->payload() + sizeof(IcmpHeader));
  constexpr uint8_t last_redirect = 3;
  if (icmp->type == icmp::kRedirect) {
    if ((icmp->code & 7) <= last_redirect) redirect(p, sent, Ipv4Address(icmp->rest.host()), w);
  } else if (const auto mtu = believed(icmp->rest.host() & 0xffff, w.tables->settings.ip_no_pmtu_disc)) {
    const route::RouteTable& routes = *w.tables->routes;
    work_ += routes_.learn_mtu(output_route(sent, w), routes.match(output_flow(sent, routes.rules())),
                               sent.ip->destination, *mtu);
  }
  use_up(p.mbuf, w);
}

// Who sends it has to be the router that the packet went by; the new one has to be on its link, and there.
void PathErrors::redirect(const Packet& p, const Packet& sent, Ipv4Address gateway, Worker& w) {
  const route::Dst& taken = output_route(sent, w);
  if (taken.action != route::Action::Forward || taken.gateway.is_any() || taken.gateway != p.ip->source) return;
  if (!may_redirect(p, gateway, w)) return;
  if (neighbours_.ask(taken.out, gateway)) routes_.learn_gateway(taken, sent.ip->destination, gateway);
}

bool PathErrors::may_redirect(const Packet& p, Ipv4Address gateway, const Worker& w) const {
  const auto& interfaces = *w.tables->interfaces;
  const InterfaceSettings& in = interfaces[p.in].settings;
  const bool odd = gateway.is_multicast() || gateway.is_limited_broadcast() || gateway.is_any();
  if (!in.accept_redirects || odd || gateway == p.ip->source) return false;
  if (in.shared_media) return is_foreign(gateway, w);
  return interfaces.on_link(p.in, gateway, p.ip->source) && (!in.secure_redirects || routes_.is_gateway(gateway, p.in));
}

}  // namespace flyover::ipv4
