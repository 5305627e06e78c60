#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Commands go through as many hardware queues as the host has, and come back intact
# whichever way they do: where they were queued, from a timer, from a work item, and by
# polling. What is delayed for longer than the command's timeout is given back to the
# error handler, to who resets the disk, and to who switches the host off.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool fio sg_reset

INVALID='Invalid argument'
BUSY='Device or resource busy'

# verify NAME FIO-OPTION...: writes at random and reads back, in eight jobs with a MiB each.
verify()
{
	local what=$1

	shift
	step "$what" 60 fio --name=verify --filename="$DEV" --thread --numjobs=8 --size=512k \
		--offset_increment=1M --bs=8k --rw=randwrite --direct=1 --verify=crc32c \
		--group_reporting --output-format=terse "$@"
}

# queues TYPE: how many hardware queues of a type have a CPU.
queues() { cat "/sys/kernel/debug/block/$DISK"/hctx*/type | grep -cx "$1"; }

expect_queues()
{
	local found

	found=$(queues "$1")
	[ "$found" = "$2" ] || fail "$found queues of type $1 instead of $2"
}

timed_out() { (($(<"$SDEV/iotmo_cnt") >= $1)); }

# delayed READ...: starts a read that takes longer than the disk's timeout.
delay()
{
	put 4000000000 "$HOST/latency_ns"
	start 'read' "$@"
	wait_for 20 'the read to be sent' is_busy
}

is_busy() { [ "$(<"$SDEV/device_busy")" -gt 0 ]; }

# Nothing but io_uring polls: RWF_HIPRI means nothing to preadv2().
read_polled()
{
	fio --name=polled --filename="$DEV" --thread --size=4k --bs=4k --rw=read --direct=1 \
		--ioengine=io_uring --hipri --output-format=terse
}

# recovers READ...: a delayed command comes back by abort, then by reset of the error
# handler, and succeeds when it is in time.
recovers()
{
	local timeout before

	timeout=$(<"$SDEV/timeout")
	put 1 "$SDEV/timeout"
	before=$(($(<"$SDEV/iotmo_cnt")))
	delay "$@"
	wait_for 10 'the read to time out twice' timed_out $((before + 2))
	put 0 "$HOST/latency_ns"
	join 'read' 20 || fail "the read failed: $OUTPUT"
	put "$timeout" "$SDEV/timeout"

	delay "$@"
	put 0 "$HOST/latency_ns"
	read_clock
	before=$NOW
	step 'reset' sg_reset --device "$DEV"
	join 'read' || fail "the read failed: $OUTPUT"
	read_clock
	((NOW - before < 3000)) || fail "the reset left the read where it was: $((NOW - before)) ms"
}

new_host
for attribute in nr_hw_queues can_queue cmd_per_lun sg_tablesize max_sectors; do
	for value in '' 0 -1 70000 x; do
		rejects "$INVALID" "$value" "$HOST/$attribute"
	done
done
rejects "$INVALID" 65 "$HOST/poll_queues"
rejects "$INVALID" 2 "$HOST/host_tagset"
rejects "$INVALID" later "$HOST/completion"
rejects "$INVALID" 10000000001 "$HOST/latency_ns"
remove_host

# The block layer uses no more queues than there are CPUs, unless some are polled.
cpus=$(nproc)
used=$((cpus < 4 ? cpus : 4))
for completion in inline hrtimer wq; do
	new_host pm/sdev_autosuspend_ms=-1 "completion=$completion" nr_hw_queues=4 host_tagset=1 \
		can_queue=64 cmd_per_lun=16 sg_tablesize=64 max_sectors=256
	enable_host
	need_block_debugfs
	for attribute in nr_hw_queues can_queue poll_queues sg_tablesize max_sectors; do
		rejects "$BUSY" 8 "$HOST/$attribute"
	done
	rejects "$BUSY" inline "$HOST/completion"
	class=/sys/class/scsi_host/host$(<"$HOST/host_no")
	expect "$class/nr_hw_queues" "$used"
	expect "$class/can_queue" 64
	expect "$class/sg_tablesize" 64
	expect "$SDEV/queue_depth" 16
	expect "/sys/block/$DISK/queue/max_hw_sectors_kb" 128
	expect_queues default "$used"
	grep -q TAG_HCTX_SHARED "/sys/kernel/debug/block/$DISK/hctx0/flags" ||
		fail 'the queues do not share their tags'
	step 'change the queue depth' put 40 "$SDEV/queue_depth"
	expect "$SDEV/queue_depth" 40

	verify "verify, $completion" --ioengine=libaio --iodepth=4
	if [ "$completion" != inline ]; then
		put 20000000 "$HOST/latency_ns"
		read_clock
		since=$NOW
		step 'ten reads' dd if="$DEV" of=/dev/null bs=4k count=10 iflag=direct status=none
		read_clock
		((NOW - since >= 200)) || fail "ten reads of 20 ms each took $((NOW - since)) ms"
		recovers read_disk
		delay read_disk
		step 'switch off' put 0 "$HOST/enable"
		join 'read'
	fi
	remove_host
done

new_host pm/sdev_autosuspend_ms=-1 nr_hw_queues="$cpus" poll_queues="$cpus"
enable_host
expect_queues default "$cpus"
expect_queues poll "$cpus"
verify 'verify, polled' --ioengine=io_uring --hipri --iodepth=4
recovers read_polled
delay read_polled
step 'switch off' put 0 "$HOST/enable"
join 'read'
remove_host
