#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A rule acts on what it matches and on nothing else: unit, command, blocks, direction, sender,
# queue, CPU, tag, polling, retries, a full queue, the state of the host and of the link, and the
# task. What it acts on fails, as whoever sent it sees; what it does not is untouched.
#
# Matches of system sleep are in sleep/.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool fio
need file /proc/self/make-it-fail CONFIG_FAULT_INJECTION

# match MATCH...: commands like that have a medium error.
match() { add_rule bad trigger=queue action=result sense=03/11/00 times=-1 "$@"; }

# hits COMMAND...: it fails, for the rule.
hits()
{
	returns "$*" "$@" && fail "the rule does not match $*"
	at_least "$RULE/fired" 1 || fail "$* has failed, but not for the rule: $OUTPUT"
}

# misses COMMAND...: it succeeds.
misses() { returns "$*" "$@" || fail "the rule matches $*: $OUTPUT"; }

# read_block LBA [BLOCKS]: in one command.
read_block()
{
	dd if="$DEV" of=/dev/null bs=$((512 * ${2:-1})) count=1 skip=$(($1 * 512)) \
		iflag=direct,skip_bytes status=none
}
on_cpu() { taskset -c "$1" dd if="$DEV" of=/dev/null bs=4k count=1 iflag=direct status=none; }
other_disk() { dd if="$OTHER" of=/dev/null bs=4k count=1 iflag=direct status=none; }
read_by_hand() { sg_raw -r 512 "$SG" 28 00 00 00 00 00 00 00 01 00; }
capacity_16() { sg_raw -r 32 "$SG" 9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00; }
flush() { sg_raw "$SG" 35 00 00 00 00 00 00 00 00 00; }
start_unit() { sg_raw "$SG" 1b 00 00 00 01 00; }
stop_unit() { sg_raw "$SG" 1b 00 00 00 00 00; }
polled() { fio --name=polled --filename="$DEV" --thread --size=4k --bs=4k --rw=read --direct=1 --ioengine=io_uring --hipri --output-format=terse; }
marked() { (echo 1 >/proc/self/make-it-fail && exec dd if="$DEV" of=/dev/null bs=4k count=1 iflag=direct status=none); }

# cpu_of QUEUE: a CPU that sends its commands to this queue.
cpu_of()
{
	local cpu

	for cpu in /sys/kernel/debug/block/"$DISK/hctx$1"/cpu*; do
		[ -e "$cpu" ] || fail "no CPU uses queue $1"
		printf '%s' "${cpu##*/cpu}"
		return
	done
}

[ "$(nproc)" -ge 2 ] || skip 'one CPU has one queue'
new_host pm/sdev_autosuspend_ms=-1 nr_hw_queues=2 poll_queues=1 cmd_per_lun=8
mkdir "$HOST/luns/0:1:3"
put 64M "$HOST/luns/0:1:3/size"
enable_host
need_block_debugfs
find_sg
wait_for 10 'the other disk' test -s "$HOST/luns/0:1:3/block_dev"
OTHER=/dev/$(<"$HOST/luns/0:1:3/block_dev")
wait_for 10 'the other disk' test -b "$OTHER"

# both MATCH HIT MISS: commands of the shell, or functions.
both()
{
	# shellcheck disable=SC2086 # several matches
	match $1
	# shellcheck disable=SC2086
	hits $2
	# shellcheck disable=SC2086
	misses $3
	remove_rule bad
}

both 'lun=0:1:3 origin=fs' other_disk read_disk
both 'lun=*:0:* origin=fs' read_disk other_disk
both 'opcode=write' 'write_disk 7' 'read_disk 7'
both 'opcode=12,9e/10' capacity_16 read_by_hand
both 'opcode=ssu cdb_mask=0000000001 cdb_value=0000000001' start_unit stop_unit
start_unit || fail 'the disk does not start'
both 'lba=96-103,4000 origin=fs' 'read_block 90 8' 'read_block 104 8'
both 'lba=4000 origin=fs' 'read_block 4000' 'read_block 4001'
both 'len=8-16 origin=fs' 'read_block 0 8' 'read_block 0 7'
both 'direction=in origin=fs' read_disk 'write_disk 3'
both 'direction=out' 'write_disk 3' 'read_disk 3'
both 'direction=flush' flush read_by_hand
both 'direction=none opcode=ssu' start_unit read_disk
both 'origin=passthrough' read_by_hand read_disk
both 'origin=fs' read_disk read_by_hand
both "hwq=0 origin=fs polled=0" "on_cpu $(cpu_of 0)" "on_cpu $(cpu_of 1)"
both 'cpu=1 origin=fs' 'on_cpu 1' 'on_cpu 0'
both 'tag=0-4095 origin=fs' read_disk read_by_hand
both 'polled=1' polled read_disk
both 'polled=0 origin=fs' read_disk polled
both 'task_filter=1' marked read_disk
both 'link_state=up origin=fs' read_disk read_by_hand

# The second try of a command.
match 'retries=>=1' origin=fs
misses read_disk
expect "$RULE/matched" 0
add_rule again trigger=queue origin=fs action=result host_byte=soft_error priority=1
RULE=$HOST/faults/bad
hits read_disk
expect "$HOST/faults/again/fired" 1
remove_rule again
remove_rule bad

# A queue is full with its only command.
match qfull=1 origin=fs
misses read_disk
put 1 "$SDEV/queue_depth"
hits read_disk
put 8 "$SDEV/queue_depth"
remove_rule bad

# A link that comes up as soon as somebody wants something over it.
add_rule up trigger=queue link_state=down action=link_up times=-1
step 'read' read_disk
expect "$RULE/fired" 0
put down "$HOST/link/state"
step 'read' read_disk
expect "$HOST/link/state" up
remove_rule up
remove_host

# A link that nobody can take down while the host sleeps.
new_host
enable_host
put on "$HOST/pm/control"
add_rule up trigger=link_down rpm_state=suspended action=link_up times=-1
put down "$HOST/link/state"
expect "$HOST/link/state" down
put up "$HOST/link/state"
put auto "$HOST/pm/control"
wait_suspended
put down "$HOST/link/state"
wait_for 5 'the link to come up' is "$HOST/link/state" up
remove_rule up
# Who resumes it sends START UNIT while it is active, and nothing before.
for state in suspended suspending resuming; do
	add_rule "early-$state" trigger=queue "rpm_state=$state" action=result sense=03/11/00
done
add_rule in-time trigger=queue opcode=1b rpm_state=active action=none
step 'read' read_disk
for state in suspended suspending resuming; do
	expect "$HOST/faults/early-$state/fired" 0
done
expect "$HOST/faults/in-time/fired" 1
remove_host
