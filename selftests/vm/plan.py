# SPDX-License-Identifier: GPL-2.0
"""Which scenarios run on which kernels, what they have to do there, and how many did.

The kernels: `stock`; `fixed`, with patches/fix; NN, with patches/undo/NN-*.patch; NN+MM, with both.
What a scenario says in its header after `fails-on:` is how it has to fail on a kernel.
"""

import email
import fnmatch
import os
import re
import time

import vm

PATCHES = vm.SELFTESTS.parent / "patches"


def selected(patterns, name):
    """Tells whether a name matches one of the patterns, or there are none."""
    return not patterns or any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def group(scenario):
    """The directory that a scenario is in."""
    return scenario.partition("/")[0]


def failing(kernel, names):
    """Those of the scenarios that have to fail on a kernel because their headers name it: {scenario: kind}."""
    known = {name: vm.failures(name) for name in names}
    return {name: failures[kernel][0] for name, failures in known.items() if kernel in failures}


def undo_patches():
    """The patches that each undo a fix: {kernel: file}."""
    return {path.name.partition("-")[0]: path for path in sorted((PATCHES / "undo").glob("*-*.patch"))}


def patches(kernel):
    """The patches of a kernel, in the order in which they are applied. KeyError: there is no such kernel."""
    if kernel == "stock":
        return []
    if kernel == "fixed":
        return sorted((PATCHES / "fix").glob("*.patch"))
    undo = undo_patches()
    return [undo[part] for part in kernel.split("+")]


def exists(kernel):
    """Whether there is, or can be, a kernel of that name."""
    try:
        patches(kernel)
    except KeyError:
        return False
    return True


def title(kernel):
    """A kernel in words: those of its patches' subjects."""
    if kernel == "stock":
        return "as it comes"
    if kernel == "fixed":
        return f"with the {len(patches(kernel))} patches of patches/fix"
    return "; ".join(subject(patch) for patch in patches(kernel))


def subject(patch):
    """What a patch says that it does."""
    line = email.message_from_string(patch.read_text())["Subject"]
    return re.sub(r"^\[[^]]*\] ", "", " ".join(line.split()))


class Tally:
    """How many passed, failed and were skipped, and the names of those that failed."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    def add(self, name, passed, failed, skipped):
        """Counts tests; `name` is what is said of them if one failed."""
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        self.failures += [name] if failed else []

    def add_result(self, kernel, result):
        """Counts how a scenario went on a kernel."""
        skipped = result.ok and result.directive == "SKIP"
        self.add(f"{result.name} on {kernel}", result.ok and not skipped, not result.ok, skipped)

    def merge(self, other):
        """Counts what another has counted."""
        self.add("", other.passed, other.failed, other.skipped)
        self.failures = [failure for failure in self.failures if failure] + other.failures

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def finish(self):
        """Prints the end of a run, and returns its exit status."""
        print(f"\nlogs: {vm.host_path(vm.LOGS)}")
        for failure in self.failures:
            print(f"FAILED: {failure}")
        print(f"took {vm.clock(time.time() - int(os.environ['RPMFAULT_START']))}")
        print(self)
        return 1 if self.failed or not self.passed else 0
