#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A root port may be unbound from its driver while an error of it is handled: both come to an end.
#
# A live bug: the handler of the error, an interrupt thread of the port, wants the lock of the port in
# order to reset the bus below (pci_bus_lock(), pci_slot_lock(): since commits a4e772898f8b and
# 1f5e57c622b4, see seed 001), while who unbinds the port holds it and waits for the thread, in free_irq().
#
# deadline: 60
# fails-on: stock hang the unbinder waits for the thread and the thread for the lock of the port
# fails-on: fixed hang as on stock: there is no fix yet
# fails-on: 09 fail the bridge whose slot is reset is not locked
# fails-on: 23 fail the bridge whose slot is reset is not locked

# shellcheck source=selftests/pci.sh
. "$(dirname "$0")/../pci.sh"

# The handler of errors of a port sleeps in FUNCTION.
handler_in()
{
	local task

	for task in /proc/[0-9]*; do
		if [[ $(hang_value "$task/comm") == irq/*-aerdrv* ]] && grep -qs "$1" "$task/stack"; then
			return
		fi
	done
	return 1
}

find_switches
hold_leaf
watch_locks
inject_fatal "$SLOT"
# It tells the drivers below one by one, and has come to the one that is held.
wait_for 10 'the error to be handled' handler_in report_frozen_detected
start 'unbind the root port' put "$SLOT" /sys/bus/pci/drivers/pcieport/unbind
wait_for 10 'the root port to be unbound' waits_in 'unbind the root port' free_irq
release_leaf
join 'unbind the root port' 5 || fail "unbinding $SLOT: $OUTPUT"
recovered "$SLOT"
step 'bind the root port' put "$SLOT" /sys/bus/pci/drivers/pcieport/bind
scan_again "$SLOT" "$SLOT_SWITCH"
expect_locked 1
