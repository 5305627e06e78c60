#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own test of hibernation calls the callbacks of the host for an image, freeze, and,
# as no image was made, restore. One that fails on the way down ends it with its errno, and what was
# done is undone; one that fails on the way up is noted, and everything else comes back.
#
# deadline: 120

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host pm/sdev_autosuspend_ms=-1
may_sleep
enable_host
put on "$PARENT/power/control"
step 'write' write_disk

down=('prepare[freeze]' 'freeze[freeze]' 'freeze_late[freeze]' 'freeze_noirq[freeze]')
up=('restore_noirq[restore]' 'restore_early[restore]' 'restore[restore]' 'pm_complete[restore]')
slept disk core
met "${down[*]} ${up[*]}"

add_rule elsewhere trigger=freeze action=errno errno=EIO pm_event=suspend,thaw times=-1
for ((i = 1; i < 4; i++)); do
	phase=${down[i]%\[*}
	add_rule fails "trigger=$phase" action=errno errno=EBUSY pm_event=freeze
	sleeps disk core && fail "a hibernation whose $phase failed has succeeded"
	[[ $OUTPUT == *'Device or resource busy'* ]] || fail "$phase: $OUTPUT"
	undo=("${up[@]:i > 1 ? 2 : 3}")
	# The PM core undoes a noirq phase that failed by itself, and calls that a recovery.
	((i < 3)) || undo=('thaw_early[recover]' "${undo[@]}")
	met "${down[*]:0:i} ${down[i]}=-16 ${undo[*]}"
	expect "$RULE/fired" 1
	remove_rule fails
	step "read after a failed $phase" read_disk
done
expect "$HOST/faults/elsewhere/matched" 0
remove_rule elsewhere

for ((i = 0; i < 2; i++)); do
	phase=${up[i]%\[*}
	add_rule fails "trigger=$phase" action=errno errno=EIO pm_event=restore
	slept disk core
	events=("${down[@]}" "${up[@]}")
	events[4 + i]+='=-5'
	met "${events[*]}"
	expect "$SUSPEND_STATS/last_failed_step" "${phase/restore/resume}"
	expect "$SUSPEND_STATS/last_failed_dev" "${PARENT##*/}"
	remove_rule fails
	step "read after a failed $phase" read_disk
done
remove_host
