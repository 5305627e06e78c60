#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A slot with a switch in it is reset like a bus: with the bridge above locked, and everything in the
# slot, each device once. That is so for who asks for it in sysfs, and for the handler of a fatal error.
#
# The slots have missed what buses got in 2024 (seed 001): "PCI: Fix lock symmetry in
# pci_slot_unlock()", commit f3efb9569b4a, and "PCI: Fix pci_slot_lock () device locking", commit
# 1f5e57c622b4.
#
# deadline: 60
# fails-on: 09 fail the bridge whose slot is reset is not locked
# fails-on: 10 hang the handler of the error locks the switch twice
# fails-on: 22 warn the switch in the slot is unlocked twice
# fails-on: 23 fail the bridge whose slot is reset is not locked

# shellcheck source=selftests/pci.sh
. "$(dirname "$0")/../pci.sh"

find_switches
leaf_idle
watch_locks
reset_below "$SLOT"
expect_locked 1

watch_locks
inject_fatal "$SLOT"
recovered "$SLOT"
scan_again "$SLOT" "$SLOT_SWITCH"
expect_locked 1
leaf_idle
watch_locks
reset_below "$SLOT"
expect_locked 1
