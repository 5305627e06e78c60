# SPDX-License-Identifier: GPL-2.0
"""Reads what is known of a machine that hangs into a Report.

There are two sources, and lines of both may be mixed: the report of hang.sh, and the kernel's
own dump on the console (sysrq w or t and d, the detector of hung tasks). What a later line
says of a task takes the place of what an earlier one has said.
"""

import re

from model import Disk, Lock, Report, Task

# What may be in front of a line: "# " of KTAP, the time and the caller of printk.
FRONT = re.compile(r"^(?:# ?)?(?:<\d+>)?(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?)?")
FRAME = r"[\w.$]+\+0x[0-9a-f]+/0x[0-9a-f]+"

# hang.sh
REASON = re.compile(r"^hang: (.*)")
TASK = re.compile(r"^(blocked|not back|holds): (.+) pid (\d+) wchan (\S+)$")
STACK = re.compile(rf"^    ({FRAME})")
CHILD = re.compile(r"^  child of (\d+)$")
FILE = re.compile(r"^  file (.+)$")
WORDS = re.compile(r"^  words (.+)$")
STEP = re.compile(r"^  step (\d+) (.+)$")
PARENT = re.compile(r"^parent (\S+): (\S+)")
HOST = re.compile(r"^(host\d+): (\S+), host state (\S+)")
TARGET = re.compile(r"^(target\S+): (\S+)$")
SDEV = re.compile(r"^sdev (\d+:\d+:\d+:\d+): (\S+).*, sdev state (\S+)")
DISK = re.compile(r"^(s[dr]\w+): pm_only (-?\d+|-)(?:, queue (\S+))?")
PARKED = re.compile(r"^  parked (\S+) (\S+) (\S+) (\S+) (\S*)$")
BUSY = re.compile(r"^  busy (\w+) (.*)")

# The kernel
ANEW = re.compile(r"^sysrq: Show Blocked State")
DUMPED = re.compile(r"^task:(.+?)\s+state:(\w)\s.*?\bpid:(\d+)\s.*?\bppid:(\d+)")
CALLED = re.compile(rf"^ ({FRAME})")
WORKQUEUE = re.compile(r"^Workqueue: (.+)$")
OWNER = re.compile(r"INFO: task .*:(\d+) (?:<\w+> )?(?:is )?blocked on an? .* by task .*:(\d+)(?: <\w+>)?\.?$")
HELD_BY = re.compile(r"^(?:(\d+) )?locks? held by (.+)/(\d+):")
HELD = re.compile(rf"^ #\d+: (?P<instance>\S+) \((?P<name>.+)\)\{{.*\}}-\{{\d+:\d+\}}, at: (?P<where>{FRAME})")


class Parser:
    """Takes the lines one after the other."""

    def __init__(self):
        self.report = Report()
        # What the lines that follow belong to.
        self._task = None
        self._holder = None
        self._sdev = self._parent = ""

    def read(self, line):
        """Takes a line."""
        for pattern, take in self.TAKES:
            found = pattern.search(line)
            if found:
                take(self, *found.groups())
                return
        # A dump has more about a task than what is read here; its registers, for one.
        if not line.startswith((" ", "Call Trace", "R")):
            self._task = None

    def _known(self, pid, comm):
        return self.report.tasks.setdefault(pid, Task(pid, comm.strip()))

    def _take_reason(self, reason):
        self.report.reason = reason

    def _take_task(self, state, comm, pid, _):
        task = self._known(int(pid), comm)
        # Who is late may be blocked as well; it is told of twice.
        task.blocked = task.blocked or state != "holds"
        task.stack, task.files = [], []
        self._task = task

    def _take_dumped(self, comm, state, pid, parent):
        task = self._known(int(pid), comm)
        task.blocked, task.parent, task.stack = state == "D", int(parent), []
        self._task = task

    def _take_anew(self):
        # Who was blocked before, as its detector has said, may not be any more.
        for task in self.report.tasks.values():
            task.blocked, task.stack = False, []
        self.report.owners.clear()

    def _take_frame(self, frame):
        if self._task:
            self._task.stack.append(frame)

    def _take_child(self, pid):
        if self._task:
            self._task.parent = int(pid)

    def _take_file(self, file):
        if self._task and file not in self._task.files:
            self._task.files.append(file)

    def _take_words(self, words):
        if self._task:
            self._task.words = words.strip()

    def _take_workqueue(self, workqueue):
        if self._task:
            self._task.workqueue = workqueue

    def _take_step(self, pid, name):
        # A step that only waits for what it has started is a shell.
        self.report.tasks.setdefault(int(pid), Task(int(pid), "bash")).step = name

    def _take_parent(self, name, status):
        self._parent = name
        self.report.devices[name] = status

    def _take_host(self, name, status, state):
        self.report.devices[name] = status
        self.report.states[name] = state
        self.report.parents[name] = self._parent

    def _take_target(self, name, status):
        self.report.devices[name] = status

    def _take_sdev(self, name, status, state):
        self._sdev = name
        self.report.devices[name] = status
        self.report.states[name] = state

    def _take_disk(self, name, pm_only, flags):
        words = flags.split("|") if flags and flags != "-" else []
        self.report.disks[name] = Disk(name, self._sdev, pm_only, words)

    def _take_busy(self, name, text):
        if name in self.report.disks:
            self.report.disks[name].busy.append(text)

    def _take_parked(self, *what):
        self.report.parked.append(what)

    def _take_owner(self, waiter, owner):
        self.report.owners[int(waiter)] = int(owner)

    def _take_held_by(self, _, comm, pid):
        self._task = None
        self._holder = self._known(int(pid), comm)
        self._holder.locks = []

    def _take_held(self, instance, name, where):
        if self._holder:
            self._holder.locks.append(Lock(instance, name, where))

    TAKES = (
        (REASON, _take_reason),
        (TASK, _take_task),
        (ANEW, _take_anew),
        (DUMPED, _take_dumped),
        (STACK, _take_frame),
        (CALLED, _take_frame),
        (CHILD, _take_child),
        (FILE, _take_file),
        (WORDS, _take_words),
        (WORKQUEUE, _take_workqueue),
        (STEP, _take_step),
        (PARENT, _take_parent),
        (HOST, _take_host),
        (TARGET, _take_target),
        (SDEV, _take_sdev),
        (DISK, _take_disk),
        (BUSY, _take_busy),
        (PARKED, _take_parked),
        (OWNER, _take_owner),
        (HELD_BY, _take_held_by),
        (HELD, _take_held),
    )


def parse(lines):
    """Returns the Report that the lines are."""
    parser = Parser()
    for line in lines:
        parser.read(FRONT.sub("", line.rstrip("\r\n"), count=1))
    return parser.report
