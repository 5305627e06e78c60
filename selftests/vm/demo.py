#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""`make demo`: one scenario on two kernels, and a verdict for a newcomer.

Sets up what is missing, runs the scenario that shows a live bug of the stock
kernel there and on the fixed kernel, and says what was expected and what
happened. Exits 0 if and only if stock has the bug and fixed has not. Runs in the
root.
"""

import os
import re
import subprocess
import sys
import textwrap
import time

import vm

SCENARIO = "rpm/resume_start_fails"
KERNELS = ("stock", "fixed")
# What the whole may take, in seconds: with everything in the cache, and with nothing.
BUDGET_WARM = 90
BUDGET_COLD = 25 * 60


def claim():
    """What the scenario is about: its header comment."""
    lines = (vm.SELFTESTS / f"{SCENARIO}.sh").read_text().splitlines()
    comment = []
    for line in lines[2:]:
        if not line.startswith("#") or re.match(r"# (deadline|fails-on):", line):
            break
        comment.append(line[2:])
    # The first paragraph, after the empty line that follows the licence.
    return " ".join("\n".join(comment).strip().split("\n\n", maxsplit=1)[0].split())


def describe(kernel):
    """A kernel in words."""
    version = subprocess.run(
        vm.in_kernel(kernel, "cat", "/obj/include/config/kernel.release"),
        check=True, stdout=subprocess.PIPE, text=True,
    ).stdout.strip()  # fmt: skip
    if kernel == "stock":
        return f"Linux {version} as it comes"
    patches = len(list((vm.SELFTESTS.parent / "patches/fix").glob("*.patch")))
    return f"Linux {version} with the {patches} patches of patches/fix"


def report(kernel, result, budget_of_lines=None):
    """Prints what was expected of a kernel and what happened; tells whether they agree."""
    as_expected = result.ok and result.directive == ("XFAIL" if kernel == "stock" else "")
    kind, _, why = result.why.partition(": ") if result.directive == "XFAIL" else ("", "", "")
    wanted = f"{kind or 'a hang'}: {why or 'the bug of this kernel'}" if kernel == "stock" else "the scenario passes"
    print(f"\n{SCENARIO} on {kernel} ({describe(kernel)})")
    print(f"  expected:  {wanted}")
    if as_expected and kernel == "stock":
        print(f"  happened:  exactly that, after {result.seconds:.0f} s. What the machine looked like:")
    elif as_expected:
        print(f"  happened:  it passed, in {result.seconds:.0f} s")
    else:
        print(f"  happened:  {'it passed' if result.ok else 'it failed'}, after {result.seconds:.0f} s. What it said:")
    if kernel == "stock" or not as_expected:
        for line in result.diagnostics[:budget_of_lines]:
            print(f"      {line.removeprefix('# ')}")
    return as_expected


def main():
    for kernel in KERNELS:
        vm.prepare(kernel)
    kvm = vm.choose_accelerator(KERNELS[0])

    print(f"\nThe scenario {SCENARIO}:")
    print(textwrap.fill(claim(), 90, initial_indent="  ", subsequent_indent="  "))
    verdicts = {}
    for kernel in KERNELS:
        print(f"\nbooting {kernel} and running it ...", flush=True)
        [result] = vm.Run(kernel, kvm).run([SCENARIO])
        verdicts[kernel] = report(kernel, result)

    cold = os.path.exists(os.environ["RPMFAULT_STEPS"])
    took = time.time() - int(os.environ["RPMFAULT_START"])
    budget = BUDGET_COLD if cold else BUDGET_WARM
    print(f"\nlogs: {vm.host_path(vm.LOGS)}")
    print(
        f"took {vm.clock(took)}; the budget "
        f"{'when something has to be built' if cold else 'when all is cached'} is {vm.clock(budget)}"
    )
    if all(verdicts.values()):
        print("VERDICT: the stock kernel has the bug, the fixed kernel has not.")
        return 0
    wrong = " and ".join(kernel for kernel, right in verdicts.items() if not right)
    print(f"VERDICT: not shown. Another outcome than expected on {wrong}.")
    return 1


if __name__ == "__main__":
    sys.exit(vm.exit_status(main))
