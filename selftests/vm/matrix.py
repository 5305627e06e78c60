#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""`make matrix`: shows that each scenario fails where its bug is, and nowhere else.

A row is a kernel and a column a scenario (plan.py); a cell passes if the scenario did on the
kernel what it says in its header. All scenarios that test the kernel run on `stock` and on
`fixed`. On a kernel without a fix (patches/undo) those run that have to fail there, and the
quick ones of their groups: a bug is to be seen by what it breaks and not by a kernel that is broken
altogether. Two cells at a time run, on two kernels.

A matrix that was cut off is gone on with: its cells that passed are not run again, unless what
they were made from has changed. One that came to its end begins anew, as it does with
MATRIX_FRESH=1. From the environment: KERNEL takes these rows, TESTS these columns.

The table is the last thing that is printed, and the last line of all "N passed, N failed, N
skipped". Exits 0 if nothing failed. Runs in the root.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

import plan
import vm

# What these groups test is the module, which is the same on each kernel.
MODULE_GROUPS = ("module", "device")
# Deadline in seconds of what runs on each kernel without a fix only because of its group: no stress tests.
QUICK = 90
# What a cell comes to depends on these, and on the files of its group.
SOURCES = ("Kbuild", "src/**/*", "selftests/*.sh", "selftests/timeline/trace.sh", "selftests/vm/**/*")
TOP = vm.SELFTESTS.parent


@dataclasses.dataclass
class Row:
    """A kernel, and what runs on it."""

    kernel: str
    # What has to fail, and in which way, and what has to pass.
    own: dict[str, str]
    others: list[str]
    results: dict[str, vm.Result] = dataclasses.field(default_factory=dict)
    # Why there is no kernel.
    trouble: str = ""

    @property
    def scenarios(self):
        """What dirties the machine comes last, as that costs another."""
        return self.others + list(self.own)

    def needs_own(self):
        """Whether it is the row of a bug."""
        return self.kernel not in ("stock", "fixed")


def row(kernel, names):
    """The row of a kernel, of these scenarios."""
    own = plan.failing(kernel, names)
    if kernel in ("stock", "fixed"):
        others = [name for name in names if plan.group(name) not in MODULE_GROUPS or vm.failures(name)]
    elif "+" in kernel:
        # The rows of its patches have them.
        others = []
    else:
        groups = {plan.group(name) for name in own}
        others = [
            name
            for name in names
            if plan.group(name) in groups
            and vm.deadline_of(name) <= QUICK * vm.DEADLINE_FACTOR
            # What fails on stock fails here as well, and says nothing.
            and "stock" not in vm.failures(name)
        ]
    return Row(kernel, own, [name for name in others if name not in own])


def rows(kernels, names):
    """The rows of these kernels, or of all."""
    if not kernels:
        named = {kernel for name in vm.scenarios([]) for kernel in vm.failures(name)}
        kernels = ["stock", "fixed"] + sorted({*plan.undo_patches(), *(named - {"stock", "fixed"})})
    return [row(kernel, names) for kernel in kernels]


def digest(patterns):
    """A hash of the files that match any of the patterns."""
    found = sorted({path for pattern in patterns for path in TOP.glob(pattern) if path.is_file()})
    total = hashlib.sha256()
    for path in found:
        total.update(f"{path.relative_to(TOP)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return total.hexdigest()


class Memory:
    """The cells that have passed in a matrix that was cut off, by all that they depend on."""

    def __init__(self, scenarios):
        self._file = pathlib.Path(f"/cache/matrix-{os.environ['RPMFAULT_CHECKOUT']}.json")
        self._common = digest(SOURCES)
        self._groups = {plan.group(name): "" for name in scenarios}
        for group in self._groups:
            self._groups[group] = digest([f"selftests/{group}/**/*"])
        try:
            self._cells = {} if os.environ.get("MATRIX_FRESH") else json.loads(self._file.read_text())
        except (OSError, ValueError):
            self._cells = {}

    def _key(self, kernel, scenario):
        built = (vm.LOGS / f"kernel-{kernel}").resolve().name
        return f"{scenario} on {built} {self._groups[plan.group(scenario)][:12]} {self._common[:12]}"

    def recall(self, kernel, scenario):
        """What a cell came to, or None."""
        cell = self._cells.get(self._key(kernel, scenario))
        return vm.Result(**cell) if cell else None

    def keep(self, kernel, result):
        """Remembers a cell if it passed."""
        if not result.ok:
            return
        self._cells[self._key(kernel, result.name)] = dataclasses.asdict(result) | {"diagnostics": []}
        self._write()

    def forget(self, table):
        """Begins anew with the cells of these rows."""
        for line in table:
            for name in line.scenarios:
                self._cells.pop(self._key(line.kernel, name), None)
        self._write()

    def _write(self):
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(self._cells, indent=1))
        part.replace(self._file)


class Progress:
    """What is said while it runs, by several machines at a time."""

    def __init__(self, cells):
        self._started = time.monotonic()
        self._cells = cells
        self._done = 0

    def tell(self, kernel, result):
        """A cell is done."""
        self._done += 1
        took = vm.clock(time.monotonic() - self._started)
        print(f"{took:>6} {self._done:>4}/{self._cells} {kernel:<6} {result.line()} ({result.seconds:.0f} s)", flush=True)
        with (vm.LOGS / f"matrix-{kernel}.ktap").open("a") as log:
            print(*result.diagnostics, result.line(self._done), sep="\n", file=log)
        for line in [] if result.ok else result.diagnostics:
            print(f"{kernel:>18} {line}", flush=True)


def prepare(table):
    """Builds the kernels; a row whose kernel cannot be built says so."""
    for line in table:
        try:
            vm.prepare(line.kernel)
        except subprocess.CalledProcessError:
            line.trouble = "the kernel, or the module for it, cannot be built"


def judge(line):
    """Counts the cells of a row. One that stands for a bug has to show it."""
    tally = plan.Tally()
    if line.needs_own() and not line.own:
        line.trouble = line.trouble or "no scenario fails here"
    if line.trouble:
        tally.add(f"kernel {line.kernel}: {line.trouble}", 0, 1, 0)
    for name, result in line.results.items():
        if line.needs_own() and name in line.own and result.directive != "XFAIL":
            tally.add(f"{name} on {line.kernel}: the bug was not shown", 0, 1, 0)
        else:
            tally.add_result(line.kernel, result)
    return tally


def print_table(table, tallies):
    """A line for each kernel."""
    cells = [("kernel", "cells", "what it is", "what fails there, and has to")]
    for line, tally in zip(table, tallies):
        counts = f"{tally.passed} ok" + "".join(
            f", {number} {what}" for number, what in ((tally.failed, "FAILED"), (tally.skipped, "skipped")) if number
        )
        own = ", ".join(f"{name} ({kind})" for name, kind in line.own.items())
        cells.append((line.kernel, counts, plan.title(line.kernel), line.trouble or own or "nothing"))
    widths = [max(map(len, column)) for column in zip(*cells)][:-1]
    print()
    for first, *rest, last in cells:
        print(" | ".join([*(text.ljust(width) for text, width in zip((first, *rest), widths)), last]))


def main():
    names = vm.scenarios(os.environ.get("TESTS", "").split())
    table = rows(os.environ.get("KERNEL", "").split(), names)
    for line in table:
        if not plan.exists(line.kernel):
            sys.exit(f"there is no kernel {line.kernel}, which {' '.join(line.own) or 'KERNEL'} names")
    # With TESTS given, not each row has something to show.
    if os.environ.get("TESTS"):
        table = [line for line in table if line.scenarios]
    if not table:
        sys.exit("KERNEL and TESTS select nothing")
    prepare(table)
    built = [line for line in table if not line.trouble]
    memory = Memory(names)
    todo = []
    for line in built:
        known = {name: memory.recall(line.kernel, name) for name in line.scenarios}
        line.results = {name: result for name, result in known.items() if result}
        todo.append((line, [name for name in line.scenarios if name not in line.results]))
    cells = sum(len(line.scenarios) for line in built)
    missing = sum(len(names) for _, names in todo)
    print(f"\n{cells} cells in {len(table)} rows")
    if missing < cells:
        print(f"{cells - missing} of them passed before it was cut off and are not run again (MATRIX_FRESH=1 does)")
    if missing:
        kvm = vm.choose_accelerator(built[0].kernel)
        progress = Progress(missing)
        lines = {line.kernel: line for line in built}

        def done(kernel, result):
            lines[kernel].results[result.name] = result
            memory.keep(kernel, result)
            progress.tell(kernel, result)

        vm.run_all([(line.kernel, names) for line, names in todo], kvm, done)
    memory.forget(built)

    tallies = [judge(line) for line in table]
    print_table(table, tallies)
    total = plan.Tally()
    for tally in tallies:
        total.merge(tally)
    return total.finish()


if __name__ == "__main__":
    sys.exit(vm.exit_status(main))
