#!/usr/bin/env bash
# Builds the programs of the cluster tests from Go modules at the versions that their go.mod pins: a control plane (etcd,
# kube-apiserver, kube-controller-manager, kubectl), the pod runner and helm. They lie outside the tree, each under the hash of
# its sources, so a second run finds them; without Go, one line says what is left out. The first time takes 10 CPU minutes.
#
#   tests/cluster/build.sh            builds what is missing
#   tests/cluster/build.sh --where    prints the folder with the programs, and builds nothing
set -euo pipefail
cd "$(dirname "$0")"

readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}/weir-tests
readonly modules=(controlplane podrunner helm)
readonly keep_days=30

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }
say() { printf '[cluster %s] %s\n' "$(date +%T)" "$*"; }

hash_of() { cat "$1"/go.mod "$1"/go.sum "$1"/*.go build.sh 2>/dev/null | sha256sum | cut -c1-16; }
folder_of() { printf '%s/%s-%s' "$cache" "$1" "$(hash_of "$1")"; }

where() {
  local module
  printf '%s/bin-%s\n' "$cache" "$(for module in "${modules[@]}"; do hash_of "$module"; done | sha256sum | cut -c1-16)"
}

version_of() { awk -v module="$1" '{ sub(/^require /, "") } $1 == module { print $2; exit }' "$2/go.mod"; }

# Without its version the server calls itself v0.0.0-master, at which clients stumble; and helm takes every cluster for 1.20.
linker_flags() {
  local version
  case $1 in
    controlplane)
      version=$(version_of k8s.io/kubernetes "$1")
      printf -- ' -X k8s.io/component-base/version.%s' "gitVersion=$version" gitMajor=1 \
        "gitMinor=$(cut -d. -f2 <<<"$version")" gitTreeState=clean ;;
    helm)
      printf -- ' -X helm.sh/helm/v3/%s' "internal/version.version=$(version_of helm.sh/helm/v3 "$1")" \
        pkg/chartutil.k8sVersionMajor=1 pkg/lint/rules.k8sVersionMajor=1 \
        "pkg/chartutil.k8sVersionMinor=$(version_of k8s.io/kubernetes controlplane | cut -d. -f2)" \
        "pkg/lint/rules.k8sVersionMinor=$(version_of k8s.io/kubernetes controlplane | cut -d. -f2)" ;;
  esac
}

build_module() {
  local module=$1 folder flags package=. began=$SECONDS
  folder=$(folder_of "$module")
  if [[ -x $folder/$module ]]; then touch "$folder"; say "$module: there"; return; fi
  [[ $module != helm ]] || package=helm.sh/helm/v3/cmd/helm
  flags="-s -w$(linker_flags "$module")"
  mkdir -p "$folder"
  say "$module: building"
  (cd "$module" && CGO_ENABLED=0 GOFLAGS="-buildvcs=false -mod=readonly" nice -n 10 go build -p 2 -trimpath \
    -ldflags "$flags" -o "$folder/$module.new" "$package" 2>"$folder/log") ||
    { cat "$folder/log" >&2; say "$module: not built (above)" >&2; exit 1; }
  mv "$folder/$module.new" "$folder/$module"
  say "$module: built in $((SECONDS - began)) s"
}

link_programs() {
  local module name bin
  bin=$(where)
  mkdir -p "$bin"
  for module in podrunner helm; do ln -sf "$(folder_of "$module")/$module" "$bin/$module"; done
  for name in etcd kube-apiserver kube-controller-manager kubectl; do
    ln -sf "$(folder_of controlplane)/controlplane" "$bin/$name"
  done
  touch "$bin"
}

# What nobody asked for in a month belongs to versions that are gone.
remove_old() { find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +"$keep_days" -exec rm -rf {} +; }

case ${1:-} in
  '') ;;
  --where) where; exit 0 ;;
  -h | --help) usage; exit 0 ;;
  *) printf '%s: unknown argument\n' "$1" >&2; usage >&2; exit 2 ;;
esac
if ! command -v go >/dev/null; then
  say "no Go here: the tests against a real control plane (ctest -L cluster) are left out"
  exit 0
fi
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9  # two runs would build the same twice
for module in "${modules[@]}"; do build_module "$module"; done
link_programs
remove_old
