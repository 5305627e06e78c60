#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# After a bus reset the error handler locks the doors of removable disks that are open, but does not
# wait for one that is suspended, whose resume needs the error handler to have ended. (It did
# once: bug zoo Z15, upstream 732cb6bb37fd "scsi: core: Do not block on tag allocation in
# scsi_eh_lock_door()".)
#
# deadline: 60
# fails-on: 15 hang the error handler waits for the resume of a disk, and START UNIT waits for the error handler

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

has_other() { OTHER=$(<"$HOST/luns/0:1:0/block_dev") && [ -n "$OTHER" ] && [ -b "/dev/$OTHER" ]; }

# reset_bus: a read of the other disk is given to the error handler, which resets the bus.
reset_bus()
{
	add_rule times-out trigger=queue lun=0:1:0 opcode=read origin=fs action=blk_abort
	for callback in eh_abort eh_device_reset eh_target_reset; do
		add_rule "$callback" "trigger=$callback" action=eh eh_ret=failed
	done
	# That one did its work is what the error handler believes. The unit attention would make sd's
	# START UNIT fail, and that is another matter.
	add_rule bus trigger=eh_bus_reset action=eh eh_ret=success
	start 'read of the other disk' dd if="/dev/$OTHER" of=/dev/null bs=4k count=1 iflag=direct status=none
	join 'read of the other disk' 20 || fail "the read failed: $OUTPUT"
	expect "$HOST/faults/bus/fired" 1
	wait_for 5 'the host to run' is "$HOST/state" running
	for rule in times-out eh_abort eh_device_reset eh_target_reset bus; do
		remove_rule "$rule"
	done
}

# Bus resets are followed by ten seconds of rest otherwise.
new_host skip_settle_delay=1 lun/removable=1
mkdir "$HOST/luns/0:1:0"
enable_host
other=("$SHOST"/target*:0:1/*:0:1:0)
put on "${other[0]}/power/control"
wait_for 10 'the other disk' has_other

step 'resume' put on "$SDEV/power/control"
exec {OPEN}<"$DEV"
expect "$LUN/medium/locked" 1
add_rule door trigger=queue lun=0:0:0 opcode=1e action=none times=-1
reset_bus
wait_for 5 'the door to be locked' at_least "$HOST/faults/door/fired" 1
remove_rule door

step 'allow suspend' put auto "$SDEV/power/control"
wait_for 10 'the disk to be suspended' rpm_is "$SDEV" suspended
reset_bus
expect "$SDEV/power/runtime_status" suspended 'nobody has used the disk'
step 'read' read_disk
exec {OPEN}<&-
remove_host
