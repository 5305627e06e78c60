#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whoever removes a disk that the link has blocked does not wait for the link: sysfs delete,
# rmdir of the LUN, disabling the host and unbinding its driver come back, with I/O held and
# dirty pages in the cache, and so does the I/O. (In 2017 the removal hung in the disk's
# SYNCHRONIZE CACHE; commit 255ee9320e5d, "scsi: Make __scsi_remove_device go straight from
# BLOCKED to DEL". To unblock the targets is in remove/unblocked.)
#
# deadline: 90
# fails-on: 05 hang the disk is cancelled, and its SYNCHRONIZE CACHE waits in the stopped queue

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# The writeback of this disk is ours alone.
WRITEBACK=/proc/sys/vm/dirty_writeback_centisecs
writeback=$(<"$WRITEBACK")
put 0 "$WRITEBACK"
clean_up() { put "$writeback" "$WRITEBACK"; }

write_dirty() { dd if=/dev/urandom of="$DEV" bs=64k count=4 conv=nocreat status=none; }

# blocked_host: a disk that is blocked, with dirty pages, and I/O that waits for it.
blocked_host()
{
	new_host pm/sdev_autosuspend_ms=-1 link/fast_io_fail_tmo=600 link/mode=block lun/write_cache=1
	enable_host
	# Somebody has it open, or the pages would be written when it is closed.
	exec {OPEN}<"$DEV"
	step 'dirty the page cache' write_dirty
	step 'link down' put down "$HOST/link/state"
	expect "$SDEV/state" blocked
	start 'read' read_disk 100
	start 'write' write_disk 200
}

# The I/O is back, with an error; the host goes.
over()
{
	join 'read' && fail 'a read over a dead link succeeded'
	join 'write' && fail 'a write over a dead link succeeded'
	exec {OPEN}<&-
	remove_host
}

blocked_host
step 'delete a blocked disk' put 1 "$SDEV/delete"
[ ! -e "$SDEV" ] || fail 'the disk is still there'
over

blocked_host
step 'rmdir of a blocked LUN' rmdir "$LUN"
over

blocked_host
step 'disable a blocked host' put 0 "$HOST/enable"
over

blocked_host
driver=$(readlink -f "$PARENT/driver")
step 'unbind the driver of a blocked host' put "${PARENT##*/}" "$driver/unbind"
over
