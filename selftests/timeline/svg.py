# SPDX-License-Identifier: GPL-2.0
"""A Timeline as a picture: a lane for each device and each task, the hang in red.

The picture is complete without scripts; what an operation was in detail is in its tooltip.
The colours are those of Okabe and Ito, which people with any colour vision can tell apart,
and red is for what hangs and for nothing else.
"""

from xml.sax.saxutils import escape, quoteattr

import lanes
from model import duration
from scale import Scale
from text import heading, waiting

WIDTH = 1600
LEFT = 170
RIGHT = WIDTH - 16
MARGIN = 10
ROW = 15
LANE_GAP = 6
FLAG = 13
# What is shown of the waiters below the title, and the characters that fit there.
WAITING_MAX = 8
WAITING_WIDTH = 240
# Width of a character, to tell what fits.
CHARACTER = 5.9

INK = "#222"
FAULT = "#e69f00"
HANG = "#d00000"
# Colour of an operation, of the writing on it, and what it is.
KINDS = {
    "resume": ("#009e73", "#fff", "runtime resume"),
    "suspend": ("#0072b2", "#fff", "runtime suspend"),
    "idle": ("#b8b8b8", INK, "idle check"),
    "sleep": ("#7a5c99", "#fff", "system sleep"),
    "callback": ("#6b5a2e", "#fff", "callback of the host"),
    "command": ("#cc79a7", INK, "SCSI command"),
    "io": ("#b9e0f7", INK, "I/O"),
    "request": ("#56b4e9", INK, "request at the driver"),
    "park": ("#f0e442", INK, "held by a rule"),
}
ASLEEP = "#cdd5de"
STATES = {"suspended": ASLEEP, "suspending": "#e4e9ee", "resuming": "#e4e9ee", "active": "none"}
STYLE = f"""text {{ font: 10px 'DejaVu Sans', Verdana, sans-serif; fill: {INK}; white-space: pre }}
.title {{ font-size: 15px; font-weight: bold }}
.name {{ font-size: 11px }}
.faint {{ fill: #666 }}
.hang {{ fill: {HANG}; font-weight: bold }}
.onhang {{ fill: #fff; font-weight: bold }}"""
# A hang is hatched as well as red, and what failed has a thick dark edge.
PATTERNS = f"""<defs>
<pattern id="hang" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="8" height="8" fill="{HANG}"/><rect width="3" height="8" fill="#a80000"/></pattern>
</defs>"""


class Picture:
    """The elements of an SVG image, from top to bottom."""

    def __init__(self, timeline):
        self._timeline = timeline
        self._elements = []
        self._y = MARGIN
        start, end = timeline.start, timeline.end
        times = [start, end, *(mark.time for mark in timeline.marks), *(state[0] for state in timeline.states)]
        for span in timeline.spans:
            times += [span.start, end if span.end is None else span.end]
        times += [blocked.since for blocked in timeline.blocked if blocked.since is not None]
        self._scale = Scale([time - start for time in times], LEFT, RIGHT)

    def render(self):
        """Returns the image."""
        self._header()
        self._legend()
        top = self._y
        self._y += 26
        self._notes()
        self._section("devices", lanes.of_devices(self._timeline))
        tasks, more = lanes.of_tasks(self._timeline)
        self._section("tasks" + (f" (and {more} more, of less interest)" if more else ""), tasks)
        behind = self._axis(top, self._y)
        self._y += MARGIN
        hint = "Time is not to scale: short steps are stretched, and // cuts silence out. Details are in the tooltips."
        self._text(RIGHT, self._y, hint, "faint", "end")
        self._y += MARGIN
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self._y:.0f}" '
            f'viewBox="0 0 {WIDTH} {self._y:.0f}">\n<title>{escape(heading(self._timeline))}</title>\n'
            f'<style>{STYLE}</style>\n{PATTERNS}\n<rect width="100%" height="100%" fill="#fff"/>\n'
            + "\n".join(behind + self._elements)
            + "\n</svg>\n"
        )

    # ---- elements

    def _x(self, time):
        return self._scale.x(time - self._timeline.start)

    def _text(self, x, y, text, style="", anchor="", colour=""):
        attributes = f' class="{style}"' if style else ""
        attributes += f' text-anchor="{anchor}"' if anchor else ""
        attributes += f' style="fill:{colour}"' if colour else ""
        self._elements.append(f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(text)}</text>')

    def _rect(self, left, top, width, height, fill, edge="", tooltip=()):
        title = tooltip[: lanes.TOOLTIP_LINES]
        if len(tooltip) > len(title):
            title = [*title, f"and {len(tooltip) - len(title)} more"]
        inside = f"<title>{escape(chr(10).join(title))}</title>" if title else ""
        edge = f" stroke={quoteattr(edge)}" if edge else ""
        self._elements.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height}" fill="{fill}"{edge}>{inside}</rect>'
        )

    def _fitting(self, left, right, text):
        """As much of the text as fits between the two; "" if that would say nothing."""
        room = int((right - left - 4) / CHARACTER)
        if len(text) <= room:
            return text
        return text[: room - 1] + "…" if room >= 5 else ""

    # ---- parts

    def _header(self):
        timeline = self._timeline
        self._y += 12
        verdict = f"{timeline.verdict}: {timeline.reason}" if timeline.reason else timeline.verdict
        self._text(MARGIN, self._y, timeline.title or "trace", "title")
        if verdict:
            bad = timeline.verdict == "hang"
            self._text(MARGIN + 9.6 * len(timeline.title or "trace") + 16, self._y, verdict, "hang" if bad else "name")
        what = f"{duration(timeline.end - timeline.start)}, {len(timeline.lines)} events"
        what += "; the beginning is lost" if timeline.lost else ""
        self._text(RIGHT, self._y, what, "faint", "end")
        who = [line for line, _ in waiting(timeline)]
        for line in who[:WAITING_MAX]:
            self._y += 15
            line = line if len(line) <= WAITING_WIDTH else line[:WAITING_WIDTH] + "…"
            self._text(MARGIN, self._y, line, "faint" if line.endswith("(just begun)") else "hang")
        if len(who) > WAITING_MAX:
            self._y += 15
            self._text(MARGIN, self._y, f"and {len(who) - WAITING_MAX} more", "hang")
        self._y += 10

    def _legend(self):
        x = MARGIN
        kinds = {span.kind for span in self._timeline.spans}
        entries = [(colour, "", what) for kind, (colour, _, what) in KINDS.items() if kind in kinds]
        entries += [("#fff", INK, "failed"), (ASLEEP, "", "suspended")]
        if self._timeline.hangs():
            entries.append(("url(#hang)", "", "hangs"))
        for fill, edge, what in entries:
            self._rect(x, self._y, 16, 10, fill, edge)
            self._text(x + 20, self._y + 9, what)
            x += 32 + 5.9 * len(what)
        self._flag(x + 4, self._y - 1, [], "fault")
        self._text(x + 20, self._y + 9, "fault, link or oracle event")
        self._y += 18

    def _flag(self, x, top, tooltip, kind):
        """A triangle with an exclamation mark, or with a cross for an error of the kernel's."""
        title = f"<title>{escape(chr(10).join(tooltip))}</title>" if tooltip else ""
        fill = FAULT if kind != "error" else "#fff"
        sign = "!" if kind != "error" else "×"
        self._elements.append(
            f'<g><path d="M{x - 6.5:.1f} {top + 11.5:.1f}L{x:.1f} {top:.1f}L{x + 6.5:.1f} {top + 11.5:.1f}Z" '
            f'fill="{fill}" stroke="{INK}"/><text x="{x:.1f}" y="{top + 10.5:.1f}" text-anchor="middle" '
            f'style="font-weight:bold;font-size:9px">{sign}</text>{title}</g>'
        )

    def _notes(self):
        """What the test said, in two lines at the top."""
        ends = [LEFT, LEFT]
        notes = [mark for mark in self._timeline.marks if mark.kind == "note"]
        if not notes:
            return
        self._text(LEFT - 8, self._y + 10, "test", "name", "end")
        for index, mark in enumerate(notes):
            x = self._x(mark.time)
            row = 0 if x >= ends[0] else 1
            self._rect(x, self._y, 1, 26, "#888", tooltip=[mark.label])
            later = [self._x(other.time) for other in notes[index + 1 :]]
            until = next((place for place in later[row:] if place > x + 1), RIGHT) if later else RIGHT
            if x < ends[row]:
                continue
            label = self._fitting(x, max(until, min(x + 120, RIGHT)), mark.label)
            if label:
                self._text(x + 3, self._y + 10 + 13 * row, label)
                ends[row] = x + 6 + CHARACTER * len(label)
        self._y += 32

    def _section(self, title, section):
        if not section:
            return
        self._text(MARGIN, self._y + 9, title, "faint")
        self._y += 14
        for lane in section:
            self._lane(lane)
        self._y += 6

    def _lane(self, lane):
        end = self._timeline.end
        bars, rows = lane.bars(self._x, end)
        bars_top = self._y + (FLAG if lane.marks else 0)
        blocked_top = bars_top + (rows * ROW if bars else 0)
        height = blocked_top - self._y + (ROW if lane.blocked else 0)
        height = max(height, ROW)
        self._states(lane, height)
        style = "hang" if lane.hangs() else "name"
        self._text(LEFT - 8, self._y + height / 2 + 4, self._fitting(0, LEFT - 8, lane.name), style, "end")
        for bar in bars:
            self._bar(bar, bars_top + bar.row * ROW)
        if lane.blocked:
            self._blocked(lane.blocked, blocked_top)
        self._flags(lane, height)
        self._elements.append(f'<path d="M{MARGIN} {self._y + height + LANE_GAP / 2:.1f}H{RIGHT}" stroke="#e0e0e0"/>')
        self._y += height + LANE_GAP

    def _states(self, lane, height):
        """The runtime status of a device, as the background of its lane."""
        ends = [time for time, _ in lane.states[1:]] + [self._timeline.end]
        for (time, status), until in zip(lane.states, ends):
            left, right = self._x(time), self._x(until)
            self._rect(
                left, self._y, right - left, height, STATES.get(status, "none"), tooltip=[f"{lane.name} is {status}"]
            )

    def _bar(self, bar, top):
        fill, ink, _ = KINDS[bar.kind]
        width = bar.right - bar.left
        edge = INK if bar.failed and not bar.hangs else ""
        self._rect(bar.left, top + 1, width, ROW - 3, "url(#hang)" if bar.hangs else fill, edge, bar.tooltip)
        label = self._fitting(bar.left, bar.right, bar.label)
        if label:
            style, colour = ("onhang", "") if bar.hangs else ("", ink)
            self._text(bar.left + 3, top + 10, label, style, colour=colour)

    def _blocked(self, blocked, top):
        end = self._timeline.end
        since = self._timeline.start if blocked.since is None else blocked.since
        left = min(self._x(since), RIGHT - 4)
        how_long = "since before the trace" if blocked.since is None else f"for {duration(end - since)}"
        what = f"waits in {blocked.where} {how_long}"
        self._rect(
            left, top + 1, RIGHT - left, ROW - 3, "url(#hang)", tooltip=[f"{blocked.task} {what}", *blocked.stack]
        )
        label = self._fitting(left, RIGHT, what)
        if label == what:
            self._text(left + 3, top + 10, label, "onhang")
        else:
            self._text(left - 4, top + 10, what, "hang", "end")

    def _flags(self, lane, height):
        """The marks of a lane; those that would cover each other share a flag."""
        groups = []
        for mark in sorted(lane.marks, key=lambda mark: mark.time):
            x = self._x(mark.time)
            if groups and x - groups[-1][0] < FLAG:
                groups[-1][1].append(mark)
            else:
                groups.append((x, [mark]))
        for index, (x, marks) in enumerate(groups):
            colour = FAULT if any(mark.kind != "error" for mark in marks) else INK
            self._elements.append(f'<path d="M{x:.1f} {self._y:.1f}v{height}" stroke="{colour}" stroke-width="1.5"/>')
            kind = "error" if all(mark.kind == "error" for mark in marks) else "fault"
            self._flag(x, self._y, [f"{mark.time - self._timeline.start:.6f} s: {mark.label}" for mark in marks], kind)
            until = groups[index + 1][0] - FLAG if index + 1 < len(groups) else RIGHT
            times = f" ×{len(marks)}" if len(marks) > 1 else ""
            self._text(x + 9, self._y + 10, self._fitting(x + 9, until, marks[0].label + times))

    def _axis(self, top, bottom):
        """The elements of the time axis, which are behind all others."""
        out = [f'<path d="M{LEFT} {top + 18}H{RIGHT}" stroke="{INK}"/>']
        out.append(f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end" class="faint">seconds</text>')
        for begin, end in self._scale.breaks:
            left, right = self._scale.x(begin), self._scale.x(end)
            middle = (left + right) / 2
            out.append(
                f'<path d="M{middle - 5:.1f} {top + 22}l4 -8M{middle + 1:.1f} {top + 22}l4 -8" stroke="{INK}">'
                f"<title>nothing happens for {duration(end - begin)}</title></path>"
                f'<path d="M{middle - 1:.1f} {top + 22}V{bottom}M{middle + 2:.1f} {top + 22}V{bottom}" '
                'stroke="#ccc" stroke-dasharray="2 3"/>'
            )
        for x, label in self._scale.labels():
            out.append(
                f'<path d="M{x:.1f} {top + 14}V{bottom}" stroke="#e4e4e4"/>'
                f'<text x="{x:.1f}" y="{top + 10}" text-anchor="middle">{label}</text>'
            )
        return out


def render(timeline):
    """Returns the SVG of a timeline."""
    return Picture(timeline).render()
