#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A fatal error of a port with bridges below it is recovered from: the bus below is reset, for which
# all devices are locked, each once and from the top down, by one who waits for the locks. That is so
# for a root port and for a port of a switch.
#
# Seed 001 (2024): the first version of "PCI: Add missing bridge lock to pci_bus_lock()" locked each
# bridge below, and then again as the bridge of its bus. Keith Busch found it by reading; it is
# part of commit a4e772898f8b.
#
# deadline: 60
# fails-on: 09 fail the bridge whose bus is reset is not locked
# fails-on: 10 hang who locks the bus locks the switch below twice

# shellcheck source=selftests/pci.sh
. "$(dirname "$0")/../pci.sh"

find_switches
for level in port root; do
	port=$BUS
	[ $level = root ] || port=$(port_of "$(port_of "${BUS_LEAVES[1]}")")
	watch_locks
	inject_fatal "$port"
	recovered "$port"
	scan_again "$BUS" "$BUS_SWITCH"
	expect_locked 1
done
# Nothing is locked, and all is there.
watch_locks
reset_below "$BUS"
expect_locked 1
