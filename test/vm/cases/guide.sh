#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# docs/pci-nics.md as it is written: two e1000e behind vfio-pci and an IOMMU, two hosts that ping through them. Then what an
# operator meets next: TCP, a longer MTU, another address, a daemon that ends in the middle of traffic.
# vm: --hugepages 0 --nic e1000e:left --nic e1000e:right --nic virtio:left --nic virtio:right --timeout 1200
. "$FLYOVER/test/vm/guest.sh"

modprobe -a virtio_net e1000e  # as udev does
host left 0000:03:00.0
host right 0000:04:00.0

check "the guide: there is an IOMMU" says dmar follow "The IOMMU"
follow "Hugepages"
check "the guide: hugepages" says '^256$' cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
follow "Binding the cards"
check "the guide: the cards are bound" says '0000:02:00.0.*drv=vfio-pci' dpdk-devbind.py --status-dev net
follow "The daemon" >$log 2>&1
daemon=$!
check "the guide: flyoverd is ready" wait_for 120 grep ready: $log
follow "Left" left
follow "Right" right
check "the link of both cards is up" wait_for 60 both_up
check "the guide: two hosts ping through the cards, a long ping and a traceroute too" says ' 10.1.0.1 ' follow "Left to right" left
check "nothing of it was lost" [ "$(grep -c ' 0% packet loss' /run/said)" = 2 ]
check "the guide: what the cards do for us" says 'driver net_e1000_em .*features rx-checksumming' follow "What to look at"
check "the guide: doctor finds the cards, the IOMMU and hugepages" says 'ok .*0000:01:00.0 can be a port' flyover doctor

sent=$(host_count left tx packets) got=$(port_count p0 rx packets)
sent_bytes=$(host_count left tx bytes) got_bytes=$(port_count p0 rx bytes)
check "twenty pings" says ' 0% packet loss' on left ping -q -c 20 -i 0.2 -s 1000 10.2.0.2
sleep 1
sent=$(($(host_count left tx packets) - sent)) got=$(($(port_count p0 rx packets) - got))
sent_bytes=$(($(host_count left tx bytes) - sent_bytes)) got_bytes=$(($(port_count p0 rx bytes) - got_bytes))
check "the port counts the packets that the host has sent: $sent, $got" [ "$sent" = "$got" ]
padding=$(((got_bytes - sent_bytes) % 18))  # of ARP
check "and their bytes: $sent_bytes, $got_bytes" [ $padding = 0 ]

on left /usr/bin/python3 "$FLYOVER/test/vm/bad_checksum.py" "$(address_of p0)" 10.1.0.2 10.2.0.2
check "a wrong header checksum is seen" wait_for 20 says 'ip_checksum  *1 ' flyover drops show

flyover set icmp_echo_ignore_broadcasts 0
check "what is sent to all hosts comes in" says 'bytes from 10.1.0.1' on left ping -c 3 -i 0.2 224.0.0.1

on right iperf3 --server --one-off >/run/iperf3 2>&1 &
wait_for 20 on right ss -Hltn sport = 5201
check "TCP through the cards" says receiver on left iperf3 --client 10.2.0.2 --time 5
tail -4 /run/said

for card in p0 p1; do flyover link set $card mtu 9000; done
for peer in left right; do ip -n $peer link set eth0 mtu 9000; done
check "the links come back with an MTU of 9000" wait_for 60 both_up
check "a packet of 9000 bytes in one piece" wait_for 60 says ' 0% packet loss' on left ping -q -c 3 -i 0.2 -M do -s 8972 10.2.0.2

flyover link set p0 address 02:11:22:33:44:55
on left ip neigh flush dev eth0
check "another address" says ' 0% packet loss' on left ping -q -c 3 -i 0.2 10.1.0.1
check "is what hosts learn" says 02:11:22:33:44:55 ip -n left neigh show 10.1.0.1

flyover link del p0
flyover link add p0 type port dev 0000:01:00.0
flyover addr add 10.1.0.1/24 dev p0
flyover link set p0 up
check "a port that was deleted comes again" wait_for 60 says ' 0% packet loss' on left ping -q -c 3 -i 0.2 10.2.0.2

on left ping -q -f -w 600 -s 3000 10.2.0.2 >/dev/null 2>&1 &
flood=$!
sleep 2
follow "Back to the kernel"
check "the guide: it ends in the middle of traffic, all mbufs are back" ended $daemon
kill $flood
check "the guide: the kernel has the cards again" says '0000:02:00.0.*drv=e1000e' dpdk-devbind.py --status-dev net
follow "For good"
check "the guide: driverctl binds them" says '0000:02:00.0.*drv=vfio-pci' dpdk-devbind.py --status-dev net
