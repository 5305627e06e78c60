#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The cable is pulled while the disk is suspended, so that its resume fails; when it is
# plugged in again and the disk is resumed by hand, the disk works.
#
# deadline: 30
# fails-on: stock hang the same as rpm/resume_start_fails, the failure being the link's

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host
enable_host
step 'write' write_disk 5
wait_suspended
step 'link down' put down "$HOST/link/state"
returns 'read over a dead link' read_disk 5 && fail 'a read over a dead link succeeded'
step 'link up' put up "$HOST/link/state"
step 'allow suspend' put auto "$SDEV/power/control"
expect_usable
step 'write over a live link' write_disk 5
remove_host
