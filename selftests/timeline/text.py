# SPDX-License-Identifier: GPL-2.0
"""A Timeline as text: a line for each event, and who is still waiting at the end.

The first column is "!" for what the fault rules and the link did, "x" for what failed.
"""

from model import duration

# Columns of a line.
TASK_WIDTH = 20
DEVICE_WIDTH = 16


def heading(timeline):
    """What the run was and how it ended."""
    parts = [timeline.title or "trace", timeline.verdict and f"verdict: {timeline.verdict}", timeline.reason]
    return ", ".join(filter(None, parts))


def waiting(timeline):
    """Who hangs, in words: pairs of a line and of the lines that belong to it."""
    start, end = timeline.start, timeline.end
    for blocked in timeline.blocked:
        since = "since before the trace"
        if blocked.since is not None:
            since = f"since {blocked.since - start:.6f} s, for {duration(end - blocked.since)}, after {blocked.last}"
        yield f"{blocked.task} waits in {blocked.where} {since}", blocked.stack
    for span in timeline.open_spans():
        by = f" by {span.task}" if span.task else ""
        since = f"since {span.start - start:.6f} s, for {duration(end - span.start)}"
        yield f"{span.device}: {span.kind} {span.label}{by} {since}" + ("" if span.hangs else " (just begun)"), []


def render(timeline):
    """Returns the whole text."""
    out = [f"# {heading(timeline)}"]
    if timeline.lost:
        out.append("# the buffer was too small: the beginning is missing")
    out.append(f"#    seconds  {'task':{TASK_WIDTH}} {'device':{DEVICE_WIDTH}} event")
    for line in timeline.lines:
        # In an interrupt the task is only the one that was interrupted.
        task = f"({line.task})" if line.interrupt else str(line.task)
        out.append(
            f"{line.mark} {line.time - timeline.start:10.6f}  {task:{TASK_WIDTH}} {line.device:{DEVICE_WIDTH}} "
            f"{'  ' * line.depth}{line.what}"
        )
    still_open = list(waiting(timeline))
    if still_open:
        out.append("")
        out.append(f"still open at {timeline.end - timeline.start:.6f} s:")
        for what, more in still_open:
            out.append(f"! {what}")
            out.extend(f"      {line}" for line in more)
    if timeline.report:
        out += ["", "the devices:", *(f"  {line}" for line in timeline.report)]
    return "\n".join(out) + "\n"
