#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An adapter that may suspend under its active disks does, and the next command finds it
# without power: it is counted, and fails or passes, as
# pm/io_while_suspended says.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# unpowered REACTION: a disk that is active, and an adapter that is not.
unpowered()
{
	new_host pm/ignore_children=1 pm/sdev_autosuspend_ms=-1 pm/control=on \
		"pm/io_while_suspended=$1"
	enable_host
	put auto "$HOST/pm/control"
	wait_suspended
	expect "$SDEV/power/runtime_status" active
	expect "$SHOST/power/runtime_status" active
	before=$(<"$HOST/stats/io_while_suspended")
}

noticed()
{
	at_least "$HOST/stats/io_while_suspended" $((before + 1)) || fail 'nobody noticed'
	expect "$PARENT/power/runtime_status" suspended
	remove_host
}

unpowered fail
returns 'read' read_disk && fail 'a read without power succeeded'
noticed

unpowered allow
step 'read' read_disk
step 'write' write_disk 5
noticed
