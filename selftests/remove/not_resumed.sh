#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk that sd has stopped when the system went to sleep cannot be started when it comes back.
# When the disk is removed nothing is sent to it any more, neither SYNCHRONIZE CACHE nor STOP
# UNIT; to a disk that was started both are. (It was before commit 99398d2070ab, "scsi: sd: Do
# not issue commands to suspended disks on shutdown".)
#
# deadline: 60
# fails-on: 18 fail sd_remove() sends commands to a disk that was not resumed

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

for resumed in 1 0; do
	new_host pm/sdev_autosuspend_ms=-1 pm/manage_system_start_stop=1 lun/write_cache=1
	[ -d "$SLEEP_TRACE" ] || may_sleep
	enable_host
	put on "$PARENT/power/control"
	if ((!resumed)); then
		add_rule start-fails trigger=queue opcode=1b origin=pm cdb_mask=0000000001 \
			cdb_value=0000000001 action=result sense=02/04/02 times=-1
	fi
	slept mem devices
	expect "$LUN/power_cond" "$( ((resumed)) && printf active || printf stopped)"
	expect "$SDEV/power/runtime_status" active
	if ((!resumed)); then
		at_least "$RULE/fired" 1 || fail 'sd did not try to start the disk'
		remove_rule start-fails
	fi

	for name in sync ssu; do
		add_rule "$name" trigger=queue "opcode=$name" action=stall stall_ms=1 times=-1
	done
	step 'delete' put 1 "$SDEV/delete"
	[ ! -e "$SDEV" ] || fail 'the disk is still there'
	expect "$HOST/faults/sync/fired" "$resumed" 'SYNCHRONIZE CACHE'
	expect "$HOST/faults/ssu/fired" "$resumed" 'STOP UNIT'
	remove_host
done
