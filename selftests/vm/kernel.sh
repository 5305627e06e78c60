#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds a kernel under test, and runs commands with it in place.
#
#   kernel.sh NAME           make sure that kernel NAME is built
#   kernel.sh NAME CMD...    the same, then run CMD with its sources on /src and
#                            its objects on /obj
#   kernel.sh --built NAME   tell by the exit status whether it is built already
#   kernel.sh --update       upgrade the root's packages, fetch the newest sources
#
# Runs in the root (enter.sh). NAME is `stock`, the kernel as it comes; `fixed`,
# that with patches/fix/*.patch; NN, that with patches/undo/NN-*.patch; or NN+MM,
# that with both. It comes from Debian's linux-source package of the series below, the newest when
# it was first fetched, or from the tree /ksrc when KSRC is set. DEBUG=X adds
# the options of config.X.
#
# A built kernel is /cache/kernel/NAME-KEY/, where KEY is a hash of all that it
# is made from. Sources and objects are always seen as /src and /obj, so a
# patched kernel starts from a copy of stock's objects and make rebuilds just
# what the patch touches. What an earlier, killed run has built is gone on from. Of a
# patched kernel only what is needed to boot it and to build modules is kept.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
# shellcheck source=selftests/vm/step.sh
source "$here/step.sh"

series=7.3
# Part of every key: to be raised when a change below makes other kernels.
recipe=1
debug=${DEBUG:-}
built_only=
if [[ $1 == --built ]]; then
	built_only=1
	shift
fi
name=$1
shift

die() {
	printf 'rpmfault: %s\n' "$@" >&2
	exit 1
}

# Fetches and unpacks the newest linux-source package into /cache/src/VERSION.
fetch() {
	local part=/cache/src/.part deb version

	rm -rf "$part" && mkdir -p "$part/tree"
	cd "$part"
	apt-get update
	apt-get download "linux-source-$series"
	deb=$(echo *.deb)
	version=${deb#*_} version=${version%_*}
	if [[ ! -d /cache/src/$version ]]; then
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xO "./usr/src/linux-source-$series.tar.xz" |
			xz -dc -T0 |
			tar -xv -C "$part/tree" --strip-components=1
		mv "$part/tree" "/cache/src/$version"
	fi
	ln -sfn "$version" /cache/src/current
	rm -rf "$part"
}

fetch_step() (
	lock /cache/lock
	# The one waited for may have fetched it.
	[[ ! -L /cache/src/current || $name == --update ]] || return 0
	step "kernel sources (linux-source-$series)" "$RPMFAULT_LOGS/source.log" / 101000 \
		bash -c "set -euo pipefail; series=$series; $(declare -f fetch); fetch" ||
		die "the package linux-source-$series cannot be fetched from trixie-backports." \
			"Is the Debian mirror reachable? KSRC=/path uses a kernel tree of your own instead."
)

# Prints the directory of the unpatched sources.
source_dir() {
	if [[ ${KSRC:-} ]]; then
		echo /ksrc
	else
		readlink -f /cache/src/current
	fi
}

fragments() {
	echo "$here/config"
	[[ ! $debug ]] || echo "$here/config.$debug"
}

# Prints the patches of kernel $1, in the order to apply them; false if there is no such kernel.
patches() {
	local part parts

	case $1 in
	stock) ;;
	fixed) find "$top/patches/fix" -name '*.patch' | sort ;;
	*)
		IFS=+ read -ra parts <<< "$1"
		for part in "${parts[@]}"; do
			[[ $part =~ ^[0-9][0-9]$ ]] && compgen -G "$top/patches/undo/$part-*.patch" || return 1
		done
		;;
	esac
}

# Prints the kernel whose modules fit kernel $1: stock, as long as no patch changes what they are made from.
modules_of() {
	local list

	mapfile -t list < <(patches "$1")
	if ((${#list[@]})) && grep -hE '^\+\+\+ ' "${list[@]}" | grep -qE '/(include|rust|scripts|tools)/|/(Kconfig|Makefile)'; then
		echo "$1"
	else
		echo stock
	fi
}

# Prints the directory that kernel $1 is or will be built in.
kernel_dir() {
	local key
	key=$({
		echo "$recipe $1 $(source_dir) ${KSRC:-}"
		clang --version && ld.lld --version && rustc --version && bindgen --version
		fragments | xargs cat
		patches "$1" | xargs -r cat
	} | sha256sum | cut -c 1-12)
	echo "/cache/kernel/$1${debug:+-$debug}-$key"
}

# Runs a command with the sources $1 on /src and the objects $2 on /obj.
with() {
	local src=$1 obj=$2
	shift 2
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount bash -c 'mount --bind "$1" /src && mount --bind "$2" /obj && shift 2 && exec "$@"' \
		with "$src" "$obj" "$@"
}

# Writes /obj/.config; fails naming each option of a fragment that did not make it.
configure() {
	local line option missing=0

	make -C /src O=/obj LLVM=1 tinyconfig
	(cd /src && scripts/kconfig/merge_config.sh -m -O /obj /obj/.config "$@")
	make -C /src O=/obj LLVM=1 olddefconfig
	while read -r line; do
		option=${line%%=*}
		if [[ $line == *=n ]]; then
			! grep -q "^$option=" /obj/.config
		else
			grep -Fqx "$line" /obj/.config
		fi || {
			echo "the kernel does not take $line of the config fragments: it has" \
				"$(grep -E "^(# )?${option}[ =]" /obj/.config || echo "no $option")"
			missing=1
		}
	done < <(cat "$@" | grep -E '^CONFIG_')
	return $missing
}

compile() {
	if [[ ! -e /obj/configured ]]; then
		configure "$@"
		touch /obj/configured
	fi
	make -C /src O=/obj LLVM=1 -j"$(nproc)" bzImage modules
}

# Makes a copy of the sources $1 in $2 with the patches $3... applied.
patched_copy() {
	local from=$1 to=$2 patch
	shift 2

	rm -rf "$to"
	if [[ ${KSRC:-} ]]; then
		# Not linked: an editor may write into the user's files. Times are kept, for make.
		rsync -a --exclude=.git "$from/" "$to/"
	else
		# patch(1) puts a new file in place of what it changes, so links are safe.
		cp -al "$from" "$to"
	fi
	for patch; do
		echo "applying ${patch#"$top"/}"
		patch -d "$to" -p1 --no-backup-if-mismatch --forward < "$patch" || {
			echo "${patch#"$top"/} does not apply to $(make -s -C "$from" kernelversion)"
			return 1
		}
	done
}

# Drops what make leaves in the objects $1 for its next run. With it a kernel is three times as large.
trim() {
	find "$1" -type f \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' -o -name '.tmp_vmlinux*' \
		-o -name vmlinux.unstripped -o -path '*/boot/compressed/vmlinux*' \) -delete
}

# Builds kernel $1 unless it is there. In a shell of its own, which holds the lock.
build() (
	kernel=$1 about=2530
	dir=$(kernel_dir "$kernel")
	part=$dir.part
	mkdir -p /cache/kernel
	lock "$dir.lock"
	mapfile -t list < <(patches "$kernel")
	# A tree of the user's own may have changed: that is for make to find out.
	if [[ -d $dir ]]; then
		[[ ${KSRC:-} ]] || return 0
		mv "$dir" "$part"
	fi

	src=$(source_dir)
	mkdir -p "$part/obj"
	if [[ $kernel != stock ]]; then
		build stock
		if [[ ! -e $part/obj/configured ]]; then
			cp -a "$(kernel_dir stock)/obj" "$part/obj.copy"
			rm -rf "$part/obj" && mv "$part/obj.copy" "$part/obj"
		fi
		# What make has built from the copy is newer than the patches.
		if [[ ! -d $part/src || ${KSRC:-} ]]; then
			step "sources of $kernel (${#list[@]} patches)" "$RPMFAULT_LOGS/patch-$kernel.log" \
				'^patching' "${#list[@]}" patched_copy "$src" "$part/src.copy" "${list[@]}"
			rm -rf "$part/src" && mv "$part/src.copy" "$part/src"
		fi
		src=$part/src about=60
	fi
	step "kernel $kernel${debug:+ ($debug)}" "$RPMFAULT_LOGS/build-$kernel.log" '^  [A-Z]' $about \
		with "$src" "$part/obj" "$0" --compile "$(fragments | paste -sd' ')"
	mv "$part" "$dir"
	# Stock is what the others start from, and a tree of the user's own may change.
	[[ $kernel == stock || ${KSRC:-} ]] || trim "$dir/obj"
)

case $name in
--compile)
	read -ra files <<< "$1"
	compile "${files[@]}"
	exit
	;;
--update)
	step "packages of the build root" "$RPMFAULT_LOGS/upgrade.log" '^(Get|Setting up)' 100 \
		bash -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y dist-upgrade'
	fetch_step
	echo "the kernel sources are those of $(readlink /cache/src/current) now"
	exit
	;;
*)
	patches "$name" > /dev/null ||
		die "there is no kernel '$name'. There are stock, fixed, and what the patches in patches/undo make of" \
			"stock: NN, or NN+MM for two of them. These are:" \
			"$(find "$top/patches/undo" -name '*.patch' -printf '%f\n' | sort | sed 's/\.patch$//')"
	;;
esac
[[ ! ${KSRC:-} || -e /ksrc/Kconfig ]] || die "KSRC=$KSRC is not a kernel source tree."
[[ ! $debug || -e $here/config.$debug ]] || die "DEBUG=$debug is unknown: there is no config.$debug."

if [[ $built_only ]]; then
	# Without sources there is nothing that it would be built from.
	[[ (${KSRC:-} || -L /cache/src/current) && -d $(kernel_dir "$name") ]]
	exit
fi

# Once in a run is enough: the run's log directory remembers.
built=$RPMFAULT_LOGS/kernel-$name
if [[ ! -L $built ]]; then
	[[ ${KSRC:-} || -L /cache/src/current ]] || fetch_step
	[[ -d $(kernel_dir "$name") && ! ${KSRC:-} ]] || build "$name"
	ln -s "$(kernel_dir "$name")" "$built"
fi
(($#)) || exit 0
src=$built/src
[[ -d $src ]] || src=$(source_dir)
with "$src" "$built/obj" \
	env RPMFAULT_NAME="$name" RPMFAULT_KERNEL="$(basename "$(readlink -f "$built")")" \
	RPMFAULT_MODULES="$(basename "$(kernel_dir "$(modules_of "$name")")")" "$@"
