#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A thin disk gives back what is unmapped, whole granules of it and nothing else: by UNMAP,
# WRITE SAME and fstrim. What is unmapped reads as LBPRZ says, mapped_bytes and GET LBA STATUS
# agree on it, and sd knows the limits. A fully provisioned disk has nothing to unmap.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool mkfs.ext4

KIB=1024
MIB=$((1024 * KIB))

# new_disk ATTRIBUTE=VALUE...: one that is all written with A5h.
new_disk()
{
	new_host pm/sdev_autosuspend_ms=-1 lun/size=4M "$@"
	enable_host
	find_sg
	expect "$LUN/mapped_bytes" 0 'nothing was written yet'
	fill_disk
}

fill_disk()
{
	step 'write it all' \
		dd if="$SCRATCH/a5" of="$DEV" bs=1M oflag=direct conv=nocreat status=none
	expect "$LUN/mapped_bytes" $((4 * MIB))
}

# reads OFFSET LENGTH FILE: what is on the disk from byte OFFSET on is what the file begins with.
reads()
{
	step 'read it all' dd if="$DEV" of="$SCRATCH/back" bs=1M iflag=direct status=none
	cmp -n "$2" "$SCRATCH/back" "$3" "$1" 0 ||
		fail "$2 bytes from byte $1 on are not those of ${3##*/}"
}

# only_unmapped OFFSET LENGTH FILE: this range, and nothing else, reads as the file, and is what
# mapped_bytes lacks.
only_unmapped()
{
	reads "$1" "$2" "$3"
	cmp -n "$1" "$SCRATCH/back" "$SCRATCH/a5" || fail "blocks before byte $1 have changed"
	cmp "$SCRATCH/back" "$SCRATCH/a5" $(($1 + $2)) $(($1 + $2)) ||
		fail "blocks behind byte $(($1 + $2)) have changed"
	expect "$LUN/mapped_bytes" $((4 * MIB - $2))
}

# status LBA BLOCKS STATE: GET LBA STATUS says that so many blocks from there on, which are all
# that have this state, are mapped or deallocated.
status()
{
	step 'GET LBA STATUS' sg_get_lba_status --brief --lba="$1" "$SG"
	[ "$(grep -m1 ^0x <<<"$OUTPUT")" = "$(printf '0x%x  0x%x  %u  0' "$1" "$2" "$3")" ] ||
		fail "GET LBA STATUS of block $1 says '$OUTPUT', not $2 blocks of state $3"
}
MAPPED=0
DEALLOCATED=1

# unmap_list LBA:BLOCKS...: the parameter list of UNMAP in $SCRATCH/list, and its length in
# $LENGTH, as two bytes of a CDB.
unmap_list()
{
	local extent text

	text=$(printf '%04x%04x00000000' $((6 + 16 * $#)) $((16 * $#)))
	for extent; do
		text+=$(printf '%016x%08x00000000' "${extent%:*}" "${extent#*:}")
	done
	# shellcheck disable=SC2001 # a reference
	printf '%b' "$(sed 's/../\\x&/g' <<<"$text")" >"$SCRATCH/list"
	LENGTH=$(printf '00 %02x' $((8 + 16 * $#)))
}

limit() { expect "/sys/block/$DISK/queue/$1" "$2"; }

head -c $((4 * MIB)) /dev/zero >"$SCRATCH/zeroes"
tr '\0' '\377' <"$SCRATCH/zeroes" >"$SCRATCH/ff"
tr '\0' '\245' <"$SCRATCH/zeroes" >"$SCRATCH/a5"

# Granules of 32 KiB, of which the first begins at 4 KiB.
new_disk lun/lbpu=1 lun/lbpws=1 lun/lbpws10=1 lun/lbprz=1 \
	lun/unmap_granularity=64 lun/unmap_alignment=8 lun/unmap_max_blocks=4096 \
	lun/unmap_max_desc=4 lun/write_same_max=2048
limit discard_granularity $((32 * KIB))
limit discard_max_hw_bytes $((4096 * 512))
limit write_zeroes_max_bytes $((2048 * 512))
expect "$(echo "$SDEV"/scsi_disk/*/provisioning_mode)" unmap
expect "$(echo "$SDEV"/scsi_disk/*/thin_provisioning)" 1

status 0 8192 $MAPPED
# The granules within [1, 300) begin at 8, 72, 136 and 200, and end before 264.
step 'UNMAP' sg_unmap --force --lba=1 --num=299 "$SG"
only_unmapped $((8 * 512)) $((256 * 512)) "$SCRATCH/zeroes"
status 0 8 $MAPPED
status 8 256 $DEALLOCATED
status 100 164 $DEALLOCATED
status 264 $((8192 - 264)) $MAPPED
# Less than a granule, and two halves of one: nothing goes.
step 'UNMAP less than a granule' sg_unmap --force --lba=400,456 --num=56,8 "$SG"
only_unmapped $((8 * 512)) $((256 * 512)) "$SCRATCH/zeroes"
# It is mapped again by a write of one block.
dd if="$SCRATCH/a5" of="$SCRATCH/block" bs=512 count=1 status=none
step 'write' sg_write_same --16 --in="$SCRATCH/block" --lba=64 --num=1 "$SG"
expect "$LUN/mapped_bytes" $((4 * MIB - 255 * 512))
status 63 1 $DEALLOCATED
status 64 1 $MAPPED
status 65 199 $DEALLOCATED

# The limits hold: what exceeds them is refused and changes nothing.
fill_disk
unmap_list 0:4097
# shellcheck disable=SC2086 # LENGTH is two bytes
answers 05/26/00 -s 24 -i "$SCRATCH/list" "$SG" 42 00 00 00 00 00 00 $LENGTH 00
unmap_list 0:64 64:64 128:64 192:64 256:64
# shellcheck disable=SC2086
answers 05/26/00 -s 88 -i "$SCRATCH/list" "$SG" 42 00 00 00 00 00 00 $LENGTH 00
answers 05/24/00 -s 512 -i "$SCRATCH/zeroes" "$SG" \
	93 08 00 00 00 00 00 00 00 00 00 00 08 01 00 00
only_unmapped 0 0 "$SCRATCH/a5"
unmap_list 8:64 72:64 136:64 200:64
# shellcheck disable=SC2086
answers good -s 72 -i "$SCRATCH/list" "$SG" 42 00 00 00 00 00 00 $LENGTH 00
only_unmapped $((8 * 512)) $((256 * 512)) "$SCRATCH/zeroes"
remove_host

# What the kernel makes of it, which cuts a discard where a granule begins: granules go, and the
# rest of the range stays as it is.
new_disk lun/lbpu=1 lun/lbpws=1 lun/lbpws10=1 lun/lbprz=1 lun/unmap_granularity=64
step 'blkdiscard' blkdiscard --offset $((4 * KIB)) --length $((320 * KIB)) "$DEV"
only_unmapped $((32 * KIB)) $((288 * KIB)) "$SCRATCH/zeroes"
# Zeroes are promised for the whole range: the blocks at its ends are written.
fill_disk
step 'punch a hole' \
	fallocate --punch-hole --offset $((4 * KIB)) --length $((124 * KIB)) "$DEV"
reads $((4 * KIB)) $((124 * KIB)) "$SCRATCH/zeroes"
cmp -n $((4 * KIB)) "$SCRATCH/back" "$SCRATCH/a5" || fail 'blocks before the hole have changed'
cmp "$SCRATCH/back" "$SCRATCH/a5" $((128 * KIB)) $((128 * KIB)) ||
	fail 'blocks behind the hole have changed'
expect "$LUN/mapped_bytes" $((4 * MIB - 96 * KIB)) 'three granules are within the hole'
# And these are to be written.
step 'write zeroes' blkdiscard --zeroout --offset 0 --length $((128 * KIB)) "$DEV"
reads 0 $((128 * KIB)) "$SCRATCH/zeroes"
expect "$LUN/mapped_bytes" $((4 * MIB))

# WRITE SAME with UNMAP unmaps granules and writes the rest.
for form in 10 16; do
	fill_disk
	step "WRITE SAME($form)" sg_write_same --"$form" --unmap --lba=1 --num=299 "$SG"
	reads 512 $((299 * 512)) "$SCRATCH/zeroes"
	cmp -n 512 "$SCRATCH/back" "$SCRATCH/a5" || fail "WRITE SAME($form) has changed block 0"
	cmp "$SCRATCH/back" "$SCRATCH/a5" $((300 * 512)) $((300 * 512)) ||
		fail "WRITE SAME($form) has changed block 300"
	# [64, 256) are whole granules.
	expect "$LUN/mapped_bytes" $((4 * MIB - 192 * 512)) "after WRITE SAME($form)"
	# No number of blocks at all stands for all up to the end.
	step "WRITE SAME($form) of the end" sg_write_same --"$form" --unmap --lba=8000 --num=0 "$SG"
	reads $((8000 * 512)) $((192 * 512)) "$SCRATCH/zeroes"
	expect "$LUN/mapped_bytes" $((4 * MIB - 384 * 512)) "after WRITE SAME($form) of the end"
	fill_disk
	# Other data than unmapped blocks read as have to be written.
	step "WRITE SAME($form) of other data" \
		sg_write_same --"$form" --unmap --in="$SCRATCH/block" --lba=0 --num=512 "$SG"
	only_unmapped 0 0 "$SCRATCH/a5"
done
remove_host

# Without granules to look at, blocks go as they are asked for. LBPRZ 010b: the provisioning
# initialization pattern, which is FFh.
new_disk lun/lbpu=1 lun/lbpws=1 lun/lbprz=2
step 'UNMAP' sg_unmap --force --lba=3,100 --num=1,2 "$SG"
reads $((3 * 512)) 512 "$SCRATCH/ff"
reads $((100 * 512)) 1024 "$SCRATCH/ff"
expect "$LUN/mapped_bytes" $((4 * MIB - 3 * 512))
fill_disk
step 'blkdiscard' blkdiscard "$DEV"
only_unmapped 0 $((4 * MIB)) "$SCRATCH/ff"
expect "$LUN/mapped_bytes" 0
status 0 8192 $DEALLOCATED
remove_host

# sd uses what there is: only WRITE SAME(16), only (10).
new_disk lun/lbpws=1 lun/lbprz=1
expect "$(echo "$SDEV"/scsi_disk/*/provisioning_mode)" writesame_16
step 'blkdiscard by WRITE SAME(16)' blkdiscard --offset 1M --length 1M "$DEV"
only_unmapped $MIB $MIB "$SCRATCH/zeroes"
answers 05/20/00 "$SG" 42 00 00 00 00 00 00 00 00 00
remove_host
new_disk lun/lbpws10=1 lun/lbprz=1
expect "$(echo "$SDEV"/scsi_disk/*/provisioning_mode)" writesame_10
step 'blkdiscard by WRITE SAME(10)' blkdiscard --offset 2M --length 1M "$DEV"
only_unmapped $((2 * MIB)) $MIB "$SCRATCH/zeroes"
remove_host

# Fully provisioned.
new_disk
limit discard_max_hw_bytes 0
expect "$(echo "$SDEV"/scsi_disk/*/thin_provisioning)" 0
returns 'blkdiscard' blkdiscard "$DEV" && fail 'a fully provisioned disk was discarded'
answers 05/20/00 "$SG" 42 00 00 00 00 00 00 00 00 00
# UNMAP is bit 3 of byte 1.
answers 05/24/00 -s 512 -i "$SCRATCH/zeroes" "$SG" \
	93 08 00 00 00 00 00 00 00 00 00 00 00 01 00 00
answers 05/24/00 -s 512 -i "$SCRATCH/zeroes" "$SG" 41 08 00 00 00 00 00 00 01 00
only_unmapped 0 0 "$SCRATCH/a5"
remove_host

# A filesystem that is trimmed gives back what its files have left.
new_host pm/sdev_autosuspend_ms=-1 lun/size=32M lun/lbpu=1 lun/lbprz=1 lun/unmap_granularity=8
enable_host
mkdir "$SCRATCH/mnt"
step 'mkfs.ext4' 30 mkfs.ext4 -q -E lazy_itable_init=0 "$DEV"
step 'mount' mount -t ext4 "$DEV" "$SCRATCH/mnt"
empty=$(<"$LUN/mapped_bytes")
step 'write a file' 30 dd if="$SCRATCH/a5" of="$SCRATCH/mnt/file" bs=1M conv=fsync status=none
at_least "$LUN/mapped_bytes" $((empty + 4 * MIB)) || fail "a file of 4 MiB takes $(<"$LUN/mapped_bytes") - $empty bytes"
rm "$SCRATCH/mnt/file"
step 'sync' 30 sync -f "$SCRATCH/mnt"
at_least "$LUN/mapped_bytes" $((empty + 4 * MIB)) || fail 'the file went without a trim'
step 'fstrim' 30 fstrim "$SCRATCH/mnt"
step 'umount' 30 umount "$SCRATCH/mnt"
# What is left is metadata.
[ "$(<"$LUN/mapped_bytes")" -lt $((empty + MIB)) ] ||
	fail "$(<"$LUN/mapped_bytes") bytes are mapped after fstrim, $empty of them were before"
remove_host
