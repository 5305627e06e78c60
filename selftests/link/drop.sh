#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Over a link in mode drop commands vanish, and nobody knows. The error handler finds out:
# it gets back what has vanished if the link is up again by then, and takes the disk offline
# if it is not. User space can bring the disk back when the link is up.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

in_flight() { [[ $(<"/sys/block/$DISK/inflight") =~ [1-9] ]]; }
host_is() { is "$SHOST/scsi_host/${SHOST##*/}/state" "$1"; }

new_host pm/sdev_autosuspend_ms=-1 link/mode=drop skip_settle_delay=1
enable_host
step 'write' write_disk 5
put 2 "$SDEV/timeout"
put 1 "$SDEV/eh_timeout"
timeouts=$(($(<"$SDEV/iotmo_cnt")))

# In time: the abort gets through, and the command is tried again.
step 'link down' put down "$HOST/link/state"
start 'read' read_disk 5
wait_for 5 'the read to be sent' in_flight
step 'link up' put up "$HOST/link/state"
expect "$SDEV/state" running
running 'read' || fail 'a command that has vanished came back by itself'
join 'read' 20 || fail "the read failed: $OUTPUT"
[ $(($(<"$SDEV/iotmo_cnt"))) -gt "$timeouts" ] || fail 'no command timed out'
expect "$SDEV/state" running
expect "$HOST/stats/host_resets" 0

# Not in time: nothing that the error handler does helps.
step 'link down' put down "$HOST/link/state"
returns 'read over a dead link' 60 read_disk 5 && fail 'a read over a dead link succeeded'
expect "$SDEV/state" offline
wait_for 10 'the error handler to end' host_is running
expect "$HOST/stats/host_resets" 1
expect "$HOST/link/status" blocked
returns 'read of an offline disk' read_disk 5 && fail 'a read of an offline disk succeeded'
step 'link up' put up "$HOST/link/state"
expect "$SDEV/state" offline 'only the administrator knows'
step 'back online' put running "$SDEV/state"
step 'read over a live link' read_disk 5
remove_host
