#!/usr/bin/env bash
# Installs what Weir needs from the distribution's packages: Debian 12, Debian 13, Ubuntu 24.04.
# When everything is there it asks dpkg once and ends, without touching apt: other scripts call it each time.
#
#   tests/packages.sh [GROUP]...    groups: build, try, test, image, bench, fuzz; without one: build and test
set -euo pipefail

build=(g++ cmake ninja-build pkg-config libssl-dev libre2-dev libyaml-dev libc-ares-dev zlib1g-dev libfmt-dev libspdlog-dev
       libcli11-dev libcpp-httplib-dev libgtest-dev libgmock-dev python3)
try=(curl openssl ca-certificates)                        # what deploy/quickstart.sh calls
test=(binutils curl openssl ca-certificates iproute2 libcap2-bin python3 python3-yaml nginx procps strace util-linux valgrind wrk)
image=(binutils ca-certificates libcap2-bin python3)             # what deploy/image.sh calls
bench=(curl openssl ca-certificates haproxy libbenchmark-dev nginx python3 strace util-linux
       valgrind wrk)
fuzz=(clang llvm)

say() { printf '[packages] %s\n' "$*"; }
fail() { printf '[packages] %s\n' "$*" >&2; exit 1; }

usage() { sed -n '2,5s/^# \{0,1\}//p' "$0"; }

# Debian 12 keeps 1.81 beside its default 1.74, which is too old for us; later releases have a newer default.
add_boost() {
  if grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; then build+=(libboost1.81-dev); else build+=(libboost-dev); fi
}

# Prints those of the given packages that are not installed.
missing_of() {
  local installed package
  # dpkg-query fails when it has never heard of one of them: that one is missing, which is no failure here.
  installed=" $({ dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } |
                awk '$2 == "installed" { print $1 }' | tr '\n' ' ') "
  for package in "$@"; do
    [[ $installed == *" $package "* ]] && continue
    [[ $package == pkg-config ]] && command -v pkg-config >/dev/null && continue  # pkgconf brings it on newer releases
    printf '%s\n' "$package"
  done
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
  elif command -v sudo >/dev/null; then sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
  else fail "missing packages, and neither root nor sudo: as root, run: apt-get install --no-install-recommends ${missing[*]}"
  fi
}

# apt-get waits for the lock of dpkg when asked, but not for the one of its package lists: an update that another one
# holds up is asked again for ten minutes. Any other failure is one at once.
update_lists() {
  local attempt output
  for attempt in $(seq 1 120); do
    if output=$(as_root apt-get -q -o DPkg::Lock::Timeout=600 update 2>&1); then return 0; fi
    grep -q 'Could not get lock' <<<"$output" || break
    [[ $attempt -eq 1 ]] && say "waiting for another apt to finish"
    sleep 5
  done
  printf '%s\n' "$output" >&2
  fail "apt-get update failed (above)"
}

# nginx and haproxy would start as services when installed; the tests and benchmarks start their own, on free ports.
readonly service_policy=/usr/sbin/policy-rc.d
keep_services_stopped() {
  [[ ! -e $service_policy ]] || return 0
  trap 'as_root rm -f "$service_policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$service_policy" >/dev/null
  as_root chmod 755 "$service_policy"
}

install_missing() {
  say "installing ${#missing[@]} packages: ${missing[*]}"
  update_lists
  keep_services_stopped
  as_root apt-get -y -q -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -o APT::Color=0 \
    install --no-install-recommends "${missing[@]}" </dev/null |
    awk '/^(Need to get|After this)/ { print "[packages] " $0; fflush() }
         /^Setting up/ { if (++n % 25 == 0) { print "[packages] " n " set up"; fflush() } }' ||
    fail "apt-get install failed; run it by hand to see why: apt-get install ${missing[*]}"
  local left
  left=$(missing_of "${wanted[@]}" | tr '\n' ' ')
  [[ -z $left ]] || fail "still missing after the installation: $left"
  say "all packages are there"
}

[[ -r /etc/os-release ]] && command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this is neither Debian nor Ubuntu; install what README.md names, then build with cmake --preset release"
add_boost
wanted=()
[[ $# -gt 0 ]] || set -- build test
for group in "$@"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    try) wanted+=("${try[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    image) wanted+=("${image[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    -h | --help) usage; exit 0 ;;
    *) printf '%s: unknown group\n' "$group" >&2; usage >&2; exit 2 ;;
  esac
done
mapfile -t missing < <(missing_of "${wanted[@]}")
[[ ${#missing[@]} -eq 0 ]] || install_missing
