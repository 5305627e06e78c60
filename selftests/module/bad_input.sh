#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every file that can be written, below a host that has one of everything, refuses what makes no
# sense: it reads as before, and the kernel log has nothing at error level. What a value of the
# table means to a file that takes it is said here; that it then reads back as what was meant, too.
# So it is with the host off, and with the host, its units and its rule on.
#
# deadline: 400

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# ---- the table

# As printf(1) has them with %b: the shell has no variable with a NUL in it.
declare -A VALUE=(
	[EMPTY]=''
	[HUGE]=99999999999999999999
	[NEGATIVE]=-2
	[WORD]=sideways
	[TRAILING]='1 x'
	[LEADING]=x1
	[PLUS]=+1
	[NUL]='1\0x'
	[NOT_UTF8]='\xff\xfe'
	[PAGE]=$(printf '1%.0s' {1..4096})
)

# By the name of the value and the name of the file: what the file takes, and reads as then.
# ${TAKES[value file]} is unset for what must be refused.
declare -A TAKES=()

# takes VALUE READS FILE...
takes()
{
	local value=$1 reads=$2 file

	shift 2
	for file in "$@"; do
		TAKES[$value $file]=$reads
	done
}

# Text is taken as it is.
for file in vendor model serial; do
	for name in WORD TRAILING LEADING PLUS NEGATIVE EMPTY; do
		takes "$name" "${VALUE[$name]}" "$file"
	done
done
takes HUGE "${VALUE[HUGE]}" serial cdb_mask cdb_value
takes HUGE "${VALUE[HUGE]}@0" data
takes NEGATIVE -2 rev
takes TRAILING '1 x' rev
takes LEADING x1 rev
takes PLUS +1 rev
takes EMPTY '' rev
takes NEGATIVE -2 priority lba_shift
# Any name may be that of a rule, now or later.
for name in HUGE NEGATIVE WORD TRAILING LEADING PLUS; do
	takes "$name" "${VALUE[$name]}" then_enable then_disable
done
# What it means depends on the action.
for name in HUGE NEGATIVE WORD LEADING PLUS; do
	takes "$name" "${VALUE[$name]}" state_arg
done
takes NEGATIVE -2 errno

# write_one VALUE FILE: one write(2) of the value, whose error, as strerror(3) has it, is in $ERROR.
write_one()
{
	ERROR=
	# Nothing here forks: these are thousands.
	{ printf '%b\n' "${VALUE[$1]}" >"$2"; } 2>"$SCRATCH/error" || read -r ERROR <"$SCRATCH/error"
	ERROR=${ERROR##*: }
}

# look FILE MODE: its first line is $TEXT; empty if it only acts.
look()
{
	TEXT=
	[ "$2" = 200 ] || read -r TEXT <"$1" || true
}

# try VALUE MODE FILE: the file refuses the value, or takes it as the table above says.
try()
{
	local value=$1 mode=$2 path=$3 file=${3##*/} short=${3#"$RPMFAULT"/} before

	look "$path" "$mode"
	before=$TEXT
	write_one "$value" "$path"
	TRIED=$((TRIED + 1))
	case $ERROR in
	'')
		[ -n "${TAKES[$value $file]+known}" ] || fail "$short takes $value"
		expect "$path" "${TAKES[$value $file]}" "after $value"
		put "$before" "$path" || fail "$short does not take '$before' back"
		;;
	'Invalid argument') ;;
	'Device or resource busy') [ -n "$LIVE" ] || fail "$short is busy with $value" ;;
	'No such file or directory')
		[[ $file = @(store|insert) ]] || fail "$short: no such file for $value"
		;;
	*) fail "$short: '$ERROR' for $value" ;;
	esac
	look "$path" "$mode"
	[ "$before" = "$TEXT" ] || fail "$value changed $short from '$before' to '$TEXT'"
}

# try_all: each value at each file.
try_all()
{
	local mode file value

	TRIED=0
	while read -r mode file; do
		for value in "${!VALUE[@]}"; do
			try "$value" "$mode" "$file"
		done
	done < <(find "$HOST" "$RPMFAULT/stores/$STORE" -type f -perm /200 -printf '%m %p\n' | sort)
	say "$TRIED writes${LIVE:+ to what is on}"
	# Two disks, a CD, a rule and the host have some hundreds of files.
	[ "$TRIED" -ge 2000 ] || fail "there are only $((TRIED / 10)) files to write to"
}

errors() { dmesg --level emerg,alert,crit,err | wc -l; }

# expect_quiet: the kernel log has no more errors than it had at first.
expect_quiet()
{
	[ "$(errors)" = "$ERRORS" ] ||
		fail "new errors in the kernel log: $(dmesg --level emerg,alert,crit,err | tail -3)"
}

# ---- one of everything

new_host
new_store bad 1M
mkdir "$HOST/luns/0:0:1" "$HOST/luns/0:0:2" "$HOST/faults/rule" || fail 'cannot make them'
put "$STORE" "$HOST/luns/0:0:1/store"
put cdrom "$HOST/luns/0:0:2/type"
ERRORS=$(errors)

LIVE=
try_all
expect_quiet

put timer "$HOST/faults/rule/trigger"
put none "$HOST/faults/rule/action"
put 3600000 "$HOST/faults/rule/delay_ms"
put 1 "$HOST/faults/rule/enable" || fail 'cannot enable the rule'
enable_host
ERRORS=$(errors)
LIVE=1
try_all
expect_quiet
