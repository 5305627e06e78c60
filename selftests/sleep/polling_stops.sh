#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel asks a CD-ROM drive ten times a second for a new medium, but not while the system
# sleeps: no command reaches the host after its suspend or freeze. That it did brought
# machines on Hyper-V down in 2020.
#
# deadline: 60

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

need config BLK_DEV_SR

polled() { (($(<"$SDEV/iorequest_cnt") >= seen + 3)); }

polls()
{
	seen=$(($(<"$SDEV/iorequest_cnt")))
	wait_for 10 "polling $1" polled
}

new_host pm/sdev_autosuspend_ms=-1 lun/type=cdrom
may_sleep
enable_host
put on "$PARENT/power/control"
put 100 "/sys/block/$DISK/events_poll_msecs"

for how in 'mem suspend resume' 'disk freeze restore'; do
	read -r state down up <<<"$how"
	polls "before $down"
	# Long enough for ten commands.
	add_rule held "trigger=$up" action=stall stall_ms=1000
	slept "$state" devices
	took "$up"
	((TOOK >= 990)) || fail "the machine was in $down for $TOOK ms only"
	polls "after $down"
	expect "$HOST/stats/io_while_suspended" 0 "the drive was polled while in $down"
	remove_rule held
done
remove_host
