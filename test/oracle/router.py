# SPDX-License-Identifier: BSD-3-Clause
"""Two routers under one interface: the kernel in a network namespace, and a flyoverd whose ports are veth ends.

The namespaces have no name: they are held by file descriptors of this process, so nothing is left when it dies, however
it dies. The far ends of the veths live in a namespace of their own in which nothing has an address.
"""
import contextlib
import ctypes
import errno
import itertools
import math
import os
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from case import ALL_DEFAULTS, CONF_DEFAULTS, NEIGH_DEFAULTS, PLAIN_DEFAULTS, full_name
from dialogue import Dialogue
from frames import PEER_MAC, ROUTER_MAC, Context, arp, eth, icmp, ip, pieces, tcp

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PORTS = 3
ALL_CPUS = os.sched_getaffinity(0)
PACKET_AUXDATA, PACKET_IGNORE_OUTGOING, SOL_PACKET = 8, 23, 263
SENTINEL = '10.0.0.250'
SENTINEL_ID = b'\x5e\x17'
SENTINEL_PORT = 0x5e17
TABLES = ['addr show', 'route show table all', 'rule show', 'nexthop show', 'neigh show nud permanent']


class ConfigError(Exception):
    """A configuration line was refused."""


class Silent(Exception):
    """A router does not answer any more."""


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Namespace:
    def __init__(self):
        home = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        call(LIBC.unshare(CLONE_NEWNET))
        self.fd = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        call(LIBC.setns(home, CLONE_NEWNET))
        os.close(home)
        self.path = '/proc/%d/fd/%d' % (os.getpid(), self.fd)

    @contextlib.contextmanager
    def entered(self):
        """Sockets, sysctl writes and child processes of this thread belong to the namespace."""
        home = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        call(LIBC.setns(self.fd, CLONE_NEWNET))
        try:
            yield
        finally:
            call(LIBC.setns(home, CLONE_NEWNET))
            os.close(home)

    def ip(self, lines):
        done = self.run(['ip', '-batch', '-'], lines)
        if done.returncode:
            raise ConfigError(done.stderr.strip())

    def run(self, command, lines):
        with self.entered():
            return subprocess.run(command, input='\n'.join(lines) + '\n', text=True, capture_output=True)

    def sysctl(self, key, value):
        path = '/proc/sys/' + key.replace('.', '/')
        with self.entered(), open(path, 'w') as file:
            file.write(str(value))

    def close(self):
        os.close(self.fd)


class Wire:
    """The far ends of a router's ports, and what has been received there."""

    def __init__(self, near, name):
        """near: the router's namespace; name: what its ends of the veths are called, like 'p%d'."""
        self.far = Namespace()
        for where in (near, self.far):
            with contextlib.suppress(FileNotFoundError):
                where.sysctl('net.ipv6.conf.all.disable_ipv6', 1)
                where.sysctl('net.ipv6.conf.default.disable_ipv6', 1)
        near.ip(['link add %s address %s type veth peer name t%d netns %s' % (name % i, ROUTER_MAC[i], i, self.far.path)
                 for i in range(PORTS)] + ['link set lo up'])
        self.far.ip(['link set t%d mtu 9000 arp off up' % i for i in range(PORTS)])
        for where, ends in ((near, name), (self.far, 't%d')):
            with where.entered():
                for i in range(PORTS):
                    subprocess.run(['ethtool', '-K', ends % i, 'tx', 'off', 'rx', 'off', 'gso', 'off', 'gro', 'off', 'tso',
                                    'off'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with self.far.entered():
            self.sockets = [self.open_socket(i) for i in range(PORTS)]
        self.poller = select.poll()
        for one in self.sockets:
            self.poller.register(one.fileno(), select.POLLIN)

    @staticmethod
    def open_socket(index):
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        one.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        one.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        one.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)     # SO_RCVBUFFORCE
        one.bind(('t%d' % index, 3))                        # ETH_P_ALL
        one.setblocking(False)
        return one

    def send(self, port, raw):
        try:
            self.sockets[port].send(raw)
        except OSError as error:
            if error.errno != errno.ENOBUFS:                # a veth refuses what is longer than its other end's MTU
                raise

    def receive(self, timeout):
        """Everything that has come in, waiting for the first of it up to timeout seconds: [(time, port, bytes)]."""
        self.poller.poll(max(0, timeout) * 1000)
        got = []
        for port, one in enumerate(self.sockets):
            try:
                while True:
                    data, ancillary, _, _ = one.recvmsg(65536, 256)
                    got.append((time.monotonic(), port, with_tag(data, ancillary)))
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.ENETDOWN):   # the latter once, when this end is set down
                    raise
        return got

    def close(self):
        for one in self.sockets:
            one.close()
        self.far.close()


def with_tag(data, ancillary):
    """The kernel hands a VLAN tag over beside the frame; put it back."""
    for level, kind, aux in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = struct.unpack('IIIHHHH', aux[:20])
            if status & 0x10:                               # TP_STATUS_VLAN_VALID
                return data[:12] + struct.pack('!HH', tpid if status & 0x40 else 0x8100, tci) + data[12:]
    return data


class Router:
    """What both have in common: the wire, the own addresses, and the barrier after which all output has been seen."""
    grace = 0.0
    waves = 1
    asks_again = math.inf       # seconds after which a sentinel is taken for lost
    apart = ('carrier',)        # objects of lines that are not for its program

    def __init__(self):
        self.wire, self.turn, self.drains = None, 0, 100
        self.had_rules = False
        self.talk, self.one_at_a_time, self.far_up = None, threading.Lock(), [True] * PORTS

    def alive(self):
        return True

    def configure(self, lines):
        for cable, run in itertools.groupby(lines, lambda line: line.startswith('carrier ')):
            for line in run if cable else ():
                self.carrier(line)
            if not cable:
                self.apply(list(run))

    def carrier(self, line):
        """`carrier PORT on` or off: what the cable's other end says."""
        _, name, state = line.split()
        self.wire.far.ip(['link set t%s %s' % (name[1:], {'on': 'up', 'off': 'down'}[state])])
        self.far_up[int(name[1:])] = state == 'on'
        self.await_links()

    def await_links(self, patience=10.0):
        """Until what the ports are said to be is what they are: both routers look at the carrier now and then."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            said = [line for line in self.show(['link show p%d' % i for i in range(PORTS)]) if re.match(r'\d+: p\d.*<', line)]
            if len(said) == PORTS and all(not is_up(line) or ('NO-CARRIER' in line, 'state UP' in line) == (not up, up) for line, up in zip(said, self.far_up)):
                return
            time.sleep(0.002)
        raise Silent('%s does not see its carrier' % self.kind)

    def tables(self):
        """Addresses, routes, rules, next hops and lasting neighbours in words."""
        return sorted(self.show(TABLES))

    def say(self, lines):
        """What the router's program says to each line."""
        with self.one_at_a_time, self.space.entered():      # cases that run together share it
            if self.talk is None:
                self.talk = self.dialogue()
            return self.talk.ask(lines)

    def show(self, lines):
        """What is said to questions, in lines."""
        return [text or '(refused)' for answer in self.say(lines) for text in answer]

    def apply_one(self, line):
        """A line that is not for the router's program alone; whether it was taken."""
        self.carrier(line)
        return True

    def apply_each(self, lines):
        """Configure line by line; the indexes of those that are refused."""
        refused, at = set(), 0
        for apart, run in itertools.groupby(lines, lambda line: line.split()[0] in self.apart):
            batch = list(run)
            taken = [self.apply_one(line) for line in batch] if apart else [None not in answer for answer in self.say(batch)]
            refused |= {at + index for index, good in enumerate(taken) if not good}
            at += len(batch)
        return refused

    def try_each(self, lines):
        return self.apply_each(lines)

    def await_ports(self, patience=10.0):
        """Until every port answers: a link that has just come up may still lose frames."""
        self.await_links()
        until = time.monotonic() + patience
        for port in range(PORTS):
            own = '10.0.%d.1' % port
            probe = arp(1, '0.0.0.0', own, sha=PEER_MAC[port]).build(Context('0.0.0.0', port))
            while not any(f[1] == port and f[2][12:14] == b'\x08\x06' for f in self.collect(0.02)):
                if time.monotonic() > until:
                    raise RuntimeError('%s does not answer for %s on p%d' % (self.kind, own, port))
                self.wire.send(port, probe)
        self.collect(0.05)

    def settle(self, expected=None, patience=1.0):
        """Frames up to the answer to a sentinel echo, then until as many as expected are there, then a short grace."""
        self.turn = self.turn % 65000 + 1
        mark = SENTINEL_ID + struct.pack('!H', self.turn)
        probe = eth(ip(icmp(8, 0, mark, b'sentinel'), src=SENTINEL, dst='10.0.0.1'), src='02:00:00:00:0a:fa')
        self.wire.send(0, probe.build(Context(SENTINEL)))
        got, answered, until = [], False, time.monotonic() + patience
        while not answered and time.monotonic() < until:
            for one in self.wire.receive(until - time.monotonic()):
                if is_sentinel(one[2]):
                    answered = answered or one[2][38:42] == mark
                else:
                    got.append(one)
        while expected is not None and len(got) < expected and time.monotonic() < until:
            got += self.wire.receive(until - time.monotonic())
        return got + self.collect(self.grace)

    def drain(self, port, patience=30.0):
        """All that has come out when every frame sent on this port so far has been dealt with, on whatever path: segments
        to a closed TCP port, whole and in fragments, go through the router behind them, and are answered whatever the
        settings are. They need the neighbour 10.0.PORT.250."""
        got = []
        for _ in range(self.waves):
            self.drains += 1
            for raw in sentinels(port, self.drains):
                self.wire.send(port, raw)
            missing, until = {2 * self.drains, 2 * self.drains + 1}, time.monotonic() + patience
            again = time.monotonic() + self.asks_again
            while missing:
                late = time.monotonic() > until             # asked before: we may have been held up ourselves
                if time.monotonic() > again:
                    again = math.inf
                    for raw in sentinels(port, self.drains):
                        self.wire.send(port, raw)
                for one in self.wire.receive(min(until, again) - time.monotonic()):
                    answered = sentinel_answer(one[2])
                    if answered is None:
                        got.append(one)
                    missing.discard(answered)
                if missing and (late or not self.alive()):
                    raise Silent('the router has not answered for %g s' % patience)
        return got

    def collect(self, seconds):
        """All that arrives within so many seconds."""
        got, until = [], time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            got += [f for f in self.wire.receive(left) if not is_sentinel(f[2])]
            if left <= 0:
                return got


def is_up(line):
    """Of a line of `ip -oneline link show`."""
    return 'UP' in re.search('<(.*)>', line)[1].split(',')


def is_sentinel(raw):
    return raw[12:14] == b'\x08\x00' and raw[23:24] == b'\1' and raw[38:40] == SENTINEL_ID and raw[30:34] == b'\x0a\0\0\xfa'


def sentinels(port, turn):
    """Frames whose answers carry 2 * turn and 2 * turn + 1."""
    fields = {'src': '10.0.%d.250' % port, 'dst': '10.0.%d.1' % port}
    whole, cut = (tcp(sport=SENTINEL_PORT, dport=SENTINEL_PORT, seq=2 * turn + i - size - 1, data=bytes(size))
                  for i, size in enumerate((0, 16)))
    packets = [ip(whole, **fields)] + pieces(cut, [0, 24, 36], id=turn & 0xffff, **fields)
    return [eth(one, src='02:00:00:00:0%s:fa' % 'abc'[port]).build(Context('0.0.0.0', port)) for one in packets]


def sentinel_answer(raw):
    """What a reset that answers a sentinel carries; None: it is another frame."""
    mine = (raw[12:14] == b'\x08\0' and raw[14:15] == b'\x45' and raw[23:24] == b'\6' and raw[30:32] == b'\x0a\0' and
            raw[33:34] == b'\xfa' and raw[36:38] == struct.pack('!H', SENTINEL_PORT))
    return struct.unpack('!I', raw[42:46])[0] if mine and len(raw) >= 54 else None


class LinuxRouter(Router):
    """The kernel's stack in a namespace with the kernel's own defaults."""
    kind = 'linux'
    asks_again = 5.0            # seen on a very busy machine, once in some ten thousand rounds
    apart = ('carrier', 'set')

    def __init__(self):
        super().__init__()
        self.space = Namespace()
        self.wire = Wire(self.space, 'p%d')
        for where in ('all', 'default') + tuple('p%d' % i for i in range(PORTS)):
            values = ALL_DEFAULTS if where in ('all', 'default') else CONF_DEFAULTS
            self.write_all('net.ipv4.conf.%s.' % where, values)
            self.write_all('net.ipv4.neigh.%s.' % where, NEIGH_DEFAULTS)
        self.write_all('net.ipv4.', PLAIN_DEFAULTS)
        self.space.ip(['link set p%d up' % i for i in range(PORTS)])

    def write_all(self, prefix, values):
        for key, value in values.items():
            with contextlib.suppress(FileNotFoundError):    # neigh.all does not exist, nor do all keys in old kernels
                self.space.sysctl(prefix + key, value)

    def apply(self, lines):
        for object, run in itertools.groupby(lines, lambda line: line.split()[0]):
            batch = list(run)
            if object == 'set':
                for line in batch:
                    self.set(line)
            else:
                self.space.ip(batch)

    def apply_one(self, line):
        """Whether it was taken."""
        if line.split()[0] != 'set':
            return super().apply_one(line)
        try:
            self.set(line)
        except OSError:
            return False
        return True

    def dialogue(self):
        return Dialogue(['ip', '-oneline', '-force', '-batch', '-'])

    def set(self, line):
        _, key, value = line.split()
        self.space.sysctl(full_name(key), value)

    def close(self):
        self.talk.close() if self.talk else None
        self.wire.close()
        self.space.close()


class FlyoverRouter(Router):
    """flyoverd on af_packet ports, configured through flyover -b."""
    kind = 'flyover'
    grace = 0.008
    waves = 3           # frames go from thread to thread, and a burst to several ports is not sent in order
    count = 0

    def __init__(self, flyoverd, flyover, cores='0'):
        super().__init__()
        self.client = flyover
        self.space = Namespace()
        self.wire = Wire(self.space, 'v%d')
        self.space.ip(['link set v%d arp off up' % i for i in range(PORTS)])
        FlyoverRouter.count += 1
        tag = 'fo-oracle-%d-%d' % (os.getpid(), FlyoverRouter.count)
        self.dir = tempfile.TemporaryDirectory(prefix=tag)
        self.socket = os.path.join(self.dir.name, 'socket')
        self.log = open(os.path.join(self.dir.name, 'log'), 'w+')
        command = [flyoverd, '--socket', self.socket, '--huge', 'off', '--idle-sleep-us', '20', '--',
                   '--no-pci', '--no-telemetry', '--file-prefix=' + tag]
        with self.space.entered():
            self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                            preexec_fn=on_its_own)
        self.await_socket()
        self.apply(['link add p%d type port dev net_af_packet%d,iface=v%d' % (i, i, i) for i in range(PORTS)])
        self.apply(['link set p%d up' % i for i in range(PORTS)])

    def await_socket(self):
        until = time.monotonic() + 20
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError('flyoverd did not start:\n' + self.log_text())
            time.sleep(0.02)

    def alive(self):
        return self.process.poll() is None

    def log_text(self):
        self.log.flush()
        with open(self.log.name) as file:
            return file.read()[-4000:]

    def apply(self, lines):
        done = self.ask(lines)
        if done.returncode:
            raise ConfigError((done.stderr + done.stdout).strip() or 'status %d' % done.returncode)

    def dialogue(self):
        return Dialogue([self.client, '-S', self.socket, '-oneline', '-force', '-b', '-'])

    def say(self, lines):
        answers = super().say(lines)
        time.sleep(0.002)                                   # as in ask
        return answers

    def ask(self, lines, *options):
        done = subprocess.run([self.client, '-S', self.socket, *options, '-b', '-'], input='\n'.join(lines) + '\n', text=True,
                              capture_output=True, timeout=60)
        time.sleep(0.002)                                   # the workers take the new tables at their next turn
        return done

    def close(self):
        self.talk.close() if self.talk else None
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.wire.close()
        self.space.close()
        self.log.close()
        self.dir.cleanup()


def not_built(options):
    return [path for path in (options.flyoverd, options.flyover) if not os.access(path, os.X_OK)]


def on_its_own():
    """A child process that dies with us, and may run on other CPUs than us."""
    LIBC.prctl(1, signal.SIGKILL)                           # PR_SET_PDEATHSIG
    os.sched_setaffinity(0, ALL_CPUS)
