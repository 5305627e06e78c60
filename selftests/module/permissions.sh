#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A user without privileges sees what a host is like and changes nothing: writes to no file, reads
# none that only acts, and makes and removes no directory.
#
# deadline: 150

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

need tool setpriv

NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --)

# try_all FILE: as nobody, for each of the directories and files in the list FILE, says what worked
# that must not, and what did not for another reason. Files cost no process: there are hundreds.
# shellcheck disable=SC2016,SC2317 # for that shell; returns calls it
try_all()
{
	"${NOBODY[@]}" bash -c '
		refused()
		{
			local message=

			if "${@:2}" 2>"$ERROR"; then
				echo "nobody may $1"
				return
			fi
			read -r message <"$ERROR"
			[[ $message == *"Permission denied"* ]] ||
				echo "nobody may not $1, but for another reason: $message"
		}
		write() { echo 1 >"$1"; }
		while read -r mode path; do
			case $mode in
			755)
				refused "make a directory in $path" mkdir "$path/0:0:9"
				refused "remove $path" rmdir "$path"
				;;
			644 | 444)
				refused "write to $path" write "$path"
				[ -r "$path" ] || echo "nobody may not read $path"
				;;
			200 | 400)
				refused "write to $path" write "$path"
				[ ! -r "$path" ] || echo "nobody may read $path"
				;;
			*) echo "$path has mode $mode" ;;
			esac
		done <"$1"' bash "$1"
}

new_host
new_store permissions 1M
mkdir "$HOST/faults/rule" || fail 'cannot make a rule'
put queue "$HOST/faults/rule/trigger"
put none "$HOST/faults/rule/action"
put 1 "$HOST/faults/rule/enable"
enable_host

find "$RPMFAULT" -printf '%m %p\n' >"$SCRATCH/list"
count=$(grep -vc '^755' "$SCRATCH/list")
[ "$count" -ge 200 ] || fail "there are only $count files"
chmod 777 "$SCRATCH"
export ERROR=$SCRATCH/error
returns 'attempts' 60 try_all "$SCRATCH/list"
[ -z "$OUTPUT" ] || fail "$OUTPUT"
for file in enable trigger; do
	[ "$(stat -c %a "$HOST/faults/rule/$file")" = 644 ] || fail "$file is not what its owner writes"
done
[ "$(stat -c %a "$HOST/faults/rule/wait")" = 400 ] || fail 'anybody may wait, and hold up rmdir'

expect "$HOST/state" running
expect "$HOST/faults/rule/enable" 1
"${NOBODY[@]}" cat "/sys/kernel/debug/rpmfault/${HOST##*/}/events" >/dev/null 2>&1 &&
	fail 'nobody may read the events'
exit 0
