#!/usr/bin/env bash
# Measures Weir beside nginx and HAProxy on this machine: installs them, builds the release, runs every workload in turn on
# all of them, prints the tables and writes bench/RESULTS.md. Takes about ten minutes; everything listens on 127.0.0.1.
#
#   bench/run.sh [--only=small,tls,...] [--rounds=5] [--seconds=1.2] [--workers=1] [--report=FILE] [--weir=PROGRAM]
#   bench/run.sh --help    the workloads and what the figures mean
#
# bench/RESULTS.md is written by a run of everything; one of --only writes only where --report says.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

report=(--report "$root/bench/RESULTS.md")
for argument in "$@"; do
  case $argument in
    -h | --help) exec python3 "$root/bench/compare.py" --help ;;
    --only=*) report=() ;;
    --only) printf 'bench: write --only=NAMES\n' >&2; exit 2 ;;
  esac
done
"$root/tests/packages.sh" build test bench
"$root/cmake/build.sh" release weir bench-backend bench-load
exec python3 "$root/bench/compare.py" --build "$root/build/release" "${report[@]}" "$@"
