#!/usr/bin/env bash
# Lays out the root folder of Weir's image: the program, the libraries it asks for, the roots of trust, and the names of one
# unprivileged user. No shell, no package manager. Dockerfile and image.sh both take their content from here.
#
#   deploy/image-root.sh FOLDER [PROGRAM]    FOLDER must not exist; PROGRAM defaults to build/release/weir
#
# Must run as root: the program gets the file capability with which the user may bind ports below 1024.
set -euo pipefail

usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
fail() { printf 'image-root: %s\n' "$*" >&2; exit 1; }

[[ ${1:-} != -h && ${1:-} != --help ]] || { usage; exit 0; }
[[ $# -ge 1 && $# -le 2 ]] || { usage >&2; exit 2; }
readonly root=$1 program=${2:-$(cd "$(dirname "$0")/.." && pwd)/build/release/weir}
readonly user=65532
[[ ! -e $root ]] || fail "$root exists"
[[ -x $program ]] || fail "$program is not there: cmake/build.sh release weir"

# Absolute paths of the libraries and the loader, as the program will ask for them.
libraries() {
  local listing
  listing=$(ldd "$program")
  ! grep 'not found' <<<"$listing" >&2 || fail "libraries are missing (above)"
  awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' <<<"$listing" | sort -u
}

copy_libraries() {
  local library
  while read -r library; do
    # /lib is a link to /usr/lib in the distribution; in the image both are folders, and each library lies where it is asked for.
    install -D -m 755 "$(realpath "$library")" "$root$library"
  done < <(libraries)
}

install -d -m 755 "$root"/{etc/ssl/certs,usr/bin,tmp}
copy_libraries
install -m 755 "$program" "$root/usr/bin/weir"
strip --strip-debug "$root/usr/bin/weir"
setcap cap_net_bind_service=+ep "$root/usr/bin/weir"
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0::/:/\nweir:x:%s:%s::/:/\n' $user $user >"$root/etc/passwd"
printf 'root:x:0:\nweir:x:%s:\n' $user >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
