#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk takes its time: tur_ms_to_ready after it appears and after each START it is becoming
# ready, and says so. sd waits for it. What is said of its power management is as the host has it
# until something else is said, and cannot change while the disk is on.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

INVALID='Invalid argument'
BUSY='Device or resource busy'
FLAGS=(manage_system_start_stop manage_runtime_start_stop manage_shutdown manage_restart
	force_runtime_start_on_system_start allow_restart start_stop_pwr_cond
	ignore_media_change silence_suspend)
TIMES=(start_ms stop_ms tur_ms_to_ready)
TUR=(00 00 00 00 00 00)

# says EXPECTED: what TEST UNIT READY is answered.
says() { answers "$1" "$SG" "${TUR[@]}"; }

is_ready()
{
	ask "$SG" "${TUR[@]}"
	[ "$ANSWER" = good ]
}

# ---- What can be said

# Nobody else resumes the host for a device without a driver.
new_host pm/control=on lun/no_uld=1
for flag in "${FLAGS[@]}"; do
	expect "$LUN/$flag" host
	for value in '' 2 yes -1 HOST hosts; do
		rejects "$INVALID" "$value" "$LUN/$flag"
	done
	for value in 1 0 host; do
		put "$value" "$LUN/$flag" || fail "$flag cannot be $value"
		expect "$LUN/$flag" "$value"
	done
done
for time in "${TIMES[@]}"; do
	expect "$LUN/$time" 0
	for value in '' -1 600001 4294967296 x 1s; do
		rejects "$INVALID" "$value" "$LUN/$time"
	done
	put 600000 "$LUN/$time" || fail "$time cannot be 600000"
done

# ---- A disk that is not ready

step 'enable' put 1 "$HOST/enable"
SDEV=/sys/class/scsi_device/$(<"$HOST/host_no"):0:0:0/device
[ -d "$SDEV" ] || fail 'the mid layer has no device'
find_sg
for flag in "${FLAGS[@]}"; do
	rejects "$BUSY" 1 "$LUN/$flag"
done
for time in "${TIMES[@]}"; do
	put 0 "$LUN/$time" || fail "$time cannot change while the disk is on"
done
# A unit attention comes before all else.
ask "$SG" "${TUR[@]}"
says 02/04/01
answers 02/04/01 -r 512 "$SG" 28 00 00 00 00 00 00 00 01 00
answers good -r 36 "$SG" 12 00 00 00 24 00
answers good "$SG" 1b 00 00 00 01 00
says 02/04/01
answers good "$SG" 1b 00 00 00 00 00
says 02/04/02
answers good "$SG" 1b 00 00 00 01 00
says 02/04/01
remove_host

# ---- One that takes a while to start

new_host lun/tur_ms_to_ready=1500 pm/sdev_autosuspend_ms=-1
read_clock
since=$NOW
enable_host
find_sg
read_clock
((NOW - since >= 1500)) || fail "sd has not waited for the disk: $((NOW - since)) ms"
says good
answers good "$SG" 1b 00 00 00 01 00
says good
put 600000 "$LUN/tur_ms_to_ready"
answers good "$SG" 1b 00 00 00 00 00
says 02/04/02
put 700 "$LUN/tur_ms_to_ready"
answers good "$SG" 1b 00 00 00 01 00
wait_for 10 'the disk to be ready' is_ready
step 'write' write_disk 1
remove_host
