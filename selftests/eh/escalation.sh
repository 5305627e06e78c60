#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The error handler goes on to the next larger reset only if one fails, or if the disk does not
# answer after it: device, target, bus, host. After the last one the disk is offline, until
# somebody says that it runs; before, the command is tried again and succeeds.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

LEVEL=/proc/sys/dev/scsi/logging_level
clean_up() { put 0 "$LEVEL"; }
put 4 "$LEVEL"

STEPS=(eh_abort eh_device_reset eh_target_reset eh_bus_reset eh_host_reset)
SAID=('aborting command' 'Sending BDR' 'Sending target reset' 'Sending BRST' 'Sending HRST')
LAST=$((${#STEPS[@]} - 1))

# time_out: a read that the block layer gives to the error handler; its status.
time_out()
{
	listen
	add_rule times-out trigger=queue opcode=read origin=fs action=blk_abort
	returns 'read' 30 read_disk
}

# went_to STEP: the error handler has got that far, and no farther.
went_to()
{
	expect_said "${SAID[@]:0:$1+1}"
	(($1 == LAST)) || expect_silence "${SAID[@]:$1+1}"
}

# recovered: the disk works.
recovered()
{
	expect "$SDEV/state" running
	wait_for 5 'the host to run' is "$SHOST/scsi_host/${SHOST##*/}/state" running
	step 'read' 30 read_disk
}

# is_offline: the disk is, and nothing reaches it; it works again as soon as it may.
is_offline()
{
	went_to "$LAST"
	expect_said 'Device offlined - not ready after error recovery'
	expect "$SDEV/state" offline
	returns 'read of an offline disk' read_disk && fail 'an offline disk was read'
	put running "$SDEV/state" || fail 'an offline disk cannot be made to run'
	recovered
}

# Bus and host resets are followed by ten seconds of rest otherwise.
new_host pm/sdev_autosuspend_ms=-1 skip_settle_delay=1
enable_host

# So many steps fail.
for ((failing = 1; failing <= ${#STEPS[@]}; failing++)); do
	for ((i = 0; i < failing; i++)); do
		add_rule "fails-$i" "trigger=${STEPS[i]}" action=eh eh_ret=failed
	done
	status=0
	time_out || status=$?
	if ((failing <= LAST)); then
		[ "$status" = 0 ] || fail "the read failed: $OUTPUT"
		went_to "$failing"
		recovered
	else
		[ "$status" != 0 ] || fail 'a read succeeded on a disk that no reset could help'
		is_offline
	fi
	for ((i = 0; i < failing; i++)); do
		expect "$HOST/faults/fails-$i/fired" 1
		remove_rule "fails-$i"
	done
	remove_rule times-out
done

# Each reset claims to have worked, but the disk does not answer.
add_rule abort trigger=eh_abort action=eh eh_ret=failed
add_rule deaf trigger=queue origin=eh opcode=00 action=result host_byte=no_connect times=-1
time_out && fail 'a read succeeded on a disk that never answered'
remove_rule deaf
is_offline
remove_rule times-out
remove_rule abort

# Who fails I/O fast is not asked whether the disk answers.
add_rule abort trigger=eh_abort action=eh eh_ret=failed
add_rule fast trigger=eh_device_reset action=eh eh_ret=fast_io_fail
add_rule asked trigger=queue origin=eh action=none times=-1
time_out || fail "the read failed: $OUTPUT"
went_to 1
expect "$HOST/faults/asked/fired" 0
expect_silence 'scsi_eh_done'
recovered
remove_host
