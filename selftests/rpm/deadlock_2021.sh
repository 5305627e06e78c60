#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The steps of the deadlock of 2021 ("SCSI layer RPM deadlock debug suggestion"): I/O
# wakes a suspended disk, the link drops and the resume fails, while the disk is
# rescanned and removed. I/O, rescan and removal all come back, 50 times.
#
# A rescan held the disk's lock and waited for its queue; the queue waited for a resume
# or the removal of the disk; the removal waited for the lock. The resume fails in turn
# in the two ways that there are: the link drops, so that sd's START UNIT fails, or the
# adapter does not come back at all.
#
# deadline: 240
# fails-on: 01 pass I/O hangs, but the removal ends that, and nothing clears pm_only twice
# fails-on: 02 hang the rescan waits for an adapter that does not come back, with the device lock held
# fails-on: 01+02 hang the same
# fails-on: stock warn the second failed resume clears pm_only again (WARNING in blk_clear_pm_only)

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# A disk for each round, for sd takes a second to bring up again one that was stopped.
HOST_COUNT=10
DISKS_PER_HOST=5

for ((round = 0; round < HOST_COUNT * DISKS_PER_HOST; round++)); do
	number=$((round % DISKS_PER_HOST))
	if [ "$number" = 0 ]; then
		new_host pm/sdev_autosuspend_ms=20
		for ((i = 1; i < DISKS_PER_HOST; i++)); do
			mkdir "$HOST/luns/0:0:$i"
		done
		enable_host
	fi
	LUN=$HOST/luns/0:0:$number
	find_disk
	put up "$HOST/link/state"
	wait_suspended
	if ((round % 2)); then
		add_rule fault trigger=rpm_resume action=link_down
	else
		add_rule fault trigger=rpm_resume action=errno errno=EIO times=-1
	fi

	start 'read' read_disk
	start 'write' write_disk 100
	# Rescan and removal come now before and now after the failure.
	((round % 4 < 2)) || wait_for 5 'the resume to fail' at_least "$RULE/fired" 1
	start 'rescan' put 1 "$SDEV/rescan"
	start 'delete' put 1 "$SDEV/delete"

	for name in rescan delete read write; do
		join "$name"
	done
	wait_for 5 "$SDEV to vanish" test ! -e "$SDEV"
	remove_rule fault
	((number < DISKS_PER_HOST - 1)) || remove_host
done
