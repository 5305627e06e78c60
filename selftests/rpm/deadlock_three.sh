#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The deadlock of 2021 ("SCSI layer RPM deadlock debug suggestion"), one step at a time: a read
# waits for a disk whose START UNIT fails, a rescan holds its device lock and waits for the same,
# and who deletes it, which would end the waiting, waits for the lock. All three come back.
#
# It takes a queue that stays pm-only (commit 6e1fcab00a23, "scsi: block: pm: Always set request
# queue runtime active in blk_post_runtime_resume()", undone) and a rescan that waits for it
# (commit 626b13f015e0, "scsi: Do not rescan devices with a suspended queue", undone).
#
# deadline: 60
# fails-on: 01+02 hang the read, the rescan and the delete wait for each other

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# rests NAME FUNCTION...: what was started is over, or sleeps in one of these functions.
rests()
{
	local name=$1 stack function

	shift
	running "$name" || return 0
	{ stack=$(<"/proc/${JOB[$name]}/stack"); } 2>/dev/null || return
	for function; do
		[[ $stack != *"$function"+* ]] || return 0
	done
	return 1
}

new_host
enable_host
wait_suspended
add_rule start-fails trigger=queue opcode=1b origin=pm action=result sense=02/04/02 times=-1

# Not by a function, whose shell would be looked at.
start 'read' dd if="$DEV" of=/dev/null bs=4k count=1 iflag=direct status=none
wait_for 5 'START UNIT to fail' at_least "$RULE/fired" 1
wait_for 5 'the read to end, or to wait for the queue' rests 'read' __bio_queue_enter
wait_quiet "$RULE/fired"
# A second failed resume would be another bug's: see start_fails_removal.
wait_suspended
add_rule adapter-fails trigger=rpm_resume action=errno errno=EIO times=-1
start 'rescan' put 1 "$SDEV/rescan"
wait_for 10 'the rescan to end, or to wait for the queue' rests 'rescan' blk_queue_enter blk_mq_alloc_request
start 'delete' put 1 "$SDEV/delete"
wait_for 5 'the delete to end, or to wait for the lock' rests 'delete' device_del

join 'rescan'
join 'delete' || fail "the disk cannot be deleted: $OUTPUT"
join 'read'
[ ! -e "$SDEV" ] || fail 'the disk is still there'
remove_host
