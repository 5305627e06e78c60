#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A disk conforms to SPC and SBC as far as libiscsi's test suite can tell: every test of it
# passes, or leaves something out that this disk says it does not have.
#
# The table of results is in the diagnostics.
#
# deadline: 420

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool iscsi-test-cu

# What does not run at all: commands that no disk here has, and a test that wants an iSCSI
# session and dies without one (REPORT LUNS is looked at in sg3_utils).
NOT_FOR_US='ExtendedCopy ReceiveCopyResults ReportLUNs'

# These go through transfers of one block to as many as SG_IO takes, 120 KiB for libiscsi, which
# are fewer with large blocks. The others need 257 blocks at once.
OF_ANY_LENGTH='CompareAndWrite OrWrite Read10 Read12 Read16 Verify10 Verify12 Verify16 Write10
	Write12 Write16 WriteAtomic16 WriteVerify10 WriteVerify12 WriteVerify16'

# Tests that log in twice, reset the target or forge packets, so that they leave themselves
# out on any device but an iSCSI target.
NEEDS_ISCSI='CompareAndWrite.InvalidDataOutSize CompareAndWrite.MiscompareSense
	MultipathIO.CompareAndWriteAsync MultipathIO.Reset
	PreventAllow.2ITNexuses PreventAllow.ColdReset PreventAllow.ITNexusLoss
	PreventAllow.LUNReset PreventAllow.Logout PreventAllow.WarmReset
	ProutPreempt.RemoveRegistration
	ProutReserve.AccessEA ProutReserve.AccessEAAR ProutReserve.AccessEARO
	ProutReserve.AccessWE ProutReserve.AccessWEAR ProutReserve.AccessWERO
	ProutReserve.OwnershipEA ProutReserve.OwnershipEAAR ProutReserve.OwnershipEARO
	ProutReserve.OwnershipWE ProutReserve.OwnershipWEAR ProutReserve.OwnershipWERO
	Read10.Async Write10.Async
	Reserve6.2Initiators Reserve6.ITNexusLoss Reserve6.LUNReset Reserve6.Logout
	Reserve6.TargetColdReset Reserve6.TargetWarmReset
	Sanitize.BlockEraseReserved Sanitize.CryptoEraseReserved Sanitize.OverwriteReserved
	Sanitize.Readonly Sanitize.Reservations Sanitize.Reset'

# claims COMMAND: whether the disk lists a command, by libiscsi's name for it, as supported.
claims()
{
	local code

	case $1 in
	'SANITIZE BLOCK_ERASE') code=0x48,2 ;;
	'SANITIZE CRYPTO_ERASE') code=0x48,3 ;;
	UNMAP) code=0x42 ;;
	WRITEATOMIC16) code=0x9c ;;
	# Everything else a disk must have.
	*) return 0 ;;
	esac
	step "REPORT SUPPORTED OPERATION CODES of $1" sg_opcodes --no-inquiry --opcode="$code" "$SG"
	case $OUTPUT in
	*'Command is NOT supported'*) return 1 ;;
	*'Command is supported'*) return 0 ;;
	*) fail "sg_opcodes says of $1: $OUTPUT" ;;
	esac
}

# may_skip TEST REASON: whether the device says of itself what the test gives as its reason.
may_skip()
{
	case $2 in
	*'Not an iSCSI device'* | *'Non-iSCSI multipath'*)
		# shellcheck disable=SC2086 # one word for each
		printf '%s\n' $NEEDS_ISCSI | grep -qxF "$1"
		;;
	*'not write-protected'*) is "/sys/block/$DISK/ro" 0 ;;
	*'not removable'*) is "/sys/block/$DISK/removable" 0 ;;
	*'fully provisioned'*) is "$(echo "$SDEV"/scsi_disk/*/thin_provisioning)" 0 ;;
	*'LBPPB < 2'*) is "/sys/block/$DISK/queue/physical_block_size" "$(<"/sys/block/$DISK/queue/logical_block_size")" ;;
	*' is not implemented'*) ! claims "${2%% is not implemented*}" ;;
	*) return 1 ;;
	esac
}

# is_mistaken TEST COMPLAINT: whether libiscsi itself is wrong.
is_mistaken()
{
	case "$1 $2" in
	# It keeps 16 bytes of a usage map, and compares what is not there for CDBs of 32 bytes.
	ReportSupportedOpcodes.OneCommand*'CDB[0] Usage Data was 0x00, expected 0x7f for opcode 0x7f') ;;
	ReportSupportedOpcodes.OneCommand*'rsoc_one->cdb_usage_data[0],rsoc->descriptors[i].opcode)') ;;
	# It writes FFh with UNMAP and wants to read zeroes, which only an UNMAP that is more than
	# permission could give. Its twin for WRITE SAME(16) writes zeroes.
	WriteSame10.UnmapUntilEnd*'Blocks did not read back as zero'*) ;;
	WriteSame10.UnmapUntilEnd*'did not read back "'*'as zero")') ;;
	*) return 1 ;;
	esac
}

iscsi_test() { iscsi-test-cu "$@" >"$SCRATCH/log" 2>&1; }

# conform WHAT PATTERNS NODE...: runs the tests that match one of the patterns, which are
# separated by commas, on the disk with the SCSI generic NODE, or with two.
conform()
{
	local what=$1 patterns=$2 pattern expected=0 status test verdict reason total
	local -A ran=() skipped=() mistaken=()

	shift 2
	for pattern in ${patterns//,/ }; do
		# A family stands for its tests.
		[[ $pattern == *.*.* ]] || pattern="$pattern.*"
		while read -r test; do
			# shellcheck disable=SC2053 # a pattern is wanted
			[[ $test != $pattern ]] || ((++expected))
		done <<<"$TESTS"
	done
	returns "$what" 180 iscsi_test --dataloss --allow-sanitize --Verbose-scsi \
		--test="$patterns" "$@"
	status=$?

	while read -r test verdict reason; do
		if [ "$test" = total ]; then
			total=$verdict
			continue
		fi
		ran[$test]=1
		[ "$verdict" != fail ] || ! is_mistaken "$test" "$reason" || verdict=mistaken
		say "$what: $test $verdict${reason:+: $reason}"
		case $verdict in
		pass) ;;
		skip)
			skipped[$test]=1
			may_skip "$test" "$reason" || WRONG+=("$what: $test must not skip: $reason")
			;;
		mistaken) mistaken[$test]=1 ;;
		*) WRONG+=("$what: $test: $reason") ;;
		esac
	done < <(awk -f "$(dirname "$0")/cunit.awk" "$SCRATCH/log")

	say "$what: ${#ran[@]} tests, ${#skipped[@]} of them left something out, ${#mistaken[@]} are mistaken"
	if [ "${#ran[@]}" != "$expected" ] || [ "$total" != "$expected" ]; then
		tail -n 20 "$SCRATCH/log"
		fail "$what: ${#ran[@]} tests of $expected have a result, and $total have run"
	fi
	# 1: tests have failed, on which there is a word above.
	((status <= 1)) || fail "$what: exit status $status"
	((status == 0 || ${#WRONG[@]} + ${#mistaken[@]} > 0)) || fail "$what: exit status $status"
}

# new_disk [ATTRIBUTE=VALUE...]: one that is a host's only disk.
new_disk()
{
	new_host pm/sdev_autosuspend_ms=-1 "$@"
	enable_host
	find_sg
}

TESTS=$(iscsi-test-cu --list | sed -n '/^SCSI\..*\./p')
[ "$(wc -l <<<"$TESTS")" -ge 200 ] || fail "libiscsi lists too few tests: $TESTS"
WRONG=()

THIN=(lun/size=16M lun/lbpu=1 lun/lbpws=1 lun/lbpws10=1 lun/lbprz=1 lun/max_xfer=1024
	lun/write_same_max=1024 lun/rotation_rpm=1)
# Every test of an atomic write begins at an aligned block.
ATOMIC=(lun/atomic_max_length=1024 lun/atomic_align=8 lun/atomic_gran=8)

# All of it, on a thin disk. There are always two paths to it; what is done through one is a
# unit attention for the other, which the tests do not expect except where they use both.
new_store shared 16M
new_disk "${THIN[@]/lun\/size=16M/lun\/store=$STORE}" "${ATOMIC[@]}"
FIRST=$SG
new_disk "${THIN[@]/lun\/size=16M/lun\/store=$STORE}" "${ATOMIC[@]}"
SECOND=$SG
small='' large=''
for family in $(sed -n 's/^SCSI\.\([^.]*\)\..*/\1/p' <<<"$TESTS" | uniq); do
	# shellcheck disable=SC2086 # one word for each
	if printf '%s\n' $OF_ANY_LENGTH | grep -qx "$family"; then
		large+=,SCSI.$family
	elif [[ " $NOT_FOR_US MultipathIO " != *" $family "* ]]; then
		small+=,SCSI.$family
	fi
done
for command in 0x83 0x84; do
	step 'is EXTENDED COPY there' sg_opcodes --no-inquiry --opcode=$command,0 "$SG"
	[[ $OUTPUT == *'Command is NOT supported'* ]] ||
		fail "the disk has the command $command, whose tests are left out: $OUTPUT"
done
conform 'blocks of 512' "${small#,}" "$FIRST"

# What the first path has done is news for the second.
for ((try = 0; try < 16; try++)); do
	! sg_raw "$SECOND" 00 00 00 00 00 00 2>/dev/null || break
done
conform 'two paths' SCSI.MultipathIO "$FIRST" "$SECOND"

new_disk "${THIN[@]}" "${ATOMIC[@]}" lun/sector_size=4096
conform 'blocks of 4096' "${large#,}" "$SG"
remove_host

# Several logical blocks in a physical one.
new_disk "${THIN[@]}" lun/physblk_exp=3
conform 'physical blocks of 4096' SCSI.CompareAndWrite.InvalidDataOutSize,SCSI.WriteSame10,SCSI.WriteSame16,SCSI.Unmap "$SG"
remove_host

new_disk "${THIN[@]}" lun/removable=1
conform removable SCSI.Inquiry,SCSI.PreventAllow,SCSI.NoMedia,SCSI.StartStopUnit,SCSI.TestUnitReady "$SG"
remove_host

new_disk "${THIN[@]}" lun/ro=1
conform read-only SCSI.ReadOnly,SCSI.ModeSense6.AllPages "$SG"
remove_host

new_disk lun/size=16M lun/dpofua=0 lun/write_same_max=1024
conform 'fully provisioned' SCSI.CompareAndWrite.DpoFua,SCSI.GetLBAStatus,SCSI.Inquiry,SCSI.OrWrite.DpoFua,SCSI.Read10.DpoFua,SCSI.ReadCapacity16,SCSI.ReportSupportedOpcodes,SCSI.Sanitize,SCSI.Unmap,SCSI.Write10.DpoFua,SCSI.WriteAtomic16,SCSI.WriteSame10,SCSI.WriteSame16 "$SG"

for complaint in "${WRONG[@]}"; do
	say "$complaint"
done
[ "${#WRONG[@]}" = 0 ] || fail "${#WRONG[@]} complaints"
