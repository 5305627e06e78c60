#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A program that hibernates the machine writes the image to a disk, and that disk may be one
# that runtime power management has suspended: it is resumed, by the PM core's workqueue, though
# kernel threads are frozen. (Bug zoo, Z5: 4fb352df14de "PM: sleep: Do not flag runtime PM workqueue as
# freezable".)
#
# deadline: 30
# fails-on: 08 hang the resume that the write waits for is queued on a workqueue that is frozen

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host
may_sleep
[ -r /dev/snapshot ] || skip 'the kernel has no /dev/snapshot'
enable_host
for how in write read; do
	put auto "$SDEV/power/control"
	wait_for 10 'the disk to be suspended' rpm_is "$SDEV" suspended
	put 1 "$HOST/stats/reset"
	snapshot "$how" "$DEV" || fail "$how while the system is frozen: error $?"
	grep -q '^1b ' "$HOST/stats/opcodes" || fail "the disk was not started: $(<"$HOST/stats/opcodes")"
	expect "$HOST/stats/io_while_suspended" 0
	step 'resume by hand' put on "$SDEV/power/control"
	[ "$(pm_only)" = 0 ] || fail "pm_only is $(pm_only) on an active queue"
done
step 'read back' dd if="$DEV" of="$SCRATCH/back" bs=4k count=1 iflag=direct status=none
[ "$(head -c 5 "$SCRATCH/back")" = image ] || fail 'what was written is not there'
remove_host
