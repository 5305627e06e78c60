#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds rpmfault.ko against the kernel in place, and what the machines need besides.
#
#   kernel.sh NAME module.sh [OTHER-NAME]
#
# Leaves them as $RPMFAULT_LOGS/module-NAME/src/rpmfault.ko and $RPMFAULT_LOGS/stay_up-NAME.ko, for
# a kernel of the other name, too.
#
# The objects live in the cache, so that the checkout stays clean; one directory
# for each checkout and for all kernels that can load the same module, in which make
# rebuilds what has changed.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=selftests/vm/step.sh
source "$here/step.sh"

objects=/cache/module/$RPMFAULT_MODULES-$RPMFAULT_CHECKOUT
# Once in a run is enough: the run's log directory remembers.
built=$RPMFAULT_LOGS/modules-$RPMFAULT_MODULES
if [[ ! -L $built ]]; then
	if [[ $RPMFAULT_MODULES != "$RPMFAULT_KERNEL" ]]; then
		# Always from the same objects, or make would find them all too old.
		exec "$here/kernel.sh" stock "$0" "$RPMFAULT_NAME"
	fi
	mkdir -p "$objects"
	lock "$objects.lock"
	# Not a step that makes a run a cold one.
	RPMFAULT_STEPS='' step "module rpmfault.ko for $RPMFAULT_NAME" \
		"$RPMFAULT_LOGS/module-$RPMFAULT_NAME.log" '^  [A-Z]' 8 \
		make -C "$here/../.." KDIR=/obj MO="$objects" modules
	make -C /obj M="$here/stay_up" MO="$objects-stay_up" LLVM=1 modules \
		> "$RPMFAULT_LOGS/stay_up-$RPMFAULT_NAME.log"
	ln -s "$objects" "$built"
fi
for name in "$RPMFAULT_NAME" "$@"; do
	ln -sfn "$objects" "$RPMFAULT_LOGS/module-$name"
	ln -sfn "$objects-stay_up/stay_up.ko" "$RPMFAULT_LOGS/stay_up-$name.ko"
done
