#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Logical units come and go while the host is on: REPORT LUNS and the mid layer agree with
# the directories, the other units raise REPORTED LUNS DATA HAS CHANGED, units above 255 are
# reached in the flat space addressing method, and one that is taken out under I/O does not
# take anything else with it. A host can have many units, and there can be many hosts.
#
# deadline: 240

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool sg_luns

INVALID='Invalid argument'
BUSY='Device or resource busy'
HOSTS_MANY=64
LUNS_MANY=128

# expect_luns NUMBER...: what REPORT LUNS says of the first target, as plain numbers.
expect_luns()
{
	local listed

	step 'REPORT LUNS' sg_luns --decode "$DEV"
	listed=$(sed -n 's/.*lun=\([0-9]*\).*/\1/p' <<<"$OUTPUT" | xargs)
	[ "$listed" = "$*" ] || fail "REPORT LUNS lists '$listed' instead of '$*'"
}

# sdev LUN: the sysfs directory of a unit of the first target.
sdev() { printf '%s' "/sys/bus/scsi/devices/$(<"$HOST/host_no"):0:0:$1"; }

present() { [ -d "$(sdev "$1")" ]; }

under_way() { (($(<"$SDEV/iorequest_cnt") > 40)); }

count_devices() { compgen -G "/sys/bus/scsi/devices/$(<"$HOST/host_no"):*" | wc -l; }

# took WHAT: says how long it is since the last time.
took()
{
	read_clock
	say "$1: $((NOW - LAST)) ms"
	LAST=$NOW
}

new_host pm/sdev_autosuspend_ms=-1 lun/queue_depth=7
for name in 0:0:256 0:0:16383 0:0:16639 0:0:32768 16:0:0 0:256:0; do
	mkdir "$HOST/luns/$name" 2>/dev/null && fail "a LUN named '$name' was made"
done
mkdir "$HOST/luns/0:0:3" "$HOST/luns/0:0:4"
expect "$HOST/luns/0:0:3/enable" 1
put 0 "$HOST/luns/0:0:4/enable"
enable_host
expect "$SDEV/queue_depth" 7
rejects "$BUSY" 8 "$LUN/queue_depth"
rejects "$BUSY" 1 "$LUN/no_uld"
expect_luns 0 3
present 4 && fail 'a unit that is off is there'

# Hot add.
step 'add a unit that was off' put 1 "$HOST/luns/0:0:4/enable"
present 4 || fail 'the unit that was added has no device'
# REPORTED LUNS DATA HAS CHANGED, until they are reported.
expect "$LUN/ua" 3f/0e
expect "$HOST/luns/0:0:3/ua" 3f/0e
expect_luns 0 3 4
expect "$LUN/ua" ''
mkdir "$HOST/luns/0:0:16640" "$HOST/luns/0:0:32767" "$HOST/luns/1:5:0"
expect "$HOST/luns/0:0:16640/enable" 0
expect_luns 0 3 4
for value in '' -1 4097 x; do
	rejects "$INVALID" "$value" "$HOST/luns/0:0:16640/queue_depth"
done
put 1 "$HOST/luns/0:0:32767/no_uld" || fail 'no_uld was refused for a unit that is off'
for name in 0:0:16640 0:0:32767 1:5:0; do
	step "add $name" put 1 "$HOST/luns/$name/enable"
done
expect_luns 0 3 4 256 16383
present 16640 || fail 'unit 256 has no device'
expect "$HOST/luns/0:0:32767/block_dev" ''
[ -d "/sys/bus/scsi/devices/$(<"$HOST/host_no"):1:5:0" ] || fail 'a unit of a new target has no device'
LUN=$HOST/luns/0:0:16640
find_disk
step 'write to unit 256' write_disk 3
step 'read of unit 256' read_disk 3
is "$LUN/mapped_bytes" 0 && fail 'what was written to unit 256 went to another'

# Hot remove under I/O: by enable, and by rmdir.
for how in enable rmdir; do
	start 'I/O' sh -c "while dd if=$DEV of=/dev/null bs=64k count=64 iflag=direct status=none; do :; done"
	wait_for 5 'I/O to be under way' under_way
	if [ "$how" = enable ]; then
		step 'take the unit out' put 0 "$LUN/enable"
		expect "$LUN/enable" 0
	else
		step 'rmdir of the unit' rmdir "$LUN"
	fi
	join 'I/O'
	present 16640 && fail 'the unit that was taken out has a device'
	if [ "$how" = enable ]; then
		step 'put the unit in' put 1 "$LUN/enable"
		find_disk
	fi
done
LUN=$HOST/luns/0:0:0
find_disk
expect_luns 0 3 4 16383
step 'read of another unit' read_disk
step 'switch off' put 0 "$HOST/enable"
mkdir "$HOST/luns/0:0:5"
expect "$HOST/luns/0:0:5/enable" 1
remove_host

# What is removed waits for several grace periods, which an emulated machine takes its time for.
expedited=$(</sys/kernel/rcu_expedited)
echo 1 >/sys/kernel/rcu_expedited

# Many units. sd is kept away: what is asked for is the host, not the probing of disks.
read_clock
LAST=$NOW
new_host pm/sdev_autosuspend_ms=-1
names=()
for ((lun = 1; lun < LUNS_MANY / 2; lun++)); do
	names+=("$HOST/luns/0:0:$lun" "$HOST/luns/0:0:$((lun + 16640))")
done
mkdir "${names[@]}"
for name in "${names[@]}"; do
	put 1 "$name/no_uld"
done
took "make $LUNS_MANY units"
step "enable $LUNS_MANY units" 600 put 1 "$HOST/enable"
took "enable $LUNS_MANY units"
find_disk
[ "$(count_devices)" = "$((${#names[@]} + 1))" ] || fail "$(count_devices) devices for $LUNS_MANY units"
step 'take one of them out' rmdir "${names[-1]}"
took 'take one out'
step "disable $LUNS_MANY units" 600 put 0 "$HOST/enable"
took "disable $LUNS_MANY units"
unset 'names[-1]'
step "rmdir $LUNS_MANY units" 120 rmdir "${names[@]}"
took "rmdir $LUNS_MANY units"
remove_host

# Many hosts, switched on and off at the same time.
many=()
for ((host = 0; host < HOSTS_MANY; host++)); do
	new_host lun/no_uld=1
	many+=("$HOST")
	start "enable ${HOST##*/}" put 1 "$HOST/enable"
done
for HOST in "${many[@]}"; do
	join "enable ${HOST##*/}" 60 || fail "enable of ${HOST##*/} failed: $OUTPUT"
	present 0 || fail "${HOST##*/} has no device"
done
took "enable $HOSTS_MANY hosts"
for HOST in "${many[@]}"; do
	start "disable ${HOST##*/}" put 0 "$HOST/enable"
done
for HOST in "${many[@]}"; do
	join "disable ${HOST##*/}" 60 || fail "disable of ${HOST##*/} failed: $OUTPUT"
	remove_host
done
took "remove $HOSTS_MANY hosts"
echo "$expedited" >/sys/kernel/rcu_expedited
