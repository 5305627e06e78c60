#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link in mode block that comes up before its timers expire costs time, but no I/O: what
# was on its way when it went down is sent again, and what came later was held.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_raw

test_unit_ready() { sg_raw "$1" 00 00 00 00 00 00; }

new_host pm/sdev_autosuspend_ms=-1 link/fast_io_fail_tmo=60 link/mode=block
enable_host
step 'write' write_disk 5

add_rule held trigger=queue opcode=read origin=fs action=stall
start 'read on its way' read_disk 5
wait_for 5 'the read to be held' is "$RULE/parked" 1
sent=$(<"$SDEV/iorequest_cnt")
step 'link down' put down "$HOST/link/state"
expect "$RULE/parked" 0 'the link has it back'
expect "$SDEV/state" blocked
start 'read' read_disk 5
start 'write' write_disk 6
start 'TEST UNIT READY' test_unit_ready "$DEV"
# Nothing happens meanwhile, for longer than any of them takes.
nap 1
for name in 'read on its way' 'read' 'write' 'TEST UNIT READY'; do
	running "$name" || join "$name" || fail "'$name' failed over a dead link: $OUTPUT"
	running "$name" || fail "'$name' came back over a dead link"
done
[ "$(<"$SDEV/iorequest_cnt")" = "$sent" ] || fail 'a command was sent to a blocked disk'

step 'link up' put up "$HOST/link/state"
expect "$SDEV/state" running
for name in 'read on its way' 'read' 'write' 'TEST UNIT READY'; do
	join "$name" || fail "'$name' failed after the link was up again: $OUTPUT"
done
# The one that was sent again, and three that were sent once.
[ $(($(<"$SDEV/iorequest_cnt"))) -ge $((sent + 4)) ] || fail 'the commands were not sent'
expect "$HOST/link/status" up
remove_host
