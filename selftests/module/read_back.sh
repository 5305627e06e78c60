#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is said of a host, its power, its link and its rules reads back, in one spelling; what acts
# acts on a host that is on and says ENODEV for one that is off; a rule may be armed, and whoever
# waits for it comes back.
#
# deadline: 90

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

NO_DEVICE='No such device'
INVALID='Invalid argument'
BUSY='Device or resource busy'

# reads_back DIRECTORY FILE=VALUE[=>READS]...: each file takes the value, and reads as it, or as that.
reads_back()
{
	local dir=$1 setting file value

	shift
	for setting in "$@"; do
		file=${setting%%=*}
		value=${setting#*=}
		put "${value%%=>*}" "$dir/$file" || fail "$file does not take '${value%%=>*}'"
		expect "$dir/$file" "${value#*=>}"
	done
}

# refuses_to_act ERROR FILE VALUE: a file that can only be written fails with ERROR.
refuses_to_act()
{
	local message

	message=$(put "$3" "$2" 2>&1) && fail "'$3' is taken by ${2#"$RPMFAULT"/}"
	[[ $message == *"$1" ]] || fail "'$3' > ${2#"$RPMFAULT"/}: '${message##*: }' instead of '$1'"
}

new_host
for token in abi=1 trigger=rpm_resume trigger=pm_complete match=pm_event origin=reserved action=none \
	link_mode=block on_up=rescan lose_state=cache completion=wq eh_strategy=transport lun_type=cdrom; do
	grep -qx "$token" "$RPMFAULT/features" || fail "features does not say $token"
done
# Each trigger has its actions.
while read -r trigger; do
	[ "$(grep -cE "^([a-z_]+,)*$trigger(,[a-z_]+)*=" "$RPMFAULT/pairs")" = 1 ] ||
		fail "$trigger is not in one line of pairs"
done < <(sed -n 's/^trigger=//p' "$RPMFAULT/features")
grep -qE '^([a-z_]+,)*rpm_resume(,[a-z_]+)*=([a-z_]+,)*errno,' "$RPMFAULT/pairs" ||
	fail 'rpm_resume does not go with errno'

# ---- while it is off

reads_back "$HOST" max_id=8 max_lun=16384 max_channel='0x3=>3' this_id=7 max_cmd_len=16 \
	max_segment_size=65536 dma_boundary='0xffff=>65535' scan=manual async_scan=1 eh_strategy=transport \
	eh_noresume=1 skip_settle_delay=1 completion=hrtimer jitter_ns=1000 seed='0xffffffffffffffff=>18446744073709551615' \
	statistics=0 statistics=1 scan=auto async_scan=0 eh_noresume=0 this_id=-1 completion=inline
rejects "$INVALID" 4095 "$HOST/max_segment_size"
rejects "$INVALID" 0x17fff "$HOST/dma_boundary"
reads_back "$HOST/pm" runtime=off runtime=on control=on control=auto sdev_autosuspend=0 \
	sdev_autosuspend=1 manage_runtime_start_stop=0 manage_runtime_start_stop=1 \
	manage_system_start_stop=1 manage_shutdown=1 manage_restart=1 \
	force_runtime_start_on_system_start=1 start_stop_pwr_cond=1 ignore_media_change=1 \
	silence_suspend=1 async_suspend=1 ignore_children=1 ignore_children=0 supplier=none \
	suspend_ms=1 suspend_ms=0 resume_ms='010=>8' resume_ms=0 resume_ua=29/00,28/00 resume_ua=none \
	lose_state=all lose_state=none io_while_suspended=warn io_while_suspended=fail
expect "$HOST/pm/usage" 0
expect "$HOST/pm/devices" ''
rejects "$INVALID" block "$HOST/link/mode"
dmesg | grep -q "rpmfault: host ${HOST##*/}: link/mode: block needs one of" ||
	fail 'nothing says why the mode was refused'
reads_back "$HOST/link" fast_io_fail_tmo=1 dev_loss_tmo='0x3=>3' reconnect_delay=60 reconnect_delay=off \
	mode=block flap_jitter_ms=5 flap_jitter_ms=0 on_up=rescan up_ua=29/07 up_ua=none wwn_change=1 \
	wwn_change=0 down_on_suspend=1 down_on_suspend=0 up_delay_ms=1 up_delay_ms=0 state=down state=up
rejects "$INVALID" 3 "$HOST/link/fast_io_fail_tmo"
expect "$HOST/link/downs" 1
expect "$HOST/link/transitions" 2
for action in rescan='0 0 -' schedule_eh=1 pm/wake=1 pm/idle=1 pm/clear_error=1 link/bounce=1; do
	refuses_to_act "$NO_DEVICE" "$HOST/${action%%=*}" "${action#*=}"
done
refuses_to_act "$INVALID" "$HOST/rescan" '0 0'

# ---- a rule

RULE=$HOST/faults/r
mkdir "$RULE" || fail 'cannot make a rule'
reads_back "$RULE" priority=-5 final=0 trigger=queue lun=0:*:3 opcode=1b,9e/10 cdb_mask=0000000001 \
	cdb_value=0000000001 lba='0-7,0x64=>0-7,100' len=8 direction=out origin=pm hwq=0-3,5 cpu=0 tag=any \
	polled=0 retries='>=1' qfull=1 rpm_state=resuming link_state=down pm_event=any task_filter=1 \
	action=result errno='-5=>EIO' host_byte=no_connect status=busy sense='2/4/2=>02/04/02' sense_info=lba \
	sense_fmt=desc queue_ret=host_busy eh_ret=fast_io_fail when=after resid=512 data='DEAD@4=>dead@4' \
	lba_shift=-1 blocks=3 delay_us=4294967296 jitter_us=1 stall_ms=1000 on_abort=late \
	release_result=result link_arg=10,20,3 ua_arg=29/00,2a/09 state_arg=4G then_enable=other \
	then_disable=none probability=50 chance=3 interval=2 times=-1 space=4096 skip=1 delay_ms=1 \
	window_ms=2 seed=42 verbose=0 wait_for=2 wait_ms=1
expect "$RULE/remaining" -1
expect "$RULE/seed_used" 0
expect "$RULE/last" ''
expect "$RULE/wait" 0
put 1 "$RULE/enable" || fail 'a rule was refused'
rejects "$BUSY" read "$RULE/opcode"
rejects "$BUSY" any "$RULE/lba"
rejects "$BUSY" none "$RULE/then_enable"
expect "$RULE/seed_used" 42
reads_back "$RULE" probability=100 chance=0 interval=1 space=0 skip=0 seed=7 times=3 enable=armed enable=1 \
	enable=0
rmdir "$RULE"

# ---- while it is on

add_rule count trigger=queue action=none times=-1 then_enable=next
add_rule next trigger=queue opcode=28 action=stall
put 0 "$RULE/enable"
put armed "$RULE/enable" || fail 'a rule cannot be armed'
expect "$RULE/enable" armed
[ "$(<"$RULE/seed_used")" != 0 ] || fail 'no seed was chosen'
enable_host
expect "$RULE/enable" 1 'another rule should have enabled it'
[[ $(<"$HOST/faults/count/last") =~ ^[0-9]+\ 0:0:0\ [0-9a-f]{2}\ [0-9]+$ ]] ||
	fail "last reads '$(<"$HOST/faults/count/last")'"
remove_rule next
remove_rule count
number=$(<"$HOST/host_no")
mapfile -t devices <"$HOST/pm/devices"
[[ ${devices[*]} =~ ^rpmfault\.[0-9.a-z]+\ [a-z]+\ [0-9]+\ host$number\ .*\ target$number:0:0\ .*\ $number:0:0:0\  ]] ||
	fail "the devices are ${devices[*]}"
[[ ${devices[0]} = "$(basename "$PARENT") "* ]] || fail "the first device is ${devices[0]}"
step 'wake' put 1 "$HOST/pm/wake"
step 'idle' put 1 "$HOST/pm/idle"
refuses_to_act 'Resource temporarily unavailable' "$HOST/pm/clear_error" 1
step 'a scan by hand' 30 put '- - -' "$HOST/rescan"
step 'schedule_eh' put 1 "$HOST/schedule_eh"
wait_for 15 'the error handler to end' is "$HOST/state" running
step 'bounce' put 1 "$HOST/link/bounce"
wait_for 10 'the link to come up' is "$HOST/link/status" up

# ---- waiting

add_rule held trigger=queue opcode=28 action=stall times=-1
put 60000 "$RULE/wait_ms"
start 'wait' cat "$RULE/wait"
start 'read' read_disk 8
join 'wait' || fail 'wait failed'
[ "$OUTPUT" -ge 1 ] || fail "wait says $OUTPUT"
put 100 "$RULE/wait_for"
start 'wait for more' cat "$RULE/wait"
nap 0.3
kill "${JOB['wait for more']}"
join 'wait for more' && fail 'wait does not end with a signal'
start 'wait until the end' cat "$RULE/wait"
nap 0.3
step 'disable the rule' put 0 "$RULE/enable"
join 'wait until the end' || fail 'wait does not end with its rule'
join 'read' || fail 'the read failed'
