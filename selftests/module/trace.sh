#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The trace events are there, with the fields that they are said to have; perf, trace-cmd and
# bpftrace see a rule fire; and the events log and the counters of the host say the same.
# The tools are large: a busy emulated machine needs its time to read them.
#
# deadline: 480

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

TRACING=/sys/kernel/tracing
declare -A FIELDS=(
	[rule_fire]='host host_no rule trigger action lun opcode seq'
	[park]='host host_no rule trigger lun cdb'
	[release]='host host_no rule trigger lun cdb held_ms why'
	[link]='host host_no from to mode why'
	[pm_enter]='host host_no callback'
	[pm_exit]='host host_no callback result duration_us'
	[io_while_suspended]='host host_no lun submitter cdb state reaction'
)

# fields EVENT: the fields of its own, one line.
fields()
{
	sed -n '/common_/d; s/^\tfield:[^;]*[ ]\([a-z_]*\)\(\[[0-9]*\]\)\?;.*/\1/p' \
		"$TRACING/events/rpmfault/$1/format" | tr '\n' ' '
}

# sees TOOL: what TOOL has printed, in $OUTPUT, says that the rule fired.
sees()
{
	local fired="rule_fire: +host=${HOST##*/} host_no=[0-9]+ rule=rule"

	[[ $OUTPUT =~ $fired\ trigger=rpm_resume\ action=stall\ lun=- ]] ||
		fail "$1 did not see the rule fire: $OUTPUT"
}

# The events would be of use to nobody after a failure.
clean_up()
{
	[ ! -d "$TRACING/instances/trace-test" ] || trace-cmd reset -B trace-test -d
}

# logged WORDS...: the events log of the host has a line with these words from the rule on.
logged()
{
	grep -Eq "^[0-9]+ [0-9]+ [0-9]+ $*$" "$EVENTS" ||
		fail "no '$*' in the log: $(cat "$EVENTS")"
}

need tool perf trace-cmd bpftrace
need file "$TRACING/events" 'tracefs with CONFIG_TRACING'
load_module

[ -d "$TRACING/events/rpmfault" ] || fail 'no trace events of the module'
for event in "${!FIELDS[@]}"; do
	[ -d "$TRACING/events/rpmfault/$event" ] || fail "no trace event $event"
	[ "$(fields "$event")" = "${FIELDS[$event]} " ] ||
		fail "$event has the fields '$(fields "$event")' instead of '${FIELDS[$event]}'"
done

new_host
enable_host
EVENTS=/sys/kernel/debug/rpmfault/${HOST##*/}/events
# Holds each resume, and so what reads the disk, for a moment.
count_events rule rpm_resume
read_suspended=(dd "if=$DEV" of=/dev/null bs=4k count=1 iflag=direct status=none)

wait_suspended
# Build ids would be those of everything that runs.
step 'perf record' 120 perf record -q -BN -a -e 'rpmfault:*' -o "$SCRATCH/perf.data" -- \
	"${read_suspended[@]}"
step 'perf script' 120 perf script -i "$SCRATCH/perf.data"
sees perf

wait_suspended
# trace-cmd record may end its recorders before they have begun.
step 'trace-cmd start' 120 trace-cmd start -q -B trace-test -e rpmfault
step 'read' read_disk
step 'trace-cmd show' 120 trace-cmd show -B trace-test
sees trace-cmd

# Without BTF bpftrace insists on the kernel's headers, of which the events need one type.
if [ ! -e /sys/kernel/btf/vmlinux ]; then
	mkdir -p "$SCRATCH/include/linux"
	: >"$SCRATCH/include/linux/kconfig.h"
	echo 'typedef unsigned long long u64;' >"$SCRATCH/include/linux/types.h"
	export BPFTRACE_KERNEL_SOURCE=$SCRATCH BPFTRACE_KERNEL_BUILD=$SCRATCH
fi
wait_suspended
# Text is left to the others: bpftrace 0.23 reads it as empty here.
step 'bpftrace' 240 bpftrace -c "${read_suspended[*]}" -e '
	tracepoint:rpmfault:rule_fire {
		printf("rule_fire: host_no=%d opcode=%d\n", args.host_no, args.opcode);
	}'
[[ $OUTPUT == *"rule_fire: host_no=$(<"$HOST/host_no") opcode=-1"* ]] ||
	fail "bpftrace did not see the rule fire: $OUTPUT"

# The log says the same, and so do the counters.
logged - rpm_resume - pm_enter -
logged rule rpm_resume - rule_fire,action=stall -
logged rule rpm_resume - 'park,cdb=-' -
logged rule rpm_resume - 'release,held_ms=[0-9]+,cdb=-' deadline
logged - rpm_resume - 'pm_exit,duration_us=[0-9]+' 0
expect "$HOST/stats/rule_fire" "$(fired rule)"
at_least "$HOST/stats/rpm_resume" "$(fired rule)" || fail 'fewer resumes than the rule has held'
expect "$HOST/stats/rpm_fail" 0
remove_rule rule
grep -q '^28 [1-9]' "$HOST/stats/opcodes" || fail "no READ(10) in $(cat "$HOST/stats/opcodes")"

# Counters stand still while they are off, and go back to 0.
step 'resume by hand' put on "$SDEV/power/control"
put 0 "$HOST/statistics" || fail 'cannot switch the counters off'
commands=$(<"$HOST/stats/commands")
step 'read' read_disk
expect "$HOST/stats/commands" "$commands"
rejects 'Invalid argument' 2 "$HOST/statistics"
put 1 "$HOST/stats/reset" || fail 'cannot reset the counters'
expect "$HOST/stats/commands" 0
expect "$HOST/stats/opcodes" ''
put 1 "$HOST/statistics" || fail 'cannot switch the counters on'
step 'read' read_disk
at_least "$HOST/stats/commands" 1 || fail 'the counters do not count again'

# The log keeps the last events, and says how many are gone.
for ((i = 0; i < 300; i++)); do
	put down "$HOST/link/state" && put up "$HOST/link/state"
done
logged - - - 'link,from=[a-z]+,to=up,mode=[a-z]+' user
read -r _ _ overrun <"$EVENTS"
[ "$overrun" -gt 0 ] || fail '600 events fit into the log'
[ "$(sed -n 's/^\([0-9]*\) .*/\1/p' "$EVENTS" | head -n1)" = $((overrun + 1)) ] ||
	fail "the log begins with $(head -n2 "$EVENTS")"

remove_host
[ ! -e "$EVENTS" ] || fail 'the log outlives its host'
