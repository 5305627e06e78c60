#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# When a program restores a hibernation image, kernel threads are not frozen, and go on to ask a CD-ROM
# drive and a removable disk fifty times a second for a new medium: the queues keep that back from a host
# whose freeze has run. (Seed 003; e6044f714b25 "scsi: core: Only process PM requests if rpm_status !=
# RPM_ACTIVE".)
#
# No image is really restored: it is one of a single page, and a rule fails the last callback.
#
# deadline: 60
# fails-on: 12 fail a TEST UNIT READY of the polling worker passes for a request of power management

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host pm/sdev_autosuspend_ms=-1 lun/removable=1
mkdir "$HOST/luns/0:0:1"
put cdrom "$HOST/luns/0:0:1/type"
may_sleep
[ -r /dev/snapshot ] || skip 'the kernel has no /dev/snapshot'
[ -w /dev/snapshot ] || skip '/dev/snapshot cannot be written'
enable_host
put on "$PARENT/power/control"
disk=$DISK
LUN=$HOST/luns/0:0:1
find_disk

snapshot sample "$SCRATCH/image" || fail "no image: $OUTPUT"
for drive in "$disk" "$DISK"; do
	polls_of "$drive" 20
	polls "before the restore"
	add_rule held trigger=freeze_late action=stall stall_ms=400
	add_rule stays trigger=freeze_noirq action=errno errno=EBUSY
	put 1 "$HOST/stats/reset"
	status=0
	restores "$SCRATCH/image" || status=$?
	[ "$status" = 16 ] || fail "the restore ended with error $status, and not with EBUSY"
	took freeze_late
	((TOOK >= 390)) || fail "the machine was frozen for $TOOK ms only"
	polls "after the restore"
	expect "$HOST/stats/io_while_suspended" 0 "$drive was polled while its host was frozen"
	polls_of "$drive" 0
	for rule in held stays; do
		expect "$HOST/faults/$rule/fired" 1
		remove_rule "$rule"
	done
done
step 'read' read_disk
remove_host
