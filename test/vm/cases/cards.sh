#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Cards of other makes, which have several queues: vmxnet3, probed by EAL at the start, and virtio, added later. And the
# kernel's vhost, which machines without kernel modules lack.
# vm: --nic vmxnet3:left --nic vmxnet3:right --nic virtio-rss:left --nic virtio-rss:right --nic virtio:left --nic virtio:right
. "$FLYOVER/test/vm/guest.sh"

modprobe virtio_net
peer left 0000:05:00.0 10.1.0.2/24 10.1.0.1
peer right 0000:06:00.0 10.2.0.2/24 10.2.0.1
bind_vfio 0000:01:00.0 0000:02:00.0 0000:03:00.0 0000:04:00.0

init() {
  cat <<END
link add p0 type port dev $1
link add p1 type port dev $2
addr add 10.1.0.1/24 dev p0
addr add 10.2.0.1/24 dev p1
link set p0 up
link set p1 up
END
}

traffic() {
  check "$1: both links are up" wait_for 60 both_up
  check "$1: two hosts ping through the cards" wait_for 60 says ' 0% packet loss' on left ping -c 5 -i 0.2 10.2.0.2
  check "$1: packets longer than the MTU too" says ' 0% packet loss' on left ping -c 5 -i 0.2 -s 4000 10.2.0.2
  flyover -d link show
  flyover worker show
}

# pulled MODEL CARD
pulled() {
  monitor set_link "$2" off
  check "$1: a pulled cable is seen" wait_for 60 says 'NO-CARRIER.*state DOWN' flyover link show p0
  check "$1: and told" wait_for 20 grep 'p0: link is down' $log
  monitor set_link "$2" on
  check "$1: and its return" wait_for 60 both_up
  check "$1: traffic comes back" wait_for 60 says ' 0% packet loss' on left ping -q -c 3 -i 0.2 10.2.0.2
}

# jumbo MODEL
jumbo() {
  for card in p0 p1; do flyover link set $card mtu 9000; done
  for peer in left right; do ip -n $peer link set eth0 mtu 9000; done
  check "$1: the links come back with an MTU of 9000" wait_for 60 both_up
  check "$1: a packet of 9000 bytes in one piece" wait_for 60 says ' 0% packet loss' \
    on left ping -q -c 3 -i 0.2 -M do -s 8972 10.2.0.2
  for peer in left right; do ip -n $peer link set eth0 mtu 1500; done
}

# several_queues PORT: each of two has received ten packets.
several_queues() {
  flyover -j stats show dev "$1" | /usr/bin/python3 -c 'import json, sys
stats = json.load(sys.stdin)[0]["stats"]
sys.exit(min(stats["rx_q%d_good_packets" % q] for q in range(2)) < 10)'
}

init 0000:01:00.0 0000:02:00.0 >/run/lines
start_flyoverd --workers 2 -- -a 0000:01:00.0 -a 0000:02:00.0 </run/lines
traffic vmxnet3
check "vmxnet3: RSS over two queues" says 'numrxqueues 2 .*receive-hashing' flyover -d link show p0
pulled vmxnet3 card0
stop_flyoverd

init 0000:03:00.0 0000:04:00.0 >/run/lines
start_flyoverd --workers 2 </run/lines
traffic virtio
check "virtio: RSS over two queues" says 'numrxqueues 2 .*receive-hashing' flyover -d link show p0
on left /usr/bin/python3 "$FLYOVER/test/vm/flows.py" 10.2.0.2 64
check "virtio: 64 flows come by both queues" wait_for 20 several_queues p0
flyover stats show dev p0
pulled virtio card2
jumbo virtio
stop_flyoverd

modprobe vhost_net
start_flyoverd <<END
link add v type port dev net_virtio_user0,path=/dev/vhost-net,iface=fov0
addr add 10.3.0.1/24 dev v
link set v up
END
ip addr add 10.3.0.2/24 dev fov0
ip link set fov0 up
check "vhost: the kernel and the router ping" wait_for 60 says ' 0% packet loss' ping -c 3 -i 0.2 10.3.0.1
check "vhost: packets longer than the MTU too" says ' 0% packet loss' ping -c 3 -i 0.2 -s 4000 10.3.0.1
stop_flyoverd
