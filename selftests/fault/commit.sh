#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A batch of reads that does not fit into the disk's queue: the kernel tells the host that the
# ones it has got are all for now. What a rule does then, the disk says to the reads that follow.
#
# deadline: 60

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool fio

# Commands that end at once never fill a queue.
new_host pm/sdev_autosuspend_ms=-1 completion=hrtimer latency_ns=5000000 cmd_per_lun=2
enable_host
put none "/sys/block/$DISK/queue/scheduler" || fail 'there is a scheduler'
put 2 "$SDEV/queue_depth"
listen
add_rule batch trigger=commit action=ua ua_arg=2a/01
step 'reads' 60 fio --name=batch --filename="$DEV" --thread --size=256k --bs=4k --rw=randread \
	--direct=1 --ioengine=libaio --iodepth=16 --iodepth_batch=16 --output-format=terse
expect "$RULE/fired" 1
expect_said 'Mode parameters changed'
remove_rule batch
add_rule batch trigger=commit hwq=4000-5000 action=ua ua_arg=2a/01
step 'reads' 60 fio --name=batch --filename="$DEV" --thread --size=256k --bs=4k --rw=randread \
	--direct=1 --ioengine=libaio --iodepth=16 --iodepth_batch=16 --output-format=terse
expect "$RULE/fired" 0 'there is no such queue'
remove_host
