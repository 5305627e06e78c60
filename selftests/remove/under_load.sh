#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk is taken away while it is read and written, directly and through the page cache: in
# sysfs, by its link, with its LUN or its driver; with the last two one command is held for
# ever. All I/O ends, with an error in the end, and so does the removal. In the end
# the module can be unloaded.
#
# What waits for what is that of commits 8e141f9eb803 ("block: drain file system I/O on
# del_gendisk") and eec1be4c30df ("block: delete partitions later in del_gendisk").
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

LOAD=(read write pages)

until_it_fails() { while "$@"; do :; done; }
read_all() { dd if="$DEV" of=/dev/null bs=16k iflag=direct status=none; }
write_all() { dd if=/dev/zero of="$DEV" bs=16k oflag=direct conv=nocreat status=none; }
write_pages() { dd if=/dev/zero of="$DEV" bs=256k conv=nocreat,fsync status=none; }

for way in delete link rmdir unbind; do
	say "$way"
	new_host pm/sdev_autosuspend_ms=-1 link/mode=remove completion=hrtimer latency_ns=5000000 \
		lun/size=16M lun/write_cache=1
	enable_host
	[[ $way == @(delete|link) ]] || add_rule held trigger=queue opcode=read origin=fs action=stall stall_ms=0 skip=5
	commands=$(<"$HOST/stats/commands")
	start 'read' until_it_fails read_all
	start 'write' until_it_fails write_all
	start 'pages' until_it_fails write_pages
	wait_for 10 'the load' at_least "$HOST/stats/commands" $((commands + 30))
	[[ $way == @(delete|link) ]] || wait_for 10 'a read to be held' is "$RULE/parked" 1

	case $way in
	delete) step "$way" put 1 "$SDEV/delete" ;;
	link) step "$way" put down "$HOST/link/state" ;;
	rmdir) step "$way" rmdir "$LUN" ;;
	unbind) step "$way" put "${PARENT##*/}" "$(readlink -f "$PARENT/driver")/unbind" ;;
	esac
	[ ! -e "$SDEV" ] || fail "the disk is still there after $way"
	for name in "${LOAD[@]}"; do
		join "$name"
		[[ $OUTPUT == *'error'* || $OUTPUT == *'No such'* || $OUTPUT == *'No space'* ]] ||
			fail "$name did not end with an error: $OUTPUT"
	done
	remove_host
done
unload_module
