#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A removable disk loses its driver while its last user closes it, which unlocks the door: both come
# back. (The removal froze the queue first and then waited for the close, once: bug zoo Z11,
# upstream 7e04da2dc701 "block: fix deadlock between sd_remove & sd_release".)
#
# Both wait for one write of dirty pages, the removal behind its first use of the open mutex, and the
# close with that mutex held. Then the error handler keeps the close from going on until the
# removal has got to the mutex again.
#
# deadline: 60
# fails-on: 20 hang the removal has frozen the queue and waits for the open mutex, the close has it and waits for the queue

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

WRITEBACK=/proc/sys/vm/dirty_writeback_centisecs
writeback=$(<"$WRITEBACK")
put 0 "$WRITEBACK"
clean_up() { put "$writeback" "$WRITEBACK"; }

# add_partition DEVICE: partition 1, in its second MiB, by BLKPG_ADD_PARTITION.
# shellcheck disable=SC2016 # Perl's variables
add_partition()
{
	perl -e 'open my $disk, "<", $ARGV[0] or die "open: $!\n";
		my $partition = pack "q q i x132", 1 << 20, 1 << 20, 1;
		ioctl $disk, 0x1269, pack "i i i x4 P", 1, 0, length $partition, $partition or die "BLKPG: $!\n"' "$1"
}

# open_until_told DEVICE: has it open until somebody writes to $SCRATCH/go.
open_until_told()
{
	exec 3<"$1"
	read -r _ <"$SCRATCH/go"
	exec 3<&-
}
is_open() { [ "$(readlink "/proc/${JOB[close]}/fd/3")" = "$1" ]; }

# waits_in NAME FUNCTION: what start NAME began sleeps below FUNCTION.
waits_in() { grep -q "$2" "/proc/${JOB[$1]}/stack"; }

# waits_for_mutex NAME FUNCTION: it sleeps in FUNCTION itself; mutex_lock() is not shown.
waits_for_mutex() { sed -n 1p "/proc/${JOB[$1]}/stack" | grep -q " _*$2+"; }

# A partition has an open count of its own: who closes it last writes what is dirty in the whole disk
# with the mutex held, and not before taking it.
new_host pm/sdev_autosuspend_ms=-1 lun/removable=1
enable_host
find_sg
step 'make a partition' add_partition "$DEV"
PART=${DEV}1
wait_for 5 "$PART" test -b "$PART"
mkfifo "$SCRATCH/go"
start 'close' open_until_told "$PART"
wait_for 5 "$PART to be open" is_open "$PART"
step 'dirty the page cache' dd if=/dev/urandom of="$DEV" bs=4k count=1 conv=nocreat status=none

add_rule written trigger=queue opcode=write action=stall
start 'unbind' put "${SDEV##*/}" /sys/bus/scsi/drivers/sd/unbind
wait_for 5 'the unbind to write the dirty pages' is "$RULE/parked" 1
put go "$SCRATCH/go"
wait_for 5 'the close to wait for them' waits_in close bdev_release

add_rule times-out trigger=queue opcode=00 action=blk_abort
add_rule abort trigger=eh_abort action=eh eh_ret=failed
add_rule reset trigger=eh_device_reset action=stall
start 'TEST UNIT READY' sg_raw "$SG" 00 00 00 00 00 00
wait_for 5 'the host to be in recovery' is "$HOST/state" recovery
step 'let the write end' put all "$HOST/faults/written/release"
wait_for 5 'the error handler to be held' is "$HOST/faults/reset/parked" 1
wait_for 5 'the close to wait for the error handler' waits_in close scsi_block_when_processing_errors
wait_for 5 'the unbind to wait for the close' waits_for_mutex unbind del_gendisk
step 'let the error handler end' put all "$HOST/faults/reset/release"
join 'close' || fail "the close failed: $OUTPUT"
join 'unbind' || fail "the unbind failed: $OUTPUT"
join 'TEST UNIT READY' || say "TEST UNIT READY: $OUTPUT"
[ ! -e "/sys/block/$DISK" ] || fail 'the disk is still there'
at_least "$LUN/mapped_bytes" 4096 || fail 'the dirty page was not written'

step 'bind' put "${SDEV##*/}" /sys/bus/scsi/drivers/sd/bind
find_disk
step 'read' read_disk
remove_host
