#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A CD drive plays what was written to a store through a disk of another host: Linux mounts
# it and every file is what it was. Without a medium, and with the tray open, reads fail and
# say why; a medium that takes the place of another one is the one that is read from then on.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool xorriso
need config BLK_DEV_SR ISO9660_FS

MOUNT=$SCRATCH/mount
clean_up() { ! mountpoint -q "$MOUNT" || umount "$MOUNT"; }

# READ(10) of the first sector.
READ=(-r 2048 -o "$SCRATCH/sector")
FIRST=(28 00 00 00 00 00 00 00 01 00)

# burn STORE LABEL KIB...: a store of 4 MiB with a file system of that label, in which there
# is a file for each KIB. Their checksums are in $SCRATCH/LABEL.sums.
burn()
{
	local dir=$SCRATCH/$2 kib

	mkdir -p "$dir/directory"
	for kib in "${@:3}"; do
		dd if=/dev/urandom of="$dir/directory/file-of-$kib-KiB" bs=1k count="$kib" status=none
	done
	(cd "$dir" && sha256sum directory/* >"$dir.sums")
	step 'make a file system' 60 \
		xorriso -as mkisofs -quiet -R -V "$2" -o "$dir.iso" "$dir"
	# dd writes what is less than a block of its own through the page cache.
	truncate -s %64K "$dir.iso"
	new_store "$1" 4M
	new_host "lun/sector_size=2048" "lun/store=$STORE" pm/sdev_autosuspend_ms=-1
	enable_host
	step 'burn' dd if="$dir.iso" of="$DEV" bs=64k oflag=direct conv=nocreat,fsync status=none
	remove_host
	# The pieces of 512 bytes that have memory are those that were written.
	expect "$RPMFAULT/stores/$STORE/mapped_bytes" "$(stat -c %s "$dir.iso")"
}

# plays LABEL: what can be mounted is that medium.
plays()
{
	step "mount $1" mount -t iso9660 -o ro "$DEV" "$MOUNT"
	expect "$LUN/medium/locked" 1 'a mounted medium is locked in'
	[ "$(blkid -o value -s LABEL -p "$DEV")" = "$1" ] || fail "the label is not $1"
	(cd "$MOUNT" && sha256sum --quiet -c "$SCRATCH/$1.sums") || fail "files of $1 are damaged"
	step 'umount' umount "$MOUNT"
	expect "$LUN/medium/locked" 0
}

mkdir "$MOUNT"
burn first FIRST_DISC 1 64 777
burn second SECOND_DISC 3 500

new_host lun/type=cdrom lun/store=t-first
enable_host
find_sg
[[ $DISK == sr* ]] || fail "a CD drive has become $DISK"
[ "$(blockdev --getsize64 "$DEV")" = $((4 << 20)) ] || fail 'the medium has not 4 MiB'
plays FIRST_DISC

# What it says of itself.
step 'INQUIRY' sg_inq "$SG"
[[ $OUTPUT == *'Peripheral device type: cd/dvd'* && $OUTPUT == *'RMB=1'* ]] ||
	fail "sg_inq takes it for something else: $OUTPUT"
step 'VPD pages' sg_vpd --page=0 "$SG"
[[ $OUTPUT == *'Device identification [di]'* ]] || fail "sg_vpd does not find its name: $OUTPUT"
[[ $OUTPUT != *'Block limits'* ]] || fail "it has pages of a disk: $OUTPUT"
step 'GET CONFIGURATION' sg_get_config "$SG"
[[ $OUTPUT == *'Current profile: CD-ROM'* ]] || fail "no CD-ROM profile: $OUTPUT"
for feature in 'Profile list' Core Morphing 'Removable media' 'Random readable' 'CD read'; do
	[[ $OUTPUT == *"  $feature feature"* ]] || fail "no feature '$feature': $OUTPUT"
done

# Nothing in it.
put 0 "$LUN/medium/present"
answers 02/3a/01 "$SG" 00 00 00 00 00 00
answers 02/3a/01 "${READ[@]}" "$SG" "${FIRST[@]}"
returns 'read without a medium' read_disk && fail 'a read without a medium succeeded'
[[ $OUTPUT == *'No medium found'* ]] || fail "a read without a medium: $OUTPUT"
step 'GET CONFIGURATION without a medium' sg_get_config "$SG"
[[ $OUTPUT == *'No current profile'* ]] || fail "an empty drive has a profile: $OUTPUT"

# It comes back, and everybody is told, once.
put 1 "$LUN/medium/present"
answers 06/28/00 "$SG" 00 00 00 00 00 00
answers good "$SG" 00 00 00 00 00 00
plays FIRST_DISC

# The tray moves with the medium in it. (Opening $DEV would close it.)
put open "$LUN/medium/tray"
answers 02/3a/02 "${READ[@]}" "$SG" "${FIRST[@]}"
put closed "$LUN/medium/tray"
answers 06/28/00 "${READ[@]}" "$SG" "${FIRST[@]}"
answers good "${READ[@]}" "$SG" "${FIRST[@]}"
cmp -n 2048 "$SCRATCH/sector" "$SCRATCH/FIRST_DISC.iso" || fail 'another first sector is read'

# Another one, in the place of it.
put t-second "$LUN/medium/insert" || fail 'a medium cannot be inserted'
plays SECOND_DISC
expect "$RPMFAULT/stores/t-first/in_use" 0
expect "$RPMFAULT/stores/t-second/in_use" 1
remove_host
