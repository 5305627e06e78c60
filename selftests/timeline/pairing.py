# SPDX-License-Identifier: GPL-2.0
"""Pairs starts with ends, as the kernel has them.

Runtime PM and power callbacks nest within a task; commands and requests are found again by
what identifies them, for they often end in an interrupt. What has no end in the trace is open.
"""

import re

from model import Line, Mark, Span, Timeline, duration

PARENT = re.compile(r"^rpmfault\.\d+")
DEVICE = re.compile(r"^(?:rpmfault\.\d+\S*|host\d+|target\d+:\d+:\d+|\d+:\d+:\d+:\d+|sd[a-z]+|sr\d+)$")


class Pairing:
    """What the readers of all events have in common."""

    def __init__(self):
        self.timeline = Timeline()
        # What is open: a stack by context, and lists by what identifies it.
        self._stacks = {}
        self._flying = {}
        # What belongs to what, as far as the trace shows it.
        self._parents = {}
        self._disks = {}
        # By task, the last that it did.
        self._last = {}
        self._names = set()

    def _line(self, event, device, what, mark=" "):
        depth = len(self._stacks.get(event.context, ()))
        self.timeline.lines.append(Line(event.time, event.task, event.interrupt, device, depth, what, mark))
        if event.context == event.task.pid:
            self._last[event.task.pid] = (event.time, f"{device}: {what}", device)
        if DEVICE.match(device):
            self._names.add(device)

    @staticmethod
    def _task(event):
        """The task that is to blame, which is none in an interrupt."""
        return event.task if event.context == event.task.pid else None

    def _mark(self, event, kind, label, device):
        self.timeline.marks.append(Mark(kind, label, device, self._task(event), event.time))

    def _open(self, event, kind, label, device):
        span = Span(kind, label, device, self._task(event), event.time)
        self.timeline.spans.append(span)
        return span

    @staticmethod
    def _close(event, span, result="", failed=False):
        span.end = event.time
        span.result = result
        span.failed = failed

    # Operations that nest.

    def _push(self, event, kind, label, device, what):
        self._line(event, device, what)
        span = self._open(event, kind, label, device)
        self._stacks.setdefault(event.context, []).append(span)
        return span

    def _pop(self, event, kinds, device, what, result, failed):
        """Closes the innermost operation of these kinds, and what it had begun and is not closed."""
        stack = self._stacks.get(event.context, [])
        for index in range(len(stack) - 1, -1, -1):
            span = stack[index]
            if span.kind in kinds and span.device == device:
                for inner in stack[index + 1 :]:
                    self._close(event, inner, "ended unseen")
                del stack[index:]
                self._close(event, span, result, failed)
                what += f"  ({duration(event.time - span.start)})"
                break
        self._line(event, device, what, "x" if failed else " ")
