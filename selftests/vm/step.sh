#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Progress of long steps; sourced, by scripts on the host as well as in the root.
#
#   lock FILE
#
# Takes the lock FILE as descriptor 9, and says so when it has to wait.
#
#   step LABEL LOG PATTERN ABOUT CMD...
#
# Runs CMD with its output in the file LOG. Says on stdout that the step began,
# how many lines of LOG match the regular expression PATTERN out of ABOUT that
# many (a rough number), and how long it took: updated in place on a terminal,
# a line each 30 s elsewhere. A failed CMD gets the end of its LOG printed, and
# its exit status is returned.

lock() {
	exec 9> "$1"
	flock -n 9 || {
		echo "waiting for another make that is building in ${RPMFAULT_HOST_CACHE:-$(dirname "$1")} ..."
		flock 9
	}
}

# Prints seconds as m:ss.
step_clock() {
	printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# Prints the state of a running step until it is killed or orphaned.
step_report() {
	local label=$1 log=$2 pattern=$3 about=$4 parent=$5 period=30 next=30 now count

	[[ -t 1 ]] && period=1 next=1
	while read -rt 1 <> <(:) || kill -0 "$parent" 2> /dev/null; do
		now=$((SECONDS - step_start))
		((now >= next)) || continue
		next=$((now + period))
		count=$(grep -Ec "$pattern" "$log" || true)
		if [[ -t 1 ]]; then
			printf '\r%-46s %6d of about %d  %s ' "$label ..." "$count" "$about" \
				"$(step_clock $now)"
		else
			printf '%-46s %6d of about %d  %s\n' "$label ..." "$count" "$about" \
				"$(step_clock $now)"
		fi
	done
}

step() {
	local label=$1 log=$2 pattern=$3 about=$4 status=0 step_start=$SECONDS reporter took
	shift 4

	[[ -t 1 ]] || printf '%s ...\n' "$label"
	: > "$log"
	step_report "$label" "$log" "$pattern" "$about" $BASHPID &
	reporter=$!
	# Should this shell be killed, the reporter notices that it is an orphan.
	"$@" >> "$log" 2>&1 || status=$?
	kill "$reporter" 2> /dev/null
	wait "$reporter" 2> /dev/null || true

	took=$(step_clock $((SECONDS - step_start)))
	[[ -t 1 ]] && printf '\r\033[K'
	if ((status)); then
		# In the root the cache has another name than the user knows.
		printf '%-46s FAILED after %s, the end of %s:\n' "$label" "$took" \
			"${log/#\/cache\//${RPMFAULT_HOST_CACHE:-/cache}/}"
		tail -n 30 "$log" | sed 's/^/    /'
		return "$status"
	fi
	printf '%-46s done in %s\n' "$label" "$took"
	# What was built tells a cold run from a warm one.
	[[ -z ${RPMFAULT_STEPS:-} ]] || echo "$label" >> "$RPMFAULT_STEPS"
}
