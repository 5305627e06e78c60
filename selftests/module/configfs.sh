#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What configfs accepts and refuses: bad values are EINVAL and change nothing, what is
# configuration is EBUSY while the host is live, and a rule that makes no sense or a
# host that cannot be brought up leaves nothing behind.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

INVALID='Invalid argument'
BUSY='Device or resource busy'

mode_is()
{
	local mode

	mode=$(stat -c %a "$2")
	[ "$mode" = "$1" ] || fail "${2#"$RPMFAULT"/} has mode $mode instead of $1"
}

load_module
[[ $(<"$RPMFAULT/version") =~ ^[0-9]+\.[0-9]+ ]] || fail "version reads '$(<"$RPMFAULT/version")'"
grep -qx 'abi=1' "$RPMFAULT/features" || fail 'features does not say abi=1'
mode_is 444 "$RPMFAULT/features"

new_host
expect "$HOST/enable" 0
expect "$HOST/state" off
expect "$HOST/host_no" -1
expect "$LUN/block_dev" ''
expect "$LUN/size" $((64 << 20))
mode_is 444 "$HOST/state"
mode_is 444 "$HOST/host_no"
mode_is 444 "$HOST/pm/status"
mode_is 644 "$HOST/enable"
mode_is 644 "$LUN/size"

# Bad values.
for value in '' 2 -1 yes '1 1'; do
	rejects "$INVALID" "$value" "$HOST/enable"
done
for value in '' 0 511 1K1 -4096 99999999999999999999 1X; do
	rejects "$INVALID" "$value" "$LUN/size"
done
for value in '' -2 x 99999999999; do
	rejects "$INVALID" "$value" "$HOST/pm/autosuspend_ms"
	rejects "$INVALID" "$value" "$HOST/pm/sdev_autosuspend_ms"
done
rejects "$INVALID" off "$HOST/pm/control"
rejects "$INVALID" sideways "$HOST/link/state"
rejects "$INVALID" maybe "$HOST/link/mode"
for name in 0:0 0:0:x 0:0:0:0 00:0:0 999:0:0 disk; do
	if mkdir "$HOST/luns/$name" 2>/dev/null; then
		fail "a LUN named '$name' was made"
	fi
done
mkdir "$LUN" 2>/dev/null && fail 'a LUN was made twice'

# Sizes in other spellings.
for value in 0x100000 1024K 1M; do
	put "$value" "$LUN/size" || fail "the size $value was refused"
	expect "$LUN/size" 1048576
done
put 64M "$LUN/size"

# Rules: each attribute alone, then those that only make sense together.
RULE=$HOST/faults/rule
mkdir "$RULE" || fail 'cannot make a rule'
mode_is 644 "$RULE/trigger"
mode_is 444 "$RULE/fired"
mode_is 200 "$RULE/release"
expect "$RULE/times" 1
rejects "$INVALID" rpm_sleep "$RULE/trigger"
rejects "$INVALID" zz "$RULE/opcode"
rejects "$INVALID" nobody "$RULE/origin"
rejects "$INVALID" explode "$RULE/action"
rejects "$INVALID" ENOSUCH "$RULE/errno"
rejects "$INVALID" 2/4 "$RULE/sense"
rejects "$INVALID" -1 "$RULE/stall_ms"
rejects "$INVALID" -2 "$RULE/times"
# Neither trigger nor action is set; then an action that this trigger does not have.
rejects "$INVALID" 1 "$RULE/enable"
put rpm_resume "$RULE/trigger"
rejects "$INVALID" 1 "$RULE/enable"
put result "$RULE/action"
put 02/04/02 "$RULE/sense"
rejects "$INVALID" 1 "$RULE/enable"
put queue "$RULE/trigger"
put 1b "$RULE/opcode"
put 1 "$RULE/enable" || fail 'a good rule was refused'
rejects "$BUSY" read "$RULE/opcode"
rejects "$BUSY" rpm_suspend "$RULE/trigger"
put 5 "$RULE/times" || fail 'times was refused while the rule was enabled'
put 0 "$RULE/enable"
rmdir "$RULE" || fail 'cannot remove a rule'

# Live.
enable_host
expect "$HOST/state" running
is "$HOST/host_no" -1 && fail 'host_no is -1 on a running host'
put 1 "$HOST/enable" || fail 'enabling an enabled host was refused'
rejects "$BUSY" 4096 "$LUN/sector_size"
rejects "$BUSY" 50 "$HOST/pm/sdev_autosuspend_ms"
put 300 "$HOST/pm/autosuspend_ms" || fail 'autosuspend_ms was refused on a running host'
expect "$PARENT/power/autosuspend_delay_ms" 300
put on "$HOST/pm/control" || fail 'control was refused on a running host'
expect "$PARENT/power/control" on
expect "$HOST/pm/status" active
put auto "$HOST/pm/control"
expect "$PARENT/power/control" auto

# Off, and on once more: another host number may come, the disk is the same.
step 'switch off' put 0 "$HOST/enable"
expect "$HOST/state" off
expect "$HOST/host_no" -1
expect "$LUN/block_dev" ''
[ ! -d "$PARENT" ] || fail "$PARENT is still there"
enable_host

# A host with something in it cannot go; one that is empty can, even enabled.
returns 'rmdir of a host with a LUN' rmdir "$HOST" && fail 'a host with a LUN was removed'
step 'rmdir of a live LUN' rmdir "$LUN"
[ ! -e "$DEV" ] || wait_for 5 "$DEV to vanish" test ! -e "$DEV"
step 'rmdir of a running host' rmdir "$HOST"
[ ! -d "$PARENT" ] || fail "$PARENT is still there"
