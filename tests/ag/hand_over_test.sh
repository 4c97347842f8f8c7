#!/bin/bash
# ./ag as root in somebody's checkout gives them what it made, and nothing else: a hard or symbolic link
# that they left must not get them a file from outside.
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)"
if ((EUID != 0)); then
  echo "SKIP: only root can give files away"
  exit 77
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
broken=0
owner_is() {  # what, expected owner, path
  local found
  found="$(stat -c %u "$3")"
  if [[ $found != "$2" ]]; then
    echo "BROKEN $1: owned by $found, expected $2"
    broken=1
  fi
}

owner=4321
checkout="$work/checkout"
mkdir -p "$checkout/build/sub" "$checkout/cmake" "$work/outside/folder"
cp "$root/cmake/hand_over.py" "$checkout/cmake/"
touch "$work/outside/secret" "$work/outside/folder/file" "$checkout/build/sub/made" "$checkout/build/theirs"
ln "$work/outside/secret" "$checkout/build/hard"
ln -s "$work/outside/secret" "$checkout/build/soft"
ln -s "$work/outside/folder" "$checkout/build/folder"
ln -s "$work/outside/folder" "$checkout/runs"
mkfifo "$checkout/build/fifo"
chown 77:77 "$checkout/build/theirs"
chown "$owner:$owner" "$checkout"

(
  . "$root/ag"
  trap - EXIT
  ROOT="$checkout"
  hand_over
)
owner_is "a file that root made" "$owner" "$checkout/build/sub/made"
owner_is "a folder that root made" "$owner" "$checkout/build"
owner_is "another user's file" 77 "$checkout/build/theirs"
owner_is "a file outside, by a hard link" 0 "$work/outside/secret"
owner_is "a file outside, by a folder's link" 0 "$work/outside/folder/file"
owner_is "a folder outside, by a link" 0 "$work/outside/folder"
exit $broken
