#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who finds a device locked gives back the locks that were taken before, each once, and is told to try
# again: for a slot and for a bus, with the locked device two levels below and next to devices that
# can be locked. What is not above the locked device can be reset meanwhile, and everything later.
#
# "PCI: Fix pci_slot_trylock() error handling", commit 9368d1ee6282, follows from seed 001 (2024): a
# switch whose bus could not be locked was unlocked twice.
#
# deadline: 60
# fails-on: 11 warn the switch below which a device is locked is unlocked twice
# fails-on: 22 warn the switch in the slot is unlocked twice

# shellcheck source=selftests/pci.sh
. "$(dirname "$0")/../pci.sh"

find_switches
port=$(port_of "$HELD")
hold_leaf
for bridge in "$SLOT" "$SLOT_SWITCH" "$port" "$SLOT"; do
	reset_refused "$bridge"
done
running 'unbind' || fail "nobody has locked $HELD any more"
# The other port of the switch.
for bridge in "$PCI/$SLOT/$SLOT_SWITCH"/*/reset_subordinate; do
	bridge=$(basename "${bridge%/*}")
	[ "$bridge" = "$port" ] || reset_below "$bridge"
done
release_leaf
for bridge in "$port" "$SLOT_SWITCH" "$SLOT"; do
	reset_below "$bridge"
done
