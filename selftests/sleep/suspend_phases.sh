#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# System suspend calls the eight callbacks of the host, in their order. One that fails on the way
# down ends the suspend with its errno, and the machine comes back by the callbacks for what had
# been done; one that fails on the way up is noted, and everything else comes back.
#
# deadline: 120

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

new_host pm/sdev_autosuspend_ms=-1
may_sleep
enable_host
put on "$PARENT/power/control"
step 'write' write_disk

# Each by the word for its trigger, with the event of the PM core: both have to say it.
down=('prepare[suspend]' 'suspend[suspend]' 'suspend_late[suspend]' 'suspend_noirq[suspend]')
up=('resume_noirq[resume]' 'resume_early[resume]' 'resume[resume]' 'pm_complete[resume]')
slept mem platform
met "${down[*]} ${up[*]}"

# A suspend that the rule must not see, and the other way round.
add_rule elsewhere trigger=suspend action=errno errno=EIO pm_event=freeze,resume times=-1
for ((i = 0; i < 4; i++)); do
	phase=${down[i]%\[*}
	failed=$(<"$SUSPEND_STATS/failed_$phase")
	add_rule fails "trigger=$phase" action=errno errno=EBUSY pm_event=suspend
	sleeps mem platform && fail "a suspend whose $phase failed has succeeded"
	[[ $OUTPUT == *'Device or resource busy'* ]] || fail "$phase: $OUTPUT"
	expect "$SUSPEND_STATS/failed_$phase" $((failed + 1))
	expect "$SUSPEND_STATS/last_failed_step" "$phase"
	expect "$SUSPEND_STATS/last_failed_errno" -16
	# What was done is undone; a device that is not prepared has nothing to complete.
	undo=("${up[@]:i > 1 ? 4 - i : 4 - (i > 0)}")
	events=("${down[@]:0:i}" "${down[i]}=-16" "${undo[@]}")
	met "${events[*]}"
	((i == 0)) || expect "$SUSPEND_STATS/last_failed_dev" "${PARENT##*/}"
	expect "$RULE/fired" 1
	remove_rule fails
	step "read after a failed $phase" read_disk
done
expect "$HOST/faults/elsewhere/matched" 0
remove_rule elsewhere

for ((i = 0; i < 3; i++)); do
	phase=${up[i]%\[*}
	failed=$(<"$SUSPEND_STATS/failed_$phase")
	add_rule fails "trigger=$phase" action=errno errno=EIO pm_event=resume
	slept mem platform
	expect "$SUSPEND_STATS/failed_$phase" $((failed + 1))
	expect "$SUSPEND_STATS/last_failed_step" "$phase"
	expect "$SUSPEND_STATS/last_failed_dev" "${PARENT##*/}"
	events=("${down[@]}" "${up[@]}")
	events[4 + i]+='=-5'
	met "${events[*]}"
	remove_rule fails
	# Nobody tells sd: the disk is used, and its host has no power unless it was only an early phase.
	if [ "$phase" = resume ]; then
		returns 'read without power' read_disk && fail 'a host that did not resume has answered'
	else
		step "read after a failed $phase" read_disk
	fi
done
slept mem platform
step 'read after another suspend' read_disk

# One that only says that it has suspended has power all the time.
add_rule fake trigger=suspend action=succeed
slept mem platform
met "${down[*]} ${up[*]}"
expect "$RULE/fired" 1
remove_rule fake

# Time that a callback takes is the system's.
add_rule slow trigger=suspend_late action=delay delay_us=300000
slept mem platform
took suspend_late
((TOOK >= 290 && TOOK < 5000 * TIME_SCALE)) || fail "suspend_late took $TOOK ms"
remove_rule slow
add_rule held trigger=resume action=stall stall_ms=400
slept mem platform
took resume
((TOOK >= 390 && TOOK < 5000 * TIME_SCALE)) || fail "resume took $TOOK ms"
remove_host
