#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host that says so when a command times out gives it more time: nothing is aborted, and the
# command is still there to succeed. Without more time it is aborted, and tried again.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

LEVEL=/proc/sys/dev/scsi/logging_level
clean_up() { put 0 "$LEVEL"; }
put 4 "$LEVEL"

# timed_out TIMES: so many commands of the disk have.
timed_out() { (($(<"$SDEV/iotmo_cnt") >= BEFORE + $1)); }

new_host pm/sdev_autosuspend_ms=-1
enable_host
put 1 "$SDEV/timeout"
BEFORE=$(($(<"$SDEV/iotmo_cnt")))

listen scsi:scsi_eh_wakeup
add_rule more trigger=timed_out opcode=read action=eh eh_ret=reset_timer times=-1
add_rule held trigger=queue opcode=read origin=fs action=stall
start 'read' read_disk
wait_for 20 'the read to time out twice' timed_out 2
running 'read' || fail 'the read has come back before its time was over'
expect "$RULE/parked" 1
step 'release' put 1 "$RULE/release"
join 'read' 30 || fail "the read failed: $OUTPUT"
expect_silence 'aborting command'
expect_traced 0 scsi_eh_wakeup
remove_rule held
remove_rule more

# Once only.
BEFORE=$(($(<"$SDEV/iotmo_cnt")))
add_rule more trigger=timed_out opcode=read action=eh eh_ret=reset_timer
add_rule held trigger=queue opcode=read origin=fs action=stall
step 'read' 20 read_disk
expect "$HOST/faults/more/fired" 1
timed_out 2 || fail 'the read was aborted before its time was over twice'
expect_said 'retry aborted command'

# No is the answer of a host that has no opinion.
remove_rule held
remove_rule more
listen
add_rule no-more trigger=timed_out action=eh eh_ret=failed
add_rule held trigger=queue opcode=read origin=fs action=blk_abort
step 'read' 30 read_disk
expect "$HOST/faults/no-more/fired" 1
expect_said 'retry aborted command'
remove_host
