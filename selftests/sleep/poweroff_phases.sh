#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# After a hibernation image was made the host thaws, so that it can be written, and is powered off;
# a poweroff that fails has the kernel restore the host, whose disk works. A thaw that fails
# is noted, and everything else comes back.
#
# deadline: 120

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host pm/sdev_autosuspend_ms=-1
may_sleep
grep -q platform /sys/power/disk || skip 'the platform has no hibernation'
need file /dev/snapshot CONFIG_HIBERNATION
enable_host
put on "$PARENT/power/control"
step 'write' write_disk

image='prepare[freeze] freeze[freeze] freeze_late[freeze] freeze_noirq[freeze]'
image+=' thaw_noirq[thaw] thaw_early[thaw] thaw[thaw] pm_complete[thaw]'

# hibernate EXPECTED: an image is made, and a rule keeps the machine from being switched off.
hibernate()
{
	snapshot power_off && fail 'the machine was switched off'
	met "$image $1"
	step 'read' read_disk
}

# The last one must be the one to fail, or the machine goes.
add_rule stays trigger=poweroff_noirq action=errno errno=EBUSY pm_event=poweroff times=-1
hibernate 'prepare[hibernate] poweroff[hibernate] poweroff_late[hibernate] poweroff_noirq[hibernate]=-16 restore_early[restore] restore[restore] pm_complete[restore]'
add_rule fails trigger=poweroff_late action=errno errno=EBUSY
hibernate 'prepare[hibernate] poweroff[hibernate] poweroff_late[hibernate]=-16 restore[restore] pm_complete[restore]'
remove_rule fails
add_rule fails trigger=poweroff action=errno errno=EBUSY
hibernate 'prepare[hibernate] poweroff[hibernate]=-16 pm_complete[restore]'
remove_rule fails

for phase in thaw_noirq thaw_early; do
	add_rule fails "trigger=$phase" action=errno errno=EIO pm_event=thaw
	snapshot || fail "no image: $OUTPUT"
	met "${image/"${phase}[thaw]"/"${phase}[thaw]=-5"}"
	remove_rule fails
	step "read after a failed $phase" read_disk
done

remove_host
