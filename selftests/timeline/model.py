# SPDX-License-Identifier: GPL-2.0
"""What happened in a trace: operations with a start and an end, marks, states, and who hangs."""

import dataclasses

from parse import Task


@dataclasses.dataclass
class Span:
    """An operation on a device; `end` is None while it is open, and `task` is None in an interrupt."""

    kind: str  # suspend, resume, idle, sleep, callback, command, request, io, park
    label: str
    device: str
    task: Task | None
    start: float
    end: float | None = None
    result: str = ""
    failed: bool = False
    hangs: bool = False


@dataclasses.dataclass
class Mark:
    """Something that happened at one moment."""

    kind: str  # fault, oracle, link, error, note
    label: str
    device: str
    task: Task | None
    time: float


@dataclasses.dataclass
class Blocked:
    """A task of the hang report, and since when it has not been heard of (None: never was)."""

    task: Task
    where: str
    since: float | None = None
    last: str = ""
    device: str = ""
    stack: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Line:
    """An event as the text shows it."""

    time: float
    task: Task
    interrupt: bool
    device: str
    depth: int
    what: str
    mark: str = " "


@dataclasses.dataclass
class Timeline:
    """All of it; `devices` are in the order of the tree, and times are those of the trace."""

    title: str = ""
    verdict: str = ""
    reason: str = ""
    lost: bool = False
    start: float = 0.0
    end: float = 0.0
    lines: list[Line] = dataclasses.field(default_factory=list)
    spans: list[Span] = dataclasses.field(default_factory=list)
    marks: list[Mark] = dataclasses.field(default_factory=list)
    states: list[tuple[float, str, str]] = dataclasses.field(default_factory=list)
    blocked: list[Blocked] = dataclasses.field(default_factory=list)
    report: list[str] = dataclasses.field(default_factory=list)
    devices: list[str] = dataclasses.field(default_factory=list)

    def open_spans(self):
        """What has not ended, the oldest first."""
        return sorted((span for span in self.spans if span.end is None), key=lambda span: span.start)

    def hangs(self):
        """Tells whether something did not come back."""
        return bool(self.blocked) or any(span.hangs for span in self.spans)


def duration(seconds):
    """A duration with three digits."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
