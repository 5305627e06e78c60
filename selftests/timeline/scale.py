# SPDX-License-Identifier: GPL-2.0
"""A time axis on which long silences take little room, and short steps are still seen."""

import bisect

# The width of a step between two events grows with this power of its duration: from
# microseconds to seconds it is a million to one, of which a picture can show a thousand.
POWER = 0.5
# How much of the width a silence takes at most.
SILENCE_SHARE = 0.04
# A silence that would be this many times as wide is marked as a break.
BREAK_RATIO = 1.5
# Pixels between two labels of the axis.
LABEL_SPACING = 66
# The steps of the labels, in seconds, from coarse to fine.
STEPS = [factor * 10.0**power for power in range(3, -6, -1) for factor in (5, 2, 1)]
# A step that has more multiples than this in the whole time is too fine to be tried everywhere.
CANDIDATES_MAX = 20000


class Scale:
    """Maps times to pixels: in order, wider the longer it takes, with a bounded width for silences."""

    def __init__(self, times, left, right):
        self._times = sorted(set(times)) or [0.0]
        if len(self._times) == 1:
            self._times.append(self._times[0] + 1e-6)
        steps = [(after - before) ** POWER for before, after in zip(self._times, self._times[1:])]
        width = right - left
        widest = max(width * SILENCE_SHARE, width / len(steps))
        factor = self._fill(steps, width, widest)
        self._x = [float(left)]
        self.breaks = []
        for begin, end, step in zip(self._times, self._times[1:], steps):
            if step * factor > widest * BREAK_RATIO:
                self.breaks.append((begin, end))
            self._x.append(self._x[-1] + min(step * factor, widest))

    @staticmethod
    def _fill(steps, width, widest):
        """The factor by which all steps, none wider than `widest`, take `width` together."""
        low, high = width / sum(steps), width / min(steps)
        for _ in range(100):
            middle = (low * high) ** 0.5
            if sum(min(step * middle, widest) for step in steps) < width:
                low = middle
            else:
                high = middle
        return low

    def x(self, time):
        """The place of a time, in pixels."""
        index = bisect.bisect_right(self._times, time) - 1
        index = max(0, min(index, len(self._times) - 2))
        begin, end = self._times[index], self._times[index + 1]
        share = max(0.0, min(1.0, (time - begin) / (end - begin)))
        return self._x[index] + share * (self._x[index + 1] - self._x[index])

    def labels(self):
        """Round times that have room for a label, as pairs of place and text."""
        begin, end = self._times[0], self._times[-1]
        taken = []
        for step in STEPS:
            if (end - begin) / step > CANDIDATES_MAX:
                break
            digits = max(0, len(f"{step:.6f}".rstrip("0").partition(".")[2]))
            for number in range(int(begin / step), int(end / step) + 1):
                time = number * step
                if time < begin:
                    continue
                place = self.x(time)
                at = bisect.bisect_left(taken, (place, ""))
                near = taken[max(0, at - 1) : at + 1]
                if all(abs(place - other) >= LABEL_SPACING for other, _ in near):
                    taken.insert(at, (place, f"{time:.{digits}f}"))
        return taken
