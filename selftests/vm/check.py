#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""`make check`: sets up what is missing and passes all tests.

First the host tests, then the scenarios (KUnit among them) on the kernel
`fixed`, then on `stock`, where a scenario that says `fails-on: stock` has to
fail. From the environment: KERNEL takes one kernel, TESTS are patterns of names
("rpm/* host/*"; the host tests are the group host), DEBUG is a flavour of the
kernels (kernel.sh).

The last line is "N passed, N failed, N skipped", where an expected failure is
a pass. Exits 0 if something was run and nothing failed. Runs in the root.
"""

import fnmatch
import os
import re
import subprocess
import sys
import time

import vm

HOST_TESTS = "host/cargo"
# A line of cargo's summary, one for each test binary.
CARGO_RESULT = re.compile(r"^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored", re.MULTILINE)


def selected(patterns, name):
    """Tells whether a name matches one of the patterns, or there are none."""
    return not patterns or any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def host_tests():
    """Runs them, and returns the numbers of passed, failed and skipped ones."""
    log = vm.LOGS / "host-test.log"
    script = 'source "$1"; step "host tests" "$2" "^test .*ok$" 170 make -s -C "$3" host-test'
    # Not a step that makes a run a cold one.
    done = subprocess.run(
        ["bash", "-c", script, "host-tests", vm.HERE / "step.sh", log, vm.SELFTESTS.parent],
        env=os.environ | {"RPMFAULT_STEPS": ""}, check=False,
    )  # fmt: skip
    results = CARGO_RESULT.findall(log.read_text(errors="replace"))
    passed, failed, skipped = (sum(map(int, column)) for column in zip(*results)) if results else (0, 0, 0)
    # Something else went wrong: they did not compile, or the network is missing.
    if done.returncode and not failed:
        failed = 1
    print(f"host tests: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return passed, failed, skipped


def main():
    patterns = os.environ.get("TESTS", "").split()
    kernels = os.environ.get("KERNEL", "").split() or ["fixed", "stock"]
    scenarios = vm.scenarios(patterns)
    host = selected(patterns, HOST_TESTS)
    if not scenarios and not host:
        sys.exit(f"TESTS='{' '.join(patterns)}' selects nothing. There are: {HOST_TESTS} {' '.join(vm.scenarios([]))}")

    passed, failed, skipped = host_tests() if host else (0, 0, 0)
    failures = [HOST_TESTS] if failed else []
    if scenarios:
        for kernel in kernels:
            vm.prepare(kernel)
        kvm = vm.choose_accelerator(kernels[0])
    for kernel in kernels if scenarios else []:
        print(f"\n{len(scenarios)} scenarios on kernel {kernel}", flush=True)
        for result in vm.Run(kernel, kvm, lambda line: print(line, flush=True)).run(scenarios):
            skipped += result.ok and result.directive == "SKIP"
            passed += result.ok and result.directive != "SKIP"
            failed += not result.ok
            failures += [] if result.ok else [f"{result.name} on {kernel}"]

    print(f"\nlogs: {vm.host_path(vm.LOGS)}")
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"took {vm.clock(time.time() - int(os.environ['RPMFAULT_START']))}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(vm.exit_status(main))
