#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# udev knows what is in the drive: its database has the label of a medium after it was put
# in, and no medium after it was taken out. cdrom_id, which tells it, asks in its own way:
# GET CONFIGURATION, READ DISC INFORMATION, READ TOC.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool eject xorriso
need config BLK_DEV_SR

# The guest has no udev of its own: this one is told of nothing but the drive.
UDEVADM=/usr/lib/rpmfault/udevadm
[ -x "$UDEVADM" ] || UDEVADM=$(command -v udevadm) || skip 'there is no udevadm'
udevadm() { (exec -a udevadm "$UDEVADM" "$@"); }
udevd() { exec -a systemd-udevd "$UDEVADM" --children-max=4; }

# Before the host goes, which udevd would look at.
clean_up()
{
	[ -n "${JOB[udevd]:-}" ] || return
	kill "${JOB[udevd]}" 2>/dev/null
	join 'udevd'
	unset 'JOB[udevd]'
}

# knows PROPERTY=VALUE: udev's database says so of the drive.
knows() { udevadm info --query=property --name="$DEV" 2>/dev/null | grep -qxF "$1"; }
forgot() { ! knows "$1"; }

new_store disc 4M
new_host lun/sector_size=2048 "lun/store=$STORE" pm/sdev_autosuspend_ms=-1
enable_host
mkdir "$SCRATCH/files"
step 'make a file system' 60 \
	xorriso -as mkisofs -quiet -V KNOWN_TO_UDEV -o "$SCRATCH/iso" "$SCRATCH/files"
step 'burn' dd if="$SCRATCH/iso" of="$DEV" bs=64k oflag=direct conv=nocreat,fsync status=none
remove_host

pgrep -x systemd-udevd >/dev/null && skip 'another udevd is running'
start 'udevd' udevd
wait_for 30 'udevd to listen' test -S /run/udev/control
new_host lun/type=cdrom "lun/store=$STORE" lun/vendor=Acme 'lun/model=Shiny disc'
put 0 "$LUN/medium/present"
enable_host
put 200 "/sys/block/$DISK/events_poll_msecs"
wait_for 30 'udev to find the drive' knows ID_CDROM=1
step 'settle' 60 udevadm settle --timeout=60
! knows ID_CDROM_MEDIA=1 || fail 'udev knows of a medium that is not there'
knows ID_VENDOR=Acme || fail "udev takes the vendor for $(udevadm info --name="$DEV")"
knows ID_CDROM_CD=1 || fail "udev takes the drive for $(udevadm info --name="$DEV")"

put 1 "$LUN/medium/present"
wait_for 30 'udev to find the medium' knows ID_CDROM_MEDIA=1
for property in ID_CDROM_MEDIA_CD=1 ID_CDROM_MEDIA_TRACK_COUNT=1 \
	ID_CDROM_MEDIA_TRACK_COUNT_DATA=1 ID_FS_TYPE=iso9660 ID_FS_LABEL=KNOWN_TO_UDEV; do
	knows "$property" || fail "no $property: $(udevadm info --query=property --name="$DEV")"
done
# udev has locked it in, to see the button.
wait_for 10 'udev to lock the tray' is "$LUN/medium/locked" 1

# The button: udev opens the tray on request, and then sees that the medium is gone.
put 1 "$LUN/medium/eject"
wait_for 30 'udev to open the tray' is "$LUN/medium/tray" open
wait_for 30 'udev to miss the medium' forgot ID_CDROM_MEDIA=1
forgot ID_FS_LABEL=KNOWN_TO_UDEV || fail 'udev still knows the label'

put -1 "/sys/block/$DISK/events_poll_msecs"
step 'settle' 60 udevadm settle --timeout=60
clean_up
remove_host
