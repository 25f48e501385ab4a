# SPDX-License-Identifier: BSD-3-Clause
"""A program that reads commands, `ip` or `flyover`, kept running: to start one for each command would take most of the time."""
import os
import re
import subprocess

MARK = 'link show lo'       # is answered by one line, behind each command


class Dialogue:
    def __init__(self, command):
        """command: with -batch -. It runs in the namespace in which `ask` is called first."""
        self.command, self.process = ['stdbuf', '-oL'] + command, None

    def ask(self, lines):
        """For each line what is said to it, in lines; a None is the last of them if it was refused."""
        answers = []
        while len(answers) < len(lines):
            left = lines[len(answers):]
            self.start()
            try:
                self.process.stdin.write(''.join('%s\n%s\n' % (line, MARK) for line in left).encode())
            except BrokenPipeError:
                pass                                        # it ended at one of them
            answers += self.read(len(left))
        return answers

    def start(self):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)

    def read(self, count):
        """Answers to so many lines, or to those up to the one that `ip` takes so ill that it ends."""
        answers, rest = [[]], b''
        while len(answers) <= count:
            got = os.read(self.process.stdout.fileno(), 1 << 16)
            if not got:
                self.close()
                answers[-1] += words_of(rest) + [None]
                return answers
            *whole, rest = (rest + got).split(b'\n')
            for line in whole:
                if line.startswith(b'1: lo: <'):
                    answers.append([])
                else:
                    answers[-1] += words_of(line)
        return answers[:count]

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
        self.process = None


def words_of(line):
    text = line.decode().rstrip()
    if re.match(r'Command failed \S+:\d+$', text):
        return [None]
    text = re.sub(r'\bexpires \d+sec', 'expires soon', text)
    return [text] if text and '::' not in text else []     # nothing of IPv6
