#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whoever needs a suspended disk resumes it first: a read and a write through sd, commands
# through sd and through sg, SG_IO, opening for a partition table. Each takes one resume of
# the adapter, everybody sleeps again afterwards, and no command meets a host that has no
# power (the kernel warns if one does). Who only asks for a rescan resumes nothing.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

test_unit_ready() { sg_raw "$1" 00 00 00 00 00 00; }

# wakes WHAT COMMAND...: COMMAND takes exactly one resume.
wakes()
{
	local what=$1 before sent

	shift
	wait_suspended
	before=$(<"$HOST/stats/rpm_resume")
	sent=$(($(<"$SDEV/iorequest_cnt")))
	step "$what" "$@"
	[ $(($(<"$SDEV/iorequest_cnt"))) -gt "$sent" ] || fail "$what sent no command"
	wait_suspended
	expect "$HOST/stats/rpm_resume" $((before + 1)) "$what"
}

new_host pm/io_while_suspended=warn
enable_host
find_sg
wakes 'read' read_disk
wakes 'write' write_disk 5
wakes 'INQUIRY through sd' sg_inq "$DEV"
wakes 'TEST UNIT READY through sg' test_unit_ready "$SG"
wakes 'READ CAPACITY through sg' sg_readcap "$SG"
wakes 'partition table' blockdev --rereadpt "$DEV"

wait_suspended
before=$(<"$HOST/stats/rpm_resume")
step 'rescan' put 1 "$SDEV/rescan"
expect "$HOST/stats/rpm_resume" "$before" 'a rescan of a suspended disk'

for round in {1..10}; do
	start 'read' read_disk "$round"
	start 'TEST UNIT READY' test_unit_ready "$SG"
	start 'write' write_disk $((round + 100))
	for name in 'read' 'TEST UNIT READY' 'write'; do
		join "$name" || fail "'$name' failed in round $round: $OUTPUT"
	done
	wait_suspended
done
expect "$HOST/stats/io_while_suspended" 0
remove_host
