# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# pci.sh: the verbs of the scenarios in pci/, on top of lib.sh.
#
# They reset buses, so they touch nothing but the two PCIe switches that the machine has for them
# (MACHINE in vm/vm.py), which are known by QEMU's PCI test devices below them:
#
#   $BUS   root port without a slot -> $BUS_SWITCH -> port -> test device
#                                                  -> port -> PCI bridge -> test device
#   $SLOT  root port with a slot -> $SLOT_SWITCH -> port with a slot -> test device
#                                                -> port -> $HELD, a virtio device with a 9p file system

# shellcheck source=selftests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PCI=/sys/bus/pci/devices
PROBES=/sys/kernel/tracing/kprobe_events
HELD_TAG=rpmfault-held
HELD_DRIVER=/sys/bus/pci/drivers/virtio-pci

# find_switches: skips on a machine without them. Besides the names above it sets BUS_LEAVES, the test
# devices below $BUS.
# shellcheck disable=SC2034 # for the scenario
find_switches()
{
	local dir path parts

	BUS='' SLOT='' HELD='' BUS_LEAVES=()
	for dir in "$PCI"/*; do
		path=$(readlink -f "$dir")
		IFS=/ read -ra parts <<<"${path#/sys/devices/pci*/}"
		((${#parts[@]} >= 4)) || continue
		case $(hang_value "$dir/vendor" "$dir/device") in
		'0x1b36 0x0005')
			if grep -qsxF "${parts[1]%.*}" /sys/bus/pci/slots/*/address; then
				SLOT=${parts[0]} SLOT_SWITCH=${parts[1]}
			else
				BUS=${parts[0]} BUS_SWITCH=${parts[1]}
				BUS_LEAVES+=("${dir##*/}")
			fi
			;;
		'0x1af4 0x1049') HELD=${dir##*/} ;;
		esac
	done
	[ "${#BUS_LEAVES[@]}" = 2 ] || skip "no PCIe switch with two of QEMU's pci-testdev below"
	[ -n "$SLOT" ] || skip "no hot-plug slot with a PCIe switch and one of QEMU's pci-testdev in it"
	[ -n "$HELD" ] || skip "no 9p over virtio in the slot below $SLOT"
}

# port_of DEVICE: the bridge above it.
port_of()
{
	local path

	path=$(readlink -f "$PCI/$1")
	path=${path%/*}
	printf %s "${path##*/}"
}

# ---- locks

# watch_locks: what is locked, and which bridges reset their bus, counts from now on.
watch_locks()
{
	[ -w "$PROBES" ] || skip 'no kprobe events (CONFIG_KPROBE_EVENTS)'
	if ! grep -q t_pci/ "$PROBES"; then
		# A lock is traced once it is taken, and before it is given back.
		# shellcheck disable=SC2016 # the kernel's variables
		printf '%s\n' >>"$PROBES" \
			'r:t_pci/lock pci_cfg_access_lock dev=$arg1:x64' \
			'r:t_pci/trylock pci_cfg_access_trylock dev=$arg1:x64 got=$retval:u8' \
			'p:t_pci/unlock pci_cfg_access_unlock dev=$arg1:x64' \
			'p:t_pci/reset pcibios_reset_secondary_bus dev=$arg1:x64' ||
			fail 'the locks of PCI devices cannot be traced'
	fi
	listen 't_pci:*'
}

# expect_locked RESETS: so many buses were reset since watch_locks, all below a locked bridge, and
# every lock was given back.
expect_locked()
{
	local found

	found=$(awk '
		match($0, /dev=0x[0-9a-f]+/) { dev = substr($0, RSTART, RLENGTH) }
		/ lock: \(/ || / trylock: .* got=1/ { held[dev]++ }
		/ unlock: \(/ { held[dev]-- }
		/ reset: \(/ { resets++; open += held[dev] < 1 }
		END {
			for (dev in held)
				left += held[dev] != 0
			printf "%d buses reset, %d of them unlocked, %d locks left", resets, open, left
		}' "$WATCH/trace")
	[ "$found" = "$1 buses reset, 0 of them unlocked, 0 locks left" ] ||
		fail "$found: $(grep -v '^#' "$WATCH/trace" | tail -n 40)"
	expect_silence 'unlocked secondary bus reset'
}

# ---- resets

# reset_below BRIDGE: and the devices below it are as before.
reset_below() { step "reset below $1" 20 put 1 "$PCI/$1/reset_subordinate"; }

# reset_refused BRIDGE: somebody has locked something below it.
reset_refused()
{
	! returns "refused reset below $1" 20 put 1 "$PCI/$1/reset_subordinate" ||
		fail "the bus below $1 was reset, with a device locked"
	[[ $OUTPUT == *'Resource temporarily unavailable'* ]] || fail "reset below $1: $OUTPUT"
}

# expect_present: all devices answer.
expect_present()
{
	local device id

	for device; do
		id=$(od -An -tx2 -N4 "$PCI/$device/config") || fail "$device is gone"
		[ "$id" = ' 1b36 0005' ] || fail "$device answers with$id"
	done
}

# ---- a lock that is held

# hold_leaf: the device lock of $HELD is held until release_leaf: its driver is being unbound, which
# waits for the file system to be unmounted.
hold_leaf()
{
	[ -d "$HELD_DRIVER/$HELD" ] || put "$HELD" "$HELD_DRIVER/bind" || fail "$HELD has no driver"
	mkdir -p "$SCRATCH/held"
	step 'mount' mount -t 9p -o trans=virtio,ro "$HELD_TAG" "$SCRATCH/held"
	start 'unbind' put "$HELD" "$HELD_DRIVER/unbind"
	wait_for 10 "the lock of $HELD to be held" waits_in unbind p9_virtio_remove
}

release_leaf()
{
	step 'umount' 30 umount "$SCRATCH/held"
	join 'unbind' || fail "unbinding $HELD: $OUTPUT"
}

# leaf_idle: $HELD has no driver, which would not like to be reset.
leaf_idle() { [ ! -e "$PCI/$HELD/driver" ] || step "unbind $HELD" put "$HELD" "$HELD_DRIVER/unbind"; }

# waits_in NAME FUNCTION: what start NAME began sleeps there.
waits_in() { grep -qs "$2" "/proc/${JOB[$1]}/stack"; }

# ---- errors

# inject_fatal PORT: PORT, named as 0000:00:10.0, reports a fatal error (data link protocol).
inject_fatal()
{
	local domain bus device function

	[ -w /dev/aer_inject ] || skip 'the kernel has no /dev/aer_inject (CONFIG_PCIEAER_INJECT)'
	IFS=:. read -r domain bus device function <<<"$1"
	# struct aer_error_inj: device, uncorrectable and correctable errors, header log, domain.
	# shellcheck disable=SC2016 # Perl's variables
	step "inject an error into $1" perl -e '
		open my $inject, ">", "/dev/aer_inject" or die "$!\n";
		syswrite $inject, pack "C3xL7", hex $ARGV[0], hex $ARGV[1], hex $ARGV[2], 0x10, 0, 0, 0, 0, 0, hex $ARGV[3]
			or die "$!\n";' "$bus" "$device" "$function" "$domain"
}

# recovered PORT: the handler of the error that was injected has reset the bus below, and is through.
recovered()
{
	step "recovery of $1" until_said "pcieport $1: .*device recovery (successful|failed)"
	expect_said "pcieport $1: .* Port link has been reset \(0\)"
}
# For step, whose deadline it has.
until_said() { until in_log "$1"; do nap 0.1; done; }

# scan_again PORT SWITCH: the devices below PORT, which were reset and nobody restored, are found again.
scan_again()
{
	step "remove $2" 20 put 1 "$PCI/$2/remove"
	step "rescan below $1" 20 put 1 "$PCI/$1/rescan"
	find_switches
}

# Called by lib.sh.
clean_up()
{
	! mountpoint -q "$SCRATCH/held" || release_leaf
	if [ -n "${HELD:-}" ] && [ ! -e "$PCI/$HELD/driver" ]; then
		put "$HELD" "$HELD_DRIVER/bind" || say "$HELD has no driver any more"
	fi
	[ -z "$WATCH" ] || : >"$WATCH/set_event"
	[ ! -w "$PROBES" ] || ! grep -q t_pci/ "$PROBES" ||
		printf -- '-:t_pci/%s\n' lock trylock unlock reset >>"$PROBES"
}
