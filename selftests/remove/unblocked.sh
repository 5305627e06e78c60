#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Targets that are blocked are unblocked after, while, or before the disk is deleted. Who
# deletes it does not wait for that, with I/O held and dirty pages in the cache, and the I/O
# comes back; a scan finds the disk again, for nobody has kept scan_mutex. In the end the module
# can be unloaded. (To unblock did not help a removal that had begun, whose SYNCHRONIZE CACHE
# waited in the stopped queue, before commit 255ee9320e5d, "scsi: Make __scsi_remove_device go
# straight from BLOCKED to DEL".)
#
# Other ways to remove a blocked disk are in link/remove_blocked.
#
# deadline: 60
# fails-on: 05 hang the disk is cancelled, and its SYNCHRONIZE CACHE waits in the stopped queue

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# The writeback of this disk is ours alone.
WRITEBACK=/proc/sys/vm/dirty_writeback_centisecs
writeback=$(<"$WRITEBACK")
put 0 "$WRITEBACK"
clean_up() { put "$writeback" "$WRITEBACK"; }

write_dirty() { dd if=/dev/urandom of="$DEV" bs=64k count=4 conv=nocreat status=none; }

# now ACTION: the host does it to its targets.
now()
{
	add_rule "$1" trigger=timer "action=$1"
	wait_for 5 "$1" is "$RULE/fired" 1
	remove_rule "$1"
}

for when in after while before; do
	say "to be unblocked $when the removal"
	new_host pm/sdev_autosuspend_ms=-1 lun/write_cache=1
	enable_host
	# Or the pages would be written when it is closed.
	exec {OPEN}<"$DEV"
	step 'dirty the page cache' write_dirty
	add_rule ends trigger=sdev_destroy action=stall stall_ms=0
	now block
	wait_for 5 'the disk to be blocked' is "$SDEV/state" blocked
	start 'read' read_disk 100
	start 'write' write_disk 200
	if [ "$when" = before ]; then
		now unblock
		wait_for 5 'the disk to run' is "$SDEV/state" running
		join 'read' || fail "a read that was held failed: $OUTPUT"
		join 'write' || fail "a write that was held failed: $OUTPUT"
	fi
	old=$SDEV
	start 'delete' put 1 "$SDEV/delete"
	if [ "$when" = while ]; then
		wait_for 5 'the removal to be held' is "$HOST/faults/ends/parked" 1
		now unblock
		running 'delete' || fail 'the removal did not wait'
	fi
	remove_rule ends
	join 'delete' || fail "the disk cannot be deleted: $OUTPUT"
	[ ! -e "$old" ] || fail 'the disk is still there'
	if [ "$when" != before ]; then
		join 'read' && fail 'a read of a blocked disk that was deleted succeeded'
		join 'write' && fail 'a write to a blocked disk that was deleted succeeded'
	fi
	[ "$when" != after ] || now unblock
	exec {OPEN}<&-
	step 'scan' 20 put '- - -' "$SHOST/scsi_host/${SHOST##*/}/scan"
	find_disk
	expect "$SDEV/state" running
	step 'read' read_disk 100
	remove_host
done
unload_module
