// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what DPDK's net_af_xdp driver leaves to its user: all queues of the interface, mbufs that fit into a page, and
//              sockets that are closed with the port
// Expects    : one thread opens and closes ports
// Cost       : open and close look at every file of the process
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "devargs.hpp"
#include "dpdk/mbuf_pool.hpp"

namespace flyover::port {

// The kernel writes frames into our mbufs and takes none that is longer than a page, with all that stands before the data.
inline constexpr uint32_t kPage = 4096;
inline constexpr uint32_t kXdpHeadroom = 256;                     // that the kernel keeps for itself, behind ours
inline constexpr uint32_t kMempoolPadding = RTE_CACHE_LINE_SIZE;  // at most, to spread objects over memory channels
inline constexpr uint32_t kAfXdpDataRoom = kPage - kMempoolPadding - sizeof(rte_mbuf) - dpdk::kNoteRoom -
                                           RTE_PKTMBUF_HEADROOM -
                                           RTE_ALIGN_CEIL(sizeof(rte_mempool_objhdr), RTE_CACHE_LINE_SIZE);

bool is_af_xdp(const Devargs& args);

// As many queues as the interface has (`rx_queues`, if not 0, says so too): packets of a queue that is not the port's go to
// the kernel. Who names queues himself knows that.
Result<> complete_af_xdp(Devargs& args, uint16_t rx_queues);

// The driver forgets to close the sockets of its memory, which keep the interface's queues until the process ends.
class XdpSockets {
 public:
  void before_open();  // those that are there belong to other ports
  void after_open();
  void after_close();  // closes what the driver has left

 private:
  std::vector<int> others_, own_;
};

}  // namespace flyover::port
