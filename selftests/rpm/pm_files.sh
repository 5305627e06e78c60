#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pm/status, pm/usage and pm/devices say what sysfs says, in each state; pm/wake, pm/idle and
# pm/control do what they are for; the callbacks take the time that they are told.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# agrees STATUS: the parent is in that state, here and there, and so is what pm/devices says.
agrees()
{
	local name status usage file

	expect "$PARENT/power/runtime_status" "$1"
	expect "$HOST/pm/status" "$1"
	expect "$HOST/pm/usage" "$(<"$PARENT/power/runtime_usage")"
	while read -r name status usage; do
		case $name in
		"${PARENT##*/}") file=$PARENT ;;
		"${SHOST##*/}") file=$SHOST ;;
		"${SDEV##*/}") file=$SDEV ;;
		target*) file=${SDEV%/*} ;;
		*) fail "pm/devices has $name" ;;
		esac
		expect "$file/power/runtime_status" "$status" "$name in pm/devices"
		expect "$file/power/runtime_usage" "$usage" "$name in pm/devices"
	done <"$HOST/pm/devices"
	[ "$(wc -l <"$HOST/pm/devices")" = 4 ] || fail "pm/devices: $(<"$HOST/pm/devices")"
}

new_host
expect "$HOST/pm/status" unsupported
expect "$HOST/pm/usage" 0
expect "$HOST/pm/devices" ''
for file in wake idle clear_error; do
	put 1 "$HOST/pm/$file" 2>/dev/null && fail "pm/$file was taken while the host is off"
done
enable_host

put on "$SDEV/power/control"
agrees active
add_rule suspending trigger=rpm_suspend action=stall
put auto "$SDEV/power/control"
wait_for 10 'the adapter to suspend' is "$RULE/parked" 1
agrees suspending
remove_rule suspending
wait_suspended
agrees suspended

# By hand, the adapter alone, which has nothing to do and suspends again.
suspends=$(<"$HOST/stats/rpm_suspend")
add_rule resuming trigger=rpm_resume action=stall
step 'wake' put 1 "$HOST/pm/wake"
wait_for 5 'the adapter to resume' is "$RULE/parked" 1
agrees resuming
remove_rule resuming
wait_for 5 'the adapter to suspend again' is "$HOST/stats/rpm_suspend" $((suspends + 1))
wait_suspended
agrees suspended

# A resume that takes 700 ms.
put 700 "$HOST/pm/resume_ms"
read_clock
begun=$NOW
step 'read of a disk whose adapter is slow' read_disk
read_clock
[ $((NOW - begun)) -ge 700 ] || fail "a read took $((NOW - begun)) ms, and a resume 700"
put 0 "$HOST/pm/resume_ms"

# A suspend that takes as long, from the disk's own on.
wait_suspended
put 700 "$HOST/pm/suspend_ms"
step 'read' read_disk
wait_for 10 'the host to be suspended' rpm_is "$SHOST" suspended
wait_for 10 'the adapter to suspend' rpm_is "$PARENT" suspending
wait_suspended
put 0 "$HOST/pm/suspend_ms"

# Not even when it is idle.
step 'keep it on' put on "$HOST/pm/control"
expect "$PARENT/power/control" on
wait_for 10 'the host to be suspended' rpm_is "$SHOST" suspended
agrees active
step 'idle' put 1 "$HOST/pm/idle"
nap 0.3
agrees active
step 'let it sleep' put auto "$PARENT/power/control"
expect "$HOST/pm/control" auto
wait_suspended

# With a delay of its own.
put 60000 "$HOST/pm/autosuspend_ms"
expect "$PARENT/power/autosuspend_delay_ms" 60000
step 'read' read_disk
wait_for 10 'the host to be suspended' rpm_is "$SHOST" suspended
agrees active
put 0 "$HOST/pm/autosuspend_ms"
wait_suspended
remove_host
