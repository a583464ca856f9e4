#!/usr/bin/env bash
# Fails when a small request costs more system calls or user instructions than it may. A test (label cost): the figures do
# not depend on how busy the machine is. The limits stand here and nowhere else.
#
#   bench/cost_gate.sh [BUILD_DIRECTORY]    a release build; build/release without one
set -euo pipefail

readonly max_system_calls=4.3        # epoll_wait is shared by requests: receive, send, receive, send and a little
readonly max_instructions=7000
readonly max_tls_instructions=24000  # most of it is OpenSSL

here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/cost.py" --build "${1:-$here/../build/release}" --max-system-calls "$max_system_calls" \
  --max-instructions "$max_instructions" --max-tls-instructions "$max_tls_instructions"
