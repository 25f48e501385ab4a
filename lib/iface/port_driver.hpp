// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the control side of ports: what the router asks of whoever owns the devices
// Guarantees : values and interfaces only; lib knows no device. A port's queues are polled and fed by workers through their plan:
//              whoever stops, reconfigures or destroys a port has seen to it that no worker has it in its plan any more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "net/address.hpp"
#include "packet/tx.hpp"

namespace flyover::iface {

inline constexpr uint16_t kMinMtu = 68;  // RFC 791: every internet module forwards 68 bytes
inline constexpr uint16_t kMaxPortMtu = 9216;

struct PortConfig {
  std::string
      devargs;  // as after `dev`: a PCI address, a vdev with its arguments, or a device that EAL has already probed
  uint16_t rx_queues = 0;  // 0: as many as there are workers, or as the device has
  uint16_t mtu = 0;        // IP bytes; 0: the device's own
  bool promiscuous = false;
  std::optional<MacAddress> mac;  // none: the device's own
};

struct PortInfo {
  std::string device;            // name on its bus: "0000:03:00.0", "net_af_packet0"
  std::string driver;            // "net_af_packet"
  std::string firmware;          // empty: not said
  std::string kernel_interface;  // what the device sits on ("eth1"); empty: nothing that the kernel knows
  MacAddress mac;
  uint16_t mtu = 1500, max_mtu = kMaxPortMtu;
  uint16_t rx_queues = 1, tx_queues = 1;
  int numa_node = -1;
  bool promiscuous = false;
  bool rss = false;                // spreads packets over its queues by IP addresses and ports
  bool rx_ip_checksum = false;     // marks packets whose header checksum it has checked
  bool rx_scatter = false;         // a long frame may take several mbufs
  bool tx_multi_segments = false;  // sends a packet of several mbufs; else it is made one before
};

struct PortLink {
  bool present = true;      // false: the device has gone for good
  bool up = false;          // carrier
  uint32_t speed_mbps = 0;  // 0: not known
  bool full_duplex = true;
  bool operator==(const PortLink&) const = default;
};

struct PortStats {  // the device's own counts
  uint64_t rx_packets = 0, rx_bytes = 0, rx_missed = 0, rx_errors = 0, rx_no_buffer = 0;
  uint64_t tx_packets = 0, tx_bytes = 0, tx_errors = 0;
};

// open(2), with the rights of whoever asks for the file.
using OpenFile = std::function<int(const std::string& name, int flags, uint32_t mode)>;

// Copies of what a port receives and sends, into a file.
struct CaptureRequest {
  std::string interface;  // what it is called in the file
  std::string file;       // an absolute path that ends with .pcapng
  uint64_t count = 0;     // frames; 0: until it is ended
  OpenFile open = {};     // none: as whoever this program runs as
};

struct CaptureState {
  bool ended = false;    // the number asked for is written, or nothing more can be: the file is complete
  uint64_t written = 0;  // frames
  uint64_t lost = 0;     // frames that found no room because the file is slow
  std::string error;     // why it ended before it should; once it has ended
};

class Capture {
 public:
  virtual ~Capture() = default;
  virtual Result<> attach() = 0;  // from now on; if it fails, it may still be attached in part
  virtual void detach() = 0;      // no worker begins to copy any more; any number of times, before the port is closed
  virtual CaptureState state() const = 0;
  // Waits until the file is complete. Before this and before the destructor: detached, and no worker is within a burst.
  virtual CaptureState end() = 0;
};

class Port {
 public:
  virtual ~Port() = default;  // closes the device
  virtual PortId id() const = 0;
  virtual const PortInfo& info() const = 0;
  virtual bool started() const = 0;

  virtual Result<> start() = 0;
  virtual Result<> stop() = 0;
  virtual bool must_stop_for_mtu(
      uint16_t mtu) const = 0;  // its mbufs, or its device, cannot change to it while it runs
  virtual Result<> set_mtu(uint16_t mtu) = 0;
  virtual Result<> set_mac(MacAddress mac) = 0;
  virtual Result<> set_promiscuous(bool on) = 0;

  virtual PortLink link() = 0;  // cheap: asked several times a second
  virtual PortStats stats() = 0;
  virtual std::vector<std::pair<std::string, uint64_t>> extended_stats() = 0;

  // The file is there and empty; attach() begins.
  virtual Result<std::unique_ptr<Capture>> capture(const CaptureRequest&) {
    return refused("RTNETLINK answers: Operation not supported");
  }

  // The way out for a worker's frames; without `send` if the device has fewer queues than that: the frames then go through
  // the ring of a worker that has one (queue_owner()).
  virtual TxSink sink(WorkerId worker) = 0;
};

class PortDriver {
 public:
  virtual ~PortDriver() = default;
  virtual Result<std::unique_ptr<Port>> open(const PortConfig& config) = 0;
};

// Who polls queue `q` of a port, and who sends for worker `q` when there are fewer queues than workers: round about.
constexpr WorkerId queue_owner(uint16_t queue, uint16_t workers) {
  return WorkerId(static_cast<uint16_t>(queue % workers));
}

}  // namespace flyover::iface
