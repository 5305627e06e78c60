#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An ATA port comes back from system sleep before its CD drive is resumed, and looks at it again and
# again until it is: no reference to the drive is lost, so that all is freed when the adapter is
# unbound, and the numbers of its hosts are used again. (bug zoo Z8, upstream b32cc17d607e "ata:
# libata-scsi: Add missing scsi_device_put() in ata_scsi_dev_rescan()".)
#
# deadline: 120
# fails-on: 25 fail a reference to the drive is lost each time that its port looks at it too early

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

ASYNC=/sys/power/pm_async
async=$(<"$ASYNC")
# What sleep.sh has to undo, and this.
eval "sleep_$(declare -f clean_up)"
clean_up()
{
	put "$async" "$ASYNC"
	sleep_clean_up
}

# find_drive: sets DRIVE, the SCSI device of a CD drive behind an AHCI adapter, and PCI, the adapter.
find_drive()
{
	local block

	for block in /sys/block/sr*; do
		DRIVE=$(readlink -f "$block/device")
		PCI=${DRIVE%/ata[0-9]*}
		[ "$(basename "$(readlink -f "$PCI/driver")")" != ahci ] || return 0
	done
	return 1
}

hosts() { (cd "$PCI" && echo ata*/host* | sed 's,ata[0-9]*/,,g'); }

find_drive || skip 'no CD drive behind an AHCI adapter'
NAME=${PCI##*/}
BEFORE=$(hosts)
new_host pm/sdev_autosuspend_ms=-1
may_sleep

# Devices are resumed in the order in which they came, unless several are at once. So the port is first,
# then our host, which takes its time, and then the drive.
put 0 "$ASYNC"
scan=${DRIVE%/target*}
scan=$scan/scsi_host/${scan##*/}/scan
step 'delete the drive' put 1 "$DRIVE/delete"
enable_host
put on "$PARENT/power/control"
step 'scan' 30 put '- - -' "$scan"
wait_for 20 'the drive to be back' find_drive
expect "$DRIVE/state" running

add_rule held trigger=resume action=stall stall_ms=1000
slept mem devices
expect "$RULE/fired" 1
took resume
((TOOK >= 990)) || fail "the resume took $TOOK ms only"
wait_for 10 'the drive to run' is "$DRIVE/state" running

step 'unbind the adapter' 30 put "$NAME" /sys/bus/pci/drivers/ahci/unbind
step 'bind the adapter' 30 put "$NAME" /sys/bus/pci/drivers/ahci/bind
wait_for 30 'the drive to be back' find_drive
[ "$(hosts)" = "$BEFORE" ] || fail "the hosts were $BEFORE and are $(hosts): one of them was not freed"
remove_host
