// SPDX-License-Identifier: BSD-3-Clause
#include "capture.hpp"

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include <chrono>
#include <cstring>

#include "ethdev_port.hpp"

namespace flyover::port {
namespace {

using pcapng::Direction;

constexpr std::chrono::milliseconds kRound{2};  // between two looks at the rings
constexpr std::array<uint8_t, 4> kZeros{};

void add_one(std::atomic<uint64_t>& count) {  // by its one writer
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

uint64_t epoch_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// Both clocks at one moment. Frames are stamped with the TSC and written soon after: DPDK's idea of its frequency may be wrong
// by some thousandths, which is microseconds from here.
struct Moment {
  uint64_t tsc = rte_rdtsc();
  uint64_t ns = epoch_ns();

  uint64_t epoch(uint64_t stamp) const {
    const double ago = static_cast<double>(static_cast<int64_t>(tsc - stamp));
    return ns - static_cast<uint64_t>(static_cast<int64_t>(ago * 1e9 / static_cast<double>(rte_get_tsc_hz())));
  }
};

pcapng::PacketHead front(const CaptureRing& ring) {
  pcapng::PacketHead head;
  ring.peek(&head, sizeof head);
  return head;
}

uint32_t length_of(const rte_mbuf* m) {
  uint32_t length = 0;
  for (; m; m = m->next) length += m->data_len;
  return length;
}

}  // namespace

Result<std::unique_ptr<PortCapture>> PortCapture::create(uint16_t port, const iface::PortInfo& info,
                                                         const iface::CaptureRequest& request, uint32_t ring) {
  auto file = CaptureFile::create(request.file, request.open);
  if (!file) return tl::unexpected(file.error());
  file->add(pcapng::section());
  file->add(pcapng::interface(request.interface, info));
  if (const auto done = file->flush(); !done)
    return refused("Cannot write into \"" + request.file + "\": " + done.error().message);
  std::unique_ptr<PortCapture> capture(new PortCapture(port, std::move(*file), request.count));
  // What left is looked at before what came: no answer is found whose question is not.
  for (uint16_t q = 0; q < info.tx_queues; ++q)
    capture->taps_.push_back(std::make_unique<Tap>(*capture, Direction::Out, q, ring));
  for (uint16_t q = 0; q < info.rx_queues; ++q)
    capture->taps_.push_back(std::make_unique<Tap>(*capture, Direction::In, q, ring));
  return capture;
}

Result<> PortCapture::attach() {
  for (const auto& tap : taps_) {
    tap->callback = tap->direction == Direction::In
                        ? rte_eth_add_first_rx_callback(port_, tap->queue, on_receive, tap.get())
                        : rte_eth_add_tx_callback(port_, tap->queue, on_send, tap.get());
    if (!tap->callback) return refused(std::string("Cannot look into the port's queues: ") + rte_strerror(rte_errno));
    tap->attached = true;
  }
  writer_ = std::thread(&PortCapture::write, this);
  return {};
}

void PortCapture::detach() {
  left_.store(0, std::memory_order_relaxed);
  for (const auto& tap : taps_) {
    if (!std::exchange(tap->attached, false)) continue;
    if (tap->direction == Direction::In) {
      rte_eth_remove_rx_callback(port_, tap->queue, tap->callback);
    } else {
      rte_eth_remove_tx_callback(port_, tap->queue, tap->callback);
    }
  }
}

iface::CaptureState PortCapture::end() {
  detach();
  ending_ = true;
  if (writer_.joinable()) writer_.join();
  return state();
}

PortCapture::~PortCapture() {
  end();
  // ethdev leaves them to whoever knows that no burst is under way.
  for (const auto& tap : taps_) rte_free(const_cast<rte_eth_rxtx_callback*>(tap->callback));
}

iface::CaptureState PortCapture::state() const {
  iface::CaptureState s{.ended = ended_.load(std::memory_order_acquire)};
  s.written = written_.load(std::memory_order_relaxed);
  uint64_t copied = 0;
  for (const auto& tap : taps_) {
    s.lost += tap->lost.load(std::memory_order_relaxed);
    copied += tap->copied.load(std::memory_order_relaxed);
  }
  if (!s.ended) return s;
  s.lost += copied - s.written;  // a file that could not be written
  s.error = error_;
  return s;
}

// ---- the workers ----

uint16_t PortCapture::on_receive(uint16_t, uint16_t, rte_mbuf** mbufs, uint16_t count, uint16_t, void* tap) {
  copy(*static_cast<Tap*>(tap), mbufs, count);
  return count;
}

uint16_t PortCapture::on_send(uint16_t, uint16_t, rte_mbuf** mbufs, uint16_t count, void* tap) {
  copy(*static_cast<Tap*>(tap), mbufs, count);
  return count;
}

// A frame is counted against the number asked for when nothing can keep it from the file any more, so that it need not be
// given back.
void PortCapture::copy(Tap& tap, rte_mbuf* const* mbufs, uint16_t count) noexcept {
  if (count == 0) return;
  std::atomic<int64_t>& left = tap.capture.left_;
  const uint64_t now = rte_rdtsc();
  for (uint16_t i = 0; i < count; ++i) {
    if (left.load(std::memory_order_relaxed) <= 0) return;
    const uint32_t length = length_of(mbufs[i]);
    if (!tap.ring.has_room(pcapng::packet_length(length))) {
      add_one(tap.lost);
      continue;
    }
    if (tap.capture.asked_ && left.fetch_sub(1, std::memory_order_relaxed) <= 0) return;
    const pcapng::PacketHead head = pcapng::packet_head(length, now);
    const pcapng::PacketTail tail = pcapng::packet_tail(length, tap.direction, tap.queue);
    tap.ring.put(&head, sizeof head);
    for (const rte_mbuf* m = mbufs[i]; m; m = m->next) tap.ring.put(rte_pktmbuf_mtod(m, const uint8_t*), m->data_len);
    tap.ring.put(kZeros.data(), pcapng::padding(length));
    tap.ring.put(&tail, sizeof tail);
    add_one(tap.copied);
    tap.ring.publish();
  }
}

// ---- the capture's thread ----

void PortCapture::write() {
  for (bool more = true; more;) {
    more = !ending_.load(std::memory_order_acquire);  // nobody copies any more: this round takes all that is left
    const auto done = write_until(more ? rte_rdtsc() : UINT64_MAX);
    if (!done) error_ = done.error().message;
    more = more && done && !(asked_ && written_ >= asked_);
    if (more) std::this_thread::sleep_for(kRound);
  }
  left_.store(0, std::memory_order_relaxed);
  conclude();
}

// Frames that were stamped before `tsc`, of all queues, by time: what is stamped later may not be in all rings yet. One worker's
// frames are in order; those of one that the kernel interrupts between stamp and copy come behind those of the others.
Result<> PortCapture::write_until(uint64_t tsc) {
  for (const auto& tap : taps_) tap->end = tap->ring.end();
  const Moment now;
  while (Tap* tap = earliest(tsc)) {
    pcapng::PacketHead head = front(tap->ring);
    uint8_t* block = file_.add(head.length);
    tap->ring.peek(block, head.length);
    tap->ring.take(head.length);
    head.time = pcapng::halves(now.epoch(pcapng::whole(head.time)));
    std::memcpy(block, &head, sizeof head);
    ++buffered_;
    if (!file_.full()) continue;
    if (auto done = flush(); !done) return done;
  }
  return flush();
}

PortCapture::Tap* PortCapture::earliest(uint64_t before_tsc) {
  Tap* first = nullptr;
  for (const auto& tap : taps_) {
    if (tap->ring.begin() == tap->end) continue;
    const uint64_t stamp = pcapng::whole(front(tap->ring).time);
    if (stamp >= before_tsc) continue;
    first = tap.get();
    before_tsc = stamp;
  }
  return first;
}

Result<> PortCapture::flush() {
  auto done = file_.flush();
  if (done) written_.fetch_add(buffered_, std::memory_order_relaxed);
  buffered_ = 0;
  return done;
}

void PortCapture::conclude() {
  uint64_t lost = 0;
  for (const auto& tap : taps_) lost += tap->lost.load(std::memory_order_relaxed);
  if (error_.empty()) {
    file_.add(pcapng::statistics(epoch_ns(), written_ + lost, lost));
    if (const auto done = file_.flush(); !done) error_ = done.error().message;
  }
  file_.close();
  ended_.store(true, std::memory_order_release);
}

Result<std::unique_ptr<iface::Capture>> EthdevPort::capture(const iface::CaptureRequest& request) {
  auto capture = PortCapture::create(port_, info_, request);
  if (!capture) return tl::unexpected(capture.error());
  return std::unique_ptr<iface::Capture>(std::move(*capture));
}

}  // namespace flyover::port
