#!/usr/bin/env bash
# Configures a preset the first time, then builds targets of it: cmake/build.sh PRESET [TARGET]...
# Later runs leave configuring to ninja, which does it when a CMakeLists.txt has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1; shift
export NINJA_STATUS=${NINJA_STATUS:-'[%f/%t, %es] '}
if [[ ! -f build/$preset/build.ninja ]]; then
  launcher=()
  ! command -v ccache >/dev/null || launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  mkdir -p build
  cmake --preset "$preset" "${launcher[@]}" >"build/$preset-configure.log" 2>&1 ||
    { cat "build/$preset-configure.log" >&2; exit 1; }
fi
cmake --build --preset "$preset" ${1:+--target "$@"}
