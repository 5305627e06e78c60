#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whatever is held does not keep anybody from cleaning up: removing the rule, switching
# the rule off and switching the host off all come back while a resume is held, and so
# does the I/O that waits for it.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# A suspended disk, a read that wakes it, and the resume of its adapter held.
hold()
{
	new_host
	enable_host
	wait_suspended
	add_rule held trigger=rpm_resume action=stall stall_ms=0
	start 'read' read_disk
	wait_for 5 'the resume to be held' is "$RULE/parked" 1
}

hold
step 'rmdir of a rule that holds a resume' rmdir "$RULE"
join 'read' || fail "the read failed: $OUTPUT"
remove_host

hold
step 'switch off a rule that holds a resume' put 0 "$RULE/enable"
join 'read' || fail "the read failed: $OUTPUT"
remove_host

hold
step 'switch off a host whose resume is held' put 0 "$HOST/enable"
join 'read'
remove_host

# Who unplugs a disk would wait for its resume.
hold
step 'rmdir of a LUN whose resume is held' rmdir "$LUN"
join 'read'
remove_host
