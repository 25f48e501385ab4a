// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : copies of what a port receives and sends, into a pcapng file
// Linux counterpart : packet_type_all (dev_queue_xmit_nit, __netif_receive_skb_core): before anything is judged, after
//                     everything is done
// Expects           : as iface::Capture; the port keeps its queues until then
// Guarantees        : a port without a capture pays nothing. A worker copies into memory that belongs to the capture and to this
//                     worker's queue, and never waits: what finds no room is counted as lost. A slow disk holds up the capture's
//                     own thread, and whoever ends the capture.
// Cost              : the copy of each frame
#pragma once

#include <rte_ethdev.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "capture_file.hpp"
#include "capture_ring.hpp"
#include "iface/port_driver.hpp"
#include "pcapng.hpp"

namespace flyover::port {

class PortCapture final : public iface::Capture {
 public:
  static constexpr uint32_t kRing = 1 << 21;  // bytes of a queue that may wait for the file

  static Result<std::unique_ptr<PortCapture>> create(uint16_t port, const iface::PortInfo& info,
                                                     const iface::CaptureRequest& request, uint32_t ring = kRing);
  ~PortCapture() override;

  Result<> attach() override;
  void detach() override;
  iface::CaptureState end() override;
  iface::CaptureState state() const override;

 private:
  // What is copied at one queue of the port, by the one worker that has it.
  struct Tap {
    PortCapture& capture;
    pcapng::Direction direction;
    uint16_t queue;
    CaptureRing ring;
    const rte_eth_rxtx_callback* callback = nullptr;
    bool attached = false;
    std::atomic<uint64_t> copied{0}, lost{0};  // frames; the worker writes
    uint64_t end = 0;                          // of what the capture's thread takes in this round

    Tap(PortCapture& c, pcapng::Direction d, uint16_t q, uint32_t bytes)
        : capture(c), direction(d), queue(q), ring(bytes) {}
  };

  PortCapture(uint16_t port, CaptureFile file, uint64_t count)
      : port_(port), file_(std::move(file)), asked_(count), left_(count ? static_cast<int64_t>(count) : INT64_MAX) {}

  static uint16_t on_receive(uint16_t port, uint16_t queue, rte_mbuf** mbufs, uint16_t count, uint16_t most, void* tap);
  static uint16_t on_send(uint16_t port, uint16_t queue, rte_mbuf** mbufs, uint16_t count, void* tap);
  static void copy(Tap& tap, rte_mbuf* const* mbufs, uint16_t count) noexcept;

  void write();
  Result<> write_until(uint64_t tsc);
  Tap* earliest(uint64_t before_tsc);
  Result<> flush();
  void conclude();

  uint16_t port_;
  CaptureFile file_;
  std::vector<std::unique_ptr<Tap>> taps_;
  const uint64_t asked_;       // frames; 0: any number
  std::atomic<int64_t> left_;  // frames that may still be copied; of any number none is taken off
  uint64_t buffered_ = 0;      // frames in the file's buffer
  std::atomic<uint64_t> written_{0};
  std::atomic<bool> ending_{false}, ended_{false};
  std::string error_;  // set before ended_
  std::thread writer_;
};

}  // namespace flyover::port
