#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Nothing that the module says it can do is left out: each token of `features` is in a scenario,
# and each pair of `pairs` is in the header of one, which fires it, but for those below.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/pairs.sh
. "$(dirname "$0")/../pairs.sh"

HERE=$(dirname "$(readlink -f "$0")")/..

# Where changes of state and pokes are not fired: there is no host yet, no disk any more, or no
# link that would come back.
BEYOND=(init_cmd host_add target_alloc sdev_init sdev_configure sdev_destroy scan_finished
	change_queue_depth fast_io_fail dev_loss mq_poll commit)
# Not fired one by one yet: the disk does not always become ready after a host that goes meanwhile.
UNFIRED=(rpm_idle rpm_suspend rpm_resume link_down link_up medium_change)
# System sleep has scenarios of its own, which are about its phases.
SLEEP=(prepare suspend suspend_late suspend_noirq resume_noirq resume_early resume freeze
	freeze_late freeze_noirq thaw_noirq thaw_early thaw poweroff poweroff_late poweroff_noirq
	restore_noirq restore_early restore pm_complete shutdown)

# Nothing in the machine lives on to see the first, and the others are UNFIRED.
UNSEEN=(shutdown rpm_idle medium_change)

load_module
[ "$(<"$RPMFAULT/version")" != '' ] || fail 'the module has no version'
# Without this one: the lists above name no scenario.
shopt -s nullglob
scenarios=$(cat "$HERE"/{module,device,rpm,link,fault,eh,sleep}/[!f]*.sh "$HERE/pairs.sh")
missing=
while IFS='=' read -r sort word; do
	case $sort in
	abi) [ "$word" = 1 ] || fail "abi $word" ;;
	match) grep -Eq "(^|[^a-z_])$word=" <<<"$scenarios" || missing+=" $sort=$word" ;;
	*) grep -Eq "(^|[^a-z_])$word([^a-z_]|\$)" <<<"$scenarios" || missing+=" $sort=$word" ;;
	esac
done <"$RPMFAULT/features"
for word in "${UNSEEN[@]}"; do
	missing=${missing/" trigger=$word"/}
done
[ -z "$missing" ] || fail "no scenario has$missing"

declare -A COVERED=()
while IFS='=' read -r triggers actions; do
	actions=${actions/everywhere/${EVERYWHERE[*]}}
	for trigger in ${triggers//,/ }; do
		for action in ${actions//,/ }; do
			COVERED[$trigger=$action]=1
		done
	done
done < <(cat "$HERE"/*/*.sh | sed -n 's/^# pairs: //p')
everywhere=" ${EVERYWHERE[*]} "
beyond=" ${BEYOND[*]} "
sleep=" ${SLEEP[*]} "
unfired=" ${UNFIRED[*]} "
known=0
while IFS='=' read -r triggers actions; do
	for trigger in ${triggers//,/ }; do
		for action in ${actions//,/ }; do
			((++known))
			[ -z "${COVERED[$trigger=$action]:-}" ] || continue
			[[ $sleep != *" $trigger "* ]] || continue
			[[ $unfired != *" $trigger "* ]] || continue
			[[ $beyond != *" $trigger "* || $everywhere != *" $action "* ]] || continue
			missing+=" $trigger=$action"
		done
	done
done <"$RPMFAULT/pairs"
[ "$known" -ge 900 ] || fail "there are only $known pairs"
[ -z "$missing" ] || fail "no scenario fires$missing"
say "$known pairs, ${#COVERED[@]} of them fired"
