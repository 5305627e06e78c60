#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link that goes down while the system sleeps blocks the disks, which sd and the mid layer have
# put to sleep already, and one that comes up unblocks them, before the host is resumed or after it:
# the disks are usable then. (Seed 003; "scsi: core: Allow the state change from SDEV_QUIESCE to
# SDEV_BLOCK" of v5.7.)
#
# deadline: 60
# fails-on: 13 warn a quiesced device cannot be blocked

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host pm/sdev_autosuspend_ms=-1 link/fast_io_fail_tmo=60 link/mode=block
may_sleep
enable_host
put on "$PARENT/power/control"
step 'write' write_disk

for how in 'mem suspend resume' 'mem suspend pm_complete' 'disk freeze restore' 'disk freeze pm_complete'; do
	read -r state down up <<<"$how"
	downs=$(<"$HOST/link/downs")
	add_rule goes "trigger=$down" action=link_down priority=1 final=0
	add_rule comes "trigger=$up" action=link_up
	# As long as the workqueue may need to block the disk.
	add_rule held "trigger=$down" action=stall stall_ms=200
	slept "$state" devices
	for rule in goes comes held; do
		expect "$HOST/faults/$rule/fired" 1 "$how"
		remove_rule "$rule"
	done
	expect "$HOST/link/downs" $((downs + 1))
	wait_for 10 "$how: the link to be up" is "$HOST/link/status" up
	wait_for 10 "$how: the disk to run" is "$SDEV/state" running
	step "read after $how" read_disk
	[ "$(pm_only)" = 0 ] || fail "$how: pm_only is $(pm_only) on an active queue"
done
expect "$HOST/stats/io_while_suspended" 0
remove_host
