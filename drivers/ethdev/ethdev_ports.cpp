// SPDX-License-Identifier: BSD-3-Clause
#include "ethdev_ports.hpp"

#include <algorithm>

#include "ethdev_port.hpp"

namespace flyover::port {

EthdevPorts::~EthdevPorts() = default;

Result<std::unique_ptr<iface::Port>> EthdevPorts::open(const iface::PortConfig& config) {
  auto port = EthdevPort::open(*this, config);
  if (!port) return tl::unexpected(port.error());
  return std::unique_ptr<iface::Port>(std::move(*port));
}

Result<rte_mempool*> EthdevPorts::pool(uint16_t data_room, int numa_node) {
  const std::pair key{numa_node, data_room};
  if (const auto at = pools_.find(key); at != pools_.end()) return at->second.raw();
  const bool jumbo = data_room > 2 * dpdk::kDefaultDataRoom;
  auto pool = dpdk::MbufPool::create(
      "port-" + std::to_string(numa_node) + "-" + std::to_string(data_room),
      {.count = jumbo ? options_.jumbo_mbufs : options_.mbufs, .data_room = data_room, .socket = numa_node});
  if (!pool) return refused(pool.error().message + "; give more --memory, or fewer --mbufs");
  return pools_.emplace(key, std::move(*pool)).first->second.raw();
}

Result<dpdk::MbufPool*> EthdevPorts::own_pool(uint16_t data_room, int numa_node) {
  own_pools_.remove_if([](const OwnPool& own) { return own.unused(); });
  auto pool =
      dpdk::MbufPool::create("own-" + std::to_string(data_room),
                             {.count = options_.mbufs, .data_room = data_room, .socket = numa_node, .page_each = true});
  if (!pool) return refused(pool.error().message + "; give more --memory, or fewer --mbufs");
  return &own_pools_.emplace_back(OwnPool{.pool = std::move(*pool), .lost = 0, .retired = false}).pool;
}

void EthdevPorts::retire(const dpdk::MbufPool* pool, uint32_t taken) {
  for (OwnPool& own : own_pools_)
    if (&own.pool == pool) own.retired = true, own.lost = std::min(taken, pool->in_use());
}

uint32_t EthdevPorts::mbufs_in_use() const {
  uint32_t sum = 0;
  for (const auto& [key, pool] : pools_) sum += pool.in_use();
  for (const OwnPool& own : own_pools_) sum += own.pool.in_use() - own.lost;
  return sum;
}

}  // namespace flyover::port
