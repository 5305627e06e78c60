#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Mode remove is a disk that is pulled out: it is gone at once, with what was on its way, and
# when the link is up it is found again, as a new disk with the data of the old one.
#
# deadline: 30

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host pm/sdev_autosuspend_ms=-1 link/mode=remove
enable_host
dd if=/dev/urandom of="$SCRATCH/data" bs=4k count=4 status=none
step 'write' dd if="$SCRATCH/data" of="$DEV" bs=4k oflag=direct status=none

for round in 1 2; do
	add_rule held trigger=queue opcode=read origin=fs action=stall
	start 'read' read_disk
	wait_for 5 'the read to be held' is "$RULE/parked" 1
	step 'link down' put down "$HOST/link/state"
	[ ! -e "$SDEV" ] || fail 'the disk is still there'
	[ ! -e "/sys/block/$DISK" ] || fail 'the block device is still there'
	expect "$LUN/block_dev" ''
	expect "$HOST/link/status" removed
	join 'read' && fail 'a read that was on its way when the disk was pulled succeeded'
	remove_rule held
	# There is nothing to be found behind a link that is down.
	step 'scan' put '- - -' "$SHOST/scsi_host/${SHOST##*/}/scan"
	expect "$LUN/block_dev" '' "scanned in round $round"

	step 'link up' put up "$HOST/link/state"
	expect "$HOST/link/status" up
	find_disk
	step 'read' dd if="$DEV" of="$SCRATCH/back" bs=4k count=4 iflag=direct status=none
	cmp "$SCRATCH/data" "$SCRATCH/back" || fail 'the data differ from what was written'
done
remove_host
