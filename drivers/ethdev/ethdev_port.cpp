// SPDX-License-Identifier: BSD-3-Clause
#include "ethdev_port.hpp"

#include <rte_bus.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>

#include <algorithm>
#include <cstring>

#include "af_packet_fanout.hpp"
#include "ethdev_ports.hpp"

namespace flyover::port {
namespace {

constexpr uint32_t kFrameOverhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN + 2 * RTE_VLAN_HLEN;
constexpr uint64_t kHashedFields = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP;
constexpr uint64_t kRxWanted = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_SCATTER;
constexpr uint64_t kTxWanted = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
constexpr uint16_t kDescriptors = 1024;
constexpr int kXdpTries = 25;
constexpr unsigned kXdpPauseUs = 20000;

std::string text_of(int error) { return rte_strerror(error < 0 ? -error : error); }

bool is_virtual(const rte_eth_dev_info& d) {
  return d.device && std::strcmp(rte_bus_name(rte_dev_bus(d.device)), "vdev") == 0;
}

// Of a packet that is not segmented by the device; a driver that says nothing says 0 or the largest number.
uint16_t most_segments(const rte_eth_desc_lim& limits) {
  const auto limit = [](uint16_t said) { return said ? said : UINT16_MAX; };
  return static_cast<uint16_t>(std::min<int>(limit(limits.nb_seg_max), limit(limits.nb_mtu_seg_max)));
}

// Closes its sockets when it is stopped and does not open them again when it is started.
bool restarts(const std::string& driver) { return driver != "net_af_packet"; }

int on_removal(uint16_t, rte_eth_event_type, void* flag, void*) {
  static_cast<std::atomic<bool>*>(flag)->store(true, std::memory_order_relaxed);
  return 0;
}

// What somebody who names a device that is not there has most probably forgotten.
std::string hint_for(const Devargs& args, int error = 0) {
  if (args.is("net_af_packet") || args.is("net_af_xdp"))
    return args.find("iface") ? "; is there an interface " + *args.find("iface") + ", and are you root?"
                              : "; it needs iface=INTERFACE";
  if (args.name.find(':') != std::string::npos) return "; is it bound to vfio-pci? See: flyover doctor";
  if (error == -EFAULT) return "; has DPDK a driver of that name? flyoverd -- -d DRIVER.so loads one";
  return "";
}

}  // namespace

Error EthdevPort::failed(const std::string& what, int error) const {
  return {args_.name + ": cannot " + what + ": " + text_of(error), ErrorKind::Refused};
}

Result<std::unique_ptr<EthdevPort>> EthdevPort::open(EthdevPorts& owner, const iface::PortConfig& config) {
  auto args = Devargs::parse(config.devargs);
  if (!args) return tl::unexpected(args.error());
  std::unique_ptr<EthdevPort> p(new EthdevPort(owner, *args));
  p->config_ = config;
  auto done = p->set_up();
  // The kernel frees an interface's queue a moment after its socket was closed; until then bind() says EBUSY, the driver EINVAL.
  for (int i = 0; !done && p->own_pool_ && i < kXdpTries; ++i) {
    p->close();
    rte_delay_us_sleep(kXdpPauseUs);
    done = p->set_up();
  }
  if (!done) return tl::unexpected(done.error());
  return p;
}

Result<> EthdevPort::set_up() {
  xdp_.before_open();
  auto done = find_or_probe().and_then([&] { return describe(); }).and_then([&] { return configure(); });
  xdp_.after_open();
  if (own_pool_) taken_ = own_pool_->in_use();
  if (done && config_.mac) done = set_mac(*config_.mac);
  if (done && config_.promiscuous) done = set_promiscuous(true);
  // Cards let no group in by themselves. Which ones are ours the pipeline knows; a device that cannot filter has let them in.
  if (done) rte_eth_allmulticast_enable(port_);
  return done;
}

EthdevPort::~EthdevPort() { close(); }

void EthdevPort::close() {
  if (port_ == RTE_MAX_ETHPORTS) return;
  rte_eth_dev_callback_unregister(port_, RTE_ETH_EVENT_INTR_RMV, on_removal, &removed_);
  collect_sent();
  if (kernel_ && info_.promiscuous)
    rte_eth_promiscuous_disable(port_);  // a flag of the kernel's interface, which stays
  if (running_) rte_eth_dev_stop(port_);
  started_ = running_ = false;
  rte_eth_dev_owner_unset(port_, owner_id_);
  rte_device* device = device_.device;
  // A device that EAL probed at start stays on its bus, so that its name can be used again; net_af_xdp cannot be.
  if (probed_ || own_pool_) {
    rte_eth_dev_close(port_);
    if (device) rte_dev_remove(device);
    probed_.reset();
    xdp_.after_close();
  }
  if (own_pool_) owner_.retire(std::exchange(own_pool_, nullptr), taken_);
  port_ = RTE_MAX_ETHPORTS;
}

// net_af_xdp gives back what it has sent only when it sends again.
void EthdevPort::collect_sent() {
  constexpr int kTries = 20;  // the kernel may still be at it
  for (int i = 0; running_ && own_pool_ && own_pool_->in_use() > taken_ && i < kTries; ++i) {
    for (uint16_t q = 0; q < info_.tx_queues; ++q) rte_eth_tx_burst(port_, q, nullptr, 0);
    rte_delay_us_sleep(1000);
  }
}

Result<> EthdevPort::find_or_probe() {
  uint16_t port;
  const bool there = rte_eth_dev_get_port_by_name(args_.name.c_str(), &port) == 0;
  if (there && !args_.arguments.empty())
    return refused(args_.name + " is there already; give its name without arguments");
  if (there) port_ = port;
  if (!there)
    if (auto done = probe(); !done) return done;
  rte_eth_dev_owner owner{};
  std::strncpy(owner.name, "flyover", sizeof owner.name - 1);
  rte_eth_dev_owner_new(&owner.id);
  if (const int e = rte_eth_dev_owner_set(port_, &owner); e) {
    port_ = RTE_MAX_ETHPORTS;
    return refused(args_.name + " is in use already");
  }
  owner_id_ = owner.id;
  return {};
}

Result<> EthdevPort::probe() {
  Devargs args = args_;
  uint16_t mtu = config_.mtu;
  if (const std::string* interface = args.find("iface"); interface && !mtu)
    mtu = std::min(KernelLink::mtu_of(*interface).value_or(RTE_ETHER_MTU), iface::kMaxPortMtu);
  complete_af_packet(args, mtu, config_.rx_queues ? config_.rx_queues : owner_.options().workers);
  if (auto done = complete_af_xdp(args, config_.rx_queues); !done) return done;
  const std::string text = args.text();
  use_own_fanout();
  if (const int e = rte_dev_probe(text.c_str()); e < 0)
    return refused(args_.name + ": no such device, or its driver refuses it: " + text_of(e) + hint_for(args_, e));
  probed_ = std::move(args);
  uint16_t port;
  if (rte_eth_dev_get_port_by_name(args_.name.c_str(), &port) == 0) {
    port_ = port;
    return {};
  }
  rte_dev_iterator iterator;
  RTE_ETH_FOREACH_MATCHING_DEV(port, text.c_str(), &iterator) {
    port_ = port;
    rte_eth_iterator_cleanup(&iterator);
    return {};
  }
  return refused(args_.name + ": no such device, or it is no network port" + hint_for(args_));
}

Result<> EthdevPort::describe() {
  if (const int e = rte_eth_dev_info_get(port_, &device_); e) return tl::unexpected(failed("ask the device", e));
  const uint16_t workers = owner_.options().workers;
  info_.device = rte_dev_name(device_.device);
  info_.driver = device_.driver_name;
  char firmware[64]{};
  if (rte_eth_dev_fw_version_get(port_, firmware, sizeof firmware) == 0) info_.firmware = firmware;
  if (device_.if_index) {
    kernel_ = std::make_unique<KernelLink>(device_.if_index);
    info_.kernel_interface = kernel_->name();
    if (info_.driver == "net_af_packet") ring_drops_.emplace(device_.if_index);
  }
  rte_ether_addr mac{};
  rte_eth_macaddr_get(port_, &mac);
  std::array<uint8_t, 6> bytes;
  std::copy_n(mac.addr_bytes, 6, bytes.begin());
  info_.mac = MacAddress(bytes);

  const bool xdp = is_af_xdp(args_);
  info_.max_mtu = is_virtual(device_) ? iface::kMaxPortMtu : std::min(device_.max_mtu, iface::kMaxPortMtu);
  if (xdp) info_.max_mtu = kAfXdpDataRoom - kXdpHeadroom - kFrameOverhead;
  uint16_t own_mtu = RTE_ETHER_MTU;
  rte_eth_dev_get_mtu(port_, &own_mtu);
  if (kernel_) own_mtu = std::min(kernel_->mtu().value_or(own_mtu), info_.max_mtu);
  info_.mtu = config_.mtu ? config_.mtu : own_mtu;
  if (info_.mtu < iface::kMinMtu || info_.mtu > info_.max_mtu)
    return refused(args_.name + ": mtu " + std::to_string(info_.mtu) + " is not in " + std::to_string(iface::kMinMtu) +
                   ".." + std::to_string(info_.max_mtu));

  const uint16_t usual = xdp ? device_.max_rx_queues : workers;  // its queues are the interface's
  info_.rx_queues = std::min(config_.rx_queues ? config_.rx_queues : usual, device_.max_rx_queues);
  if (config_.rx_queues > device_.max_rx_queues)
    return refused(args_.name + " has " + std::to_string(device_.max_rx_queues) + " receive queue(s), not " +
                   std::to_string(config_.rx_queues));
  info_.tx_queues = xdp ? info_.rx_queues : std::min(workers, device_.max_tx_queues);
  info_.numa_node = rte_eth_dev_socket_id(port_);
  info_.rss = info_.rx_queues > 1 && (device_.flow_type_rss_offloads & kHashedFields);
  info_.rx_ip_checksum = device_.rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  info_.rx_scatter = device_.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
  info_.tx_multi_segments = device_.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  if (device_.dev_flags && (*device_.dev_flags & RTE_ETH_DEV_INTR_RMV))
    rte_eth_dev_callback_register(port_, RTE_ETH_EVENT_INTR_RMV, on_removal, &removed_);
  return {};
}

uint16_t EthdevPort::device_mtu(uint16_t mtu) const {
  const bool fits = mtu <= device_.max_mtu && mtu + kFrameOverhead <= device_.max_rx_pktlen;
  return fits || !is_virtual(device_) ? mtu : std::min<uint16_t>(mtu, RTE_ETHER_MTU);
}

uint32_t EthdevPort::frame_room(uint16_t mtu) const {
  if (const uint32_t ring = af_packet_frame_room(real_args())) return ring + 128;
  if (is_af_xdp(args_)) return kAfXdpDataRoom;
  const uint32_t frame = info_.rx_scatter ? dpdk::kDefaultDataRoom : mtu + kFrameOverhead;
  return std::max({frame, uint32_t{dpdk::kDefaultDataRoom}, device_.min_rx_bufsize});
}

bool EthdevPort::needs_scatter(uint16_t mtu) const {
  return info_.rx_scatter && mtu + kFrameOverhead > dpdk::kDefaultDataRoom;
}

rte_eth_conf EthdevPort::make_conf(uint64_t rx_offloads, uint64_t tx_offloads) const {
  rte_eth_conf conf{};
  conf.rxmode.mtu = device_mtu(info_.mtu);
  conf.rxmode.offloads = rx_offloads;
  conf.txmode.offloads = tx_offloads;
  conf.intr_conf.rmv = device_.dev_flags && (*device_.dev_flags & RTE_ETH_DEV_INTR_RMV);
  if (info_.rss) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = kHashedFields & device_.flow_type_rss_offloads;
  }
  return conf;
}

Result<> EthdevPort::configure() {
  uint64_t rx_offloads = kRxWanted & device_.rx_offload_capa;
  const uint64_t tx_offloads = kTxWanted & device_.tx_offload_capa;
  if (!info_.rss) rx_offloads &= ~RTE_ETH_RX_OFFLOAD_RSS_HASH;
  scatters_ = needs_scatter(info_.mtu);
  if (!scatters_) rx_offloads &= ~RTE_ETH_RX_OFFLOAD_SCATTER;
  const rte_eth_conf conf = make_conf(rx_offloads, tx_offloads);
  if (const int e = rte_eth_dev_configure(port_, info_.rx_queues, info_.tx_queues, &conf); e)
    return tl::unexpected(failed("set up " + std::to_string(info_.rx_queues) + " receive and " +
                                     std::to_string(info_.tx_queues) + " transmit queue(s) for mtu " +
                                     std::to_string(info_.mtu),
                                 e));
  room_ = (frame_room(info_.mtu) + 63) / 64 * 64;
  if (auto done = set_up_queues(rx_offloads, tx_offloads); !done) return done;
  return apply_mtu(info_.mtu);
}

Result<rte_mempool*> EthdevPort::find_pool() {
  const auto room = static_cast<uint16_t>(room_);
  if (!is_af_xdp(args_)) return owner_.pool(room, info_.numa_node);
  const auto own = owner_.own_pool(room, info_.numa_node);
  if (!own) return tl::unexpected(own.error());
  own_pool_ = *own;
  return own_pool_->raw();
}

Result<> EthdevPort::set_up_queues(uint64_t rx_offloads, uint64_t tx_offloads) {
  const auto pool = find_pool();
  if (!pool) return tl::unexpected(pool.error());
  const auto wish = [&](uint16_t preferred) {
    return owner_.options().descriptors ? owner_.options().descriptors : preferred ? preferred : kDescriptors;
  };
  uint16_t rx = wish(device_.default_rxportconf.ring_size), tx = wish(device_.default_txportconf.ring_size);
  rte_eth_dev_adjust_nb_rx_tx_desc(port_, &rx, &tx);
  const unsigned socket = info_.numa_node < 0 ? 0 : static_cast<unsigned>(info_.numa_node);
  rte_eth_rxconf rx_conf = device_.default_rxconf;
  rx_conf.offloads = rx_offloads;
  for (uint16_t q = 0; q < info_.rx_queues; ++q)
    if (const int e = rte_eth_rx_queue_setup(port_, q, rx, socket, &rx_conf, *pool); e)
      return tl::unexpected(
          failed("set up receive queue " + std::to_string(q) + " of " + std::to_string(rx) + " packets", e));
  rte_eth_txconf tx_conf = device_.default_txconf;
  tx_conf.offloads = tx_offloads;
  for (uint16_t q = 0; q < info_.tx_queues; ++q)
    if (const int e = rte_eth_tx_queue_setup(port_, q, tx, socket, &tx_conf); e)
      return tl::unexpected(
          failed("set up transmit queue " + std::to_string(q) + " of " + std::to_string(tx) + " packets", e));

  const uint16_t most = info_.tx_multi_segments ? most_segments(device_.tx_desc_lim) : 1;
  tx_.resize(info_.tx_queues);
  for (uint16_t q = 0; q < info_.tx_queues; ++q)
    tx_[q] = {.port = PortId(port_), .queue = QueueId(q), .most_segments = most, .pool = *pool};
  return {};
}

Result<> EthdevPort::start() {
  if (started_) return {};
  if (!running_) {
    if (const int e = rte_eth_dev_start(port_); e) return tl::unexpected(failed("start", e));
    running_ = true;
  } else {
    forget_stale_packets();
  }
  started_ = true;
  return {};
}

Result<> EthdevPort::stop() {
  if (!started_) return {};
  started_ = false;
  if (!restarts(info_.driver)) return {};
  collect_sent();
  running_ = false;
  if (const int e = rte_eth_dev_stop(port_); e && !removed_) return tl::unexpected(failed("stop", e));
  return {};
}

// What came while the port was down and nobody polled it: as many as its ring may hold, so that a fast sender cannot keep us.
void EthdevPort::forget_stale_packets() {
  rte_mbuf* mbufs[32];
  for (uint16_t q = 0; q < info_.rx_queues; ++q)
    for (int left = 4096; left > 0;) {
      const uint16_t n = rte_eth_rx_burst(port_, q, mbufs, 32);
      rte_pktmbuf_free_bulk(mbufs, n);
      left = n == 32 ? left - n : 0;
    }
}

const Devargs& EthdevPort::real_args() const { return probed_ ? *probed_ : args_; }

bool EthdevPort::ring_holds(uint16_t mtu) const {
  const uint32_t ring = af_packet_frame_room(real_args());
  return ring == 0 || mtu + kFrameOverhead <= ring + RTE_ETHER_CRC_LEN;
}

bool EthdevPort::must_stop_for_mtu(uint16_t mtu) const {
  return frame_room(mtu) > room_ || !ring_holds(mtu) || (needs_scatter(mtu) && !scatters_);
}

Result<> EthdevPort::set_mtu(uint16_t mtu) {
  if (mtu < iface::kMinMtu) return refused("Error: mtu less than device minimum.");
  if (mtu > info_.max_mtu) return refused("Error: mtu greater than device maximum.");
  if (must_stop_for_mtu(mtu) && started_) return refused("RTNETLINK answers: Device or resource busy");
  if (!ring_holds(mtu)) return reopen(mtu);
  const bool again = must_stop_for_mtu(mtu);
  const uint16_t before = std::exchange(info_.mtu, mtu);
  auto done = again ? configure() : apply_mtu(mtu);
  if (!done) info_.mtu = before;
  return done;
}

// The slots of an af_packet ring are as long as they were made: a new device takes the place of this one.
Result<> EthdevPort::reopen(uint16_t mtu) {
  if (!probed_ || args_.find("framesz") || args_.find("blocksz"))
    return refused(args_.name + ": its ring holds frames of " + std::to_string(af_packet_frame_room(real_args())) +
                   " bytes");
  const iface::PortConfig before = config_;
  config_.mac = info_.mac;
  config_.promiscuous = info_.promiscuous;
  config_.mtu = mtu;
  close();
  auto done = set_up();
  if (done) return done;
  config_.mtu = before.mtu;
  close();
  if (!set_up()) removed_ = true;
  return done;
}

Result<> EthdevPort::apply_mtu(uint16_t mtu) {
  if (!ring_holds(mtu))
    return refused(args_.name + ": its ring holds frames of " + std::to_string(af_packet_frame_room(real_args())) +
                   " bytes");
  if (kernel_ && kernel_->mtu() != mtu) return kernel_->set_mtu(mtu);
  if (device_mtu(mtu) != mtu || kernel_) return {};
  const int e = rte_eth_dev_set_mtu(port_, mtu);
  if (e && e != -ENOTSUP) return tl::unexpected(failed("set mtu " + std::to_string(mtu), e));
  return {};
}

Result<> EthdevPort::set_mac(MacAddress mac) {
  rte_ether_addr address;
  std::copy_n(mac.bytes().begin(), 6, address.addr_bytes);
  const int e = rte_eth_dev_default_mac_addr_set(port_, &address);
  // A device that cannot is made to take every frame instead; Classify keeps those to this address.
  if (e == -ENOTSUP && is_virtual(device_)) return info_.mac = mac, Result<>{};
  if (e) return tl::unexpected(failed("set address " + mac.to_string(), e));
  info_.mac = mac;
  return {};
}

Result<> EthdevPort::set_promiscuous(bool on) {
  const int e = on ? rte_eth_promiscuous_enable(port_) : rte_eth_promiscuous_disable(port_);
  if (e && !(e == -ENOTSUP && is_virtual(device_))) return tl::unexpected(failed("set promisc", e));
  info_.promiscuous = on;
  return {};
}

// Asks the device: what a driver that is told of changes by interrupts (intr_conf.lsc) last heard may be wrong for good.
iface::PortLink EthdevPort::link() {
  if (removed_.load(std::memory_order_relaxed)) return {.present = false};
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(port_, &link)) link.link_status = RTE_ETH_LINK_DOWN;
  iface::PortLink out{.up = link.link_status == RTE_ETH_LINK_UP,
                      .full_duplex = link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX};
  if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN) out.speed_mbps = link.link_speed;
  if (kernel_) {
    const KernelLink::State state = kernel_->state();
    if (!state.present) removed_ = true;
    out.present = state.present;
    out.up = state.running;
  }
  return out;
}

iface::PortStats EthdevPort::stats() {
  rte_eth_stats s{};
  rte_eth_stats_get(port_, &s);
  return {.rx_packets = s.ipackets,
          .rx_bytes = s.ibytes,
          .rx_missed = s.imissed + (ring_drops_ ? ring_drops_->count() : 0),
          .rx_errors = s.ierrors,
          .rx_no_buffer = s.rx_nombuf,
          .tx_packets = s.opackets,
          .tx_bytes = s.obytes,
          .tx_errors = s.oerrors};
}

std::vector<std::pair<std::string, uint64_t>> EthdevPort::extended_stats() {
  std::vector<std::pair<std::string, uint64_t>> out;
  const int count = rte_eth_xstats_get_names(port_, nullptr, 0);
  if (count <= 0) return out;
  std::vector<rte_eth_xstat_name> names(static_cast<size_t>(count));
  std::vector<rte_eth_xstat> values(static_cast<size_t>(count));
  const auto most = static_cast<unsigned>(count);
  if (rte_eth_xstats_get_names(port_, names.data(), most) != count) return out;
  if (rte_eth_xstats_get(port_, values.data(), most) != count) return out;
  for (const rte_eth_xstat& v : values)
    if (v.id < names.size()) out.emplace_back(names[v.id].name, v.value);
  return out;
}

TxSink EthdevPort::sink(WorkerId worker) {
  if (worker.value() >= tx_.size()) return {};
  return {.send = dpdk::send, .context = &tx_[worker.value()], .most_segments = tx_[worker.value()].most_segments};
}

}  // namespace flyover::port
