#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# When a rule acts on what matches it: how often, every which time, after how many, after so much
# data, by chance, and from when until when; with the same seed the same reads fail again. Rules
# that follow one another make a state machine, and the first in their order has the last word.
#
# deadline: 120

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# reads NUMBER: sets PATTERN, a letter for each read: X is one that failed.
reads()
{
	local i

	PATTERN=
	for ((i = 0; i < $1; i++)); do
		if returns 'read' read_disk; then
			PATTERN+=.
		else
			PATTERN+=X
		fi
	done
}

# bad [ATTRIBUTE=VALUE...]: reads have a medium error.
bad() { add_rule bad trigger=queue opcode=read origin=fs action=result sense=03/11/00 "$@"; }

# shows PATTERN [ATTRIBUTE=VALUE...]
shows()
{
	local pattern=$1

	shift
	bad "$@"
	reads "${#pattern}"
	[ "$PATTERN" = "$pattern" ] || fail "$*: $PATTERN instead of $pattern"
	expect "$RULE/matched" "${#pattern}"
	pattern=${pattern//./}
	expect "$RULE/fired" "${#pattern}"
	remove_rule bad
}

# shellcheck disable=SC2119 # the first block
fails() { ! read_disk 2>/dev/null; }

new_host pm/sdev_autosuspend_ms=-1
enable_host

shows X...
shows XXX.. times=3
shows ..... times=0
shows ..X..X.. times=-1 interval=3
shows ..X. skip=2
shows ...X.X. skip=2 interval=2 times=2
shows ..XX space=9000 times=-1
shows .... times=-1 probability=0

# The same seed, the same faults; and what it is made from can be read and used again.
bad times=-1 probability=50 seed=12345
reads 12
first=$PATTERN
[[ $first == *X* && $first == *.* ]] || fail "a probability of 50 %: $first"
put 1 "$RULE/reset"
expect "$RULE/fired" 0
reads 12
[ "$PATTERN" = "$first" ] || fail "the same seed: $PATTERN instead of $first"
remove_rule bad
shows "$first" times=-1 probability=50 seed=12345
bad times=-1 chance=3
seed=$(<"$RULE/seed_used")
[ "$seed" != 0 ] || fail 'the choices are made from nothing'
reads 12
first=$PATTERN
remove_rule bad
shows "$first" times=-1 chance=3 seed="$seed"

# What may be changed while it acts.
bad times=-1
reads 1
put 0 "$RULE/probability"
reads 2
put 100 "$RULE/probability"
put 1 "$RULE/times"
expect "$RULE/remaining" 1
reads 2
[ "$PATTERN" = X. ] || fail "one more time: $PATTERN"
expect "$RULE/remaining" 0
expect "$RULE/fired" 2
expect "$RULE/matched" 5
[[ $(<"$RULE/last") =~ ^[0-9]+\ 0:0:0\ 28\ [0-9]+$ ]] || fail "last: $(<"$RULE/last")"
put 1 "$RULE/reset"
for counter in matched fired; do
	expect "$RULE/$counter" 0
done
reads 2
[ "$PATTERN" = X. ] || fail "after a reset: $PATTERN"
remove_rule bad

# Not before its time, and not after it.
bad times=-1 delay_ms=1500 window_ms=2000
reads 1
[ "$PATTERN" = . ] || fail 'the rule acts before its time'
wait_for 10 'the time of the rule to come' fails
wait_for 10 'the time of the rule to be over' read_disk
remove_rule bad

# ---- rules among themselves

# The first that matches; the others only if it is not final.
add_rule later trigger=queue opcode=read origin=fs action=none times=-1
add_rule bad trigger=queue opcode=read origin=fs action=result sense=03/11/00 times=-1
reads 1
[ "$PATTERN" = . ] || fail 'the second rule acts, too'
remove_rule bad
add_rule bad trigger=queue opcode=read origin=fs action=result sense=03/11/00 times=-1 priority=1
reads 1
[ "$PATTERN" = X ] || fail 'the rule with the higher priority does not come first'
expect "$HOST/faults/later/fired" 1
remove_rule bad
remove_rule later
add_rule first trigger=queue opcode=read origin=fs action=none times=-1 final=0
bad times=-1
reads 1
[ "$PATTERN" = X ] || fail 'a rule that is not final is the last'
expect "$HOST/faults/first/fired" 1
remove_rule bad
remove_rule first

# A write breaks the disk for reads, TEST UNIT READY mends it.
find_sg
RULE=$HOST/faults/broken
mkdir "$RULE"
for setting in trigger=queue opcode=read origin=fs action=result sense=03/11/00 times=-1; do
	put "${setting#*=}" "$RULE/${setting%%=*}" || fail "cannot set $setting"
done
put armed "$RULE/enable" || fail 'a rule cannot be armed'
add_rule breaks trigger=queue opcode=write action=none times=-1 then_enable=broken
add_rule mends trigger=queue opcode=00 action=none times=-1 then_disable=broken
for ((round = 0; round < 2; round++)); do
	expect "$HOST/faults/broken/enable" armed
	reads 1
	[ "$PATTERN" = . ] || fail 'an armed rule acts'
	step 'write' write_disk
	expect "$HOST/faults/broken/enable" 1
	reads 2
	[ "$PATTERN" = XX ] || fail "the rule does not act: $PATTERN"
	answers good "$SG" 00 00 00 00 00 00
done
expect "$HOST/faults/broken/enable" armed
for name in broken breaks mends; do
	remove_rule "$name"
done

# ---- by the clock

# delay_ms for the first time, and again for each of the others.
listen
read_clock
since=$NOW
add_rule tick trigger=timer delay_ms=400 times=3 action=ua ua_arg=2a/01
wait_for 10 'the clock to strike three times' is "$RULE/fired" 3
read_clock
((NOW - since >= 1200)) || fail "the clock has struck three times in $((NOW - since)) ms"
answers 06/2a/01 "$SG" 00 00 00 00 00 00
nap 0.6
expect "$RULE/fired" 3
remove_rule tick

# ---- what waits for a rule

add_rule held trigger=queue opcode=read origin=fs action=stall times=-1 wait_for=2 wait_ms=20000
start 'wait' cat "$RULE/wait"
start 'read' read_disk
wait_for 5 'a read to be held' is "$RULE/parked" 1
running 'wait' || fail 'who waits for two does not wait'
start 'read elsewhere' read_disk 10
join 'wait'
[ "$OUTPUT" = 2 ] || fail "wait says $OUTPUT"
put 1 "$RULE/release"
wait_for 5 'one of them to go on' is "$RULE/parked" 1
put all "$RULE/release"
join 'read' || fail "the read failed: $OUTPUT"
join 'read elsewhere' || fail "the read failed: $OUTPUT"
put 300 "$RULE/wait_ms"
step 'wait in vain' cat "$RULE/wait"
[ "$OUTPUT" = 0 ] || fail "wait says $OUTPUT"
remove_host
