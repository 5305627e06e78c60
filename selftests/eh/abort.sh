#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A command that takes too long is aborted: if that works it is tried again and the error
# handler stays asleep; if it fails, or comes too late, the error handler resets the disk. A
# rule that stalls the abort stalls the command, until it is released by hand.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

LEVEL=/proc/sys/dev/scsi/logging_level
clean_up() { put 0 "$LEVEL"; }

# The error handler says what it does, on levels below 4.
put 4 "$LEVEL"

# times_out [ATTRIBUTE=VALUE...]: a read is held until it has timed out, and comes back.
times_out()
{
	listen scsi:scsi_dispatch_cmd_timeout scsi:scsi_eh_wakeup
	add_rule held trigger=queue opcode=read origin=fs "$@"
	step 'read' 30 read_disk
	expect "$RULE/parked" 0
	expect "$SDEV/state" running
	expect_traced 1 "scsi_dispatch_cmd_timeout: host_no=$HOST_NO .*cmnd=.READ_10 "
	remove_rule held
}

# is_aborted: no more than that was done.
is_aborted()
{
	expect_said 'retry aborted command'
	expect_silence 'Sending'
	expect_traced 0 "scsi_eh_wakeup: host_no=$HOST_NO"
}

# is_reset WHY: the error handler has reset the disk, as the abort ended like that.
is_reset()
{
	expect_said "cmd abort $1" 'Sending BDR'
	expect_silence 'retry aborted command' 'BDR failed' 'Sending target reset'
	expect_traced 1 "scsi_eh_wakeup: host_no=$HOST_NO"
}

new_host pm/sdev_autosuspend_ms=-1
enable_host
HOST_NO=$(<"$HOST/host_no")
timeout=$(<"$SDEV/timeout")
put 1 "$SDEV/timeout"
times_out action=stall on_abort=success
is_aborted
times_out action=drop on_abort=failed
is_reset failed
times_out action=stall on_abort=late
is_reset failed
put "$timeout" "$SDEV/timeout"

# blk_abort does not wait for the timeout; what the abort says is up to a rule of its own.
times_out action=blk_abort
is_aborted
add_rule says trigger=eh_abort action=eh eh_ret=success
times_out action=blk_abort
is_aborted
for when in before after; do
	remove_rule says
	add_rule says trigger=eh_abort opcode=read action=eh eh_ret=failed "when=$when"
	times_out action=blk_abort
	is_reset failed
done
remove_rule says
add_rule says trigger=eh_abort action=eh eh_ret=fast_io_fail
times_out action=blk_abort
is_reset 'not send'
remove_rule says

# Nobody but who holds the abort can end this.
listen scsi:scsi_eh_wakeup
add_rule times-out trigger=queue opcode=read origin=fs action=blk_abort
add_rule stalls trigger=eh_abort action=stall
start 'read' read_disk
wait_for 5 'the abort to be held' is "$RULE/parked" 1
expect_silence 'retry aborted command'
running 'read' || fail 'the read is being aborted and has come back'
step 'release' put all "$RULE/release"
join 'read' 30 || fail "the read failed: $OUTPUT"
expect "$RULE/parked" 0
is_aborted
remove_host
