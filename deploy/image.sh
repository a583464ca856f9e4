#!/usr/bin/env bash
# Builds Weir's image without a daemon and without a base image: what deploy/image-root.sh lays out, from the packages of this
# Debian or Ubuntu, as one layer of an OCI archive. The same content gives the same bytes.
#
#   deploy/image.sh FILE.tar [TAG]    TAG defaults to weir:VERSION
#
#   podman load -i FILE.tar                      or  ctr -n k8s.io images import FILE.tar
#   kind load image-archive FILE.tar             or  skopeo copy oci-archive:FILE.tar docker://REGISTRY/weir:TAG
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() { sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
[[ ${1:-} != -h && ${1:-} != --help ]] || { usage; exit 0; }
[[ $# -ge 1 && $# -le 2 ]] || { usage >&2; exit 2; }

"$here/../tests/packages.sh" build image
"$here/../cmake/build.sh" release weir
version=$("$here/../build/release/weir" version | awk '{ print $2 }')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/image-root.sh" "$work/root"
python3 "$here/oci_archive.py" "$work/root" "$1" "${2:-weir:$version}"
