#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# I/O that comes while the adapter is about to suspend waits until it has, resumes it and
# succeeds; if the adapter finds that it is busy, or that it cannot, the I/O goes on as well.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_raw

test_unit_ready() { sg_raw "$1" 00 00 00 00 00 00; }

for errno in none EBUSY EAGAIN; do
	new_host pm/io_while_suspended=warn
	add_rule held trigger=rpm_suspend action=stall "errno=$errno"
	enable_host
	wait_for 10 'the suspend to be held' is "$RULE/parked" 1
	expect "$PARENT/power/runtime_status" suspending
	expect "$HOST/pm/status" suspending
	expect "$SDEV/power/runtime_status" suspended
	resumes=$(<"$HOST/stats/rpm_resume")
	start 'read' read_disk
	start 'write' write_disk 100
	start 'TEST UNIT READY' test_unit_ready "$DEV"
	nap 0.5
	for name in 'read' 'write' 'TEST UNIT READY'; do
		running "$name" || fail "'$name' did not wait for the adapter"
	done
	step 'release' put all "$RULE/release"
	for name in 'read' 'write' 'TEST UNIT READY'; do
		join "$name" || fail "'$name' failed: $OUTPUT"
	done
	case $errno in
	none)
		at_least "$HOST/stats/rpm_resume" $((resumes + 1)) || fail 'the adapter was not resumed'
		expect "$HOST/stats/rpm_fail" 0
		;;
	*) expect "$HOST/stats/rpm_fail" 1 ;;
	esac
	wait_suspended
	expect "$HOST/stats/io_while_suspended" 0
	remove_host
done
