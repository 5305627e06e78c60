#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# START UNIT fails, and goes on to fail, when a suspended disk is resumed; I/O, a rescan and
# the removal of the disk come in all orders, and all come back. The removal resumes the disk
# once more.
#
# deadline: 90
# fails-on: stock warn the second failed resume clears pm_only again (WARNING in blk_clear_pm_only)
# fails-on: 01 hang the queue stays pm-only, and nobody wakes who waits for it
# fails-on: 01+02 hang the same

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# do_it WHAT: comes back, whatever its status is.
do_it()
{
	case $1 in
	read) returns 'read' read_disk ;;
	rescan) returns 'rescan' put 1 "$SDEV/rescan" ;;
	delete) returns 'delete' put 1 "$SDEV/delete" ;;
	rmdir) returns 'rmdir of the LUN' rmdir "$LUN" ;;
	disable) returns 'disable' put 0 "$HOST/enable" ;;
	unbind) returns 'unbind' put "${PARENT##*/}" "$(readlink -f "$PARENT/driver")/unbind" ;;
	esac
}

# in_order WHAT...: one after the other, to a suspended disk that does not start. There is no disk
# afterwards, and what comes after its removal must fail.
in_order()
{
	local what

	say "$*"
	new_host
	enable_host
	wait_suspended
	add_rule start-fails trigger=queue opcode=1b origin=pm action=result sense=02/04/02 times=-1
	for what; do
		if [ -e "$SDEV" ]; then
			do_it "$what"
		else
			do_it "$what" && fail "$what of a disk that is gone succeeded"
		fi
	done
	[ ! -e "$SDEV" ] || fail 'the disk is still there'
	remove_host
}

in_order delete read
in_order rescan disable
in_order read rescan delete
in_order rescan read unbind
in_order read rmdir read
unload_module
