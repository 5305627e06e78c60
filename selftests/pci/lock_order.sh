#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Resets at all levels of a switch may come at the same time as one another, as the unbinding and
# binding of drivers of its ports and the removal and rescan of what is below another switch, in any
# order: all come back, who finds something locked is refused, and afterwards all devices are there and
# nothing is locked.
#
# The locks of seed 001 (2024) are taken from the top down; drivers take them one by one, removal takes
# them below pci_rescan_remove_lock, and the reset of a slot below pci_slot_mutex. lockdep does not see
# the order of device locks. What is reset is not removed here at the same time: a reset walks the
# devices of a bus without a lock that would keep them on it (to be seen in pci_try_reset_bus()).
#
# deadline: 120
# fails-on: 11 warn the switch below which a device is locked is unlocked twice
# fails-on: 22 warn the switch in the slot is unlocked twice

# shellcheck source=selftests/pci.sh
. "$(dirname "$0")/../pci.sh"

ROUNDS=2

# try_reset BRIDGE: done or refused.
try_reset()
{
	local message

	message=$(put 1 "$PCI/$1/reset_subordinate" 2>&1) && return
	say "$message"
	[[ $message == *'Resource temporarily unavailable'* ]]
}

# rebind PORT: takes its driver away and gives it back.
rebind() { put "$1" /sys/bus/pci/drivers/pcieport/unbind && put "$1" /sys/bus/pci/drivers/pcieport/bind; }

# replug DEVICE BRIDGE: removes it, and has it found again below BRIDGE.
replug() { put 1 "$PCI/$1/remove" && put 1 "$(echo "$PCI/$2"/pci_bus/*/rescan)"; }

# round RESET SWITCH PORT OTHER LEAF: everything at once, below RESET; LEAF is below OTHER, which is elsewhere.
round()
{
	local name

	start 'reset of the root port' try_reset "$1"
	start 'reset of the switch' try_reset "$2"
	start 'reset of a port' try_reset "$3"
	start 'unbind and bind' rebind "$3"
	start 'remove and rescan' replug "$5" "$4"
	start 'another reset of the root port' try_reset "$1"
	for name in 'reset of the root port' 'reset of the switch' 'reset of a port' 'unbind and bind' \
		'remove and rescan' 'another reset of the root port'; do
		join "$name" 20 || fail "$name: $OUTPUT"
	done
}

find_switches
held_port=$(port_of "$HELD")
leaf=${BUS_LEAVES[1]}
bridge=$(port_of "$leaf")
port=$(port_of "${BUS_LEAVES[0]}")
# What is certain to meet a lock.
hold_leaf
reset_refused "$SLOT"
release_leaf
watch_locks
for ((i = 0; i < ROUNDS; i++)); do
	round "$SLOT" "$SLOT_SWITCH" "$held_port" "$bridge" "$leaf"
	round "$BUS" "$BUS_SWITCH" "$port" "$held_port" "$HELD"
	leaf_idle
done
watch_locks
for bridge in "$BUS" "$SLOT"; do
	reset_below "$bridge"
done
expect_locked 2
expect_present "${BUS_LEAVES[@]}"
