# SPDX-License-Identifier: GPL-2.0
"""Reads the events of power management, of rpmfault and of the tests, and finds what hangs."""

import errno
import re

from model import Blocked, Line
from pairing import DEVICE, PARENT
from parse import NOTE, Task
from storage import Storage

# An operation that has been open for less, when the trace ends, is not taken for a hang.
OPEN_SECONDS = 1.0

RPM = re.compile(r"^(\S+) flags-(\w+) cnt-(-?\d+) *dep-(-?\d+) *auto-(\d) p-(\d) irq-(\d) child-(-?\d+)")
RPM_RETURN = re.compile(r"^(\S+?):(\S+) ret=(-?\d+)$")
RPM_STATUS = re.compile(r"^(\S+) status=(?:RPM_)?(\w+)")
# Errors by which runtime PM says that there is nothing to do now.
USUAL_OF_RESUME = (-errno.EACCES, -errno.EINPROGRESS)
USUAL_OF_SUSPEND = (-errno.EAGAIN, -errno.EBUSY, *USUAL_OF_RESUME)
PM_START = re.compile(r"^(.*?) (\S+), parent: (\S+), (.*)$")
PM_END = re.compile(r"^(.*?) (\S+), err=(-?\d+)$")
SLEEP = re.compile(r"^(.*) (begin|end)$")
BLOCKED = re.compile(r"^(blocked|not back): (.+) pid (\d+) wchan (\S+)$")
# The rest of the report of hang.sh: the state of the devices, and the locks.
REPORT = re.compile(
    r"^(?:parent \S+: |host\d+: |target\S+: |sdev \S+: |s[dr]\w+: pm_only |blocked: no |holds: "
    r"|(?:\d+ )?locks? held | #)"
)
REASON = re.compile(r"^(?:hang|FAIL): (.*)")
EVENTS_OF_RPMFAULT = {"rule_fire", "park", "release", "link", "pm_enter", "pm_exit", "io_while_suspended"}


class Reader(Storage):
    """Takes the events one after the other and makes a Timeline of them."""

    def __init__(self):
        super().__init__()
        # The blocked task whose stack is being read.
        self._stack_of = None

    def read(self, events, lost):
        """Returns the Timeline of all events."""
        timeline = self.timeline
        if events:
            timeline.start, timeline.end = events[0].time, events[-1].time
        timeline.lost = lost
        for event in events:
            handler = getattr(self, f"_on_{event.name}", None)
            if handler:
                handler(event)
            elif event.name in EVENTS_OF_RPMFAULT:
                self._on_rpmfault(event)
        self._find_hangs()
        timeline.devices = self._sorted_devices()
        return timeline

    # ---- rpm

    def _on_rpm(self, event, kind):
        found = RPM.match(event.text)
        if not found or not DEVICE.match(found[1]):
            return
        device = found[1]
        stack = self._stacks.get(event.context, [])
        if PARENT.match(device) and stack and stack[-1].device.startswith("host"):
            self._parents[stack[-1].device] = device
        self._push(
            event, kind, f"rpm_{kind}", device, f"rpm_{kind} flags={found[2]} usage={found[3]} children={found[8]}"
        )

    def _on_rpm_suspend(self, event):
        self._on_rpm(event, "suspend")

    def _on_rpm_resume(self, event):
        self._on_rpm(event, "resume")

    def _on_rpm_idle(self, event):
        self._on_rpm(event, "idle")

    def _on_rpm_usage(self, event):
        found = RPM.match(event.text)
        if found and DEVICE.match(found[1]):
            self._line(event, found[1], f"rpm_usage usage={found[3]} children={found[8]}")

    def _on_rpm_return_int(self, event):
        found = RPM_RETURN.match(event.text)
        if not found or not DEVICE.match(found[2]):
            return
        function = found[1].partition("+")[0]
        error = int(found[3])
        failed = error < 0 and error not in (USUAL_OF_RESUME if function == "rpm_resume" else USUAL_OF_SUSPEND)
        self._pop(event, ("suspend", "resume", "idle"), found[2], f"{function} = {error}", str(error), failed)

    def _on_rpm_status(self, event):
        found = RPM_STATUS.match(event.text)
        if found and DEVICE.match(found[1]):
            self._line(event, found[1], f"is {found[2].lower()}")
            self.timeline.states.append((event.time, found[1], found[2].lower()))

    # ---- power

    def _on_device_pm_callback_start(self, event):
        found = PM_START.match(event.text)
        if found and DEVICE.match(found[2]):
            if PARENT.match(found[3]):
                self._parents[found[2]] = found[3]
            self._push(event, "sleep", found[4].strip(), found[2], f"{found[4].strip()} {{")

    def _on_device_pm_callback_end(self, event):
        found = PM_END.match(event.text)
        if found and DEVICE.match(found[2]):
            failed = found[3] != "0"
            self._pop(event, ("sleep",), found[2], f"}} callback = {found[3]}", found[3], failed)

    def _on_suspend_resume(self, event):
        found = SLEEP.match(event.text)
        if found and found[2] == "begin":
            self._push(event, "sleep", found[1], "system", f"{found[1]} {{")
        elif found:
            self._pop(event, ("sleep",), "system", f"}} {found[1]}", "", False)

    # ---- rpmfault

    def _on_rpmfault(self, event):
        fields = event.fields()
        device = self._device_of(event, fields)
        rest = " ".join(f"{key}={value}" for key, value in fields.items() if key not in ("host", "host_no"))
        what = f"{event.name} {rest}"
        held = ("park", device, fields.get("rule"), fields.get("cdb") or fields.get("trigger"))
        match event.name:
            case "pm_enter":
                self._push(event, "callback", fields.get("callback", "callback"), device, what)
            case "pm_exit":
                result = fields.get("result", "0")
                self._pop(event, ("callback",), device, what, result, result != "0")
            case "park":
                self._line(event, device, what, "!")
                span = self._open(event, "park", f"held by {fields.get('rule', '?')}", device)
                self._flying.setdefault(held, []).append(span)
            case "release":
                self._line(event, device, what, "!")
                if self._flying.get(held):
                    self._close(event, self._flying[held].pop(0), fields.get("why", "released"))
            case "rule_fire":
                self._line(event, device, what, "!")
                self._mark(event, "fault", f"{fields.get('rule', '?')}: {fields.get('action', '?')}", device)
            case "link":
                self._line(event, device, what, "!")
                self._mark(event, "link", f"link {fields.get('from', '')} -> {fields.get('to', '?')}", device)
            case _:
                self._line(event, device, what, "!")
                self._mark(event, "oracle", f"I/O while suspended: {rest}", device)

    def _device_of(self, event, fields):
        """The device that an event of the module is about: the LU, or the parent whose callback runs."""
        host = fields.get("host_no", "-1")
        address = next((value for value in fields.values() if re.fullmatch(r"\d+:\d+:\d+", value)), "")
        if address and host != "-1":
            return f"{host}:{address}"
        if event.name != "link":
            for span in reversed(self._stacks.get(event.context, [])):
                if PARENT.match(span.device):
                    if host != "-1":
                        self._parents[f"host{host}"] = span.device
                    return span.device
        return f"host{host}" if host != "-1" else fields.get("host", "?")

    # ---- what the tests have to say

    def _on_tracing_mark_write(self, event):
        text = event.text.strip()
        if not text.startswith(NOTE):
            self._note(event, text)
            return
        word, _, rest = text.removeprefix(NOTE).partition(" ")
        match word:
            case "start":
                self.timeline.title = rest
                self._line_of_test(event, f"start of {rest}")
            case "verdict":
                self.timeline.verdict = rest
                self._line_of_test(event, f"verdict: {rest}")
            case "says":
                self._read_output(rest, event)
            case "step":
                self._note(event, rest)
            case _:
                self._note(event, text.removeprefix(NOTE))

    def _line_of_test(self, event, text):
        self.timeline.lines.append(Line(event.time, event.task, False, "test", 0, text))

    def _note(self, event, text):
        self._line_of_test(event, text)
        self._mark(event, "note", text, "test")

    def _read_output(self, line, event):
        """Takes a line that a scenario has printed, maybe one of the report of hang.sh."""
        timeline = self.timeline
        found = BLOCKED.match(line)
        if found:
            self._stack_of = self._blocked_task(found)
        elif line.startswith("    ") and self._stack_of:
            self._stack_of.stack.append(line.strip())
        elif REPORT.match(line):
            # The stack of one that holds a lock without being blocked is not shown.
            self._stack_of = None
            timeline.report.append(line)
        elif not line.startswith(" "):
            reason = REASON.match(line)
            if reason:
                timeline.reason = reason[1]
            self._note(event, line)

    def _blocked_task(self, found):
        pid = int(found[3])
        if any(blocked.task.pid == pid for blocked in self.timeline.blocked):
            # A step that is late and blocked is told of twice, with the same stack.
            return None
        since, last, device = self._last.get(pid, (None, "", ""))
        blocked = Blocked(Task(pid, found[2]), found[4] if found[4] != "0" else found[1], since, last, device)
        self.timeline.blocked.append(blocked)
        return blocked

    # ---- the end

    def _find_hangs(self):
        timeline = self.timeline
        # The shell of a step that only waits for what is blocked says nothing more.
        heard = [blocked for blocked in timeline.blocked if blocked.since is not None]
        timeline.blocked = heard or timeline.blocked
        stuck = {blocked.task.pid for blocked in timeline.blocked}
        for span in timeline.spans:
            if span.end is None:
                age = timeline.end - span.start
                span.hangs = age >= OPEN_SECONDS or bool(span.task and span.task.pid in stuck)

    def _sorted_devices(self):
        """The devices that were seen: host by host, each from the parent down to the disk."""
        hosts = {parent: host for host, parent in self._parents.items()}

        def key(device):
            sdev = self._disks.get(device, device)
            address = re.search(r"(\d+):(\d+):(\d+)(?::(\d+))?$", sdev)
            if PARENT.match(device):
                number, level, rest = hosts.get(device, "host-1").removeprefix("host"), 0, ()
            elif device.startswith("host"):
                number, level, rest = device.removeprefix("host"), 1, ()
            elif address:
                number, level = address[1], 2 + (address[4] is not None)
                rest = tuple(int(part) for part in address.groups()[1:] if part)
            else:
                number, level, rest = "9999", 3, ()
            # A target before its units, a disk after its unit.
            return (int(number), min(level, 2), rest, level, device != sdev, device)

        return sorted(self._names, key=key)


def read(events, lost=False):
    """Returns the Timeline of the events that parse.parse() has returned."""
    return Reader().read(events, lost)
