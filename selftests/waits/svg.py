# SPDX-License-Identifier: GPL-2.0
"""A Graph as a picture: tasks on the left, what they wait for on the right, a cycle in red.

A solid arrow goes from a task to what it waits for, a dashed one from there to who has it or
could give it. Colours are as in the timeline: red is for what hangs in a circle and for nothing
else.
"""

from xml.sax.saxutils import escape

import text
from model import Resource

WIDTH = 1180
MARGIN = 14
TASK_WIDTH = 400
RESOURCE_WIDTH = 400
LEFT = MARGIN
RIGHT = WIDTH - MARGIN - RESOURCE_WIDTH
LINE = 14
GAP = 22
# Width of a character, to tell what fits.
CHARACTER = 6.3

INK = "#222"
HANG = "#d00000"
TASK = "#e8f1f8"
RESOURCE = "#fdf6d8"
STYLE = f"""text {{ font: 11px 'DejaVu Sans', Verdana, sans-serif; fill: {INK}; white-space: pre }}
.title {{ font-size: 15px; font-weight: bold }}
.name {{ font-weight: bold }}
.faint {{ fill: #666; font-size: 10px }}
.hang {{ fill: {HANG} }}"""
ARROWS = "".join(
    f'<marker id="{name}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="9" markerHeight="9" '
    f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5L8 4L0 7.5Z" fill="{colour}"/></marker>'
    for name, colour in (("arrow", INK), ("closed", HANG))
)


def shortened(string, width):
    """As much of the string as fits."""
    room = int((width - 16) / CHARACTER)
    return string if len(string) <= room else string[: room - 1] + "…"


class Box:
    """A box with lines of text, the fainter ones last, and places for arrows at its inner side."""

    def __init__(self, node, left, width, lines, faint):
        self.node = node
        self.left, self.width = left, width
        self.lines = lines + faint
        self.clear = len(lines)
        self.top = 0.0
        self._ports = 0
        self.ports = 0

    @property
    def height(self):
        """Enough for the text and for the arrows."""
        return max(LINE * len(self.lines) + 14, 12 * self.ports + 10)

    def port(self):
        """The next free place."""
        self._ports += 1
        return self.top + self.height * self._ports / (self.ports + 1)


class Picture:
    """The elements of an SVG image."""

    def __init__(self, graph):
        self._graph = graph
        self._elements = []
        pids = [node for cycle in graph.cycles for node in cycle if not isinstance(node, Resource)]
        pids += [*graph.waits, *(edge.target for edge in graph.edges if not isinstance(edge.target, Resource))]
        self._boxes = {}
        for pid in dict.fromkeys(pids):
            task = graph.report.tasks[pid]
            does = dict.fromkeys(edge.why for edge in graph.edges if edge.target == pid)
            self._boxes[pid] = Box(pid, LEFT, TASK_WIDTH, [str(task), *does], text.path(task))
        # What is waited for comes in the order of those who wait for it.
        for pid in dict.fromkeys(pids):
            resource = graph.waits.get(pid)
            if resource and resource not in self._boxes:
                lines = [resource.name, *filter(None, [resource.state])]
                more = [part for part in resource.more.split(", ") if part]
                self._boxes[resource] = Box(resource, RIGHT, RESOURCE_WIDTH, lines, more)
        for edge in graph.edges:
            self._boxes[edge.source].ports += 1
            self._boxes[edge.target].ports += 1

    def render(self):
        """Returns the image."""
        y = MARGIN + 14
        title = self._graph.report.reason or "who waits for whom"
        self._text(MARGIN, y, shortened(title, WIDTH), "title")
        y += 18
        verdict = "the red arrows are a cycle" if self._graph.cycles else "no cycle is closed"
        self._text(MARGIN, y, f"a solid arrow is a wait, a dashed one leads to who could end it; {verdict}", "faint")
        bottom = self._place(y + 18)
        for edge in self._graph.edges:
            self._arrow(edge)
        for box in self._boxes.values():
            self._box(box)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom:.0f}" '
            f'viewBox="0 0 {WIDTH} {bottom:.0f}">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n'
            f'<defs>{ARROWS}</defs>\n<rect width="100%" height="100%" fill="#fff"/>\n'
            + "\n".join(self._elements)
            + "\n</svg>\n"
        )

    def _place(self, top):
        """Puts the boxes into their columns, the shorter one in the middle; returns the lower end."""
        columns = [
            [box for box in self._boxes.values() if isinstance(box.node, Resource) == right] for right in (False, True)
        ]
        heights = [sum(box.height + GAP for box in column) for column in columns]
        for column, height in zip(columns, heights):
            # The rest is spread between them.
            extra = (max(heights) - height) / (len(column) + 1)
            y = top + extra
            for box in column:
                box.top = y
                y += box.height + GAP + extra
        return top + max(heights) + MARGIN

    def _text(self, x, y, string, style=""):
        style = f' class="{style}"' if style else ""
        self._elements.append(f'<text x="{x:.1f}" y="{y:.1f}"{style}>{escape(string)}</text>')

    def _box(self, box):
        red = self._graph.in_cycle(box.node)
        is_resource = isinstance(box.node, Resource)
        edge = f'stroke="{HANG}" stroke-width="2"' if red else f'stroke="{INK}"'
        full = escape("\n".join(box.lines))
        if not is_resource:
            full = escape("\n".join([box.lines[0], *self._graph.report.tasks[box.node].stack]))
        self._elements.append(
            f'<rect x="{box.left}" y="{box.top:.1f}" width="{box.width}" height="{box.height}" '
            f'rx="{14 if is_resource else 2}" fill="{RESOURCE if is_resource else TASK}" {edge}>'
            f"<title>{full}</title></rect>"
        )
        y = box.top + (box.height - LINE * len(box.lines)) / 2 + 11
        for number, line in enumerate(box.lines):
            style = "faint" if number >= box.clear else "" if number else "name hang" if red else "name"
            self._text(box.left + 9, y, shortened(line, box.width), style)
            y += LINE

    def _arrow(self, edge):
        source, target = self._boxes[edge.source], self._boxes[edge.target]
        is_wait = isinstance(edge.target, Resource)
        left, right = (source, target) if is_wait else (target, source)
        start, end = (left.left + left.width, left.port()), (right.left, right.port())
        if not is_wait:
            start, end = end, start
        closed = self._graph.closes_cycle(edge)
        bend = (end[0] - start[0]) / 2
        colour, width, head = (HANG, 2, "closed") if closed else (INK, 1.2, "arrow")
        dashes = "" if is_wait else ' stroke-dasharray="5 4"'
        names = [text.name(self._graph, node) for node in (edge.source, edge.target)]
        tooltip = escape(" waits for ".join(names) if is_wait else f"{names[0]}: {names[1]} {edge.why}")
        self._elements.append(
            f'<path d="M{start[0]:.1f} {start[1]:.1f}C{start[0] + bend:.1f} {start[1]:.1f} '
            f'{end[0] - bend:.1f} {end[1]:.1f} {end[0]:.1f} {end[1]:.1f}" fill="none" stroke="{colour}" '
            f'stroke-width="{width}" marker-end="url(#{head})"{dashes}><title>{tooltip}</title></path>'
        )


def render(graph):
    """Returns the SVG of a Graph."""
    return Picture(graph).render()
