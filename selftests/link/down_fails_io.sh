#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# While the link is down I/O comes back with an error; once it is up again, I/O works.
#
# deadline: 30

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host pm/sdev_autosuspend_ms=-1
enable_host
step 'write' write_disk 5
expect "$HOST/link/state" up

step 'link down' put down "$HOST/link/state"
expect "$HOST/link/state" down
returns 'read over a dead link' read_disk 5 && fail 'a read over a dead link succeeded'
returns 'write over a dead link' write_disk 5 && fail 'a write over a dead link succeeded'
expect "$SDEV/state" running

step 'link up' put up "$HOST/link/state"
expect "$HOST/link/state" up
step 'read over a live link' read_disk 5
step 'write over a live link' write_disk 5
remove_host
