#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks are deleted in sysfs, by two at once, while their LUN, their host or its driver goes, and
# while somebody opens their `delete`. All of them come back, the disks are gone, and lockdep has
# nothing to say.
#
# The order of `delete` and scan_mutex is that of commit 0ee223b2e1f6 ("scsi: core: Avoid that
# SCSI device removal through sysfs triggers a deadlock"). The removal of a file is an order of
# locks only if the file is in use right then, which is why it is opened all the time.
#
# deadline: 60
# fails-on: 16 warn the attribute is active while its device is removed: possible circular locking

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# many_disks NUMBER: sets SDEVS.
many_disks()
{
	local i

	new_host pm/sdev_autosuspend_ms=-1 lun/no_uld=1
	for ((i = 1; i < $1; i++)); do
		mkdir "$HOST/luns/0:0:$i"
		put 1 "$HOST/luns/0:0:$i/no_uld"
	done
	step 'enable' 30 put 1 "$HOST/enable"
	SHOST=$(readlink -f "/sys/class/scsi_host/host$(<"$HOST/host_no")/device")
	PARENT=${SHOST%/*}
	SDEVS=("$SHOST"/target*/[0-9]*:*)
	[ "${#SDEVS[@]}" = "$1" ] || fail "there are ${#SDEVS[@]} disks"
}

# open_all FILE...: opens each as often as it can, until it is gone.
open_all()
{
	# shellcheck disable=SC2016 # Perl's variables
	perl -MFcntl -e 'syswrite STDOUT, "begun\n";
		for my $file (@ARGV) { while (sysopen my $delete, $file, O_WRONLY) {} }' "$@"
}

# One is deleted, and then the host goes with the others, one after the other.
many_disks 10
step 'delete' put 1 "${SDEVS[0]}/delete"
[ ! -e "${SDEVS[0]}" ] || fail 'the disk is still there'
start 'open' open_all "${SDEVS[@]/%//delete}"
wait_for 5 'somebody to open' test -s "${PRINTED[open]}"
start 'disable' put 0 "$HOST/enable"
join 'disable' 20 || fail "disable: $OUTPUT"
join 'open'
remove_host

for way in disable unbind rmdir; do
	many_disks 3
	jobs=()
	for sdev in "${SDEVS[@]}"; do
		for writer in 1 2; do
			# Who comes late finds no file, or no device.
			start "delete ${sdev##*/} $writer" put 1 "$sdev/delete"
			jobs+=("delete ${sdev##*/} $writer")
		done
	done
	case $way in
	disable) start "$way" put 0 "$HOST/enable" ;;
	unbind) start "$way" put "${PARENT##*/}" "$(readlink -f "$PARENT/driver")/unbind" ;;
	rmdir) start "$way" rmdir "$HOST"/luns/0:0:* ;;
	esac
	join "$way" 20 || fail "$way: $OUTPUT"
	for job in "${jobs[@]}"; do
		join "$job"
	done
	for sdev in "${SDEVS[@]}"; do
		[ ! -e "$sdev" ] || fail "$sdev is still there after $way"
	done
	remove_host
done
unload_module
