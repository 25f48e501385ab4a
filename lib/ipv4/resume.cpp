// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/resume.hpp"

#include "hook/hook_table.hpp"
#include "ipv4/resolve.hpp"
#include "packet/run.hpp"

namespace flyover::ipv4 {

using hook::Hook;

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
  if (p.dst->action == route::Action::None) return discard(p.mbuf, DropReason::NoRoute, w);
  enter(hook == Hook::Forward ? Lane::Forward : Lane::Postrouting, p, w);
}

}  // namespace flyover::ipv4
