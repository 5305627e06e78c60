#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host with a disk and a CD-ROM drive goes through S3 as it goes through the kernel's test of a suspend:
# by the same eight callbacks, without a command in between though the drive is polled, and both
# have their data afterwards, three times in a row.
#
# machine: ram
# deadline: 60

# shellcheck source=selftests/s3.sh
. "$(dirname "$0")/../s3.sh"

# holds WHAT DEVICE: it has the data that were written last.
holds()
{
	step "read $1" dd if="$2" of="$SCRATCH/back" bs=64k count=8 iflag=direct status=none
	cmp -s "$SCRATCH/data" "$SCRATCH/back" || fail "the $1 does not have the data"
}

new_store disc 4M
new_host pm/sdev_autosuspend_ms=-1 pm/manage_system_start_stop=1 lun/sector_size=2048 "lun/store=$STORE"
cd_lun=$HOST/luns/0:0:1 disk_lun=$LUN
mkdir "$cd_lun"
put cdrom "$cd_lun/type"
put "$STORE" "$cd_lun/store"
may_lose_power
enable_host
put on "$PARENT/power/control"
LUN=$cd_lun
find_disk
cd=$DEV
put 100 "/sys/block/$DISK/events_poll_msecs"
LUN=$disk_lun
find_disk

for ((round = 0; round < 3; round++)); do
	dd if=/dev/urandom of="$SCRATCH/data" bs=64k count=8 status=none
	step 'write' dd if="$SCRATCH/data" of="$DEV" bs=64k oflag=direct conv=nocreat status=none
	holds disc "$cd"
	slept_s3
	met 'prepare[suspend] suspend[suspend] suspend_late[suspend] suspend_noirq[suspend] resume_noirq[resume] resume_early[resume] resume[resume] pm_complete[resume]'
	expect "$SDEV/state" running
	holds disk "$DEV"
	holds disc "$cd"
done
expect "$HOST/stats/io_while_suspended" 0
remove_host
