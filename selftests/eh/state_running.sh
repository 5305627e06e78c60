#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A user sets a disk offline, and running again, while the error handler is at work on it: the disk
# is rescanned when that has ended, and all come back. (The rescan had the state mutex of the
# disk once, which the error handler needs: bug zoo Z3, upstream 4edd8cd4e86d "scsi: core: sysfs:
# Fix hang when device state is set via sysfs".)
#
# deadline: 60
# fails-on: 07 hang the rescan holds the state mutex and waits for the error handler, which waits for the mutex

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host pm/sdev_autosuspend_ms=-1
enable_host
STATE=$SDEV/state
add_rule times-out trigger=queue opcode=read origin=fs action=blk_abort
add_rule abort trigger=eh_abort action=eh eh_ret=failed
add_rule held trigger=eh_device_reset action=stall
start 'read' read_disk
wait_for 5 'the error handler to be held' is "$RULE/parked" 1
expect "$HOST/state" recovery
step 'set offline' put offline "$STATE"
start 'set running' put running "$STATE"
wait_for 5 'the disk to run' is "$STATE" running
step 'release' put all "$RULE/release"
join 'set running' || fail "the disk cannot be set running: $OUTPUT"
join 'read' || fail "the read failed: $OUTPUT"
expect "$STATE" running
wait_for 5 'the host to run' is "$HOST/state" running
step 'read' read_disk
remove_host
