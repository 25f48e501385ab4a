# SPDX-License-Identifier: BSD-3-Clause
"""flyoverd as a child of the test, and the client to talk to it."""
import json
import os
import signal
import subprocess
import time

from net import run, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("FLYOVER_BUILD", os.path.join(ROOT, "build"))
FLYOVERD = os.path.join(BUILD, "app/flyoverd/flyoverd")
FLYOVER = os.path.join(BUILD, "app/flyover/flyover")
STOPPED = "stopped: every packet is accounted for, every mbuf is back in its pool"


class Router:
    """A flyoverd in a namespace. Whoever starts one ends it by stop(), which also checks that nothing is lost."""

    def __init__(self, namespace, directory, init=(), options=(), eal=(), workers=1, mbufs=8191, name="flyoverd",
                 ready=True):
        self.socket = os.path.join(directory, name + ".sock")
        self.log_file = os.path.join(directory, name + ".log")
        init_file = os.path.join(directory, name + ".init")
        with open(init_file, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in init))
        # Several daemons share two cores here: nobody is bound to one, nobody burns it.
        words = [FLYOVERD, "--socket", self.socket, "--init", init_file, "--workers", workers, "--pin", "off",
                 "--idle-sleep-us", 200, "--memory", 256, "--mbufs", mbufs, "--jumbo-mbufs", 2047, *options]
        if eal:
            words += ["--", *eal]
        with open(self.log_file, "w", encoding="utf-8") as log:
            self.child = namespace.start(*words, stdout=log, stderr=subprocess.STDOUT)
        if ready:
            wait_for("flyoverd to be ready", lambda: "ready:" in self.log() or self.child.poll() is not None)
            assert "ready:" in self.log(), self.log()

    def log(self):
        with open(self.log_file, encoding="utf-8") as file:
            return file.read()

    def wait_log(self, text):
        return wait_for(f'"{text}" in the log:\n{self.log()}', lambda: text in self.log())

    def flyover(self, *words, check=True, **more):
        """The client's finished process."""
        return run(FLYOVER, "-S", self.socket, *words, check=check, **more)

    def do(self, *lines):
        """Commands, one per string."""
        for line in lines:
            self.flyover(*line.split(" "))

    def json(self, *words):
        return json.loads(self.flyover("-j", *words).stdout or "[]")

    def link(self, name):
        return self.json("link", "show", name)[0]

    def end(self, how=signal.SIGTERM):
        """Sends a signal; (status, seconds until it was gone)."""
        begin = time.monotonic()
        self.child.send_signal(how)
        status = self.child.wait(timeout=30)
        return status, time.monotonic() - begin

    def stop(self):
        status, _ = self.end()
        assert status == 0, self.log()
        assert STOPPED in self.log(), self.log()
