#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A CD drive that is polled for a medium, and whose adapter cannot be resumed any more, can be
# deleted: what polls it does not keep it. (bug zoo L3. A disk can since upstream's "scsi: sd: Mark the
# disk dead if runtime resume fails in sd_remove()"; sr does not do that.)
#
# deadline: 60
# fails-on: stock hang sr_remove() waits for the poll, which waits in blk_queue_enter() for a resume that fails
# fails-on: fixed hang sr_remove() waits for the poll, which waits in blk_queue_enter() for a resume that fails

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# 04000 is O_NONBLOCK: there is no medium.
# shellcheck disable=SC2016 # Perl's variables
look() { perl -e 'sysopen my $drive, $ARGV[0], 04000 or die "open: $!\n"' "$DEV"; }

# A drive with a medium does not suspend.
new_host lun/type=cdrom
put 0 "$LUN/medium/present"
enable_host
step 'look for a medium' look
put 100 "$SDEV/power/autosuspend_delay_ms"
put auto "$SDEV/power/control"
wait_suspended
add_rule adapter-fails trigger=rpm_resume action=errno errno=EIO times=-1
put 100 "/sys/block/$DISK/events_poll_msecs"
wait_for 5 'a poll to find that the adapter fails' at_least "$RULE/fired" 1
step 'delete' put 1 "$SDEV/delete"
[ ! -e "$SDEV" ] || fail 'the drive is still there'
remove_rule adapter-fails
remove_host
