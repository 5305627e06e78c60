#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host goes while somebody has its disk open, as a block device, as an sg device, and as a
# file system with an open file. Whoever removes it does not wait for the disk to be closed: its
# directory can be removed, and only the module stays. Who has the disk open gets errors.
#
# The removal waited in Linux 6.0-rc, commit 16728aaba62e ("scsi: core: Make sure that hosts
# outlive targets"), until d94b2d00f7bf ("scsi: core: Revert "Make sure that hosts outlive
# targets""): a USB stick that was pulled with a file open.
#
# deadline: 60
# fails-on: 17 hang scsi_remove_host() waits for the last reference to each device

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

FILE=$SCRATCH/mnt/file

# At the end of a disk without a capacity it has no error, and no data.
read_block()
{
	dd bs=4k count=1 iflag=direct of="$SCRATCH/data" status=none <&"$BLOCK" && [ -s "$SCRATCH/data" ]
}
append() { printf 'more' >&"$OPEN" && sync -d "$FILE"; }

close_all() { exec {BLOCK}<&- {GENERIC}<&- {OPEN}>&-; }
# Or it could not be unmounted.
clean_up() { [ -z "${BLOCK:-}" ] || close_all; }

open_disk()
{
	new_host pm/sdev_autosuspend_ms=-1
	enable_host
	find_sg
	step 'mkfs' 20 mkfs.ext4 -q -F "$DEV"
	mkdir -p "$SCRATCH/mnt"
	step 'mount' 20 mount "$DEV" "$SCRATCH/mnt"
	exec {BLOCK}<"$DEV" {GENERIC}<>"$SG" {OPEN}>"$FILE"
	step 'write a file' append
	step 'read' read_block
}

close_disk()
{
	returns 'read' read_block && fail 'a read of a disk that is gone succeeded'
	returns 'write to a file' append && fail 'a file on a disk that is gone was written'
	returns 'rmmod' rmmod rpmfault && fail 'the module is gone while its disk is open'
	close_all
	BLOCK=
	step 'umount' 20 umount "$SCRATCH/mnt"
	# References of the mid layer are dropped in the background.
	wait_for 10 'the module to be unused' is /sys/module/rpmfault/refcnt 0
	unload_module
}

open_disk
step 'unbind an adapter whose disk is open' put "${PARENT##*/}" "$(readlink -f "$PARENT/driver")/unbind"
remove_host
close_disk

open_disk
step 'disable a host whose disk is open' put 0 "$HOST/enable"
remove_host
close_disk
