#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A command that comes after the host's suspend or freeze has run is noticed: it is counted, and
# logged with its sender, its CDB and a stack; and it fails, or is carried out, as
# io_while_suspended says. Here a link that comes up too early has the host scanned, and a
# device that was deleted comes back or not.
#
# deadline: 120

# shellcheck source=selftests/sleep.sh
. "$(dirname "$0")/../sleep.sh"

# The scan looks at the targets in their order, and waits for a disk that is asleep.
new_host pm/sdev_autosuspend_ms=-1 link/on_up=rescan
put 16M "$LUN/size"
mkdir "$HOST/luns/0:1:0"
may_sleep
enable_host
put on "$PARENT/power/control"
EVENTS=/sys/kernel/debug/rpmfault/${HOST##*/}/events
FIRST=$SDEV
put 1 "$FIRST/delete"
wait_for 5 "$FIRST to vanish" test ! -e "$FIRST"
LUN=$HOST/luns/0:1:0
find_disk

# asleep STATE DOWN UP REACTION: the link goes with DOWN, and is back before UP gives the host power.
asleep()
{
	add_rule goes "trigger=$2" action=link_down
	add_rule comes "trigger=$3" action=link_up priority=1 final=0
	# User space cannot look: the scan has so long to begin.
	add_rule held "trigger=$3" action=stall stall_ms=1500
	put 1 "$HOST/stats/reset"
	slept "$1" devices
	for rule in goes comes held; do
		expect "$HOST/faults/$rule/fired" 1
		remove_rule "$rule"
	done
	at_least "$HOST/stats/io_while_suspended" 1 || fail "no command has come while in $2"
	grep -q "io_while_suspended: .* submitter=scan cdb=12.* state=$2 reaction=$4" \
		"$SLEEP_TRACE/trace" || fail "no trace of the INQUIRY in $2"
	grep -q "io_while_suspended,submitter=scan,state=$2,cdb=12[0-9a-f]* $4" "$EVENTS" ||
		fail "no INQUIRY in $2 in the log"
	# The scan goes on when the other disk is awake.
	step 'read' read_disk
}

asleep mem suspend resume fail
grep -q 'scsi_probe_and_add_lun' "$EVENTS" || fail 'no stack in the log'
[ ! -e "$FIRST" ] || fail 'a host without power has been scanned'
asleep disk freeze restore fail
[ ! -e "$FIRST" ] || fail 'a host without power has been scanned'

put allow "$HOST/pm/io_while_suspended"
asleep mem suspend resume allow
wait_for 10 "$FIRST to be back" test -e "$FIRST"

# Who waits until the disk is awake is not noticed.
put fail "$HOST/pm/io_while_suspended"
put 1 "$HOST/stats/reset"
slept mem devices
step 'read' read_disk
expect "$HOST/stats/io_while_suspended" 0
remove_host
