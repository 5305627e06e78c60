#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sd's START UNIT fails n times when a suspended disk is resumed, then works. Every read
# comes back, with data or an error, and afterwards the disk is usable and its queue open.
#
# This is the disk's own runtime_resume failing; its parents are resumed. For the other
# kind see resume_hba_fails.
#
# deadline: 90
# fails-on: stock hang after a failed resume and a good one the queue stays pm-only for ever (pm_only is -1)

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

for failures in 1 2 3; do
	new_host
	enable_host
	wait_suspended
	add_rule start-fails trigger=queue opcode=1b origin=pm action=result sense=02/04/02 \
		times="$failures"

	returns "read, START UNIT to fail $failures times" read_disk
	at_least "$RULE/fired" 1 || fail 'no START UNIT was failed'
	# I/O does not ask for another resume after a failed one, a user does.
	for ((try = 1; try < failures; try++)); do
		step 'allow suspend' put auto "$SDEV/power/control"
		step 'try to resume by hand' put on "$SDEV/power/control"
		returns 'read after another failure' read_disk
	done
	step 'allow suspend' put auto "$SDEV/power/control"
	expect_usable
	expect "$RULE/fired" "$failures"

	# And the next cycle is an ordinary one.
	step 'allow suspend' put auto "$SDEV/power/control"
	wait_suspended
	step 'read in the next cycle' read_disk
	remove_host
done
