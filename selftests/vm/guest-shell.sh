#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The shell of `make vm`: loads the module that the kernel command line names as
# rpmfault_module=, says what to do with it, and becomes an interactive bash.

module=$(grep -o 'rpmfault_module=[^ ]*' /proc/cmdline)
insmod "${module#*=}" && cat << HELP

rpmfault is loaded on Linux $(uname -r). A disk, and a resume that fails:

  cd /sys/kernel/config/rpmfault && mkdir h0 h0/luns/0:0:0 && echo 1 > h0/enable
  mkdir h0/faults/f && cd h0/faults/f
  echo rpm_resume > trigger; echo errno > action; echo EIO > errno; echo 1 > enable

/rpmfault is the checkout, /src the kernel's sources. Leave with: exit
HELP
exec bash -i
