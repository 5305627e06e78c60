#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks that depend on another unit of the host, as those of UFS do on its device unit, keep
# it awake as long as one of them is, and let it sleep after that: no count is lost over many
# cycles. What is read from them resumes it first.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host pm/supplier=0:0:0
mkdir "$HOST/luns/0:0:1" "$HOST/luns/0:0:2"
enable_host
SUPPLIER=$SDEV
first=$DEV
LUN=$HOST/luns/0:0:2
find_disk
other=$DEV
[ "$first" != "$other" ] || fail 'both are the same disk'
LUN=$HOST/luns/0:0:1
find_disk
DEVLINK=/sys/class/devlink/scsi:${SUPPLIER##*/}--scsi:${SDEV##*/}
expect "$DEVLINK/runtime_pm" 1

for ((round = 0; round < 10; round++)); do
	wait_suspended
	expect "$SUPPLIER/power/runtime_usage" 0 "round $round"
	if ((round % 2)); then
		DEV=$other
	else
		DEV=/dev/$DISK
	fi
	active_ms=$(<"$SUPPLIER/power/runtime_active_time")
	step "read in round $round" read_disk
	[ "$(<"$SUPPLIER/power/runtime_active_time")" -gt "$active_ms" ] ||
		fail "the supplier slept in round $round"
done

# It does not matter that the supplier itself is idle.
DEV=/dev/$DISK
wait_suspended
put on "$SDEV/power/control"
expect "$SUPPLIER/power/runtime_status" active
[ "$(<"$SUPPLIER/power/runtime_usage")" -ge 1 ] || fail 'the supplier is not in use'
step 'read of the supplier' dd if="$first" of=/dev/null bs=4k count=1 iflag=direct status=none
# Longer than its autosuspend delay.
nap 0.5
expect "$SUPPLIER/power/runtime_status" active 'a consumer is active'

# A consumer that goes takes its count along.
step 'delete an active consumer' put 1 "$SDEV/delete"
wait_suspended
expect "$SUPPLIER/power/runtime_usage" 0
remove_host
