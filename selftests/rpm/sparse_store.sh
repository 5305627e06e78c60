#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The memory that a disk takes grows with what was written, not with its size; what was
# never written reads as zeros; and all of it is given back.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

MIB=1024
SLACK=$((16 * MIB))
# KASAN puts a red zone behind each allocation, so that one of 4 KiB takes 8.
COST=1
! grep -qw kasan_save_stack /proc/kallsyms || COST=2

# free_kib: the memory that is free for use, without the caches that come and go.
free_kib()
{
	echo 3 >/proc/sys/vm/drop_caches
	sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# write_at GIB: 8 MiB at an offset of so many GiB.
write_at()
{
	dd if=/dev/urandom of="$DEV" bs=1M count=8 seek=$(($1 * 1024)) oflag=direct status=none
}

before=$(free_kib)
new_host lun/size=1T pm/sdev_autosuspend_ms=-1
enable_host
[ "$(blockdev --getsize64 "$DEV")" = $((1 << 40)) ] || fail 'the disk is not 1 TiB'
empty=$((before - $(free_kib)))
[ "$empty" -lt "$SLACK" ] || fail "an empty disk takes $empty KiB"

for gib in 0 1 10 100 511 700 900 1023; do
	step "write at $gib GiB" write_at "$gib"
done
used=$((before - $(free_kib)))
say "1 TiB disk: $empty KiB when empty, $used KiB with 64 MiB written"
[ "$used" -ge $((64 * MIB - SLACK)) ] || fail "64 MiB of data take only $used KiB"
[ "$used" -lt $((64 * MIB * COST + 2 * SLACK)) ] || fail "64 MiB of data take $used KiB"

step 'read of what was not written' \
	dd if="$DEV" of="$SCRATCH/zeros" bs=1M count=4 skip=$((300 * 1024)) iflag=direct status=none
cmp -n $((4 << 20)) "$SCRATCH/zeros" /dev/zero || fail 'unwritten blocks do not read as zeros'
rm "$SCRATCH/zeros"

remove_host
left=$((before - $(free_kib)))
[ "$left" -lt "$SLACK" ] || fail "$left KiB are not given back"
