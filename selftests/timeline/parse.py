# SPDX-License-Identifier: GPL-2.0
"""Reads the `trace` file of tracefs (Documentation/trace/ftrace.rst) into events."""

import dataclasses
import re

# The third of the latency flags is h, H, z, Z or s in an interrupt, which has only borrowed the task.
LINE = re.compile(
    r"^\s*(?P<comm>.+)-(?P<pid>\d+)\s+(?:\([\s\d-]+\)\s+)?\[(?P<cpu>\d+)\]\s+"
    r"(?:(?P<flags>\S{4,6})\s+)?(?P<time>\d+\.\d+): (?P<name>\w+): ?(?P<text>.*)$"
)
LOST = re.compile(r"^CPU:\d+ \[LOST (\d+ )?EVENTS\]")
FIELD = re.compile(r"(\w+)=(\((?:[^()]|\([^()]*\))*\)|\"[^\"]*\"|\S*)")
# What run.sh and hang.sh write to trace_marker.
NOTE = "rpmfault-test: "


@dataclasses.dataclass(frozen=True)
class Task:
    """A task by the number that the kernel gave it; its name may change."""

    pid: int
    comm: str = dataclasses.field(compare=False)

    def __str__(self):
        return f"{self.comm}-{self.pid}"


@dataclasses.dataclass
class Event:
    """One line of the trace; the time is in seconds, of whatever clock the trace has."""

    time: float
    task: Task
    cpu: int
    interrupt: bool
    name: str
    text: str

    @property
    def context(self):
        """What operations nest in: the task, or the CPU for an interrupt and for the idle tasks."""
        return ("cpu", self.cpu) if self.interrupt or not self.task.pid else self.task.pid

    def fields(self):
        """The key=value pairs of the text; a value may be in parentheses or quoted."""
        return {key: value.strip('"') for key, value in FIELD.findall(self.text)}


def parse(lines):
    """Returns the events of a trace, in order, and whether the buffer has lost any."""
    events = []
    comms = {}
    lost = False
    for line in lines:
        line = line.rstrip("\n")
        found = LINE.match(line)
        if not found:
            written = re.match(r"^# entries-in-buffer/entries-written: (\d+)/(\d+)", line)
            lost = lost or bool(LOST.match(line)) or bool(written and written[1] != written[2])
            # The rest of a message of several lines.
            if events and events[-1].name == "tracing_mark_write" and line and not line.startswith(("#", "CPU:")):
                events[-1].text += "\n" + line
            continue
        pid = int(found["pid"])
        # The kernel remembers the names of some tasks only, and says <...> for the others.
        comm = found["comm"].strip()
        if comm != "<...>":
            comms[pid] = comm
        flags = found["flags"] or ""
        events.append(
            Event(
                time=float(found["time"]),
                task=Task(pid, comm),
                cpu=int(found["cpu"]),
                interrupt=flags[2:3] in tuple("hHzZs"),
                name=found["name"],
                text=found["text"],
            )
        )
    for event in events:
        event.task = Task(event.task.pid, comms.get(event.task.pid, event.task.comm))
    return events, lost
