#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# With manage_system_start_stop sd stops the disk when the system suspends and starts it when it
# resumes, and when it restores; not for an image, nor without it. A STOP UNIT that fails does
# not keep the system from suspending.
#
# deadline: 90

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

# A START STOP UNIT by sd: power management's, with this START bit.
count()
{
	add_rule "$1" trigger=queue opcode=1b origin=pm cdb_mask=0000000001 "cdb_value=$2" \
		action=stall stall_ms=1 times=-1
}

# counted STOPS STARTS: since the last time, and by what sd says.
counted()
{
	expect "$HOST/faults/stops/fired" "$1" "$what"
	expect "$HOST/faults/starts/fired" "$2" "$what"
	dmesg >"$SCRATCH/log"
	sed -i "1,/rpmfault-test: $mark/d" "$SCRATCH/log"
	[ "$(grep -c "\[$DISK\] Stopping disk" "$SCRATCH/log")" = "$1" ] || fail "$what: sd did not say so"
	put 1 "$HOST/faults/stops/reset"
	put 1 "$HOST/faults/starts/reset"
}

begin()
{
	what=$*
	mark="$EPOCHREALTIME"
	echo "rpmfault-test: $mark" >/dev/kmsg
}

for managed in 0 1; do
	new_host pm/sdev_autosuspend_ms=-1 "pm/manage_system_start_stop=$managed"
	[ -d "$SLEEP_TRACE" ] || may_sleep
	enable_host
	put on "$PARENT/power/control"
	expect "$SDEV/scsi_disk/${SDEV##*/}/manage_system_start_stop" "$managed"
	count stops 0000000000
	count starts 0000000001

	begin 'suspend with' "$managed"
	slept mem devices
	counted "$managed" "$managed"
	# sd has no freeze, but a restore.
	begin 'image with' "$managed"
	slept disk devices
	counted 0 "$managed"
	step 'read' read_disk
	((managed)) || remove_host
done

add_rule fails trigger=queue opcode=1b origin=pm cdb_mask=0000000001 cdb_value=0000000000 action=result \
	sense=02/04/02 priority=1 final=1
begin 'suspend with a failing STOP UNIT'
slept mem devices
expect "$RULE/fired" 1
expect "$HOST/faults/starts/fired" 1
step 'read' read_disk
remove_host
