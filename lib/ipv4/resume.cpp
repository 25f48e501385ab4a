// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/resume.hpp"

#include <optional>

#include "hook/hook_table.hpp"
#include "ipv4/resolve.hpp"
#include "packet/run.hpp"

namespace flyover::ipv4 {

using hook::Hook;

namespace {

// Its route has gone, or forbids it by now; nobody is told.
std::optional<DropReason> refused_by(route::Action action) noexcept {
  using A = route::Action;
  switch (action) {
    case A::None:
    case A::Throw:
    case A::Group: return DropReason::NoRoute;
    case A::Unreachable: return DropReason::HostUnreachable;
    case A::Prohibit: return DropReason::Prohibit;
    case A::Blackhole: return DropReason::Blackhole;
    case A::Forward:
    case A::Local:
    case A::Broadcast:
    case A::Multicast: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

void resume(Packet& p, Worker& w) noexcept {
  const Hook hook = hook::hook_of(p.hook_after);
  p.dst = nullptr;
  p.redirect = false;
  p.guarded = !(*w.tables->interfaces)[p.in].plain;
  if (hook == Hook::Prerouting) return enter(Lane::Prerouting, p, w);
  if (hook == Hook::LocalOut) return enter(Lane::Output, p, w);  // routed anew
  p.dst = &dst_again(p, w);
  if (hook == Hook::LocalIn) return enter(Lane::LocalIn, p, w);
  if (p.dst->action == route::Action::Forward) p.out = p.dst->out;
  if (const auto refused = refused_by(p.dst->action)) return discard(p.mbuf, *refused, w);
  enter(hook == Hook::Forward ? Lane::Forward : Lane::Postrouting, p, w);
}

}  // namespace flyover::ipv4
