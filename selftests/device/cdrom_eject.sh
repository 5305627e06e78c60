#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A user takes a CD out: with eject(1), which opens and closes the tray, or with the button
# of the drive, which only asks for it while the medium is mounted. What happens reaches user
# space as a uevent.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool eject python3 xorriso
need config BLK_DEV_SR ISO9660_FS

MOUNT=$SCRATCH/mount
EVENTS=$SCRATCH/events
SEEN=0

clean_up()
{
	! mountpoint -q "$MOUNT" || umount "$MOUNT"
	[ -z "${JOB[listen]:-}" ] || kill "${JOB[listen]}" 2>/dev/null
}

# listen: writes the uevents of $DISK to $EVENTS, one on a line.
listen()
{
	start 'listen' python3 -u -c '
import socket, sys
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)  # NETLINK_KOBJECT_UEVENT
kernel.bind((0, 1))
print("listening")
while True:
    event = kernel.recv(65536).decode().split("\0")
    if "DEVNAME=" + sys.argv[1] in event:
        print(*event)
' "$DISK"
	ln -s "${PRINTED[listen]}" "$EVENTS"
	wait_for 10 "python to listen: $(cat "$EVENTS")" has_event '^listening$'
}

# has_event REGEX: there was one since forget_events.
has_event() { tail -n "+$((SEEN + 1))" "$EVENTS" | grep -qE "$1"; }

# What has not arrived yet is waited for.
forget_events()
{
	wait_quiet "$EVENTS"
	SEEN=$(wc -l <"$EVENTS")
}

happens() { wait_for 10 "the event $1" has_event "ACTION=change .*$1"; }

# The kernel reports a change once, until somebody opens the device, as udev does.
look() { blockdev --getro "$DEV" >/dev/null; }

is_ready() { sg_turs "$SG" >/dev/null 2>&1; }

new_store disc 4M
new_host lun/sector_size=2048 "lun/store=$STORE" pm/sdev_autosuspend_ms=-1
enable_host
mkdir "$SCRATCH/files" "$MOUNT"
step 'make a file system' 60 \
	xorriso -as mkisofs -quiet -V DISC -o "$SCRATCH/iso" "$SCRATCH/files"
step 'burn' dd if="$SCRATCH/iso" of="$DEV" bs=64k oflag=direct conv=nocreat,fsync status=none
remove_host

new_host lun/type=cdrom "lun/store=$STORE"
enable_host
find_sg
put 100 "/sys/block/$DISK/events_poll_msecs"
listen

# By eject(1).
forget_events
expect "$LUN/medium/tray" closed
step 'eject' eject "$DEV"
expect "$LUN/medium/tray" open
happens DISK_MEDIA_CHANGE=1
answers 02/3a/02 "$SG" 00 00 00 00 00 00
step 'eject an open tray' eject "$DEV"
expect "$LUN/medium/tray" open
forget_events
step 'eject -t' eject -t "$DEV"
expect "$LUN/medium/tray" closed
happens DISK_MEDIA_CHANGE=1

# A mounted one is locked in: the button only asks.
step 'mount' mount -t iso9660 -o ro "$DEV" "$MOUNT"
expect "$LUN/medium/locked" 1
forget_events
put 1 "$LUN/medium/eject"
happens DISK_EJECT_REQUEST=1
expect "$LUN/medium/tray" closed
! has_event DISK_MEDIA_CHANGE || fail "the tray is locked, and the medium changed: $(<"$EVENTS")"
answers 05/53/02 "$SG" 1b 00 00 00 02 00
expect "$LUN/medium/tray" closed
answers good "$SG" 00 00 00 00 00 00

# eject(1) does what was asked for.
forget_events
step 'eject a mounted medium' eject "$DEV"
expect "$LUN/medium/tray" open
expect "$LUN/medium/locked" 0
! mountpoint -q "$MOUNT" || fail 'the tray is open and the medium mounted'
happens DISK_MEDIA_CHANGE=1
put closed "$LUN/medium/tray"
wait_for 10 'the medium to be ready' is_ready

# One that nobody uses comes out at once.
look
forget_events
put 1 "$LUN/medium/eject"
expect "$LUN/medium/tray" open
happens DISK_MEDIA_CHANGE=1
! has_event DISK_EJECT_REQUEST || fail "the tray is open, and someone is asked to: $(<"$EVENTS")"

# To open the device closes its tray: the kernel does that (dev.cdrom.autoclose).
look
expect "$LUN/medium/tray" closed
wait_for 10 'the medium to be ready' is_ready
look
step 'read' dd if="$DEV" of="$SCRATCH/back" bs=64k count=4 status=none
cmp -n $((256 << 10)) "$SCRATCH/back" "$SCRATCH/iso" || fail 'another medium is read'

# The drive says what it is told to say.
for word in eject_request new_media media_removal media_changed; do
	look
	forget_events
	put "$word" "$LUN/medium/event" || fail "the event $word is refused"
	case $word in
	eject_request) happens DISK_EJECT_REQUEST=1 ;;
	# Only changers say so, and Linux does not listen to it.
	media_changed) wait_for 10 "$word to be reported" is "$LUN/medium/event" none ;;
	*) happens DISK_MEDIA_CHANGE=1 ;;
	esac
done
put -1 "/sys/block/$DISK/events_poll_msecs"

kill "${JOB[listen]}"
join 'listen'
remove_host
