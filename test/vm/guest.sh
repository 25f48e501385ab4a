# SPDX-License-Identifier: BSD-3-Clause
# For the cases, inside the VM: network cards by their PCI address, namespaces as peers, waiting.
set -eu

fail() {
  echo "FAILED: $*"
  exit 1
}

# wait_for SECONDS COMMAND...: until the command succeeds. The limit is far beyond what the slowest host needs.
wait_for() {
  left=$(($1 * 2))
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || fail "waited in vain for: $*"
    sleep 0.5
  done
}

# bind_vfio ADDRESS...: gives cards to vfio-pci, which hands them to a process.
bind_vfio() {
  modprobe vfio-pci
  for address in "$@"; do
    card=/sys/bus/pci/devices/$address
    [ -e "$card/iommu_group" ] || fail "$address is behind no IOMMU"
    [ ! -e "$card/driver" ] || echo "$address" >"$card/driver/unbind"
    echo vfio-pci >"$card/driver_override"
    echo "$address" >/sys/bus/pci/drivers_probe
    [ "$(basename "$(readlink "$card/driver")")" = vfio-pci ] || fail "$address is not bound to vfio-pci"
  done
}

# interface_of ADDRESS: the name of the kernel's interface on a card.
interface_of() { basename "$(echo /sys/bus/pci/devices/"$1"/net/* /sys/bus/pci/devices/"$1"/virtio*/net/* |
  tr ' ' '\n' | grep -v '\*')"; }

# peer NAME ADDRESS PREFIX GATEWAY: a host in a namespace of its own, on a card that the kernel drives.
peer() {
  ip netns add "$1"
  link=$(interface_of "$2")
  ip link set "$link" netns "$1" name eth0
  ip -n "$1" link set lo up
  ip -n "$1" addr add "$3" dev eth0
  ip -n "$1" link set eth0 up
  ip -n "$1" route add default via "$4"
}
