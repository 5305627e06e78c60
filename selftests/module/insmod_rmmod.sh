#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module comes and goes any number of times, with and without a host having been
# made meanwhile, and cannot go while one is there.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

for ((round = 1; round <= 20; round++)); do
	unload_module
	load_module
	[ -d "$RPMFAULT" ] || fail "$RPMFAULT is missing after insmod"
	((round % 5 == 0)) || continue
	new_host
	enable_host
	returns 'rmmod while a host exists' rmmod rpmfault &&
		fail 'rmmod succeeded while a host existed'
	remove_host
done
unload_module
[ ! -d "$RPMFAULT" ] || fail "$RPMFAULT is still there after rmmod"
