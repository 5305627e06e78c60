#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs a command in the build root.
#
#   enter.sh CMD...
#
# Runs on the host, as root. Makes the build root first if the cache has none of
# the present recipe (root.sh). In there, on every host alike:
#
#   /rpmfault   this checkout (also the working directory)
#   /cache      ${RPMFAULT_CACHE:-${XDG_CACHE_HOME:-~/.cache}/rpmfault}
#   /ksrc       $KSRC, a kernel source tree of the user's own, where given
#
# so that what is built does not depend on where these are. CMD's exit status is
# returned; when this script ends, nothing that CMD started is left running.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
checkout=$(readlink -f "$here/../..")
# shellcheck source=selftests/vm/step.sh
source "$here/step.sh"

die() {
	printf 'rpmfault: %s\n' "$@" >&2
	exit 1
}

need_root() {
	((EUID == 0)) || die "this sets up a chroot with bind mounts and needs root, and you are $(id -un)." \
		"Run it as root: sudo -E make ${MAKECMDGOALS:-demo}"
}

# Installs mmdebstrap, the only thing needed on the host that Debian does not always have.
need_mmdebstrap() {
	command -v mmdebstrap > /dev/null && return
	command -v apt-get > /dev/null ||
		die "mmdebstrap is missing and this is not Debian: install mmdebstrap and try again."
	step "installing mmdebstrap (apt-get install)" "$logs/mmdebstrap.log" '^(Get|Unpacking|Setting up)' 30 \
		bash -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends mmdebstrap'
}

make_root() {
	# A run that was killed may have left this.
	rm -rf --one-file-system "$root.part"
	step "build root (Debian trixie, mmdebstrap)" "$logs/root.log" '^(Get|Unpacking|Setting up)' 930 \
		"$here/root.sh" "$root.part" || {
		rm -rf --one-file-system "$root.part"
		exit 1
	}
	mv "$root.part" "$root"
}

need_root
[[ ! ${KSRC:-} || -d $KSRC ]] || die "KSRC=$KSRC is not a directory."
cache=${RPMFAULT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rpmfault}
mkdir -p "$cache/logs"
cache=$(readlink -f "$cache")
# The logs of the last runs are kept, and those that a run may still write to.
find "$cache/logs" -mindepth 1 -maxdepth 1 -name '20*' | sort | head -n -20 |
	xargs -r -I '{}' find '{}' -maxdepth 0 -mmin +300 | xargs -r rm -rf
run=$(date +%Y%m%d-%H%M%S)-$$
logs=$cache/logs/$run
mkdir "$logs"

export CA_BUNDLE=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
[[ -r $CA_BUNDLE ]] || CA_BUNDLE=

export RPMFAULT_STEPS=$logs/steps
root=$cache/root-$(cat "$here/root.sh" "$here/packages" | sha256sum | cut -c 1-12)
if [[ ! -d $root ]]; then
	lock "$cache/lock"
	# The one waited for may have made it.
	[[ -d $root ]] || {
		need_mmdebstrap
		make_root
	}
	exec 9>&-
fi

checkout_key=$(sha256sum <<< "$checkout" | cut -c 1-12)
# What the command may know of the host's environment.
environment=(
	HOME=/root PATH=/opt/virtme/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	LANG=C.UTF-8 TERM="${TERM:-dumb}"
	CARGO_HOME=/cache/cargo PYTHONDONTWRITEBYTECODE=1
	RPMFAULT_LOGS="/cache/logs/$run" RPMFAULT_STEPS="/cache/logs/$run/steps"
	RPMFAULT_HOST_CACHE="$cache" RPMFAULT_START="$(($(date +%s) - SECONDS))"
	RPMFAULT_CHECKOUT="$checkout_key" CARGO_TARGET_DIR="/cache/host-test/$checkout_key"
)
while IFS='=' read -r -d '' name value; do
	case $name in
	KERNEL | TESTS | TIMELINE | DEBUG | FUZZ_* | STORM_* | BENCH_* | MATRIX_* | KSRC | V | CI | RPMFAULT_CPUS | *_proxy | *_PROXY | PIP_* | CARGO_*)
		case $name in
		CARGO_HOME | CARGO_TARGET_DIR | PIP_CERT | PIP_FIND_LINKS) ;;
		*) environment+=("$name=$value") ;;
		esac
		;;
	esac
done < <(env -0)
if [[ $CA_BUNDLE ]]; then
	bundle=/etc/host-ca.crt
	environment+=(SSL_CERT_FILE="$bundle" PIP_CERT="$bundle" CARGO_HTTP_CAINFO="$bundle")
fi

# Runs as process 1 of its own process and mount namespaces: $root $checkout $cache $CA_BUNDLE $KSRC CMD...
# shellcheck disable=SC2016 # all of it is for the inner shell
inner='
set -eu
root=$1 checkout=$2 cache=$3 bundle=$4 ksrc=$5
shift 5
# What calls unshare in there wants / to be a mount point.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount --bind "$checkout" "$root/rpmfault"
mount --bind "$cache" "$root/cache"
[ -z "$ksrc" ] || mount --bind "$ksrc" "$root/ksrc"
[ -z "$bundle" ] || mount --bind "$(readlink -f "$bundle")" "$root/etc/host-ca.crt"
[ ! -e /etc/resolv.conf ] || mount --bind "$(readlink -f /etc/resolv.conf)" "$root/etc/resolv.conf"
# Not by exec: as process 1 this shell reaps what dies as an orphan.
chroot "$root" /usr/bin/env --chdir=/rpmfault "$@"
exit $?
'
unshare --mount --pid --fork --kill-child --propagation private \
	bash -c "$inner" rpmfault "$root" "$checkout" "$cache" "$CA_BUNDLE" \
	"${KSRC:+$(readlink -f "$KSRC")}" -i "${environment[@]}" "$@" <&0 &
# unshare holds back SIGINT and SIGTERM; without it, its process namespace ends at once and as a whole.
inside=$!
trap 'kill -KILL $inside' EXIT
trap 'echo; echo "interrupted"; exit 130' INT
trap 'exit 143' TERM
status=0
wait $inside || status=$?
trap - EXIT
exit $status
