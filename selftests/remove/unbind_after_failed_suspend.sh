#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk that has failed to suspend once is as good as before: what is dirty in the page cache is
# written when it loses its driver, which can have it again. (bug zoo Z22 and L5: a suspend that has failed
# is an error that stays, sd_remove() takes it for a disk that is gone, and marks it dead.)
#
# deadline: 60
# fails-on: stock fail sd_remove() takes a disk that has failed to suspend for one that is gone, and nothing is written
# fails-on: fixed fail sd_remove() takes a disk that has failed to suspend for one that is gone, and nothing is written

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

WRITEBACK=/proc/sys/vm/dirty_writeback_centisecs
writeback=$(<"$WRITEBACK")
put 0 "$WRITEBACK"
clean_up() { put "$writeback" "$WRITEBACK"; }

new_host
add_rule stop-fails trigger=queue opcode=1b origin=pm cdb_mask=0000000001 cdb_value=0000000000 \
	action=result sense=02/04/02
enable_host
wait_for 10 'the disk to fail its suspend' rpm_is "$SDEV" error
# Or the pages would be written when it is closed.
exec {OPEN}<"$DEV"
dd if=/dev/urandom of="$SCRATCH/data" bs=4k count=4 status=none
step 'dirty the page cache' dd if="$SCRATCH/data" of="$DEV" bs=4k conv=nocreat status=none
expect "$LUN/mapped_bytes" 0 'nothing is written yet'
step 'unbind' put "${SDEV##*/}" /sys/bus/scsi/drivers/sd/unbind
expect "$LUN/mapped_bytes" 16384 'what was dirty is lost'
exec {OPEN}<&-
step 'bind' put "${SDEV##*/}" /sys/bus/scsi/drivers/sd/bind
find_disk
step 'read back' dd if="$DEV" of="$SCRATCH/back" bs=4k count=4 iflag=direct status=none
cmp "$SCRATCH/data" "$SCRATCH/back" || fail 'the data differ from what was written'
remove_host
