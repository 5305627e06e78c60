#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Compares how many reads a second several disks do.

    rules.py ROUNDS NAME=/dev/sdX...

A round is one run of fio for each disk: random reads of 4 KiB, one at a time, past the page
cache. The order changes from round to round. What is compared is the ratio to the first disk
in the same round, of which the median and the middle half are printed; an emulated machine
next to others is too noisy for more. The second disk is like the first: what its ratio
spreads over is no difference.
"""

import statistics
import subprocess
import sys

SECONDS = 2
# Of a terse line of fio, version 3: read IOPS.
FIELD_IOPS = 7
# Two disks that are alike may differ that much.
NOISE_MAX = 0.1


def measure(device):
    """The reads per second that fio does."""
    done = subprocess.run(
        [
            "fio", "--name=rules", f"--filename={device}", "--rw=randread", "--bs=4k", "--direct=1",
            "--ioengine=psync", "--thread", "--gtod_reduce=1", "--time_based", f"--runtime={SECONDS}",
            "--randseed=1", "--output-format=terse", "--terse-version=3",
        ],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return float(done.stdout.strip().splitlines()[-1].split(";")[FIELD_IOPS])


def main(rounds, disks):
    names = list(disks)
    iops = {name: [] for name in names}
    # The first run of all warms the caches.
    measure(disks[names[0]])
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            iops[name].append(measure(disks[name]))
    base, control = iops[names[0]], iops[names[1]]
    low, _, high = statistics.quantiles([one / other for one, other in zip(control, base)], n=4)
    noisy = high - low > NOISE_MAX
    print(f"{rounds} rounds of {SECONDS} s; the ratios are those of the best round, and of the median one")
    print(f"{'':36}   IOPS    best  median   middle half")
    for name in names:
        ratios = [one / other for one, other in zip(iops[name], base)]
        first, middle, third = statistics.quantiles(ratios, n=4)
        best = max(iops[name]) / max(base)
        line = f"{name:36} {max(iops[name]):6.0f}   {best:.3f}   {middle:.3f}   {first:.3f} to {third:.3f}"
        if name not in names[:2] and not noisy:
            line += "   no measurable cost" if middle >= low else f"   {100 * (1 - middle):.1f} % fewer"
        print(line)
    if noisy:
        print("The first two differ too much to tell anything: something else has kept the machine busy.")


if __name__ == "__main__":
    main(int(sys.argv[1]), dict(pair.rsplit("=", 1) for pair in sys.argv[2:]))
