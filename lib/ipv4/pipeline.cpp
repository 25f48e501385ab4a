// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/pipeline.hpp"

#include <bit>

#include "hook/run.hpp"
#include "iface/classify.hpp"
#include "ipv4/deliver.hpp"
#include "ipv4/enqueue.hpp"
#include "ipv4/fit_mtu.hpp"
#include "ipv4/forward.hpp"
#include "ipv4/fragment.hpp"
#include "ipv4/icmp_error.hpp"
#include "ipv4/local_fragment.hpp"
#include "ipv4/lookup.hpp"
#include "ipv4/output.hpp"
#include "ipv4/prefetch.hpp"
#include "ipv4/receive.hpp"
#include "ipv4/resolve.hpp"
#include "ipv4/rewrite.hpp"
#include "ipv4/select_path.hpp"
#include "packet/run.hpp"

namespace flyover::pipeline {

using hook::Hook;

// clang-format off
// The stages of one group share a loop; a group ends where a prefetched miss is needed (docs/performance.md).
void forward(Burst& b, Worker& w) noexcept {
  run<ethernet::Classify,                   // __netif_receive_skb_core: ARP -> control thread
      ipv4::Receive,                        // ip_rcv_core: version, lengths, checksum, padding, options
      ipv4::Prefetch>(b, w);                // (the lookup's first word, while it is free)
  from_prerouting(b, w);
}

void from_prerouting(Burst& b, Worker& w) noexcept {
  run<hook::Run<Hook::Prerouting>>(b, w);   // NF_INET_PRE_ROUTING
  run<ipv4::Lookup>(b, w);                  // fib_lookup
  run<ipv4::SelectPath>(b, w);              // fib_select_path
  run<ipv4::Resolve,                        // ip_route_input_noref: local -> LocalIn, error routes -> IcmpError
      ipv4::Forward>(b, w);                 // ip_forward: TTL, DF against MTU -> IcmpError; redirect
  w.counters.forwarded += b.size();
  from_forward(b, w);
}

void from_forward(Burst& b, Worker& w) noexcept {
  run<hook::Run<Hook::Forward>>(b, w);      // NF_INET_FORWARD
  output(b, w);
}

void output(Burst& b, Worker& w) noexcept {
  run<hook::Run<Hook::Postrouting>>(b, w);  // NF_INET_POST_ROUTING
  run<ipv4::FitMtu,                         // ip_finish_output: too long -> Fragment
      ipv4::Rewrite,                        // ip_finish_output2: no MAC -> control thread, which holds it and asks
      port::Enqueue>(b, w);                 // dev_queue_xmit
  b.resize(0);                              // the transmit buffers own what is left
}

namespace {

void drain(Lane lane, Burst& b, Worker& w) noexcept {
  switch (lane) {
    case Lane::Fragment:                    // ip_do_fragment: the burst grows
      run<ipv4::Fragment>(b, w);
      run<ipv4::Rewrite, port::Enqueue>(b, w);
      return b.resize(0);
    case Lane::IcmpError:                   // __icmp_send: the error goes on in Output, the packet ends here
      return run<icmp::Error>(b, w);
    case Lane::LocalIn:                     // ip_local_deliver: fragments -> control thread, which reassembles
      run<ipv4::LocalFragment>(b, w);
      run<hook::Run<Hook::LocalIn>>(b, w);  // NF_INET_LOCAL_IN
      return run<ipv4::Deliver>(b, w);      // ip_local_deliver_finish: by protocol
    case Lane::Output:                      // ip_local_out
      run<ipv4::ResolveOutput>(b, w);       // ip_route_output_key
      run<hook::Run<Hook::LocalOut>>(b, w); // NF_INET_LOCAL_OUT
      return output(b, w);
    case Lane::Inject:                      // neigh_update: what waited for a MAC; fragments of the longest
      run<ipv4::Rewrite, port::Enqueue>(b, w);
      return b.resize(0);
    case Lane::Prerouting:                  // nf_reinject, from here on
      return from_prerouting(b, w);
    case Lane::Forward: return from_forward(b, w);
    case Lane::Postrouting: return output(b, w);
    case Lane::Count: return;
  }
}

}  // namespace

// clang-format on
constexpr uint16_t kFragmentBurst = 16;  // datagrams, so that a burst has room for their fragments

// Complete frames go first: they stand before what still waits to be cut. Each packet may pass kMaxPasses lanes, so this ends.
void drain_waiting(Worker& w) noexcept {
  while (w.lanes_waiting) {
    const Lane lane =
        w.lanes_waiting & lane_bit(Lane::Inject) ? Lane::Inject : static_cast<Lane>(std::countr_zero(w.lanes_waiting));
    take(lane, w.lane_burst, w, lane == Lane::Fragment ? kFragmentBurst : Burst::kMax);
    drain(lane, w.lane_burst, w);
  }
}

}  // namespace flyover::pipeline
