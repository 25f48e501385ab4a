# SPDX-License-Identifier: BSD-3-Clause
"""capture: what a port receives and sends, in a file that others can read."""
import collections
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pcapng
import pytest
from conftest import Pair
from net import run, wait_for
from scapy.all import ICMP, IP, PcapNgReader, rdpcap


class Watcher:
    """tcpdump at the host behind a port: what leaves the host comes to the port."""

    def __init__(self, host, directory):
        self.files, self.children = {}, []
        for direction, theirs in (("in", "out"), ("out", "in")):
            self.files[direction] = os.path.join(directory, f"{direction}.pcap")
            self.children.append(host.start("tcpdump", "-i", "eth0", "-Q", theirs, "-w", self.files[direction], "-U", "-s", 0, "-B", 8192,
                                             "--immediate-mode", stderr=subprocess.PIPE))
        for child in self.children:
            assert "listening" in child.stderr.readline()

    def end(self):
        time.sleep(0.2)  # what was seen is to be written
        for child in self.children:
            child.send_signal(signal.SIGINT)
            child.wait(timeout=10)
        return {direction: [bytes(packet) for packet in rdpcap(file)] for direction, file in self.files.items()}


def shown(router, name):
    return next(row for row in router.json("capture", "show") if row["ifname"] == name)


def ended(router, name):
    return wait_for("the capture to end", lambda: (row := shown(router, name))["state"] != "running" and row)


def echoes(frames):
    """{(ICMP type, sequence number): how many}"""
    packets = [IP(frame[14:]) for frame in frames if frame[12:14] == b"\x08\x00"]
    return collections.Counter((p[ICMP].type, p[ICMP].seq) for p in packets if ICMP in p)


def same_frames(ours, theirs):
    for direction in ("in", "out"):
        assert collections.Counter(ours.going(direction)) == collections.Counter(theirs[direction]), direction


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "p0.pcapng")


def test_a_capture_holds_what_came_and_what_left(pair, file, tmp_path):
    begun = time.time_ns()
    watcher = Watcher(pair.left, tmp_path)
    pair.router.do(f"capture p0 file {file}")
    pair.left.ping("10.2.0.2", count=5)
    pair.left.ping("10.2.0.2", "-s", "4000", count=2)  # comes and leaves in fragments
    pair.left.ping("10.1.0.1", "-s", "20000", count=2)  # sent by the router itself, in fragments of several mbufs
    running = shown(pair.router, "p0")
    assert (running["state"], running["file"], running["lost"]) == ("running", file, 0)
    pair.router.do("capture stop p0")
    capture = pcapng.read(file)
    same_frames(capture, watcher.end())
    assert capture.name == "p0"
    assert capture.lost == 0 and capture.received == len(capture.frames)
    assert echoes(capture.going("in"))[(8, 3)] >= 1 and echoes(capture.going("out"))[(0, 3)] >= 1
    times = [frame.time for frame in capture.frames]
    assert times == sorted(times)
    assert begun - 10**9 < times[0] and times[-1] < time.time_ns() + 10**9, "the wall clock's time"
    row = shown(pair.router, "p0")
    assert (row["state"], row["frames"], row["lost"]) == ("ended", len(capture.frames), 0)
    pair.router.wait_log(f"p0: captured {len(capture.frames)} frame(s) into {file}")
    # What others read is the same.
    assert [bytes(packet) for packet in PcapNgReader(file)] == [frame.data for frame in capture.frames]
    assert len(run("tcpdump", "-nn", "-r", file).stdout.splitlines()) == len(capture.frames)


def test_an_answer_stands_behind_its_question(pair, file):
    pair.left.ping("10.2.0.2")
    pair.router.do(f"capture p0 file {file}")
    pair.left.run("ping", "-q", "-f", "-c", "2000", "10.2.0.2")
    pair.router.do("capture stop p0")
    seen = set()
    for frame in pcapng.read(file).frames:
        for kind, sequence in echoes([frame.data]):
            assert kind == 8 or (8, sequence) in seen, f"answer {sequence} comes first"
            seen.add((kind, sequence))
    assert len(seen) >= 3800


@pytest.mark.parametrize("count", [1, 7, 3000])
def test_a_count_ends_the_capture_at_exactly_so_many_frames(pair, file, count):
    flood = pair.left.start("ping", "-q", "-f", "-w", "60", "10.2.0.2", stdout=subprocess.DEVNULL)
    pair.router.do(f"capture p0 file {file} count {count}")
    row = ended(pair.router, "p0")
    flood.kill()
    assert (row["state"], row["frames"], row["count"]) == ("ended", count, count)
    assert len(pcapng.read(file).frames) == count
    done = pair.router.flyover("capture", "stop", "p0", check=False)
    assert done.returncode == 2 and done.stderr == "Error: p0 is not being captured.\n"


def test_two_queues_of_two_workers_share_one_count(lab, file):
    pair = Pair(lab, workers=2, port_words=" rxq 2")
    pair.router.do(f"capture p0 file {file} count 5000")
    pair.right.serve_iperf()
    pair.left.iperf("10.2.0.2", "-P", "6", "-n", "20M")
    row = ended(pair.router, "p0")
    capture = pcapng.read(file)
    assert len(capture.frames) == row["frames"] == 5000
    assert {frame.queue for frame in capture.frames} == {0, 1}
    for queue in (0, 1):  # frames of a worker that was interrupted may stand behind later ones of the other
        times = [frame.time for frame in capture.frames if frame.queue == queue and frame.direction == "in"]
        assert times == sorted(times)
    pair.router.stop()


def test_jumbo_frames_are_captured_whole(lab, file, tmp_path):
    jumbo = Pair(lab, mtu=9000, port_words=" mtu 9000")
    watcher = Watcher(jumbo.left, tmp_path)
    jumbo.router.do(f"capture p0 file {file}")
    jumbo.left.ping("10.2.0.2", "-M", "do", "-s", "8972")
    jumbo.left.ping("10.1.0.1", "-s", "30000")
    jumbo.router.do("capture stop")
    capture = pcapng.read(file)
    same_frames(capture, watcher.end())
    assert max(len(frame.data) for frame in capture.frames) == 9014
    jumbo.router.stop()


def test_bad_files_are_refused_in_words(pair, tmp_path):
    (tmp_path / "folder.pcapng").mkdir()
    (tmp_path / "target.pcapng").write_text("precious")
    (tmp_path / "link.pcapng").symlink_to(tmp_path / "target.pcapng")
    (tmp_path / "twice.pcapng").hardlink_to(tmp_path / "target.pcapng")
    os.mkfifo(tmp_path / "fifo.pcapng")
    for name, status, words in (
            ("x.pcap", 1, f'Error: argument "{tmp_path}/x.pcap" is wrong: "file" does not end with .pcapng'),
            ("folder.pcapng", 2, f'Cannot open file "{tmp_path}/folder.pcapng" for writing: Is a directory'),
            ("none/x.pcapng", 2, f'Cannot open file "{tmp_path}/none/x.pcapng" for writing: No such file or directory'),
            ("link.pcapng", 2, f'Cannot open file "{tmp_path}/link.pcapng" for writing: Not an ordinary file'),
            ("twice.pcapng", 2, f'Cannot open file "{tmp_path}/twice.pcapng" for writing: Not an ordinary file'),
            ("fifo.pcapng", 2, f'Cannot open file "{tmp_path}/fifo.pcapng" for writing: Not an ordinary file'),
            ("/sys/x.pcapng", 2, 'Cannot open file "/sys/x.pcapng" for writing: Permission denied')):
        done = pair.router.flyover("capture", "p0", "file", name, check=False, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (status, words + "\n")
    assert (tmp_path / "target.pcapng").read_text() == "precious"
    assert pair.router.json("capture", "show") == []
    done = pair.router.flyover("capture", "lo", "file", "x.pcapng", check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "Error: lo has no device whose frames could be captured.\n")
    assert pair.router.flyover("capture", "p9", "file", "x.pcapng", check=False).stderr == 'Cannot find device "p9"\n'


def said_to(user, path, line):
    """What the daemon says to a client of this user."""
    with socket.socket(socket.AF_UNIX) as client:
        os.seteuid(user)
        try:
            client.connect(path)
        finally:
            os.seteuid(0)
        request = json.dumps({"lines": [line]}).encode()
        client.sendall(struct.pack(">I", len(request)) + request)
        with client.makefile("rb") as answers:
            answer = json.loads(answers.read(struct.unpack(">I", answers.read(4))[0]))
    return answer.get("error", "")


def test_a_file_is_written_with_the_rights_of_whoever_asks(pair):
    """Commands may come from others than root; what they may not write, they do not have root write."""
    nobody = 65534
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is for nobody else to enter
        os.link(pair.router.socket, f"{folder}/socket")
        os.chmod(f"{folder}/socket", 0o666)
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/theirs")
        os.chown(f"{folder}/theirs", nobody, nobody)
        os.symlink(folder, f"{folder}/theirs/way")
        for name, words in (("x", "Permission denied"), ("theirs/way/x", "Permission denied"), ("theirs/x", "")):
            said = said_to(nobody, f"{folder}/socket", f"capture p0 file {folder}/{name}.pcapng")
            assert said.endswith(words) and bool(said) == bool(words), said
        pair.router.do("capture stop")
        assert sorted(os.listdir(folder)) == ["socket", "theirs"]
        assert os.stat(f"{folder}/theirs/x.pcapng").st_uid == nobody


def test_one_capture_for_each_interface_and_each_file(pair, tmp_path):
    first, other = tmp_path / "first.pcapng", tmp_path / "other.pcapng"
    pair.router.do(f"capture p0 file {first}")
    done = pair.router.flyover("capture", "p0", "file", other, check=False)
    assert (done.returncode, done.stderr) == (2, f"Error: p0 is being captured into {first} already.\n")
    assert not other.exists()
    done = pair.router.flyover("capture", "p1", "file", first, check=False)
    assert done.returncode == 2 and "Another capture is written into it" in done.stderr
    pair.router.do(f"capture p1 file {other}")
    pair.left.ping("10.2.0.2")
    pair.router.do("capture stop")
    for name, path in (("p0", first), ("p1", other)):
        assert pcapng.read(path).name == name and shown(pair.router, name)["state"] == "ended"
    # The next one begins from nothing.
    pair.router.do(f"capture p0 file {first}", "capture stop p0")
    assert not echoes(frame.data for frame in pcapng.read(first).frames)


def test_file_names_are_meant_where_the_client_runs(pair, tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    pair.router.flyover("capture", "p0", "file", "x.pcapng", cwd=folder)
    pair.router.flyover("-b", "-", input="link show p0\ncapture p1 file '../y z.pcapng'  # there\n", cwd=folder)
    pair.router.do("capture stop")
    assert pcapng.read(folder / "x.pcapng").name == "p0"
    assert pcapng.read(tmp_path / "y z.pcapng").name == "p1"


def complete(path):
    """The file's capture; it ends as it should."""
    capture = pcapng.read(path)
    assert capture.received is not None, "no statistics at the end"
    return capture


def test_whatever_takes_the_port_away_completes_the_file(pair, tmp_path):
    def flood(name, *before):
        """A capture of p1 under traffic; ping gives up when a network is gone, so each has its own."""
        pair.router.do(*before, f"capture p1 file {tmp_path / name}")
        pair.left.start("ping", "-q", "-f", "-w", "60", "10.2.0.2", stdout=subprocess.DEVNULL)
        wait_for("frames", lambda: shown(pair.router, "p1")["frames"] > 10)
        return tmp_path / name

    file = flood("mtu.pcapng")
    pair.router.do("link set p1 mtu 1400")
    assert shown(pair.router, "p1")["state"] == "running", "the device takes this MTU as it is"
    pair.router.do("link set p1 mtu 9000")
    assert shown(pair.router, "p1")["state"] == "ended" and len(complete(file).frames) > 10

    file = flood("deleted.pcapng")
    pair.router.do("link set p1 down", "link set p1 up")
    assert shown(pair.router, "p1")["state"] == "running"
    pair.router.do("link del p1")
    assert len(complete(file).frames) > 10 and pair.router.json("capture", "show") == []

    file = flood("vanished.pcapng", "link add p1 type port dev net_af_packet1,iface=veth1", "addr add 10.2.0.1/24 dev p1", "link set p1 up")
    pair.middle.ip("link", "del", "veth1")
    assert ended(pair.router, "p1")["state"] == "ended"
    assert len(complete(file).frames) > 10
    done = pair.router.flyover("capture", "p1", "file", file, check=False)
    assert done.returncode == 2 and "p1 has no device" in done.stderr


def test_the_daemon_ends_in_the_middle_of_captures(pair, tmp_path):
    files = {name: tmp_path / f"{name}.pcapng" for name in ("p0", "p1")}
    for name, path in files.items():
        pair.router.do(f"capture {name} file {path}")
    flood = pair.left.start("ping", "-q", "-f", "-w", "60", "10.2.0.2", stdout=subprocess.DEVNULL)
    wait_for("frames", lambda: all(shown(pair.router, name)["frames"] > 100 for name in files))
    pair.router.stop()
    flood.kill()
    for path in files.values():
        assert len(complete(path).frames) > 100


def test_a_killed_daemon_leaves_whole_blocks(pair, file):
    pair.router.do(f"capture p0 file {file}")
    flood = pair.left.start("ping", "-q", "-f", "-w", "60", "10.2.0.2", stdout=subprocess.DEVNULL)
    wait_for("frames", lambda: shown(pair.router, "p0")["frames"] > 100)
    pair.router.end(signal.SIGKILL)
    flood.kill()
    assert len(pcapng.read(file).frames) > 100


def test_a_full_disk_ends_the_capture_and_nothing_else(pair, tmp_path):
    (tmp_path / "disk").mkdir()
    # ip netns exec has given the daemon mounts of its own.
    run("nsenter", "-m", "-t", pair.router.child.pid, "mount", "-t", "tmpfs", "-o", "size=1m", "none", tmp_path / "disk")
    file = tmp_path / "disk" / "x.pcapng"
    pair.router.do(f"capture p0 file {file}")
    pair.left.transfer(pair.right, "10.2.0.2", 5)
    row = ended(pair.router, "p0")
    assert (row["state"], row["error"]) == ("failed", "No space left on device")
    assert row["lost"] > 0 and row["frames"] > 100
    assert len(pcapng.read(f"/proc/{pair.router.child.pid}/root{file}").frames) == row["frames"]
    assert "No space left on device" in pair.router.flyover("capture", "show").stdout
    pair.router.wait_log("No space left on device")
    pair.left.ping("10.2.0.2")


def test_captures_come_and_go_under_traffic(lab, tmp_path):
    pair = Pair(lab, workers=2, port_words=" rxq 2")
    pair.right.serve_iperf()
    stream = pair.left.start("iperf3", "-c", "10.2.0.2", "-P", "4", "-t", "60", stdout=subprocess.DEVNULL)
    for n in range(30):
        path = tmp_path / f"{n}.pcapng"
        pair.router.do(f"capture p{n % 2} file {path}")
        if n % 3:
            wait_for("frames", lambda: shown(pair.router, f"p{n % 2}")["frames"] > 0)
        pair.router.do("capture stop")
        complete(path)
    stream.kill()
    pair.left.ping("10.2.0.2")
    pair.router.stop()
