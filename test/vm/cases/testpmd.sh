#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# DPDK's own test program joins two e1000e cards behind vfio-pci: if this fails, the machine is to blame, not Flyover.
# vm: --nic e1000e:left --nic e1000e:right --nic virtio:left --nic virtio:right
. "$FLYOVER/test/vm/guest.sh"

modprobe virtio_net
peer left 0000:03:00.0 10.0.0.1/24 10.0.0.2
peer right 0000:04:00.0 10.0.0.2/24 10.0.0.1
bind_vfio 0000:01:00.0 0000:02:00.0

dpdk-testpmd -l 0-1 -a 0000:01:00.0 -a 0000:02:00.0 -- --forward-mode=io --auto-start --tx-first \
  --stats-period 600 >/run/testpmd.log 2>&1 </dev/null &
testpmd=$!
log=/run/testpmd.log
check "a ping through testpmd" wait_for 120 on left ping -c 1 -W 2 10.0.0.2
check "three pings" on left ping -c 3 -i 0.2 10.0.0.2
kill -INT $testpmd
wait $testpmd || true
grep -E 'EAL: Probe|RX-packets|TX-packets' /run/testpmd.log
