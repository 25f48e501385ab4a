// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : one consistent view of everything that a packet reads, for one turn of a worker
// Guarantees : immutable once published; the pointed-to tables outlive every turn that can see them
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "packet/settings.hpp"

namespace flyover {

struct WorkerPlan;
namespace iface {
class InterfaceTable;
}
namespace route {
class RouteTable;
}
namespace neighbour {
class NeighbourTable;
}
namespace hook {
class HookTable;
}
namespace ipv4 {
class ProtocolTable;
}

struct Snapshot {
  const iface::InterfaceTable* interfaces = nullptr;
  const route::RouteTable* routes = nullptr;
  const neighbour::NeighbourTable* neighbours = nullptr;
  const hook::HookTable* hooks = nullptr;
  const ipv4::ProtocolTable* protocols = nullptr;
  std::vector<std::shared_ptr<const WorkerPlan>> plans;  // by WorkerId
  Settings settings;
  int64_t utc_offset_ms =
      0;  // the wall clock (ms since 1970) minus Worker::now_ms; published anew when the clock is set
  std::vector<std::shared_ptr<const void>> keep;  // what the pointers above need to stay alive
  uint64_t flow_key = 0;                          // of the hashes by which flows take one of several next hops
};

}  // namespace flyover
