# SPDX-License-Identifier: GPL-2.0
"""What goes where in the picture: a lane for each device and task, with rows of bars."""

import dataclasses

from model import Mark, duration

# The rows of a lane, and the lanes of tasks: what there is more goes into the last of them.
ROWS_MAX = 6
TASKS_MAX = 12
# In pixels: an operation that is narrower becomes one with its neighbours of the same kind,
# which are this near, until they are that wide together.
NARROW = 3.0
NEAR = 1.5
TOGETHER = 12.0
TOOLTIP_LINES = 12
# What an idle check must take to be seen.
IDLE_SECONDS = 0.001


@dataclasses.dataclass
class Bar:
    """An operation, or several narrow ones, as it is drawn."""

    kind: str
    left: float
    right: float
    label: str
    tooltip: list[str]
    failed: bool = False
    hangs: bool = False
    row: int = 0

    def takes(self, other):
        """Takes another bar in, if both are narrow and near to each other."""
        if self.hangs or other.hangs or other.right - other.left > NARROW or other.kind != self.kind:
            return False
        if other.left - self.right > NEAR or other.right - self.left > TOGETHER:
            return False
        self.right = max(self.right, other.right)
        self.failed = self.failed or other.failed
        self.tooltip += other.tooltip
        self.label = ""
        return True


class Lane:
    """A device or a task with its operations; `blocked` is its entry in the hang report."""

    def __init__(self, name, blocked=None):
        self.name = name
        self.blocked = blocked
        self.spans = []
        self.marks = []
        self.states = []

    def hangs(self):
        """Tells whether something in here did not come back."""
        return bool(self.blocked) or any(span.hangs for span in self.spans)

    def bars(self, x, end):
        """Returns the bars, each with its row, and the number of rows."""
        bars = []
        # Where each row ends, not counting what makes narrow bars visible.
        rows = [0.0]
        last = {}
        for span in sorted(self.spans, key=lambda span: (span.start, -(span.end or end))):
            bar = self._bar(span, x, end)
            before = last.get(bar.kind)
            ends = x(end if span.end is None else span.end)
            if before and before.takes(bar):
                rows[before.row] = max(rows[before.row], ends)
                continue
            free = [row for row, right in enumerate(rows) if right <= bar.left]
            if free:
                bar.row = free[0]
            else:
                if len(rows) < ROWS_MAX:
                    rows.append(0.0)
                bar.row = len(rows) - 1
            rows[bar.row] = max(rows[bar.row], ends)
            last[bar.kind] = bar
            bars.append(bar)
        return bars, len(rows)

    def _bar(self, span, x, end):
        stop = end if span.end is None else span.end
        took = duration(stop - span.start)
        label = span.label if self.name == span.device else f"{span.device} {span.label}"
        if span.hangs:
            label += f", open for {took}"
        elif span.failed:
            label += f" = {span.result}"
        tooltip = f"{span.device} {span.label}" + (f" by {span.task}" if span.task else "")
        tooltip += f": still open after {took}" if span.end is None else f": {span.result or 'done'}, {took}"
        left = x(span.start)
        return Bar(span.kind, left, max(x(stop), left + 1.5), label, [tooltip], span.failed, span.hangs)


def _matters(span):
    """Tells whether it is worth drawing: most idle checks come and go at once, and are many."""
    return span.kind != "idle" or span.failed or span.end is None or span.end - span.start > IDLE_SECONDS


def of_devices(timeline):
    """The lanes of the devices, in the order of the tree, and that of the system if it slept."""
    names = list(timeline.devices)
    names += sorted({span.device for span in timeline.spans if span.device not in names})
    lanes = {name: Lane(name) for name in names}
    for span in timeline.spans:
        if _matters(span):
            lanes[span.device].spans.append(span)
    for time, device, status in timeline.states:
        lanes[device].states.append((time, status))
    for mark in timeline.marks:
        if mark.kind != "note":
            lanes.setdefault(mark.device, Lane(mark.device)).marks.append(mark)
    # A device of which only the usage count was looked at says nothing.
    return [lane for lane in lanes.values() if lane.spans or lane.marks or lane.states]


def of_tasks(timeline):
    """The lanes of the tasks that did something, those that hang first, and how many were left out."""
    blocked = {entry.task.pid: entry for entry in timeline.blocked}
    lanes = {pid: Lane(str(entry.task), entry) for pid, entry in blocked.items()}
    for item in [*timeline.spans, *timeline.marks]:
        if item.task and item.device != "test":
            lane = lanes.setdefault(item.task.pid, Lane(str(item.task)))
            if isinstance(item, Mark):
                lane.marks.append(item)
            # A request is the I/O, once more.
            elif _matters(item) and item.kind != "request":
                lane.spans.append(item)
    found = [lane for lane in lanes.values() if lane.spans or lane.marks or lane.blocked]
    found.sort(key=lambda lane: (not lane.hangs(), not lane.marks, -_busy(lane, timeline.end)))
    shown = found[:TASKS_MAX]
    shown.sort(key=lambda lane: (not lane.hangs(), _first(lane, timeline.end)))
    return shown, len(found) - len(shown)


def _busy(lane, end):
    return sum((end if span.end is None else span.end) - span.start for span in lane.spans)


def _first(lane, end):
    return min([span.start for span in lane.spans] + [mark.time for mark in lane.marks] + [end])
