#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# libata rescans its drives as soon as it has reset them after the system has resumed, and a CD-ROM drive
# behind AHCI that is still asleep by then neither keeps the system from coming back nor is
# lost. (Seed 002, whose reporters had such a drive: 6aa0365a3c85 "ata: libata-scsi: Avoid deadlock on
# rescan after device resume" and what followed it.)
#
# The drive is added to the system after rpmfault's host, and resumed after it, which takes long enough
# for libata.
#
# deadline: 40
# fails-on: 02+42 hang the rescan holds the device lock, which resume waits for, and waits for the queue

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

# ahci_drive: sets CD and CD_SDEV to the first CD-ROM drive behind AHCI.
ahci_drive()
{
	local dir host

	for dir in /sys/block/sr*; do
		host=$(readlink -f "$dir/device/../..")
		if is "$host/scsi_host/${host##*/}/proc_name" ahci 2>/dev/null; then
			CD=${dir##*/} CD_SDEV=$(readlink -f "$dir/device") CD_HOST=$host/scsi_host/${host##*/}
			return
		fi
	done
	return 1
}

ahci_drive || skip 'no CD-ROM drive behind AHCI'
new_host pm/sdev_autosuspend_ms=-1
may_sleep
put 1 "$SLEEP_TRACE/events/scsi/scsi_dispatch_cmd_start/enable"
enable_host
put on "$PARENT/power/control"
# The PM core resumes devices in the order in which they were added, but for those with threads.
put 1 "$CD_SDEV/delete"
wait_for 5 "$CD to vanish" test ! -e "$CD_SDEV"
step 'scan' 20 put '- - -' "$CD_HOST/scan"
wait_for 10 'the drive to be back' ahci_drive
put disabled "$CD_SDEV/power/async"

# numbers: host, channel, target and unit, as trace events have them.
IFS=: read -r host channel id lun <<<"${CD_SDEV##*/}"
numbers="host_no=$host channel=$channel id=$id lun=$lun"
for state in mem disk; do
	case $state in
	mem) up=resume ;;
	disk) up=restore ;;
	esac
	# So long the drive sleeps on, while libata resets it and wants to look at it.
	add_rule held "trigger=$up" action=stall stall_ms=1500
	slept "$state" devices
	expect "$RULE/fired" 1
	remove_rule held
	expect "$CD_SDEV/state" running
	# INQUIRY, for the vital product data: nobody else asks for them.
	wait_for 10 "$CD to be rescanned" grep -q "cmd_start: $numbers .*raw=12 01" "$SLEEP_TRACE/trace"
	woken=$(grep -nE "device_pm_callback_end: scsi ${CD_SDEV##*/}," "$SLEEP_TRACE/trace" | tail -n 1 | cut -d: -f1)
	asked=$(grep -nE "cmd_start: $numbers .*raw=12 01" "$SLEEP_TRACE/trace" | head -n 1 | cut -d: -f1)
	((woken < asked)) || fail "$CD was asked for its data in line $asked of the trace, and resumed in $woken"
	step 'INQUIRY' sg_inq "/dev/$CD"
done
remove_host
