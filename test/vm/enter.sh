# SPDX-License-Identifier: BSD-3-Clause
# First process of the VM, in its final root: runs the command with its output on the second serial line, writes its exit
# status to the third one, and switches off.
exec </dev/null >/dev/ttyS1 2>&1
stty -F /dev/ttyS1 raw -echo
stty -F /dev/ttyS2 raw -echo
ip link set lo up
if grep -q vm.interactive /proc/cmdline; then
  stty -F /dev/ttyS1 sane
  setsid -c sh /run/vm/command.sh </dev/ttyS1 >/dev/ttyS1 2>&1
else
  sh /run/vm/command.sh
fi
echo $? >/dev/ttyS2
sleep 0.2
exec /run/vm/busybox poweroff -f
