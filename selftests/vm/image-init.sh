#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The first process of a machine whose root is its own (image.sh).
#
#   image-init.sh SCRIPT
#
# Runs SCRIPT with the second serial port as its output, and switches the machine off.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
output=/dev/ttyS1

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t configfs configfs /sys/kernel/config
for directory in /tmp /run; do
	mount -t tmpfs tmpfs "$directory"
done
# Bash wants the first of these, and others the rest.
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr

stty -F "$output" raw -echo
bash "$1" </dev/null >"$output"
# Waits for what is still on its way.
stty -F "$output" sane
echo o >/proc/sysrq-trigger
# The kernel does not live without this process.
exec sleep infinity
