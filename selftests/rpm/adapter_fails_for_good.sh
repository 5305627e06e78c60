#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host adapter cannot be resumed any more while its disk is suspended. A rescan of the disk
# comes back, so does who removes it, and then so does the I/O that has waited for it, in
# whatever order they have come. In the end the module can be unloaded.
#
# A rescan waited for the disk with the device lock held before commits 626b13f015e0 ("scsi:
# Do not rescan devices with a suspended queue") and ff48b37802e5 ("scsi: Do not attempt to
# rescan suspended devices"). Whoever removed the disk waited for the lock.
#
# deadline: 60
# fails-on: 02 hang the rescan waits for the disk with the device lock held
# fails-on: 01+02 hang the same

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# in_order WHAT...: to a suspended disk of an adapter that fails.
in_order()
{
	local what io=()

	say "$*"
	new_host
	enable_host
	wait_suspended
	add_rule adapter-fails trigger=rpm_resume action=errno errno=EIO times=-1
	for what; do
		case $what in
		io)
			# bios and a passthrough command wait in different places.
			start 'read' read_disk
			start 'write' write_disk 100
			start 'INQUIRY' sg_inq "$DEV"
			io=(read write INQUIRY)
			wait_for 5 'the adapter to fail a resume' at_least "$RULE/fired" 1
			;;
		rescan) step 'rescan' put 1 "$SDEV/rescan" ;;
		delete) step 'delete' put 1 "$SDEV/delete" ;;
		rmdir) step 'rmdir of the LUN' rmdir "$LUN" ;;
		disable) step 'disable' put 0 "$HOST/enable" ;;
		esac
	done
	[ ! -e "$SDEV" ] || fail 'the disk is still there'
	# No rule holds for a host that goes: its adapter works, and some I/O may come through.
	for what in "${io[@]}"; do
		join "$what"
	done
	remove_host
}

in_order io rescan delete
in_order rescan io disable
in_order io rescan rmdir
unload_module
