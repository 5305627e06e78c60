#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel says so when a bus is reset below a bridge that is not locked, and who did it; and only
# then, which the other scenarios in here assert.
#
# Seed 001 (2024): "PCI: Warn on missing cfg_access_lock during secondary bus reset", commit
# 920f6468924f. No reset that user space can ask for is unlocked any more, so a module does one.
#
# deadline: 60
# fails-on: 24 fail the unlocked reset goes unnoticed

# shellcheck source=selftests/pci.sh
. "$(dirname "$0")/../pci.sh"

UNLOCKED_RESET=${STAY_UP:+${STAY_UP%/*}/unlocked_reset.ko}
[ -r "$UNLOCKED_RESET" ] || skip 'STAY_UP names no directory with unlocked_reset.ko'

find_switches
bridge=$(port_of "${BUS_LEAVES[1]}")
watch_locks
returns 'unlocked reset' 20 insmod "$UNLOCKED_RESET" "bridge=$bridge" && fail 'a module that must not stay did'
[ "$(traced ' reset: ')" = 1 ] || fail "the bus below $bridge was not reset: $OUTPUT"
# Once in a kernel's life.
dmesg | grep -q 'unlocked secondary bus reset via' || fail 'the kernel does not say that the reset was unlocked'
# Nobody has restored what is below.
step 'remove' put 1 "$PCI/${BUS_LEAVES[1]}/remove"
step 'rescan' put 1 "$PCI/$BUS/rescan"
expect_present "${BUS_LEAVES[@]}"
