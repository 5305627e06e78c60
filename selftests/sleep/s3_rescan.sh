#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host that has come out of S3 has its disks rescanned by its resume, while they are still
# asleep. The system comes back, and the disks are usable. (Seed 002: 626b13f015e0 "scsi: Do not
# rescan devices with a suspended queue" and ff48b37802e5 "scsi: Do not attempt to rescan suspended
# devices"; sleep/rescan_from_resume looks at what the rescan does.)
#
# machine: ram
# deadline: 30
# fails-on: 02 hang the rescan holds the device lock, which resume waits for, and waits for the queue

# shellcheck source=selftests/s3.sh
. "$(dirname "$0")/../s3.sh"

new_host pm/sdev_autosuspend_ms=-1
cd_lun=$HOST/luns/0:0:1
mkdir "$cd_lun"
put cdrom "$cd_lun/type"
may_lose_power
enable_host
put on "$PARENT/power/control"
step 'write' write_disk

add_rule early trigger=resume action=rescan final=0 priority=1
# The rescan has this long to look at the units before they are resumed.
add_rule held trigger=resume action=stall stall_ms=500
slept_s3
expect "$HOST/faults/early/fired" 1
took resume
((TOOK >= 490)) || fail "the resume took $TOOK ms only"
remove_rule early
remove_rule held
expect "$SDEV/state" running
step 'read' read_disk
LUN=$cd_lun
find_disk
expect "$SDEV/state" running
step 'read' read_disk
remove_host
