#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk that is blocked twice, by its host and then by its link, runs when the link is up: how
# often it was blocked does not count. Nothing is sent to it meanwhile. (It was not unblocked so
# often once: bug zoo Z18, upstream 93542fbfa7b7 "scsi: make sure that request queue queiesce
# and unquiesce balanced".)
#
# deadline: 60
# fails-on: 26 hang the queue was quiesced twice and is started once

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host pm/sdev_autosuspend_ms=-1 link/fast_io_fail_tmo=600 link/mode=block
enable_host
for round in 1 2; do
	add_rule blocks trigger=timer action=block
	wait_for 5 'the disk to be blocked' is "$SDEV/state" blocked
	remove_rule blocks
	sent=$(<"$SDEV/iorequest_cnt")
	start 'read' read_disk
	start 'write' write_disk 100
	step 'link down' put down "$HOST/link/state"
	expect "$SDEV/state" blocked
	step 'link up' put up "$HOST/link/state"
	expect "$SDEV/state" running
	join 'read' || fail "the read failed: $OUTPUT"
	join 'write' || fail "the write failed: $OUTPUT"
	# One each, unless they were sent while the disk was blocked, too.
	[ $(($(<"$SDEV/iorequest_cnt") - sent)) = 2 ] ||
		fail "round $round: $(($(<"$SDEV/iorequest_cnt") - sent)) commands were sent instead of 2"
done
remove_host
