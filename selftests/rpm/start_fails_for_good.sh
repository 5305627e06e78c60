#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# START UNIT fails, and goes on to fail, when a suspended disk is resumed. Whoever waits for
# the disk comes back: I/O with whatever result, a rescan, and, as the adapter breaks as well, who
# removes it. In the end the module can be unloaded. (I/O hung until the disk was removed
# before commit 6e1fcab00a23, "scsi: block: pm: Always set request queue runtime active in
# blk_post_runtime_resume()".)
#
# The adapter breaks so that the disk is not resumed again by its removal: that is
# start_fails_removal.
#
# deadline: 60
# fails-on: 01 hang the queue stays pm-only, and nobody wakes who waits for it
# fails-on: 01+02 hang the same

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# in_order WHAT...: to a suspended disk that does not start.
in_order()
{
	local what job

	new_host
	enable_host
	wait_suspended
	add_rule start-fails trigger=queue opcode=1b origin=pm action=result sense=02/04/02 times=-1
	for what; do
		say "$what"
		case $what in
		read) returns 'read' read_disk ;;
		all)
			# bios and a passthrough command wait in different places.
			start 'read' read_disk
			start 'write' write_disk 100
			start 'INQUIRY' sg_inq "$DEV"
			start 'rescan' put 1 "$SDEV/rescan"
			for job in read write INQUIRY rescan; do
				join "$job"
			done
			;;
		rescan) step 'rescan' put 1 "$SDEV/rescan" ;;
		break)
			at_least "$RULE/fired" 1 || fail 'no START UNIT was failed'
			# Who sleeps cannot be woken any more.
			wait_suspended
			add_rule adapter-fails trigger=rpm_resume action=errno errno=EIO times=-1
			;;
		delete) step 'delete' put 1 "$SDEV/delete" ;;
		rmdir) step 'rmdir of the LUN' rmdir "$LUN" ;;
		esac
	done
	[ ! -e "$SDEV" ] || fail 'the disk is still there'
	remove_host
}

in_order read rescan read break delete
in_order rescan all break rescan rmdir
unload_module
