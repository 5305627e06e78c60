#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tells whether rpmfault.ko can be built against a kernel.
#
#   preflight.sh KDIR
#
# KDIR is the kernel's object tree. Prints nothing and exits 0 if all is there;
# otherwise names the first thing that is missing and what to do about it.
# RUSTC and BINDGEN name the tools, as for the kernel's own build.

set -euo pipefail

kdir=$1
config=$kdir/include/config/auto.conf
rustc=${RUSTC:-rustc}
bindgen=${BINDGEN:-bindgen}
min_kernel=7.2
min_bindgen=0.71.1

# Prints what is missing, then what to do about it, and ends.
missing() {
	printf 'preflight: %s\n' "$1"
	shift
	printf '           %s\n' "$@"
	exit 1
} >&2

# Tells whether version $1 is at least $2.
at_least() {
	printf '%s\n%s\n' "$2" "$1" | sort -V -C
}

need_tree() {
	[[ -e $kdir/Makefile ]] ||
		missing "there is no kernel to build for: $kdir has no Makefile." \
			"Give the object tree of a kernel with make KDIR=/path," \
			"or run make demo, which builds a kernel of its own."
	[[ -e $config ]] ||
		missing "the kernel in $kdir is not configured: it has no include/config/auto.conf." \
			"Configure it with CONFIG_RUST=y and build it (make LLVM=1)."
}

need_version() {
	local release
	release=$(cat "$kdir/include/config/kernel.release" 2> /dev/null) ||
		missing "the kernel in $kdir is not built: it has no include/config/kernel.release." \
			"Build it (make LLVM=1), or at least make LLVM=1 modules_prepare."
	at_least "${release%%-*}" "$min_kernel" ||
		missing "the kernel in $kdir is $release, and rpmfault needs $min_kernel or later." \
			"Give the object tree of a newer one with make KDIR=/path."
}

need_option() {
	grep -Eqx "$1=[ym]" "$config" ||
		missing "the kernel in $kdir has no $1: rpmfault $2." \
			"Set $1=y in its configuration and build it again${3:+; $3}."
}

need_rust_metadata() {
	local file
	for file in lib{core,ffi,pin_init,bindings,uapi,kernel,zerocopy}.rmeta libmacros.so; do
		[[ -e $kdir/rust/$file ]] ||
			missing "the kernel in $kdir has no rust/$file, the compiled form of its Rust code." \
				"Packages with kernel headers often leave the directory rust/ out, Debian's do:" \
				"use the tree that the kernel was built in, or build one there (make LLVM=1 prepare)."
	done
	[[ -r $kdir/include/generated/rustc_cfg ]] ||
		missing "the kernel in $kdir has no include/generated/rustc_cfg." \
			"Build it (make LLVM=1 prepare)."
}

need_rustc() {
	local ours theirs
	ours=$("$rustc" --version 2> /dev/null) ||
		missing "there is no $rustc." \
			"Install the rustc that the kernel was built with, or name it with make RUSTC=/path."
	# As the compiler itself compares them; CONFIG_RUSTC_VERSION may be out of date.
	theirs=$(grep -aoEm1 'rustc [0-9]+\.[0-9.]+[^()]*\([^()]*\)' "$kdir/rust/libcore.rmeta" | head -n 1) || true
	[[ $ours == "$theirs"* ]] ||
		missing "the kernel was built with ${theirs:-an unknown rustc}, and $rustc is $ours." \
			"Rust modules need the very same compiler: put it first in PATH or name it with" \
			"make RUSTC=/path, or build the kernel again with this one."
}

need_bindgen() {
	local version header
	version=$("$bindgen" --version 2> /dev/null) ||
		missing "there is no $bindgen." \
			"Install bindgen $min_bindgen or later (apt install bindgen; cargo install bindgen-cli)."
	at_least "${version#bindgen }" "$min_bindgen" ||
		missing "$bindgen is ${version#bindgen }, and $min_bindgen or later is needed." \
			"Install a newer one (cargo install bindgen-cli) or name it with make BINDGEN=/path."
	header=$(mktemp --suffix=.h)
	"$bindgen" "$header" > /dev/null 2>&1 || {
		rm -f "$header"
		missing "$bindgen does not run on an empty header: it finds no libclang." \
			"Install libclang (apt install libclang-dev), or set LIBCLANG_PATH to its directory."
	}
	rm -f "$header"
}

need_tree
need_version
need_option CONFIG_RUST "is written in Rust" "make LLVM=1 rustavailable says what that needs"
need_option CONFIG_SCSI "is a SCSI host"
need_option CONFIG_CONFIGFS_FS "is controlled through configfs"
need_option CONFIG_PM "injects faults into runtime power management"
need_rust_metadata
need_rustc
need_bindgen
