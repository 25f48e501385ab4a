#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# First process of the VM, in its initramfs: makes the host's tree the root, with a layer over it that takes all writes,
# and goes on there with enter.sh. /modules lists the kernel modules to load, /kernel is where their folder lies.
busybox=/bin/busybox
for tool in mount mkdir insmod cat cp; do alias "$tool=$busybox $tool"; done

mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
for module in $(cat /modules); do insmod "$module" || echo "vm: cannot load $module"; done

mkdir -p /lower /layer /root
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose host /lower || echo "vm: no root"
mount -t tmpfs none /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work none /root

mkdir -p /root/lib/modules /root/run
mount --bind "/lower$(cat /kernel)/lib/modules" /root/lib/modules
mount -t tmpfs none /root/run
mkdir /root/run/vm
cp /bin/busybox /enter.sh /command.sh /root/run/vm
for place in dev proc sys; do mount --move /$place /root/$place; done
mkdir -p /root/dev/pts /root/dev/shm /root/dev/hugepages
mount -t devpts none /root/dev/pts
mount -t tmpfs none /root/dev/shm
mount -t hugetlbfs none /root/dev/hugepages
exec $busybox switch_root /root /bin/sh /run/vm/enter.sh
