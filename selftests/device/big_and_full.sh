#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk of 1 PiB is there at once and takes no memory before something is written. When
# memory runs out, a write fails with WRITE ERROR and nothing else: the next one succeeds,
# and what had been written is as it was.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_raw

# That many disks may not take more KiB each.
DISKS=48
MAX_KIB=64
FAILSLAB=/sys/kernel/debug/failslab

# free_kib: the memory that is free for use, without the caches that come and go.
free_kib()
{
	echo 3 >/proc/sys/vm/drop_caches
	sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# out_of_memory COMMAND...: none of the memory that COMMAND asks for in atomic context is
# there. What may sleep is left alone, and so is everybody else.
out_of_memory()
{
	local status=0

	put 100 "$FAILSLAB/probability"
	(
		# Its children inherit it.
		put 1 /proc/self/make-it-fail
		"$@"
	) || status=$?
	put 0 "$FAILSLAB/probability"
	return "$status"
}

# Nobody is behind the link, so that the disks of the mid layer do not count.
new_host lun/size=1P link/state=down
for ((i = 1; i < DISKS; i++)); do
	mkdir "$HOST/luns/0:0:$i"
	put 1P "$HOST/luns/0:0:$i/size"
done
before=$(free_kib)
step "enable $DISKS disks of 1 PiB" put 1 "$HOST/enable"
used=$(((before - $(free_kib)) / DISKS))
say "a disk of 1 PiB takes about $used KiB"
[ "$used" -lt "$MAX_KIB" ] || fail "a disk of 1 PiB takes $used KiB"
[ "$(<"$HOST/luns/0:0:7/size")" = $((1 << 50)) ] || fail 'the disks are not of 1 PiB'
remove_host

# The first and the last block.
new_host lun/size=1P pm/sdev_autosuspend_ms=-1
enable_host
[ "$(blockdev --getsize64 "$DEV")" = $((1 << 50)) ] ||
	fail "the disk has $(blockdev --getsize64 "$DEV") bytes"
dd if=/dev/urandom of="$SCRATCH/data" bs=4k count=1 status=none
last=$(((1 << 38) - 1))
for block in 0 "$last"; do
	step "write block $block" dd if="$SCRATCH/data" of="$DEV" bs=4k seek="$block" \
		oflag=direct conv=nocreat status=none
	step "read block $block" dd if="$DEV" of="$SCRATCH/back" bs=4k skip="$block" count=1 \
		iflag=direct status=none
	cmp "$SCRATCH/data" "$SCRATCH/back" || fail "block $block is not what was written"
done
expect "$LUN/mapped_bytes" 8192

need file "$FAILSLAB" 'debugfs with CONFIG_FAILSLAB'
put Y "$FAILSLAB/task-filter"
put Y "$FAILSLAB/ignore-gfp-wait"
put -1 "$FAILSLAB/times"
put 0 "$FAILSLAB/space"
put 0 "$FAILSLAB/verbose"
put 1 "$FAILSLAB/interval"

# The device says so. (The sg driver would not even open its node without memory.)
write_sector=(-s 512 -i "$SCRATCH/data" "$DEV" 2a 00 00 01 00 00 00 00 01 00)
returns 'WRITE without memory' out_of_memory sg_raw -v "${write_sector[@]}"
read_answer $?
[ "$ANSWER" = 03/0c/00 ] || fail "a write without memory is answered $ANSWER"
expect "$LUN/mapped_bytes" 8192

# So does Linux. (A scheduler, or another try, would write on behalf of no task, which has
# memory.)
put none "/sys/block/$DISK/queue/scheduler"
retries=/sys/class/scsi_disk/${SDEV##*/}/max_retries
before=$(<"$retries")
put 0 "$retries"
write() { dd if=/dev/urandom of="$DEV" bs=64k count=4 seek=1 oflag=direct conv=nocreat status=none; }
returns 'write without memory' out_of_memory write && fail 'a write without memory succeeded'
[[ $OUTPUT == *'Input/output error'* ]] || fail "a write without memory: $OUTPUT"
put "$before" "$retries"
step 'write without memory, once' out_of_memory write
expect "$LUN/mapped_bytes" $((8192 + (256 << 10)))

# Overwriting takes none, and reading neither.
step 'overwrite without memory' out_of_memory dd if="$SCRATCH/data" of="$DEV" bs=4k \
	seek="$last" oflag=direct conv=nocreat status=none
step 'read without memory' out_of_memory dd if="$DEV" of="$SCRATCH/back" bs=4k count=1 \
	iflag=direct status=none
cmp "$SCRATCH/data" "$SCRATCH/back" || fail 'what was written before is lost'

# With memory again.
answers good "${write_sector[@]}"
expect "$LUN/mapped_bytes" $((8192 + (256 << 10) + 512))
step 'read the last block' dd if="$DEV" of="$SCRATCH/back" bs=4k skip="$last" count=1 \
	iflag=direct status=none
cmp "$SCRATCH/data" "$SCRATCH/back" || fail 'the last block is lost'
remove_host
