#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Makes the disk of a machine whose root is its own.
#
#   image.sh IMAGE PATH...
#
# Runs in the root (enter.sh). IMAGE becomes an ext4 file system with what scenarios in such a
# machine call, and each PATH (a file, or a directory with all that is in it) in its own place. It has no
# journal, so that what a guest that mounts it with `sync` has written is to be read from IMAGE
# at once, and after any death (vm.py).

set -euo pipefail

image=$1
shift

# Debian packages, all of which the root has.
packages=(bash coreutils dash diffutils findutils grep kmod mawk mount perl-base procps sed sg3-utils
	util-linux)
lib=/usr/lib/x86_64-linux-gnu
# What a guest may add.
free_kib=65536

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
# As in Debian.
mkdir -p "$tree"/usr/{bin,sbin,lib,lib64} "$tree"/{dev,etc,proc,root,run,sys,tmp}
ln -s usr/{bin,sbin,lib,lib64} "$tree"
ln -s mawk "$tree/usr/bin/awk"

# Files are packed as what they are in /usr, whatever the package says.
mapfile -t files < <(dpkg-query -L "${packages[@]}" |
	sed -nE 's,^(/usr)?/(s?bin|lib)/(.*),/usr/\2/\3,p' | sort -u |
	while read -r file; do
		[[ -d $file ]] || echo "$file"
	done)
# ldd would run each of these. It knows the loader, which is in no such list.
mapfile -t found < <(LC_ALL=C grep -laP '\A\x7fELF' "${files[@]}")
libraries=(/usr/lib64/ld-linux-x86-64.so.2)
while ((${#found[@]})); do
	mapfile -t found < <(llvm-readelf --needed-libs "${found[@]}" |
		sed -nE "s,^  (lib.*\.so.*),$lib/\1,p" | sort -u |
		grep -vxF -f <(printf '%s\n' "${libraries[@]}"))
	libraries+=("${found[@]}")
done
# Of a link, what it points to as well.
mapfile -t files < <({
	printf '%s\n' "${files[@]}" "${libraries[@]}"
	readlink -f "${libraries[@]}"
} | sort -u)
cp -a --parents "${files[@]}" "$@" "$tree"

size_kib=$(du -sk "$tree" | cut -f1)
mke2fs -q -t ext4 -b 4096 -O ^has_journal -m 0 -d "$tree" "$image" $((size_kib + free_kib))k
