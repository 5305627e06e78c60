#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Makes a timeline of a trace: as text, and as a picture.

    timeline.py TRACE [OUTPUT]       writes OUTPUT.txt and OUTPUT.svg, and says who hangs

TRACE is a copy of the file `trace` of a tracefs instance with the events rpm:*,
power:device_pm_callback_*, power:suspend_resume, scsi:*, block:block_rq_*, block:block_io_* and
rpmfault:*, such as `run.sh --traces DIRECTORY` leaves there. OUTPUT is TRACE.timeline if
it is not given.
"""

import pathlib
import sys

import parse
import reader
import svg
import text


def convert(trace, output):
    """Reads the file `trace`; writes OUTPUT.txt and OUTPUT.svg, and returns them and the Timeline."""
    with open(trace, encoding="utf-8", errors="replace") as lines:
        timeline = reader.read(*parse.parse(lines))
    written = []
    for render, suffix in ((text.render, ".txt"), (svg.render, ".svg")):
        written.append(pathlib.Path(f"{output}{suffix}"))
        written[-1].write_text(render(timeline), encoding="utf-8")
    return *written, timeline


def main(arguments):
    match arguments:
        case [trace]:
            output = f"{trace.removesuffix('.trace')}.timeline"
        case [trace, output]:
            pass
        case _:
            sys.exit(__doc__)
    try:
        text_file, svg_file, timeline = convert(trace, output)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    if not timeline.lines:
        sys.exit(f"{trace}: there is no event of a host of rpmfault in it")
    print(text.heading(timeline))
    for what, _ in text.waiting(timeline):
        print(f"  {what}")
    print(f"{text_file}\n{svg_file}")


if __name__ == "__main__":
    main(sys.argv[1:])
