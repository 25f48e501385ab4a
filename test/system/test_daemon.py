# SPDX-License-Identifier: BSD-3-Clause
"""The daemon's life: starting, stopping, being killed, being started wrong."""
import os
import signal
import socket
import subprocess
import time

import pytest
from daemon import FLYOVER, FLYOVERD, STOPPED
from net import run, wait_for


@pytest.fixture
def space(lab):
    return lab.namespace("router")


def start_and_fail(directory, *options, init=None, config=None):
    """A start that is to be refused: (status, what was said)."""
    words = [FLYOVERD, "--socket", os.path.join(directory, "refused.sock"), *options]
    for name, text in (("--init", init), ("--config", config)):
        if text is not None:
            path = os.path.join(directory, name[2:])
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            words += [name, path]
    done = run(*words, check=False, timeout=30)
    return done.returncode, done.stderr


def test_it_starts_with_nothing_and_waits_for_commands(lab, space):
    router = lab.router(space)
    assert [link["ifname"] for link in router.json("link", "show")] == ["lo"]
    router.stop()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_a_second_and_leaves_nothing(lab, space, how):
    router = lab.router(space)
    pid = router.child.pid
    status, seconds = router.end(how)
    assert status == 0
    assert STOPPED in router.log()
    assert not os.path.exists(router.socket)
    assert not os.path.exists(f"/var/run/dpdk/flyover-{pid}")
    assert seconds < 5, "a second, on a machine that has time for it"


def test_it_stops_in_the_middle_of_traffic_with_every_mbuf_back(pair):
    flood = pair.left.start("ping", "-q", "-f", "-w", "30", "-s", "3000", "10.2.0.2", stdout=subprocess.DEVNULL)
    pair.left.start("ping", "-q", "-f", "-w", "30", "10.2.0.99", stdout=subprocess.DEVNULL)  # held for ARP
    wait_for("traffic", lambda: pair.router.json("-s", "link", "show", "p1")[0]["stats64"]["tx"]["packets"] > 200)
    pair.router.stop()
    flood.kill()


def test_killed_and_started_again_on_the_socket_that_is_left(pair):
    pair.left.ping("10.2.0.2")
    pair.router.end(signal.SIGKILL)
    assert os.path.exists(pair.router.socket)
    pair.start()
    pair.left.ping("10.2.0.2")
    assert pair.router.link("p0")["operstate"] == "UP"


def test_routes_are_loaded_from_a_file_that_ip_or_flyover_has_printed(lab, space, tmp_path):
    router = lab.router(space, init=["link add p0 type port dev net_null0", "addr add 10.0.0.1/24 dev p0", "link set p0 up",
                                     "route add 20.9.0.0/24 via 10.0.0.9"])
    lines = [f"20.{i // 256}.{i % 256}.0/24 via 10.0.0.{2 + i % 50} dev p0 proto bgp metric 20 \n" for i in range(5000)]
    (tmp_path / "routes").write_text("# of a peer\n" + "".join(lines), encoding="utf-8")
    loaded = run(FLYOVER, "-S", router.socket, "route", "load", "routes", cwd=tmp_path)  # where the client runs
    assert loaded.stdout == f"{tmp_path}/routes: 5000 routes\n"
    assert router.flyover("route", "show", "proto", "bgp").stdout == "".join(lines).replace(" proto bgp", "")
    assert router.json("route", "load", str(tmp_path / "routes"), "table", "7")[0]["routes"] == 5000
    assert len(router.json("route", "show", "table", "7")) == 5000
    memory = {(row["part"], *row.get("tables", [])): row for row in router.json("stats", "show", "memory")}
    assert memory["fib", "local", "main"]["entries"] > 5000 and memory["fib", "7"]["entries"] == 5000
    for part, needs in ("fib", "lookup"), ("fib", "writer"), ("routes", "writer"):
        assert 20_000 < memory[part, "7"][needs] < memory[("sum",)][needs]
    (tmp_path / "again").write_text(router.flyover("route", "show", "table", "all").stdout, encoding="utf-8")
    before = router.flyover("route", "show", "table", "all").stdout
    router.flyover("route", "load", str(tmp_path / "again"))
    assert router.flyover("route", "show", "table", "all").stdout == before
    (tmp_path / "bad").write_text("30.0.0.0/8 via 10.0.0.5\n\n31.0.0.0/8 via 99.0.0.1\n", encoding="utf-8")
    refused = router.flyover("route", "load", str(tmp_path / "bad"), check=False)
    assert refused.returncode == 2
    assert refused.stderr == f"{tmp_path}/bad:3: Nexthop has invalid gateway.\n"
    assert router.flyover("route", "show", "30.0.0.0/8").stdout == "30.0.0.0/8 via 10.0.0.5 dev p0 \n"
    missing = router.flyover("route", "load", "/no/such/file", check=False)
    assert (missing.returncode, missing.stderr) == (
        1, 'Cannot open file "/no/such/file" for reading: No such file or directory\n')
    router.stop()


def test_a_second_daemon_on_the_socket_is_refused_and_the_first_goes_on(lab, space):
    first = lab.router(space)
    second = lab.router(space, ready=False)
    assert second.child.wait(timeout=30) == 1
    assert "ready:" not in second.log()
    assert second.socket in second.log()
    assert first.json("link", "show")
    first.stop()


def test_two_daemons_side_by_side(lab):
    routers = [lab.router(lab.namespace(name), name=name) for name in ("one", "two")]
    for router in routers:
        assert router.json("link", "show")
    for router in routers:
        router.stop()


def test_the_socket_is_roots(lab, space):
    router = lab.router(space)
    assert os.stat(router.socket).st_mode & 0o777 == 0o660
    router.stop()


def test_a_client_that_dies_or_talks_nonsense_costs_nobody_else_anything(lab, space):
    router = lab.router(space)
    for rubbish in (b"", b"\0\0", b"\xff" * 64, b"\0\0\0\x05hello"):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(router.socket)
            client.sendall(rubbish)
    silent = socket.socket(socket.AF_UNIX)
    silent.connect(router.socket)
    assert router.json("link", "show")
    silent.close()
    router.stop()


def test_every_mistake_of_a_configuration_is_said_at_once(tmp_path):
    config = "workers = many\n\n[section]\nnonsense = 1\nbad line\nmemory = 1\n"
    status, said = start_and_fail(tmp_path, "--cores", "x", "--no-such-option", config=config)
    assert status == 1
    for place in ("config:1: workers", "config:4:", "config:5:", "--cores", "--no-such-option"):
        assert place in said, said


def test_a_wrong_line_of_the_init_file_ends_the_start_with_its_number(tmp_path):
    status, said = start_and_fail(tmp_path, init="# a comment\n\nlink set nobody up\n")
    assert status == 1
    assert 'init:3: Cannot find device "nobody"' in said
    assert not os.path.exists(tmp_path / "refused.sock")


@pytest.mark.parametrize("line, words", [
    ("link add p0 type port dev net_nonsense0", "net_nonsense0: no such device"),
    ("link add p0 type port dev net_af_packet0,iface=nobody", "is there an interface nobody"),
    ("link add p0 type port dev 0000:ff:1f.7", "0000:ff:1f.7: no such device"),
])
def test_a_port_that_is_not_there_is_named(tmp_path, line, words):
    status, said = start_and_fail(tmp_path, init=line + "\n")
    assert status == 1
    assert words in said


def test_options_that_eal_refuses_end_the_start(tmp_path):
    status, said = start_and_fail(tmp_path, "--", "--no-such-eal-option")
    assert status == 1
    assert "EAL did not start" in said


def test_help_and_version(tmp_path):
    assert "--init FILE" in run(FLYOVERD, "--help").stdout
    assert run(FLYOVERD, "--version").stdout.startswith("flyoverd ")


def test_a_worker_that_stands_still_is_reported(lab, space, tmp_path):
    """A port that reads a pipe in which nothing comes blocks whoever polls it."""
    pipe = tmp_path / "pipe.pcap"
    os.mkfifo(pipe)
    router = lab.router(space, options=["--hang-seconds", "1"])
    writer = os.open(pipe, os.O_RDWR)
    os.write(writer, bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))  # a capture file's header
    router.do(f"link add p0 type port dev net_pcap0,rx_pcap={pipe}")
    router.do("link set p0 up")
    router.wait_log("worker 0 (lcore 1) stands still")
    assert router.json("link", "show"), "the control thread goes on"
    os.close(writer)  # end of file: the driver returns
    router.wait_log("worker 0 (lcore 1) goes on")
    router.stop()


def test_memory_that_is_too_small_is_said(tmp_path):
    status, said = start_and_fail(tmp_path, "--huge", "off", "--memory", "64", "--mbufs", "1000000")
    assert status == 1
    assert "give more --memory, or fewer --mbufs" in said


def test_an_idle_daemon_takes_little_of_a_core(lab, space):
    router = lab.router(space)
    wait_for("the process's clock", lambda: os.path.exists(f"/proc/{router.child.pid}/stat"))
    begin = cpu_seconds(router.child.pid)
    time.sleep(2)
    assert cpu_seconds(router.child.pid) - begin < 1.5, "two threads that poll would take more"
    router.stop()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
