# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# pairs.sh: fires one rule for each of the actions that go with every trigger, and looks at what
# has become of the disk, the host and the link. Sourced after lib.sh by the scenarios
# fault/pairs_*, which say how their triggers are met:
#
#   # pairs: trigger,..=action,..    in their header, for fault/features; `everywhere` are EVERYWHERE
#   provoke TRIGGER                  makes it happen once, to the disk where it happens to one

need tool sg_raw sg_readcap

# shellcheck disable=SC2034 # for the scenario
EVERYWHERE=(none ua stop_lun not_ready medium_out medium_in capacity alua lun_gone lun_back
	link_down link_up bounce rescan schedule_eh wake block unblock remove_host)

# What the disk has while nothing is wrong with it.
SIZE=64M
BLOCKS=0x20000
OTHER_SIZE=32M
OTHER_BLOCKS=0x10000

# pairs_host [ATTRIBUTE=VALUE...]: a host for pairs, whose disk has no driver that would meddle.
# shellcheck disable=SC2120 # attributes are optional
pairs_host()
{
	new_host pm/sdev_autosuspend_ms=-1 pm/control=on skip_settle_delay=1 eh_strategy=transport lun/size=$SIZE \
		lun/removable=1 lun/alua_group=1 lun/no_uld=1 "$@"
	pairs_enable
}

# shellcheck disable=SC2153 # HOST is lib.sh's
pairs_enable()
{
	step 'enable' 30 put 1 "$HOST/enable"
	HOST_NO=$(<"$HOST/host_no")
	SHOST=$(readlink -f "/sys/class/scsi_host/host$HOST_NO/device")
	PARENT=${SHOST%/*}
	SDEV=$SHOST/target$HOST_NO:0:0/$HOST_NO:0:0:0
	find_sg
	settled
}

# sense: asks whether the disk is ready; as read_answer, or ANSWER=error without sense data.
sense()
{
	local status=0

	returns 'TEST UNIT READY' 20 sg_raw -v "$SG" 00 00 00 00 00 00 || status=$?
	if [ "$status" = 0 ] || [[ $OUTPUT == *'Raw sense data'* ]]; then
		read_answer "$status"
	else
		ANSWER=error
	fi
}

# settled: takes the unit attentions that there are; the disk is ready then.
settled()
{
	local try

	for ((try = 0; try < 12; try++)); do
		sense
		[ "$ANSWER" != good ] || return 0
		[[ $ANSWER == 06/* ]] || break
	done
	fail "${PAIR:-at first}: the disk is not ready: $ANSWER${OUTPUT:+, $OUTPUT}"
}

# answered EXPECTED: behind unit attentions that is what the disk answers, a pattern.
answered()
{
	local try

	for ((try = 0; try < 12; try++)); do
		sense
		[[ $ANSWER == 06/* ]] || break
	done
	# shellcheck disable=SC2053 # a pattern is wanted
	[[ $ANSWER == $1 ]] || fail "$PAIR: TEST UNIT READY is answered $ANSWER instead of $1"
}

# now ACTION [ATTRIBUTE=VALUE...]: does it, by the clock.
now()
{
	local action=$1

	shift
	add_rule now trigger=timer "action=$action" "$@"
	wait_for 5 "$action by the clock" is "$RULE/fired" 1
	remove_rule now
}

sdev_is() { is "$SDEV/state" "$1"; }
link_is() { is "$HOST/link/state" "$1"; }
host_is() { is "$SHOST/scsi_host/${SHOST##*/}/state" "$1"; }
happened() { [ "$(traced "$1")" -gt 0 ]; }

blocks() { step 'READ CAPACITY' sg_readcap --brief "$SG"; BLOCKS_NOW=${OUTPUT%% *}; }

# prepare_for ACTION: what must be so that the action has an effect. Sets ARGUMENTS, of the rule.
prepare_for()
{
	ARGUMENTS=()
	case $1 in
	ua) ARGUMENTS=(ua_arg=2a/01) ;;
	not_ready) ARGUMENTS=(state_arg=600000) ;;
	capacity) ARGUMENTS=("state_arg=$OTHER_SIZE") ;;
	alua) ARGUMENTS=(state_arg=standby) ;;
	bounce) ARGUMENTS=(link_arg=200) ;;
	medium_in) put 0 "$LUN/medium/present" || fail 'the medium cannot be taken out' ;;
	lun_back) now lun_gone 'lun=0:0:0' ;;
	link_up) put down "$HOST/link/state" ;;
	unblock)
		now block
		wait_for 5 'the disk to be blocked' sdev_is blocked
		;;
	esac
	DOWNS=$(<"$HOST/link/downs")
	listen scsi:scsi_dispatch_cmd_start scsi:scsi_eh_wakeup rpm:rpm_resume
}

# look_for ACTION: it has had its effect, and undoes it.
look_for()
{
	case $1 in
	none) settled ;;
	ua)
		settled
		# Whichever command has got it.
		expect_said 'Mode parameters changed'
		;;
	stop_lun)
		answered 02/04/02
		answers good "$SG" 1b 00 00 00 01 00
		;;
	not_ready)
		answered 02/04/01
		now not_ready state_arg=1
		answered good
		;;
	medium_out)
		answered '02/3a/*'
		put 1 "$LUN/medium/present" || fail 'the medium cannot be put in'
		;;
	medium_in)
		settled
		# For the next time that the host is enabled.
		put 1 "$LUN/medium/present" || fail 'the medium cannot be put in'
		;;
	capacity)
		settled
		blocks
		[ "$BLOCKS_NOW" = "$OTHER_BLOCKS" ] || fail "$PAIR: the disk has $BLOCKS_NOW blocks"
		put "$SIZE" "$LUN/size" || fail 'the disk cannot grow'
		settled
		blocks
		[ "$BLOCKS_NOW" = "$BLOCKS" ] || fail "the disk has $BLOCKS_NOW blocks"
		;;
	alua)
		answered 02/04/0b
		put ao "$LUN/alua_state" || fail 'the disk cannot be active'
		;;
	lun_gone)
		answered 05/25/00
		now lun_back 'lun=0:0:0'
		;;
	lun_back) settled ;;
	link_down)
		wait_for 5 "$PAIR: the link to go down" link_is down
		sense
		[ "$ANSWER" = error ] || fail "$PAIR: a disk without a link answers $ANSWER"
		put up "$HOST/link/state"
		;;
	link_up)
		wait_for 5 "$PAIR: the link to come up" link_is up
		settled
		;;
	bounce)
		wait_for 5 "$PAIR: the link to have gone down" at_least "$HOST/link/downs" $((DOWNS + 1))
		wait_for 5 "$PAIR: the link to come up" link_is up
		;;
	rescan) wait_for 5 "$PAIR: an INQUIRY" happened "cmd_start: host_no=$HOST_NO .*cmnd=.INQUIRY" ;;
	schedule_eh)
		wait_for 5 "$PAIR: the error handler to be woken" happened "eh_wakeup: host_no=$HOST_NO"
		wait_for 5 "$PAIR: the error handler to end" host_is running
		;;
	wake) wait_for 5 "$PAIR: a resume" happened "kworker.* rpm_resume: ${PARENT##*/} " ;;
	block)
		wait_for 5 "$PAIR: the disk to be blocked" sdev_is blocked
		now unblock
		wait_for 5 "$PAIR: the disk to run" sdev_is running
		;;
	unblock) wait_for 5 "$PAIR: the disk to run" sdev_is running ;;
	remove_host)
		wait_for 10 "$PAIR: the host to vanish" test ! -e "$SHOST"
		step 'disable' put 0 "$HOST/enable"
		# A link that had not come up when its host went is down.
		put up "$HOST/link/state" || fail 'the link cannot come up'
		pairs_enable
		;;
	esac
	[ "$1" = remove_host ] || settled
}

# pair TRIGGER ACTION [MATCH...]: one rule, fired once.
pair()
{
	local trigger=$1 action=$2

	shift 2
	PAIR="$trigger x $action"
	prepare_for "$action"
	add_rule pair "trigger=$trigger" "action=$action" "$@" "${ARGUMENTS[@]}"
	provoke "$trigger" "$action"
	wait_for 10 "$PAIR to fire" is "$HOST/faults/pair/fired" 1
	look_for "$action"
	provoked "$trigger" "$action"
	remove_rule pair
}

# What a scenario does to end what provoke has begun.
provoked() { :; }
