#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""`make check`: sets up what is missing and passes all tests.

First the host tests and the fuzz targets, then the scenarios (KUnit among them)
on the kernel `fixed`, then on each other kernel those that have to fail there, as
they say: on `stock`, which has live bugs, and on the kernels without the fixes of the
bugs that the project began with (SEEDS). Of these only what the cache has is used,
but for ALWAYS: `make matrix` builds and tries all. From the environment: KERNEL takes
one kernel, TESTS are patterns of names ("rpm/* host/*"; the host tests are the group
host), DEBUG is a flavour of the kernels (kernel.sh).

The last line is "N passed, N failed, N skipped", where an expected failure is
a pass. Exits 0 if something was run and nothing failed. Runs in the root.
"""

import itertools
import os
import re
import subprocess
import sys

import plan
import vm

# A line of cargo's summary, one for each test binary.
CARGO_RESULT = re.compile(r"^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored", re.MULTILINE)
# What unittest says at the end: how many, and how many of them were not passed.
UNITTEST_RAN = re.compile(r"^Ran (\d+) test", re.MULTILINE)
UNITTEST_RESULT = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$", re.MULTILINE)
# What selftests/host/fuzz/run.sh says of a target.
FUZZ_RESULT = re.compile(r"^fuzz \S+ \.\.\. (ok|FAILED)$", re.MULTILINE)


def make_step(what, target, pattern, about):
    """Runs a target of the Makefile as a step; returns its exit status and what it printed."""
    log = vm.LOGS / f"{target}.log"
    script = 'source "$1"; shift; step "$1" "$2" "$3" "$4" make -s -C "$5" "$6"'
    # Not a step that makes a run a cold one.
    done = subprocess.run(
        ["bash", "-c", script, target, vm.HERE / "step.sh", what, log, pattern, str(about), vm.SELFTESTS.parent, target],
        env=os.environ | {"RPMFAULT_STEPS": ""}, check=False,
    )  # fmt: skip
    return done.returncode, log.read_text(errors="replace")


def host_tests():
    """Runs them, and returns the numbers of passed, failed and skipped ones."""
    status, text = make_step("host tests", "host-test", "^test .*ok$", 400)
    results = CARGO_RESULT.findall(text)
    passed, failed, skipped = (sum(map(int, column)) for column in zip(*results)) if results else (0, 0, 0)
    # Something else went wrong: they did not compile, or the network is missing.
    if status and not failed:
        failed = 1
    print(f"host tests: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return passed, failed, skipped


def fuzz_tests():
    """Runs the fuzz targets for a bounded time, and returns the same numbers."""
    status, text = make_step("fuzz targets", "fuzz", "^#[0-9]", 60)
    results = FUZZ_RESULT.findall(text)
    passed = results.count("ok")
    failed = len(results) - passed
    if status and not failed:
        failed = 1
    print(f"fuzz targets: {passed} passed, {failed} failed, 0 skipped", flush=True)
    return passed, failed, 0


def unit_tests(what, target):
    """Runs the tests of a Python program by a target of the Makefile, and returns the same numbers."""
    status, text = make_step(what, target, r"\.\.\. ok$", 40)
    ran, result = UNITTEST_RAN.search(text), UNITTEST_RESULT.search(text)
    numbers = dict(re.findall(r"(\w+)=(\d+)", result[1] or "")) if result else {}
    failed, skipped = (sum(int(numbers.get(key, 0)) for key in keys) for keys in (("failures", "errors"), ("skipped",)))
    passed = max(0, int(ran[1]) - failed - skipped) if ran else 0
    if status and not failed:
        failed = 1
    print(f"{what}: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return passed, failed, skipped


def timeline_tests():
    """Runs those of the timeline reader."""
    return unit_tests("timeline tests", "timeline-test")


def waits_tests():
    """Runs those of the reader of hangs."""
    return unit_tests("wait-for graph tests", "waits-test")


# The kernels with the bugs of the five seeds, S1 to S5, and the one that is built for the purpose.
SEEDS = ("01", "02", "01+02", "12", "05", "09", "10", "11")
ALWAYS = "01+02"
# The tests that need no kernel, by name.
HOST = {
    "host/cargo": host_tests,
    "host/fuzz": fuzz_tests,
    "host/timeline": timeline_tests,
    "host/waits": waits_tests,
}


def built(kernel):
    """Whether the cache has a kernel."""
    return subprocess.run([vm.HERE / "kernel.sh", "--built", kernel], check=False).returncode == 0


def runs(names):
    """What to run on which kernels: [(kernel, scenarios)]."""
    chosen = os.environ.get("KERNEL", "").split()
    if chosen:
        return [(kernel, names) for kernel in chosen]
    known = [kernel for kernel in SEEDS if plan.exists(kernel) and (kernel == ALWAYS or built(kernel))]
    return [("fixed", names)] + [(kernel, list(plan.failing(kernel, names))) for kernel in ("stock", *known)]


def main():
    patterns = os.environ.get("TESTS", "").split()
    scenarios = vm.scenarios(patterns)
    host = {name: run for name, run in HOST.items() if plan.selected(patterns, name)}
    if not scenarios and not host:
        known = [*HOST, *vm.scenarios([])]
        sys.exit(f"TESTS='{' '.join(patterns)}' selects nothing. There are: {' '.join(known)}")

    tally = plan.Tally()
    for name, run in host.items():
        tally.add(name, *run())
    todo = [(kernel, names) for kernel, names in runs(scenarios) if names]
    for kernel, _ in todo:
        vm.prepare(kernel)
    kvm = vm.choose_accelerator(todo[0][0]) if todo else False
    for kernel, names in todo:
        print(f"{len(names)} scenarios on kernel {kernel}: {plan.title(kernel)}")
    print(f"KTAP version 1\n1..{sum(len(names) for _, names in todo)}", flush=True)
    number = itertools.count(1)

    def done(kernel, result):
        tally.add_result(kernel, result)
        for line in result.diagnostics:
            print(line)
        print(f"# it took {result.seconds:.1f} s on {kernel}")
        print(f"{result.line(next(number))}", flush=True)

    vm.run_all(todo, kvm, done)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(vm.exit_status(main))
