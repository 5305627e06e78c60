#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A command that a rule holds comes back: when it is released, when its time is over, when
# the rule, the link or the host goes, and when the error handler wants it.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_reset

# park [ATTRIBUTE=VALUE...]: a read that a rule holds.
park()
{
	add_rule held trigger=queue opcode=read origin=fs action=stall "$@"
	start 'read' read_disk
	wait_for 5 'the read to be parked' is "$RULE/parked" 1
}

# back: the read has succeeded, and nothing is held.
back()
{
	join 'read' || fail "the read failed: $OUTPUT"
	expect "$RULE/parked" 0
	expect "$RULE/fired" 1
	remove_rule held
}

new_host pm/sdev_autosuspend_ms=-1
enable_host
step 'write' write_disk

park
running 'read' || fail 'the read is parked and has come back'
step 'release' put 1 "$RULE/release"
back

read_clock
begun=$NOW
park stall_ms=1500
join 'read' || fail "the read failed: $OUTPUT"
read_clock
[ $((NOW - begun)) -ge 1400 ] || fail "the read took $((NOW - begun)) ms, less than it was held"
back

park
step 'switch the rule off' put 0 "$RULE/enable"
back

# The abort gives the command back, and it is tried again.
timeout=$(<"$SDEV/timeout")
put 2 "$SDEV/timeout"
park
back
put "$timeout" "$SDEV/timeout"

# So does a reset that somebody asks for.
park
step 'reset' sg_reset --device "$DEV"
back

park
step 'link down' put down "$HOST/link/state"
join 'read' && fail 'a read over a dead link succeeded'
expect "$RULE/parked" 0
remove_rule held
step 'link up' put up "$HOST/link/state"

park
step 'switch the host off' put 0 "$HOST/enable"
join 'read'
expect "$RULE/parked" 0
remove_host
