#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The host adapter's own runtime_resume fails for a while, so that the disk's is never
# called. Every I/O that was waiting for the disk comes back once the adapter works
# again, without anybody's help, and the disk is usable.
#
# The fault lasts until it is taken away, for a count would be a matter of luck: waiters
# look more than once before they sleep.
#
# deadline: 60
# fails-on: stock hang who waits in blk_queue_enter() while an ancestor fails to resume is never woken

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_inq

new_host
enable_host
wait_suspended
add_rule adapter-fails trigger=rpm_resume action=errno errno=EIO times=-1

# bios and a passthrough command wait in different places.
start 'read' read_disk
start 'write' write_disk 100
start 'read elsewhere' read_disk 1000
start 'INQUIRY' sg_inq "$DEV"
wait_for 5 'the adapter to fail a resume' at_least "$RULE/fired" 1
wait_quiet "$RULE/fired"
say "$(fired adapter-fails) resumes of the adapter failed"

step 'the adapter works again' put 0 "$RULE/enable"
for name in 'read' 'write' 'read elsewhere' 'INQUIRY'; do
	join "$name" || say "$name: status $?, $OUTPUT"
done
expect_usable
remove_host
