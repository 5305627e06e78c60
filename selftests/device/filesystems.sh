#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Filesystems live on a disk, whatever the size of its logical blocks: what is copied into
# them is there after they were unmounted, byte for byte, and their checkers find nothing.
#
# deadline: 240

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool mkfs.ext4 mkfs.xfs
need config EXT4_FS XFS_FS

MNT=$SCRATCH/mnt
TREE=$SCRATCH/tree

# describe DIRECTORY: a line for everything in it: name, type, mode, size of a file, target of
# a link.
describe()
{
	(cd "$1" && find . -mindepth 1 \( -name lost+found -prune -o -type f -printf '%p f %m %s\n' \
		-o -type l -printf '%p l %l\n' -o -printf '%p %y %m\n' \) | sort)
}

sums() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

# compare: what is in the filesystem with the tree.
compare()
{
	describe "$MNT" >"$SCRATCH/found" || fail 'the copy cannot be read'
	diff "$SCRATCH/names" "$SCRATCH/found" || fail 'not the same files are in the copy'
	(cd "$MNT" && sha256sum --check --quiet --strict "$SCRATCH/sums") ||
		fail 'not the same data are in the copy'
}

check_ext4() { e2fsck -fn "$DEV"; }
check_xfs() { xfs_repair -n "$DEV"; }

# lives KIND SECTOR_SIZE: a filesystem of that kind on a disk with such blocks. XFS wants
# 300 MiB at least, most of which is never written.
lives()
{
	say "$1 on blocks of $2 bytes"
	new_host pm/sdev_autosuspend_ms=-1 lun/size=320M lun/sector_size="$2" lun/lbpu=1 \
		lun/lbpws=1 lun/lbprz=1
	enable_host
	expect "/sys/block/$DISK/queue/logical_block_size" "$2"
	step "mkfs.$1" 60 "mkfs.$1" -q "$DEV"
	step 'mount' 30 mount -t "$1" "$DEV" "$MNT"
	step 'copy' 60 cp -a "$TREE/." "$MNT"
	step 'umount' 60 umount "$MNT"
	step "check of $1" 60 "check_$1"
	step 'mount again' 30 mount -t "$1" -o ro "$DEV" "$MNT"
	compare
	step 'umount again' 30 umount "$MNT"
	mapped=$(<"$LUN/mapped_bytes")
	[ "$mapped" -ge "$BYTES" ] || fail "$BYTES bytes of files take $mapped bytes of the disk"
	remove_host
}

mkdir "$MNT" "$TREE" "$TREE/empty"
# Some hundred files and links that every machine has.
step 'collect files' 60 cp -a --parents /etc "$TREE"
find "$TREE" ! -type f ! -type d ! -type l -delete
# And one whose size is not that of any block, with a hole.
head -c 300001 /dev/urandom >"$TREE/random"
truncate -s 3000017 "$TREE/random"
describe "$TREE" >"$SCRATCH/names"
sums "$TREE" >"$SCRATCH/sums"
FILES=$(wc -l <"$SCRATCH/sums")
[ "$FILES" -ge 100 ] || fail "only $FILES files to copy"
# Without the hole.
BYTES=$(($(awk '$2 == "f" { bytes += $4 } END { print bytes }' "$SCRATCH/names") - 2700016))
say "$FILES files, $BYTES bytes"

lives ext4 512
lives ext4 4096
lives xfs 512
lives xfs 4096

# Blocks that are larger than a page of memory: filesystems come and go with them, the disk
# itself has to work.
new_host pm/sdev_autosuspend_ms=-1 lun/size=16M lun/sector_size=65536
enable_host
expect "/sys/block/$DISK/queue/logical_block_size" 65536
[ "$(blockdev --getsize64 "$DEV")" = $((16 << 20)) ] || fail 'the disk is not 16 MiB large'
head -c $((4 << 20)) /dev/urandom >"$SCRATCH/data"
step 'write' dd if="$SCRATCH/data" of="$DEV" bs=64k seek=7 oflag=direct conv=nocreat status=none
step 'read' dd if="$DEV" of="$SCRATCH/back" bs=1M iflag=direct status=none
cmp -n $((4 << 20)) "$SCRATCH/data" "$SCRATCH/back" 0 $((7 * 65536)) ||
	fail 'blocks of 64 KiB read other data than were written'
cmp -n $((7 * 65536)) "$SCRATCH/back" /dev/zero || fail 'the blocks before them were written'
cmp -n $((5 << 20)) "$SCRATCH/back" /dev/zero $((4 * 1048576 + 7 * 65536)) 0 ||
	fail 'the blocks behind them were written'
# Through the page cache, and a part of a block.
printf 'within a block' >"$SCRATCH/word"
step 'write through the cache' dd if="$SCRATCH/word" of="$DEV" bs=1 seek=100000 conv=nocreat,fsync status=none
step 'read what is on the disk' \
	dd if="$DEV" of="$SCRATCH/back" bs=64k skip=1 count=1 iflag=direct status=none
[ "$(dd if="$SCRATCH/back" bs=1 skip=34464 count=14 status=none)" = 'within a block' ] ||
	fail 'a part of a block was not written'
remove_host
