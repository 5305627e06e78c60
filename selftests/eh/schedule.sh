#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whoever asks for the error handler gets it, if the host has a strategy of its own for that: it
# runs, once for each request or for several together, ends by itself, and I/O goes on. A host
# with the mid layer's strategy, which would never end, refuses.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

host_runs() { is "$SHOST/scsi_host/${SHOST##*/}/state" running; }

# handled: the error handler has run, and is through.
handled()
{
	wait_for 5 'the error handler to be woken' woken
	wait_for 5 'the error handler to end' host_runs
	expect "$HOST/state" running
	step 'read' 30 read_disk
}
woken() { [ "$(traced "scsi_eh_wakeup: host_no=$HOST_NO")" -gt 0 ]; }

new_host pm/sdev_autosuspend_ms=-1
expect "$HOST/eh_strategy" midlayer
enable_host
listen scsi:scsi_eh_wakeup
message=$(put 1 "$HOST/schedule_eh" 2>&1) && fail 'the error handler was woken, and who would end it?'
[[ $message == *'Operation not supported'* ]] || fail "schedule_eh: $message"
expect_traced 0 scsi_eh_wakeup
host_runs || fail 'the refused request has changed the state of the host'
remove_host

new_host pm/sdev_autosuspend_ms=-1 eh_strategy=transport
enable_host
HOST_NO=$(<"$HOST/host_no")
for value in 0 2 x; do
	message=$(put "$value" "$HOST/schedule_eh" 2>&1) && fail "schedule_eh accepts $value"
	[[ $message == *'Invalid argument'* ]] || fail "schedule_eh, $value: $message"
done
listen scsi:scsi_eh_wakeup
put 1 "$HOST/schedule_eh" || fail 'the error handler cannot be woken'
handled

# By a rule, in the middle of a read, which it waits for.
listen scsi:scsi_eh_wakeup
add_rule schedules trigger=queue opcode=read origin=fs action=schedule_eh final=0
add_rule held trigger=queue opcode=read origin=fs action=stall
start 'read' read_disk
wait_for 5 'the read to be held' is "$RULE/parked" 1
wait_for 5 'the host to be in recovery' is "$HOST/state" recovery
running 'read' || fail 'the read is held and has come back'
step 'release' put 1 "$RULE/release"
join 'read' 30 || fail "the read failed: $OUTPUT"
handled
remove_rule held
remove_rule schedules

# While it recovers commands, too: this strategy does what the mid layer's does.
listen scsi:scsi_eh_wakeup
add_rule times-out trigger=queue opcode=read origin=fs action=blk_abort
add_rule abort trigger=eh_abort action=eh eh_ret=failed
add_rule again trigger=eh_device_reset action=schedule_eh
step 'read' 30 read_disk
handled
answered=$(traced "scsi_eh_wakeup: host_no=$HOST_NO")
[ "$answered" -ge 1 ] || fail 'the error handler was not woken'
expect "$HOST/faults/again/fired" 1
remove_host
