#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The cable is pulled while the disk sleeps, and nobody notices before it is resumed: a rule
# takes the link down when the host has begun to resume. The disk's START UNIT is held, fails
# after fast_io_fail_tmo, and so does the I/O; after dev_loss_tmo the disk is removed, and it
# is back when the cable is.
#
# deadline: 60
# fails-on: stock warn the resume for the removal is the second that fails, and clears pm_only again (WARNING in blk_clear_pm_only)

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host link/fast_io_fail_tmo=1 link/dev_loss_tmo=3 link/mode=block
enable_host
step 'write' write_disk 5
wait_suspended
expect "$HOST/link/state" up
add_rule pulled trigger=rpm_resume action=link_down final=0

read_clock
begun=$NOW
returns 'read of a suspended disk' read_disk 5 && fail 'a read over a dead link succeeded'
read_clock
say "the read failed after $((NOW - begun)) ms"
[ $((NOW - begun)) -ge 900 ] || fail 'the read failed before fast_io_fail_tmo'
expect "$HOST/link/state" down
expect "$RULE/fired" 1
wait_for 10 'the disk to be removed' test ! -e "$SDEV"
expect "$HOST/link/status" lost

step 'link up' put up "$HOST/link/state"
find_disk
step 'read over a live link' read_disk 5
wait_suspended
step 'read in the next cycle' read_disk 5
remove_host
