#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whoever resets the bus below a bridge has locked the bridge, for PCI configuration accesses too,
# and everything below it, and unlocks it all afterwards: at each level of a switch with a PCI bridge
# below it. The devices are as before.
#
# Seed 001 (2024): "PCI: Add missing bridge lock to pci_bus_lock()", commit a4e772898f8b. Without it
# only what is below the bridge was locked. The kernel says so, once in its life ("unlocked secondary
# bus reset"); here each reset is looked at.
#
# deadline: 60
# fails-on: 09 fail the bridge whose bus is reset is not locked

# shellcheck source=selftests/pci.sh
. "$(dirname "$0")/../pci.sh"

find_switches
pci_bridge=$(port_of "${BUS_LEAVES[1]}")
port=$(port_of "${BUS_LEAVES[0]}")
for bridge in "$pci_bridge" "$port" "$BUS_SWITCH" "$BUS"; do
	watch_locks
	reset_below "$bridge"
	expect_locked 1
	expect_present "${BUS_LEAVES[@]}"
done

# The one device below a port can be reset in this way, too.
grep -qw bus "$PCI/${BUS_LEAVES[0]}/reset_method" || fail "no bus reset of ${BUS_LEAVES[0]}"
watch_locks
step "reset ${BUS_LEAVES[0]}" 20 put 1 "$PCI/${BUS_LEAVES[0]}/reset"
expect_locked 1
expect_present "${BUS_LEAVES[@]}"
