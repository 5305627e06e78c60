#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A user cannot make a disk run, or offline, whose link is down: the state is the link's to change,
# and when it is up again the disk works. (It could once, and the disk was never started: bug
# zoo Z4, upstream 2331ce6126be "scsi: core: Restrict legal sdev_state transitions via sysfs".)
#
# deadline: 60
# fails-on: 14 hang the disk is running with a queue that nobody will start

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

answered() { ! running 'set running' || is "$SDEV/state" running; }

new_host pm/sdev_autosuspend_ms=-1 link/fast_io_fail_tmo=600 link/mode=block
enable_host
step 'link down' put down "$HOST/link/state"
expect "$SDEV/state" blocked
start 'set running' put running "$SDEV/state"
wait_for 5 'an answer' answered
start 'read' read_disk
step 'link up' put up "$HOST/link/state"
join 'set running' && fail 'a blocked disk was set running'
[[ $OUTPUT == *'Invalid argument'* ]] || fail "set running: $OUTPUT"
join 'read' || fail "the read failed: $OUTPUT"
expect "$SDEV/state" running

step 'link down' put down "$HOST/link/state"
rejects 'Invalid argument' offline "$SDEV/state"
step 'link up' put up "$HOST/link/state"
expect "$SDEV/state" running

put 1 "$HOST/link/fast_io_fail_tmo"
step 'link down' put down "$HOST/link/state"
wait_for 5 'the disk to go offline' is "$SDEV/state" transport-offline
rejects 'Invalid argument' running "$SDEV/state"
rejects 'Invalid argument' offline "$SDEV/state"
step 'link up' put up "$HOST/link/state"
expect "$SDEV/state" running
step 'read' read_disk

# What the user has set offline is the user's to set running.
put offline "$SDEV/state" || fail 'a running disk cannot be set offline'
returns 'read of an offline disk' read_disk && fail 'an offline disk was read'
put running "$SDEV/state" || fail 'an offline disk cannot be set running'
step 'read' read_disk
remove_host
