// SPDX-License-Identifier: BSD-3-Clause
#include "iface/interface_view.hpp"

namespace flyover::iface {

std::vector<std::string_view> LinkView::flags() const {
  std::vector<std::string_view> out;
  const bool loopback = kind == LinkKind::Loopback;
  if (up && !running) out.emplace_back("NO-CARRIER");
  if (loopback) out.emplace_back("LOOPBACK");
  if (!loopback) out.insert(out.end(), {"BROADCAST", "MULTICAST"});
  if (promiscuous) out.emplace_back("PROMISC");
  if (up) out.emplace_back("UP");
  if (up && running) out.emplace_back("LOWER_UP");
  return out;
}

std::string_view LinkView::operstate() const {
  if (!present) return "NOTPRESENT";
  if (!up || !running) return "DOWN";
  return kind == LinkKind::Loopback ? "UNKNOWN" : "UP";
}

std::string_view LinkView::qdisc() const { return was_up ? "noqueue" : "noop"; }

std::string_view to_text(Scope scope) {
  switch (scope) {
    case Scope::Universe: return "global";
    case Scope::Link: return "link";
    case Scope::Host: return "host";
    case Scope::Nowhere: break;
  }
  return "nowhere";
}

}  // namespace flyover::iface
