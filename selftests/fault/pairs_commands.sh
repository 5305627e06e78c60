#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each change of state and each poke of the kernel does what it says when a command arrives, ends
# or times out, and by the clock.
#
# A link that is down and a disk that is blocked have no commands that end: what brings them back
# is fired while they are well, and leaves them so.
#
# pairs: queue,complete,timed_out,timer=everywhere
# deadline: 480

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/pairs.sh
. "$(dirname "$0")/../pairs.sh"

provoke()
{
	case $1 in
	timer) ;;
	queue | complete) sense ;;
	timed_out)
		add_rule times-out trigger=queue opcode=00 action=blk_abort
		sense
		remove_rule times-out
		;;
	esac
}

pairs_host
for action in "${EVERYWHERE[@]}"; do
	pair timer "$action"
	case $action in
	link_up | unblock) continue ;;
	esac
	for trigger in queue complete timed_out; do
		pair "$trigger" "$action" opcode=00
	done
done
# Nothing is wrong that they could mend.
prepare_for() { ARGUMENTS=(); }
for trigger in queue complete timed_out; do
	for action in link_up unblock; do
		pair "$trigger" "$action" opcode=00
	done
done
remove_host
