#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each change of state and each poke of the kernel does what it says when the error handler, or
# somebody who asks for a reset, aborts a command or resets a disk, its target, bus or host; and
# while such a callback is held, or late, whoever waits for it waits.
#
# An abort finds no command of a disk that is blocked or of a link that is down: what brings them
# back is fired while they are well.
#
# pairs: eh_abort,eh_device_reset,eh_target_reset,eh_bus_reset,eh_host_reset,sysfs_host_reset=everywhere
# pairs: eh_abort,eh_device_reset,eh_target_reset,eh_bus_reset,eh_host_reset,sysfs_host_reset=stall,delay,eh
# deadline: 480

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_reset
# shellcheck source=selftests/pairs.sh
. "$(dirname "$0")/../pairs.sh"

RESETS=(eh_device_reset eh_target_reset eh_bus_reset eh_host_reset)

# reset TRIGGER: asks for it, and comes back with its status.
reset()
{
	local what=${1#eh_}

	case $1 in
	eh_abort)
		add_rule times-out trigger=queue opcode=00 action=blk_abort
		sense
		remove_rule times-out
		;;
	sysfs_host_reset) returns 'host_reset' 20 put adapter "$SHOST/scsi_host/${SHOST##*/}/host_reset" ;;
	*) returns "sg_reset --${what%_reset}" 20 sg_reset "--${what%_reset}" --no-escalate "$SG" ;;
	esac
}

# abort_over ACTION: the link goes down under an abort, which fails. Whatever reset claims to have
# worked, a disk without a link does not answer, and is offline in the end.
abort_over()
{
	PAIR="eh_abort x $1"
	prepare_for "$1"
	add_rule pair trigger=eh_abort "action=$1" opcode=00 "${ARGUMENTS[@]}"
	reset eh_abort
	wait_for 10 "$PAIR to fire" is "$HOST/faults/pair/fired" 1
	at_least "$HOST/link/downs" $((DOWNS + 1)) || fail "$PAIR: the link is not down"
	wait_for 20 'the error handler to end' host_is running
	[ "$1" = bounce ] || sdev_is offline || fail "$PAIR: the disk is $(<"$SDEV/state")"
	[ "$1" = bounce ] || put up "$HOST/link/state"
	wait_for 10 'the link to come up' link_is up
	put running "$SDEV/state" || fail 'the disk cannot be made to run'
	settled
	remove_rule pair
}

provoke() { reset "$1" || say "$PAIR: $OUTPUT"; }

pairs_host
# What a reset would undo is to be seen.
for trigger in "${RESETS[@]}" sysfs_host_reset; do
	add_rule "keeps-$trigger" "trigger=$trigger" action=eh eh_ret=success times=-1 priority=-1
done
for action in "${EVERYWHERE[@]}"; do
	for trigger in "${RESETS[@]}" sysfs_host_reset; do
		pair "$trigger" "$action" final=0
	done
	case $action in
	link_up | unblock) ;;
	link_down | bounce) abort_over "$action" ;;
	*) pair eh_abort "$action" opcode=00 ;;
	esac
done

for trigger in "${RESETS[@]}" sysfs_host_reset; do
	remove_rule "keeps-$trigger"
done

# Held and late.
for trigger in eh_abort "${RESETS[@]}" sysfs_host_reset; do
	add_rule held "trigger=$trigger" action=stall
	HELD=$RULE
	if [ "$trigger" = eh_abort ]; then
		add_rule times-out trigger=queue opcode=00 action=blk_abort
		start 'reset' sg_raw "$SG" 00 00 00 00 00 00
	elif [ "$trigger" = sysfs_host_reset ]; then
		start 'reset' put adapter "$SHOST/scsi_host/${SHOST##*/}/host_reset"
	else
		what=${trigger#eh_}
		start 'reset' sg_reset "--${what%_reset}" --no-escalate "$SG"
	fi
	wait_for 10 "$trigger to be held" is "$HELD/parked" 1
	running 'reset' || fail "$trigger is held, and who wants it has come back"
	step 'release' put 1 "$HELD/release"
	join 'reset' || [ "$trigger" = eh_abort ] || fail "$trigger: $OUTPUT"
	remove_rule held
	[ "$trigger" != eh_abort ] || remove_rule times-out
	settled
	add_rule late "trigger=$trigger" action=delay delay_us=600000
	read_clock
	since=$NOW
	reset "$trigger" || fail "$trigger: $OUTPUT"
	read_clock
	((NOW - since >= 600)) || fail "$trigger was not late: $((NOW - since)) ms"
	remove_rule late
	settled
done

# What it returns is what whoever asked gets.
for trigger in "${RESETS[@]}" sysfs_host_reset; do
	for ret in success failed; do
		add_rule says "trigger=$trigger" action=eh "eh_ret=$ret"
		if reset "$trigger"; then
			[ "$ret" = success ] || fail "$trigger succeeds although it returns $ret"
		else
			[ "$ret" = failed ] || fail "$trigger fails although it returns $ret: $OUTPUT"
		fi
		expect "$RULE/fired" 1
		remove_rule says
		# The disk was not reset.
		sense
		[ "$ANSWER" = good ] || fail "$trigger: the disk answers $ANSWER"
	done
done
# Aborts are in eh/abort.
remove_host
