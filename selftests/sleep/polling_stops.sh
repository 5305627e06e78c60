#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel asks a CD-ROM drive and a removable disk fifty times a second for a new medium, but not
# while the system sleeps: no command reaches the host between its suspend, freeze or poweroff and what
# undoes that. That it did brought machines on Hyper-V down in 2020. (Seed 003.)
#
# deadline: 90

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

need config BLK_DEV_SR

new_host pm/sdev_autosuspend_ms=-1 lun/removable=1
mkdir "$HOST/luns/0:0:1"
put cdrom "$HOST/luns/0:0:1/type"
may_sleep
enable_host
put on "$PARENT/power/control"
drives=("$DISK")
LUN=$HOST/luns/0:0:1
find_disk
drives+=("$DISK")
for drive in "${drives[@]}"; do
	polls_of "$drive" 20
done

# Long enough for ten commands each.
for how in 'mem suspend resume' 'disk freeze restore'; do
	read -r state down up <<<"$how"
	polls "before $down"
	add_rule held "trigger=$up" action=stall stall_ms=400
	slept "$state" devices
	took "$up"
	((TOOK >= 390)) || fail "the machine was in $down for $TOOK ms only"
	polls "after $down"
	expect "$HOST/stats/io_while_suspended" 0 "a drive was polled while in $down"
	remove_rule held
done

# The image is made, and the machine nearly switched off.
if [ -r /dev/snapshot ] && grep -q platform /sys/power/disk; then
	add_rule frozen trigger=thaw_early action=stall stall_ms=400
	add_rule off trigger=poweroff_late action=stall stall_ms=400
	add_rule stays trigger=poweroff_noirq action=errno errno=EBUSY
	snapshot power_off && fail 'the machine was switched off'
	for phase in thaw_early poweroff_late; do
		took "$phase"
		((TOOK >= 390)) || fail "$phase took $TOOK ms only"
	done
	polls 'after the image'
	expect "$HOST/stats/io_while_suspended" 0 'a drive was polled while the image was made'
	for rule in frozen off stays; do
		expect "$HOST/faults/$rule/fired" 1
		remove_rule "$rule"
	done
fi
remove_host
