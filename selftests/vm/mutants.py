#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""`make mutants`: shows that the scenarios can fail.

For each selftests/mutants/GROUP/NAME.patch, builds the module with that fault and
runs the scenario GROUP/NAME on the kernel `fixed`, which has to fail. A scenario
without a mutant is one that a kernel without the fixes fails (`fails-on`), and a
scenario with neither is an error. TESTS selects, as for `make check`.

The last line is "N passed, N failed, N skipped", where a mutant that was caught
is a pass. Runs in the root.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import vm

KERNEL = "fixed"
MUTANTS = vm.SELFTESTS / "mutants"
TOP = vm.SELFTESTS.parent


def build(patch, directory):
    """Builds the module with a fault, for vm.module() to find."""
    shutil.copytree(TOP / "src", directory / "src")
    shutil.copy(TOP / "Kbuild", directory)
    subprocess.run(["patch", "-s", "-p1", "-d", directory, "-i", patch], check=True)
    log = vm.LOGS / f"mutant-{patch.stem}.log"
    with log.open("w") as output:
        subprocess.run(
            vm.in_kernel(KERNEL, "make", "-C", "/obj", f"M={directory}", f"MO={directory / 'out'}", "LLVM=1", "modules"),
            check=True, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    link = vm.LOGS / f"module-{KERNEL}"
    link.unlink()
    link.symlink_to(directory / "out")


def main():
    patterns = os.environ.get("TESTS", "").split()
    vm.prepare(KERNEL)
    kvm = vm.choose_accelerator(KERNEL)
    passed = failed = 0
    for scenario in vm.scenarios(patterns):
        patch = MUTANTS / f"{scenario}.patch"
        if not patch.exists():
            covered = vm.failures(scenario)
            if not covered:
                failed += 1
                print(f"not ok {scenario}: there is no {patch.relative_to(TOP)}", flush=True)
            continue
        # In the cache, where the guest sees it as well.
        with tempfile.TemporaryDirectory(dir="/cache", prefix="mutant-") as directory:
            build(patch, pathlib.Path(directory))
            [result] = vm.Run(KERNEL, kvm).run([scenario])
        fault = patch.read_text().splitlines()[1].removeprefix("# ")
        passed += not result.ok
        failed += result.ok
        print(f"{'not ok' if result.ok else 'ok'} {scenario}: {fault}", flush=True)
        for line in result.diagnostics if result.ok else result.diagnostics[:1]:
            print(f"  {line}", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(vm.exit_status(main))
