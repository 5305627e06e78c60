#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A resume of the adapter that a rule holds goes on when it is released by hand, or by
# its deadline; the I/O that waits for it then completes.
#
# deadline: 30

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host
enable_host

# By hand.
wait_suspended
add_rule held trigger=rpm_resume action=stall stall_ms=0
start 'read' read_disk
wait_for 5 'the resume to be held' is "$RULE/parked" 1
expect "$PARENT/power/runtime_status" resuming
nap 0.5
running 'read' || fail 'the read did not wait for the resume'
step 'release' put 1 "$RULE/release"
join 'read' || fail "the read failed: $OUTPUT"
expect "$RULE/parked" 0
expect "$RULE/fired" 1
remove_rule held

# By its deadline.
wait_suspended
add_rule held trigger=rpm_resume action=stall stall_ms=1500
read_clock
begun=$NOW
step 'read of a disk whose resume takes long' read_disk
read_clock
took=$((NOW - begun))
[ "$took" -ge 1400 ] || fail "the read took $took ms, less than the resume was held"
expect "$RULE/parked" 0
expect "$RULE/fired" 1
remove_host
