#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ksft.sh: runs the scenario that it is called as, as a kselftest of its own.
#
# run_kselftest.sh wants the programs of a collection in one directory, each with a name of
# its own and its verdict as the exit status. So `make install` has one link to this program
# for each scenario there: rpm.healthy_cycle.sh. From the environment it takes MODULE and
# KERNEL, which are --module and --kernel of run.sh.
#
# Exit status: 0 passed, 1 failed, 2 failed as expected, 4 skipped. After a scenario that has
# left the machine dirty all others are skipped.

here=$(dirname "$(readlink -f "$0")")
name=$(basename "$0" .sh)
name=${name/./\/}
# Not there any more after a reboot.
dirty=/run/rpmfault-dirty

if [ -e "$dirty" ]; then
	echo "SKIP: the machine has to be rebooted: $(<"$dirty") has left it dirty"
	exit 4
fi
status=1
while IFS= read -r line; do
	printf '%s\n' "$line"
	case $line in
	'ok 1 '*'# SKIP'*) status=4 ;;
	'ok 1 '*'# XFAIL'*) status=2 ;;
	'ok 1 '*) status=0 ;;
	'# dirty')
		printf '%s\n' "$name" >"$dirty"
		break
		;;
	esac
done < <("$here/run.sh" ${MODULE:+--module "$MODULE"} --kernel "${KERNEL:-unknown}" "$name" 2>&1)
exit "$status"
