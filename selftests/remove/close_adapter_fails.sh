#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who closes a CD drive that is suspended unlocks its door, which waits as long as the adapter cannot
# be resumed; who deletes the drive waits for the close. When the adapter works again both
# come back. (bug zoo Z12: the half of upstream's "block: also mark disk-owned queues as dying"
# that would help SCSI did not land.)
#
# deadline: 60
# fails-on: stock hang who waits in blk_queue_enter() while an ancestor fails to resume is never woken, and has the open mutex

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# waits_in NAME FUNCTION: what start NAME began sleeps in FUNCTION.
waits_in() { grep -q "$2" "/proc/${JOB[$1]}/stack"; }

# A drive with a medium does not suspend.
new_host lun/type=cdrom
put 0 "$LUN/medium/present"
enable_host
mkfifo "$SCRATCH/go"
# 04000 is O_NONBLOCK: there is no medium.
# shellcheck disable=SC2016 # Perl's variables
start 'close' perl -e 'sysopen my $drive, $ARGV[0], 04000 or die "open: $!\n";
	open my $go, "<", $ARGV[1] or die; <$go>; close $drive' "$DEV" "$SCRATCH/go"
# Opening it has found out.
put 100 "$SDEV/power/autosuspend_delay_ms"
put auto "$SDEV/power/control"
wait_suspended
add_rule adapter-fails trigger=rpm_resume action=errno errno=EIO times=-1
put go "$SCRATCH/go"
wait_for 5 'the close to wait' waits_in close blk_queue_enter
start 'delete' put 1 "$SDEV/delete"
wait_for 5 'the delete to wait' waits_in delete del_gendisk
wait_quiet "$RULE/fired"
step 'the adapter works again' put 0 "$RULE/enable"
join 'close' || fail "the close failed: $OUTPUT"
join 'delete' || fail "the delete failed: $OUTPUT"
[ ! -e "$SDEV" ] || fail 'the drive is still there'
remove_host
