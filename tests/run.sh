#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: in release, the thread tests under ThreadSanitizer, and everything
# again under AddressSanitizer and UndefinedBehaviorSanitizer. Stops at the first stage that fails, so the last lines are
# always the verdict. The release binary stays at build/release/weir.
#
#   tests/run.sh            all of it
#   tests/run.sh --quick    release only
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }
say() { printf '\n[tests %s] %s\n' "$(date +%T)" "$*"; }

quick=no
for argument in "$@"; do
  case $argument in
    --quick) quick=yes ;;
    -h | --help) usage; exit 0 ;;
    *) printf '%s: unknown argument\n' "$argument" >&2; usage >&2; exit 2 ;;
  esac
done

cores=$(nproc)
# A sanitizer's finding must fail the test, also when it is found in a child that the test only stops.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}

build() {  # build PRESET [TARGET]...
  say "$1: building"
  cmake/build.sh "$@"
}

run() {  # run PRESET [CTEST ARGUMENT]...
  local preset=$1 fixed_addresses=()
  shift
  say "$preset: testing"
  # The sanitizers of GCC 12 and 13 know fewer layouts of the address space than recent kernels choose from; without
  # randomisation there is one. Containers may forbid the switch: then they run as they are.
  [[ $preset == release ]] || ! setarch -R true 2>/dev/null || fixed_addresses=(setarch -R)
  "${fixed_addresses[@]}" ctest --preset "$preset" --parallel "$cores" --no-tests=error "$@"
}

# The control plane of the cluster tests builds beside Weir: ten CPU minutes the first time, none when it is there.
build_cluster() {
  mkdir -p build
  tests/cluster/build.sh >build/cluster.log 2>&1 &
  cluster=$!
}

await_cluster() {
  wait "$cluster" || { cat build/cluster.log >&2; say "the programs of the cluster tests could not be built"; exit 1; }
  cat build/cluster.log
}

say "packages"
tests/packages.sh build test
build_cluster
build release
await_cluster
run release
[[ $quick == no ]] || exit 0
build tsan thread_tests
run tsan --label-regex '^threads$'
build dev
run dev
