#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk that was unplugged while it was suspended, with dirty pages: its adapter cannot be
# resumed any more. Deleting the disk comes back, and so do the host's other disks when the
# adapter works again. (It waited for ever to write the pages before 7.3.4, "scsi: sd: Mark
# the disk dead if runtime resume fails in sd_remove()".)
#
# deadline: 60
# fails-on: 06 hang del_gendisk() writes the pages to a queue that stays pm-only

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

WRITEBACK=/proc/sys/vm/dirty_writeback_centisecs
writeback=$(<"$WRITEBACK")
put 0 "$WRITEBACK"
clean_up() { put "$writeback" "$WRITEBACK"; }

write_dirty() { dd if=/dev/urandom of="$DEV" bs=64k count=4 conv=nocreat status=none; }

new_host
mkdir "$HOST/luns/0:0:1"
enable_host
# Or the pages would be written when it is closed.
exec {OPEN}<"$DEV"
step 'dirty the page cache' write_dirty
wait_suspended
add_rule unplugged trigger=rpm_resume action=errno errno=EIO times=-1
active_ms=$(<"$SHOST/power/runtime_active_time")
step 'delete' put 1 "$SDEV/delete"
[ ! -e "$SDEV" ] || fail 'the disk is still there'
at_least "$RULE/fired" 1 || fail 'nobody tried to resume the disk'
expect "$SHOST/power/runtime_active_time" "$active_ms" 'the adapter could not be resumed'
exec {OPEN}<&-
remove_rule unplugged

LUN=$HOST/luns/0:0:1
find_disk
step 'read of the other disk' read_disk
wait_suspended
remove_host
