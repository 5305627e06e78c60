#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A host for which not one command can be set up does not come up: ENOMEM, and nothing is left of
# it. Once the fault is over it comes up.
#
# deadline: 60
# fails-on: stock warn blk_mq_alloc_tag_set() fails and cleans up tags_srcu without the srcu_barrier() for the tags that it has just freed with call_srcu()

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

new_host pm/sdev_autosuspend_ms=-1
before=$(compgen -G '/sys/class/scsi_host/*' | sort)
add_rule fails trigger=init_cmd action=errno errno=ENOMEM times=-1
said=$(put 1 "$HOST/enable" 2>&1) && fail 'the host is up without a command'
[[ $said == *'Cannot allocate memory'* ]] || fail "enable: '$said'"
at_least "$RULE/fired" 1 || fail 'the host is not up, but not for the rule'
expect "$HOST/enable" 0
expect "$HOST/host_no" -1
expect "$HOST/state" off
[ "$(compgen -G '/sys/class/scsi_host/*' | sort)" = "$before" ] || fail 'there is a host'
remove_rule fails
enable_host
step 'read' read_disk
remove_host
