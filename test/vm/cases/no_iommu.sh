#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# docs/pci-nics.md on a machine without an IOMMU: uio_pci_generic.
# vm: --no-iommu --hugepages 0 --nic e1000e:left --nic e1000e:right --nic virtio:left --nic virtio:right
. "$FLYOVER/test/vm/guest.sh"

modprobe -a virtio_net e1000e  # as udev does
host left 0000:03:00.0
host right 0000:04:00.0

check "doctor tells what there is instead of an IOMMU" says 'modprobe uio_pci_generic' flyover doctor
follow "Hugepages"
follow "Without an IOMMU"
check "the cards are bound" says '0000:02:00.0.*drv=uio_pci_generic' dpdk-devbind.py --status-dev net
check "doctor agrees" says '0000:01:00.0 can be a port' flyover doctor
follow "The daemon" >$log 2>&1
daemon=$!
check "flyoverd is ready" wait_for 120 grep ready: $log
follow "Left" left
follow "Right" right
check "the link of both cards is up" wait_for 60 both_up
check "two hosts ping through the cards" says ' 0% packet loss' on left ping -c 5 -i 0.2 10.2.0.2
check "packets longer than the MTU too" says ' 0% packet loss' on left ping -c 5 -i 0.2 -s 4000 10.2.0.2
stop_flyoverd
