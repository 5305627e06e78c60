#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host whose resume has its devices rescanned, as libata does, comes too early: the disk and the CD-ROM
# drive are still asleep. The kernel refuses that, instead of waiting for them with the locks that
# their resume needs, and the system comes back, from suspend and from hibernation; a rescan after
# that finds that the disk has grown. (Seed 002; 6aa0365a3c85 "ata: libata-scsi: Avoid deadlock on rescan
# after device resume", ff48b37802e5 "scsi: Do not attempt to rescan suspended devices" and 626b13f015e0
# "scsi: Do not rescan devices with a suspended queue".)
#
# deadline: 60
# fails-on: 02 hang the rescan holds the device lock, which resume waits for, and waits for the queue

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host pm/sdev_autosuspend_ms=-1 lun/write_cache=0
mkdir "$HOST/luns/0:0:1"
put cdrom "$HOST/luns/0:0:1/type"
may_sleep
enable_host
put on "$PARENT/power/control"
size=/sys/block/$DISK/size
old=$(<"$size")
LUN=$HOST/luns/0:0:1
find_disk
CD=$SDEV
LUN=$HOST/luns/0:0:0
find_disk

# requests: how many the devices have had.
requests() { printf '%d %d' "$(<"$SDEV/iorequest_cnt")" "$(<"$CD/iorequest_cnt")"; }

for how in 'mem suspend resume 128' 'disk freeze restore 256'; do
	read -r state down up new <<<"$how"
	add_rule grows "trigger=$down" action=capacity "state_arg=${new}M" lun=0:0:0
	# The rescan has this long to look at the devices before they are resumed.
	add_rule early "trigger=$up" action=rescan final=0 priority=1
	add_rule held "trigger=$up" action=stall stall_ms=400
	# Without a cache sd has nothing to say to a disk that goes to sleep.
	before=$(requests)
	slept "$state" devices
	expect "$HOST/faults/early/fired" 1
	took "$up"
	((TOOK >= 390)) || fail "the $up took $TOOK ms only"
	for device in "$SDEV" "$CD"; do
		expect "$device/state" running
	done
	[ "$(requests)" = "$before" ] || fail "a device that is asleep was rescanned: $(requests) commands after $before"
	expect "$HOST/faults/grows/fired" 1
	for rule in early held grows; do
		remove_rule "$rule"
	done
	expect "$size" "$old" 'nobody has looked yet'
	add_rule after trigger=pm_complete action=rescan
	slept "$state" devices
	wait_for 10 'the disk to grow' is "$size" $((new << 11))
	remove_rule after
	old=$((new << 11))
	step 'read of what is new' read_disk 20000
done
remove_host
