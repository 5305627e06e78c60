#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each change of state and each poke of the kernel does what it says when the host's runtime power
# management looks whether it is idle, suspends and resumes it, when the link goes and comes, and
# when a medium is changed. A callback that fails does so with the rule's errno, as the core's
# trace has it, one that is held or late keeps the host where it was, and one that only claims
# to have worked is believed.
#
# pairs: rpm_idle,rpm_suspend,rpm_resume,link_down,link_up,medium_change=none,ua,stop_lun,not_ready
# pairs: rpm_idle,rpm_suspend,rpm_resume,link_down,link_up,medium_change=medium_out,medium_in,capacity
# pairs: rpm_idle,rpm_suspend,rpm_resume,link_down,link_up,medium_change=alua,lun_gone,lun_back
# pairs: rpm_idle,rpm_suspend,rpm_resume,link_down,link_up,medium_change=link_down,link_up,bounce
# pairs: rpm_idle,rpm_suspend,rpm_resume,link_down,link_up,medium_change=rescan,schedule_eh,wake
# pairs: rpm_idle,rpm_suspend,rpm_resume,link_down,link_up,medium_change=block,unblock
# pairs: rpm_idle,rpm_suspend,rpm_resume=errno,stall,delay,succeed
# deadline: 480

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/pairs.sh
. "$(dirname "$0")/../pairs.sh"

has_fired() { is "$HOST/faults/pair/fired" 1; }

# provoke TRIGGER ACTION
provoke()
{
	case $1 in
	rpm_*)
		put auto "$HOST/pm/control"
		if [ "$1" = rpm_resume ]; then
			wait_suspended
		else
			wait_for 10 "$PAIR to fire" has_fired
		fi
		step 'resume' put on "$HOST/pm/control"
		;;
	link_down)
		# It is down already if it is to come up.
		put up "$HOST/link/state"
		put down "$HOST/link/state"
		[ "$2" = link_down ] || put up "$HOST/link/state"
		;;
	link_up)
		put down "$HOST/link/state"
		put up "$HOST/link/state"
		;;
	medium_change)
		[ "$2" = medium_in ] || put 0 "$LUN/medium/present"
		put 1 "$LUN/medium/present"
		;;
	esac
}

pairs_host pm/sdev_autosuspend_ms=0 pm/control=on
for action in "${EVERYWHERE[@]}"; do
	# See fault/features.
	[ "$action" != remove_host ] || continue
	for trigger in rpm_idle rpm_suspend rpm_resume link_down link_up; do
		pair "$trigger" "$action"
	done
	case $action in
	medium_in) pair medium_change "$action" ;;
	# Not when it is taken out, but when it is put in.
	*) pair medium_change "$action" skip=1 ;;
	esac
done

# ---- outcomes of runtime power management

# returned CALLBACK ERRNO: the core has got that from it.
returned() { happened "rpm_return_int: $1.*:${PARENT##*/} ret=$2"; }

listen rpm:rpm_return_int
add_rule fails trigger=rpm_idle action=errno errno=EBUSY times=-1
put auto "$HOST/pm/control"
wait_for 10 'rpm_idle to fail' at_least "$RULE/fired" 1
wait_for 5 'its errno' returned rpm_idle -16
expect "$PARENT/power/runtime_status" active
remove_rule fails
put 1 "$HOST/pm/idle"
wait_suspended
put on "$HOST/pm/control"

listen rpm:rpm_return_int
add_rule fails trigger=rpm_suspend action=errno errno=EAGAIN
put auto "$HOST/pm/control"
wait_for 10 'rpm_suspend to fail' is "$RULE/fired" 1
wait_for 5 'its errno' returned rpm_suspend -11
remove_rule fails
put on "$HOST/pm/control"

put auto "$HOST/pm/control"
wait_suspended
listen rpm:rpm_return_int
add_rule fails trigger=rpm_resume action=errno errno=EIO
put on "$HOST/pm/control"
wait_for 10 'rpm_resume to fail' is "$RULE/fired" 1
wait_for 5 'its errno' returned rpm_resume -5
remove_rule fails
put 1 "$HOST/pm/wake"
wait_for 10 'the host to resume' rpm_is "$PARENT" active

for action in stall delay succeed; do
	for trigger in rpm_idle rpm_suspend rpm_resume; do
		if [ "$trigger" = rpm_resume ]; then
			put auto "$HOST/pm/control"
			wait_suspended
			to=on
		else
			to=auto
		fi
		add_rule held "trigger=$trigger" "action=$action" delay_us=700000
		read_clock
		since=$NOW
		start 'change' put "$to" "$HOST/pm/control"
		if [ "$action" = stall ]; then
			wait_for 10 "$trigger to be held" is "$RULE/parked" 1
			case "$trigger" in
			rpm_idle) expect "$PARENT/power/runtime_status" active ;;
			rpm_suspend) expect "$PARENT/power/runtime_status" suspending ;;
			rpm_resume) expect "$PARENT/power/runtime_status" resuming ;;
			esac
			step 'release' put 1 "$RULE/release"
		fi
		join 'change' || fail "$trigger: $OUTPUT"
		wait_for 10 "$trigger x $action" is "$RULE/fired" 1
		if [ "$to" = on ]; then
			wait_for 10 'the host to resume' rpm_is "$PARENT" active
		elif [ "$action" != succeed ] || [ "$trigger" != rpm_idle ]; then
			wait_suspended
		fi
		read_clock
		[ "$action" != delay ] || ((NOW - since >= 700)) || fail "$trigger was not late: $((NOW - since)) ms"
		remove_rule held
		put on "$HOST/pm/control"
		wait_for 10 'the host to resume' rpm_is "$PARENT" active
		settled
	done
done
remove_host
