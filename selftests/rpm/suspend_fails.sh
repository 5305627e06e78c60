#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A suspend that fails because the adapter is busy is tried again. One that fails for good
# is not: the status is error, the adapter and its disk stay active and usable, until
# pm/clear_error has runtime power management go on.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# idle_again: the disk has been used, so that a suspend is tried.
idle_again() { step 'read' read_disk; }

new_host
enable_host
wait_suspended
put 1 "$HOST/pm/clear_error" 2>/dev/null && fail 'an error was cleared that there is not'

# EACCES is EAGAIN for the PM core.
for errno in EBUSY EAGAIN EACCES; do
	add_rule busy trigger=rpm_suspend action=errno "errno=$errno" times=1
	step 'read' read_disk
	wait_for 10 "a suspend to fail with $errno" is "$RULE/fired" 1
	[ "$(<"$PARENT/power/runtime_status")" != error ] || fail "$errno is an error for good"
	idle_again
	wait_suspended
	remove_rule busy
done

for errno in EIO ETIMEDOUT -5; do
	add_rule broken trigger=rpm_suspend action=errno "errno=$errno" times=1
	step 'read' read_disk
	wait_for 10 'the adapter to fail its suspend' rpm_is "$PARENT" error
	expect "$HOST/pm/status" error
	suspends=$(<"$HOST/stats/rpm_suspend")
	step 'read of a disk whose adapter has failed' read_disk
	step 'write' write_disk 5
	wait_for 10 'the disk to be suspended' rpm_is "$SDEV" suspended
	wait_for 10 'the host to be suspended' rpm_is "$SHOST" suspended
	step 'ask for a suspend' put 1 "$HOST/pm/idle"
	step 'read' read_disk
	expect "$PARENT/power/runtime_status" error
	expect "$HOST/stats/rpm_suspend" "$suspends" 'it is not tried any more'

	step 'clear the error' put 1 "$HOST/pm/clear_error"
	# It may be asleep by now.
	[ "$(<"$PARENT/power/runtime_status")" != error ] || fail 'the error is still there'
	put 1 "$HOST/pm/clear_error" 2>/dev/null && fail 'an error was cleared twice'
	idle_again
	wait_suspended
	step 'read in an ordinary cycle' read_disk
	remove_rule broken
done
expect "$HOST/stats/rpm_fail" 6
remove_host

# The disk's own suspend: STOP UNIT fails.
new_host
add_rule stop-fails trigger=queue opcode=1b origin=pm cdb_mask=0000000001 cdb_value=0000000000 \
	action=result sense=02/04/02 times=-1
enable_host
wait_for 10 'the disk to fail its suspend' rpm_is "$SDEV" error
grep -q "^${SDEV##*/} error " "$HOST/pm/devices" ||
	fail "pm/devices does not say so: $(<"$HOST/pm/devices")"
expect "$PARENT/power/runtime_status" active
step 'read of a disk that cannot be stopped' read_disk
step 'write' write_disk 5
expect "$RULE/fired" 1
expect "$SDEV/power/runtime_status" error
step 'delete a disk that cannot be stopped' put 1 "$SDEV/delete"
[ ! -e "$SDEV" ] || fail 'the disk is still there'
remove_host
