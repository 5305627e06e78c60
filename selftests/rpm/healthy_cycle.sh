#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An idle disk, its target, its host and the host's parent are suspended one after the
# other; I/O resumes them all, once, and the data are those that were written.
#
# deadline: 30

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# Awake for as long as it is looked at, then asleep soon.
stay_awake() { put 10000 "$SDEV/power/autosuspend_delay_ms"; }
go_to_sleep() { put 100 "$SDEV/power/autosuspend_delay_ms" && wait_suspended; }

new_host pm/sdev_autosuspend_ms=10000
enable_host
need_block_debugfs
dd if=/dev/urandom of="$SCRATCH/data" bs=64k count=8 status=none
step 'write' dd if="$SCRATCH/data" of="$DEV" bs=64k oflag=direct status=none
expect "$PARENT/power/runtime_status" active 'right after a write'
go_to_sleep
for device in "$SDEV" "${SDEV%/*}" "$SHOST"; do
	expect "$device/power/runtime_status" suspended
done
expect "$HOST/pm/status" suspended
[ "$(pm_only)" = 1 ] || fail "pm_only is $(pm_only) on a suspended queue"

# Counting starts with everything asleep.
stay_awake
count_events resumes rpm_resume
count_events suspends rpm_suspend
add_rule start-stop trigger=queue opcode=1b origin=pm action=stall stall_ms=1 times=-1

step 'read of a suspended disk' \
	dd if="$DEV" of="$SCRATCH/back" bs=64k count=8 iflag=direct status=none
for device in "$SDEV" "${SDEV%/*}" "$SHOST" "$PARENT"; do
	expect "$device/power/runtime_status" active
done
[ "$(pm_only)" = 0 ] || fail "pm_only is $(pm_only) on an active queue"
cmp "$SCRATCH/data" "$SCRATCH/back" || fail 'the data differ from what was written'
expect "$HOST/faults/resumes/fired" 1
expect "$HOST/faults/start-stop/fired" 1 'sd sends one START UNIT'

go_to_sleep
expect "$HOST/faults/suspends/fired" 1
expect "$HOST/faults/start-stop/fired" 2 'sd sends one STOP UNIT'
expect "$HOST/faults/resumes/fired" 1 'nothing else woke the host'
remove_host
