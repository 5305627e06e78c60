#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The recipe of the build root, and of nothing else: its hash names the root.
#
#   root.sh DIR
#
# Runs on the host, as root. Makes DIR a Debian trixie with the packages listed
# in the file `packages`, with apt knowing trixie-backports (where the kernel
# sources come from), and virtme-ng and qemu.qmp in /opt/virtme. RPMFAULT_MIRROR names a
# mirror other than mmdebstrap's own choice. CA_BUNDLE, when set, is the file
# with the certificates that pip should trust.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
dir=$1
virtme_ng=1.42
qemu_qmp=0.0.5

packages=$(sed -e '/^#/d' -e '/^$/d' "$here/packages" | paste -sd,)

# The setup hook adds backports beside whatever mirror trixie itself comes from.
# shellcheck disable=SC2016 # $1 is for the hook's shell
mmdebstrap --mode=root --variant=apt --verbose \
	--aptopt='APT::Install-Recommends "false"' \
	--include="$packages" \
	--setup-hook='sed -n "s/ trixie main/ trixie-backports main/p" "$1"/etc/apt/sources.list \
		> "$1"/etc/apt/sources.list.d/backports.list' \
	trixie "$dir" ${RPMFAULT_MIRROR:+"$RPMFAULT_MIRROR"}

# What enter.sh and kernel.sh mount things on.
mkdir -p "$dir"/{rpmfault,cache,src,obj,ksrc}
: > "$dir/etc/host-ca.crt"
rm -f "$dir/etc/resolv.conf"
cat /etc/resolv.conf > "$dir/etc/resolv.conf"

# virtme-ng's init has udevd name the ports that it talks through. The real one takes
# 12 s of a boot under TCG, and reads disks under test at times of its own choice: a
# scenario that wants it starts /usr/lib/rpmfault/udevadm (lib.sh).
mkdir -p "$dir/usr/lib/rpmfault"
mv "$dir/usr/bin/udevadm" "$dir/usr/lib/rpmfault/udevadm"
rm "$dir/usr/lib/systemd/systemd-udevd"
cat > "$dir/usr/lib/systemd/systemd-udevd" << 'EOS'
#!/bin/sh
mkdir -p /dev/virtio-ports
for port in /sys/class/virtio-ports/*; do
	read -r name < "$port/name" && ln -sf "../${port##*/}" "/dev/virtio-ports/$name"
done
EOS
chmod +x "$dir/usr/lib/systemd/systemd-udevd"
ln -sf true "$dir/usr/bin/udevadm"
# Another 8 s of a boot, which come with udev.
ln -sf true "$dir/usr/bin/systemd-tmpfiles"

# pip gets the host's certificates, for a machine behind a proxy of its own.
if [[ ${CA_BUNDLE:-} ]]; then
	cat "$CA_BUNDLE" > "$dir/etc/host-ca.crt"
	export PIP_CERT=/etc/host-ca.crt
fi
# Paths of the host do not exist in there, and requests prefers its own variables.
unset PIP_FIND_LINKS SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
python3=(chroot "$dir" /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root)
"${python3[@]}" python3 -m venv /opt/virtme
"${python3[@]}" /opt/virtme/bin/pip --no-cache-dir install "virtme-ng==$virtme_ng" "qemu.qmp==$qemu_qmp"
