#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How a command ends is up to a rule: with a host byte, a status or sense data, which whoever sent
# it gets, and the kernel says; late; held; not at all; or not taken yet. The same when it has
# been carried out.
#
# pairs: queue,complete=result,succeed,short,nodata,corrupt,delay,stall
# pairs: queue=queue_ret,misdirect,torn,drop,blk_abort
# pairs: timed_out=eh
# pairs: mq_poll=drop
# deadline: 90

# Data are in fault/data, what times out is in eh/.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool fio

TUR=(00 00 00 00 00 00)
polled() { fio --name=polled --filename="$DEV" --thread --size=4k --bs=4k --rw=read --direct=1 --ioengine=io_uring --hipri --output-format=terse; }

new_host pm/sdev_autosuspend_ms=-1 poll_queues=1
enable_host
find_sg
for trigger in queue complete; do
	for answer in 03/11/00 02/04/01 05/21/00 0b/4b/00; do
		add_rule ends "trigger=$trigger" opcode=00 action=result "sense=$answer"
		answers "$answer" "$SG" "${TUR[@]}"
		answers good "$SG" "${TUR[@]}"
		remove_rule ends
	done
	add_rule ends "trigger=$trigger" opcode=00 action=result status=reservation_conflict
	answers conflict "$SG" "${TUR[@]}"
	remove_rule ends

	# The kernel says which block it was.
	for format in fixed desc; do
		listen
		add_rule ends "trigger=$trigger" opcode=read origin=fs action=result sense=03/11/00 \
			sense_info=lba "sense_fmt=$format"
		returns 'read' read_disk 5 && fail 'a read with a medium error succeeded'
		expect_said "critical medium error, dev $DISK, sector 40" 'Unrecovered read error'
		remove_rule ends
	done
	listen
	add_rule ends "trigger=$trigger" opcode=read origin=fs action=result host_byte=bad_target
	returns 'read' read_disk && fail 'a read with a host byte succeeded'
	expect_said 'hostbyte=DID_BAD_TARGET'
	remove_rule ends

	# Tried again for as long as the kernel does that.
	add_rule ends "trigger=$trigger" opcode=read origin=fs action=result host_byte=soft_error times=2
	step 'read' 30 read_disk
	expect "$RULE/fired" 2
	remove_rule ends

	add_rule late "trigger=$trigger" opcode=read origin=fs action=delay delay_us=700000 jitter_us=10
	read_clock
	since=$NOW
	step 'read' 30 read_disk
	read_clock
	((NOW - since >= 700)) || fail "a read that is late took $((NOW - since)) ms"
	remove_rule late

	add_rule held "trigger=$trigger" opcode=read origin=fs action=stall release_result=result sense=03/11/00
	start 'read' read_disk
	wait_for 10 'the read to be held' is "$RULE/parked" 1
	running 'read' || fail 'the read is held and has come back'
	step 'release' put 1 "$RULE/release"
	join 'read' && fail 'the read succeeded'
	remove_rule held
done

# Not taken: tried again, without an end.
for ret in host_busy device_busy target_busy eh_retry; do
	listen scsi:scsi_dispatch_cmd_error
	add_rule busy trigger=queue opcode=read origin=fs action=queue_ret "queue_ret=$ret" times=3
	step 'read' 30 read_disk
	expect "$RULE/fired" 3
	[ "$(traced 'dispatch_cmd_error: .*READ_10')" = 3 ] || fail "$ret: $(<"$WATCH/trace")"
	remove_rule busy
done

# A queue that is polled in vain.
add_rule vain trigger=mq_poll action=drop times=-1
start 'polled read' polled
wait_for 20 'the queue to be polled' at_least "$RULE/fired" 10
running 'polled read' || fail 'a polled read has come back although there is nothing'
put 0 "$RULE/enable"
join 'polled read' 30 || fail "the polled read failed: $OUTPUT"
remove_host
