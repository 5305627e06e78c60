#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link in mode block behaves as those of FC and SRP do: its targets are blocked, and I/O
# waits; after fast_io_fail_tmo they are offline, and I/O fails; after dev_loss_tmo they are
# removed. When the link comes up they are found again, with the data that were on them.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# The emulated machine may be late, never early.
SLACK_MS=100

# since_down MS WHAT: no less than MS have passed since the link went down.
since_down()
{
	read_clock
	say "$2 after $((NOW - DOWN)) ms"
	[ $((NOW - DOWN)) -ge $(($1 - SLACK_MS)) ] || fail "$2 $((NOW - DOWN)) ms after the link went down"
}

new_host pm/sdev_autosuspend_ms=-1 link/fast_io_fail_tmo=1 link/dev_loss_tmo=4 link/mode=block
for trigger in link_down fast_io_fail dev_loss link_up; do
	add_rule "$trigger" "trigger=$trigger" action=none times=-1
done
enable_host
dd if=/dev/urandom of="$SCRATCH/data" bs=4k count=4 status=none
step 'write' dd if="$SCRATCH/data" of="$DEV" bs=4k oflag=direct status=none
sent=$(<"$SDEV/iorequest_cnt")

read_clock
DOWN=$NOW
step 'link down' put down "$HOST/link/state"
start 'read' read_disk
# What is read first may be out of date before what is read last.
state=$(<"$SDEV/state") status=$(<"$HOST/link/status")
read_clock
if ((NOW - DOWN < 1000 - SLACK_MS)); then
	[ "$state $status" = 'blocked blocked' ] || fail "the disk is $state, the link $status"
else
	say 'the machine is too slow to see that the disk is blocked'
fi

wait_for 5 'the disk to go offline' is "$SDEV/state" transport-offline
since_down 1000 'the disk went offline'
join 'read' && fail 'a read over a dead link succeeded'
since_down 1000 "the read that was held failed ($OUTPUT)"
[ "$(<"$SDEV/iorequest_cnt")" = "$sent" ] || fail 'a command was sent over a dead link'
expect "$HOST/link/status" failfast
returns 'read while the disk is offline' read_disk && fail 'a read of an offline disk succeeded'
expect "$HOST/link/status" failfast 'I/O fails at once'

wait_for 10 'the disk to be lost' test ! -e "$SDEV"
since_down 4000 'the disk was removed'
expect "$HOST/link/status" lost
expect "$LUN/block_dev" ''
expect "$HOST/link/state" down

step 'link up' put up "$HOST/link/state"
expect "$HOST/link/status" up
find_disk
expect "$SDEV/state" running
step 'read' dd if="$DEV" of="$SCRATCH/back" bs=4k count=4 iflag=direct status=none
cmp "$SCRATCH/data" "$SCRATCH/back" || fail 'the data differ from what was written'
expect "$HOST/link/downs" 1
# Blocked, failfast, lost and up.
expect "$HOST/link/transitions" 4
for trigger in link_down fast_io_fail dev_loss link_up; do
	wait_for 5 "the rule for $trigger" is "$HOST/faults/$trigger/fired" 1
done
remove_host
