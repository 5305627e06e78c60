#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whatever a host is like, whatever its rules hold and whoever uses it, it can be taken away:
# by enable=0, by rmdir, by `delete` and `unbind` in sysfs, and after whoever made it was
# killed. It comes back in time, and leaves nothing behind.
#
# The hosts are random ones, see teardown_storm.py: STORM_COUNT of them from STORM_SEED, the
# first of which is number STORM_FIRST. 500 are for a KASAN kernel, which sees what is wrong.
#
# deadline: 1200

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool python3

# For one thing to come back: the error handler, and a scan whose commands are lost, take time.
SECONDS_EACH=$((40 * TIME_SCALE))

COUNT=15
! grep -qw kasan_save_stack /proc/kallsyms || COUNT=500
COUNT=${STORM_COUNT:-$COUNT}
SEED=${STORM_SEED:-$SRANDOM}

load_module
say "seed $SEED, $COUNT hosts"
# It has deadlines of its own.
python3 "$(dirname "$0")/teardown_storm.py" "$SEED" "${STORM_FIRST:-0}" "$COUNT" "$SECONDS_EACH"
status=$?
[ "$status" != "$HANG" ] || hang 'the storm'
[ "$status" = 0 ] || fail "the storm ended with status $status"
# Nobody holds a reference.
unload_module
