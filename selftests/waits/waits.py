#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Explains a hang: who waits for whom, in words and as a picture.

    waits.py REPORT [OUTPUT]         says it, and writes OUTPUT.txt, OUTPUT.dot and OUTPUT.svg

REPORT is what a scenario has printed that ended in a hang (hang.sh), or the log of a console
with the kernel's own dump in it: sysrq w and d, or its detector of hung tasks. OUTPUT is
REPORT.waits if it is not given, without a .report. If nobody waits, nothing is written.
"""

import pathlib
import sys

import dot
import graph
import parse
import svg
import text


def convert(report, output):
    """Reads the file `report`; returns the explanation and the files that were written."""
    with open(report, encoding="utf-8", errors="replace") as lines:
        found = graph.build(parse.parse(lines))
    if not found.waits:
        return [], []
    written = []
    for render, suffix in (
        (lambda of: "\n".join(text.explain(of)) + "\n", ".txt"),
        (dot.render, ".dot"),
        (svg.render, ".svg"),
    ):
        written.append(pathlib.Path(f"{output}{suffix}"))
        written[-1].write_text(render(found), encoding="utf-8")
    return text.explain(found), written


def main(arguments):
    match arguments:
        case [report]:
            output = f"{report.removesuffix('.report')}.waits"
        case [report, output]:
            pass
        case _:
            sys.exit(__doc__)
    try:
        lines, written = convert(report, output)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    if not lines:
        sys.exit(f"{report}: nobody waits for anything in it")
    print(*lines, written[-1], sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
