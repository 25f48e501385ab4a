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

mkdir -p /lower /layer /new
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose host /lower || echo "vm: no root"
mount -t tmpfs none /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work none /new

mkdir -p /new/lib/modules /new/run
mount --bind "/lower$(cat /kernel)/lib/modules" /new/lib/modules
mount -t tmpfs none /new/run
mkdir /new/run/vm
cp /bin/busybox /enter.sh /command.sh /new/run/vm
for place in dev proc sys; do mount --move /$place /new/$place; done
mkdir -p /new/dev/pts /new/dev/shm /new/dev/hugepages
mount -t devpts none /new/dev/pts
mount -t tmpfs none /new/dev/shm
mount -t hugetlbfs none /new/dev/hugepages
exec $busybox switch_root /new /bin/sh /run/vm/enter.sh
