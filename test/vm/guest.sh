# SPDX-License-Identifier: BSD-3-Clause
# For the cases, inside the VM: network cards by their PCI address, namespaces as peers, flyoverd, waiting, counting.
set -eu
PATH=$FLYOVER/build/vm/tree/app/flyoverd:$FLYOVER/build/vm/tree/app/flyover:$PATH
guide=$FLYOVER/docs/pci-nics.md
log=/run/flyoverd.log

fail() {
  echo "failed: $*"
  [ ! -e $log ] || cat $log
  exit 1
}

# check WHAT COMMAND...: one case; the command's output is shown if it fails, and goes to /run/output.
check() {
  what=$1
  shift
  if "$@" >/run/output 2>&1; then
    echo "passed: $what"
  else
    cat /run/output
    fail "$what"
  fi
}

# wait_for SECONDS COMMAND...: until the command succeeds. The limit is far beyond what the slowest host needs.
wait_for() {
  left=$(($1 * 2))
  shift
  until "$@" >/run/waited 2>&1; do
    left=$((left - 1))
    if [ $left -le 0 ]; then
      echo "waited in vain for: $*"
      cat /run/waited
      return 1
    fi
    sleep 0.5
  done
}

# says TEXT COMMAND...: it is in the command's output, which is kept.
says() {
  text=$1
  shift
  "$@" >/run/said 2>&1 || true
  cat /run/said
  grep -q -e "$text" /run/said
}

# step HEADING: the commands that stand below this heading of the guide.
step() {
  awk -v heading="$1" '/^#/ { on = $0 ~ "^#+ " heading "$" }
    /^```/ { inside = !inside; next } on && inside' "$guide"
}

# follow HEADING [NAMESPACE]: runs them, in this shell or on a host.
follow() {
  commands=$(step "$1")
  [ -n "$commands" ] || fail "nothing below \"$1\" in the guide"
  echo "--- $1${2:+, in $2}"
  echo "$commands"
  if [ $# = 2 ]; then ip netns exec "$2" sh -ec "$commands"; else eval "$commands"; fi
}

# interface_of ADDRESS: the name of the kernel's interface on a card.
interface_of() { basename "$(echo /sys/bus/pci/devices/"$1"/net/* /sys/bus/pci/devices/"$1"/virtio*/net/* |
  tr ' ' '\n' | grep -v '\*')"; }

# host NAME ADDRESS: a namespace with a card that the kernel drives, as eth0.
host() {
  ip netns add "$1"
  link=$(interface_of "$2")
  ip link set "$link" netns "$1" name eth0
  ip -n "$1" link set lo up
  on "$1" sysctl -q net.ipv6.conf.all.disable_ipv6=1  # its multicasts would spoil the counting
}

# peer NAME ADDRESS PREFIX GATEWAY: the same, set up.
peer() {
  host "$1" "$2"
  ip -n "$1" addr add "$3" dev eth0
  ip -n "$1" link set eth0 up
  ip -n "$1" route add default via "$4"
}

on() { ip netns exec "$@"; }  # on HOST COMMAND...

bind_vfio() {
  modprobe vfio-pci
  dpdk-devbind.py --bind=vfio-pci "$@"
}

# start_flyoverd [OPTION...]: with the init lines from standard input.
start_flyoverd() {
  cat >/run/init
  flyoverd --init /run/init "$@" >$log 2>&1 </dev/null &
  daemon=$!
  check "flyoverd is ready" wait_for 120 grep ready: $log
}

# ended PID: it went of itself, with every packet and mbuf accounted for.
ended() {
  wait "$1" && grep 'every packet is accounted for, every mbuf is back in its pool' $log
}

stop_flyoverd() {
  kill $daemon
  check "SIGTERM ends it, all mbufs are back" ended $daemon
}

# monitor COMMAND...: to QEMU. What it said before, and has been echoed to it until now, is ended by the first line.
monitor() {
  stty -F /dev/ttyS3 raw -echo
  printf '\r' >/dev/ttyS3
  sleep 1
  printf '%s\r' "$*" >/dev/ttyS3
}

# json FIELD...: of the first row of JSON on standard input.
json() {
  /usr/bin/python3 -c 'import functools, json, sys
print(functools.reduce(lambda row, key: row[key], sys.argv[1:], json.load(sys.stdin)[0]))' "$@"
}

host_count() { ip -n "$1" -j -s link show eth0 | json stats64 "$2" "$3"; }  # host_count HOST rx|tx packets|bytes
port_count() { flyover -j -s link show "$1" | json stats64 "$2" "$3"; }
address_of() { flyover -j link show "$1" | json address; }
is_up() { flyover link show "$1" | grep 'state UP'; }
both_up() { is_up p0 && is_up p1; }
