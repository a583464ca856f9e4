#!/usr/bin/env bash
# The content of the image runs as a container would run it: root folder read-only, an unprivileged user, no capability but
# NET_BIND_SERVICE, no new privileges; and it serves on port 80. The archive of it keeps the file capability.
#
#   tests/e2e/image_test.sh PROGRAM    as root; else it is skipped (exit 77)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
readonly here program=$1

[[ $(id -u) -eq 0 ]] || { echo "not root: skipped"; exit 77; }
if [[ ${2:-} != inside ]]; then  # ports, mounts and processes of our own: all gone when this ends, however it ends
  exec unshare --mount --net --pid --fork --kill-child --mount-proc "$0" "$program" inside
fi

fail() { printf 'image_test: %s\n' "$*" >&2; [[ ! -f $work/log ]] || cat "$work/log" >&2; exit 1; }
work=$(mktemp -d)
trap 'umount -R "$work/root" 2>/dev/null || true; rm -rf "$work"' EXIT
ip link set lo up

"$here/../../deploy/image-root.sh" "$work/root" "$program"
python3 "$here/../../deploy/oci_archive.py" "$work/root" "$work/image.tar" weir:test
python3 - "$work/image.tar" <<'CHECK'
import gzip, io, json, sys, tarfile
image = tarfile.open(sys.argv[1])
blob = lambda digest: image.extractfile("blobs/" + digest.replace(":", "/")).read()
manifest = json.loads(blob(json.load(image.extractfile("index.json"))["manifests"][0]["digest"]))
config = json.loads(blob(manifest["config"]["digest"]))
assert config["config"]["User"] == "65532:65532" and config["config"]["Entrypoint"] == ["/usr/bin/weir"], config
layer = tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob(manifest["layers"][0]["digest"]))))
weir = layer.getmember("usr/bin/weir")
assert "SCHILY.xattr.security.capability" in weir.pax_headers, weir.pax_headers
assert not any(name.endswith(("/sh", "/bash", "/apt")) for name in layer.getnames())
CHECK

mkdir "$work/root/proc"
mount --bind "$work/root" "$work/root"
mount -o remount,bind,ro "$work/root"
mount -t proc proc "$work/root/proc"
mount -t tmpfs tmpfs "$work/root/tmp"
! touch "$work/root/etc/written" 2>/dev/null || fail "the root folder can be written"
install -D -m 644 -t "$work/root/tmp/manifests" "$here/../../deploy/examples/single-service.yaml"

# setpriv is not in the image; what must run inside, after chroot, it brings along with its loader and libraries.
mkdir "$work/root/tmp/setpriv"
ldd "$(command -v setpriv)" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' |
  xargs -I{} cp -L {} "$(command -v setpriv)" "$work/root/tmp/setpriv/"
loader=$(cd "$work/root/tmp/setpriv" && ls ld-linux*)
privileges=(--reuid=65532 --regid=65532 --clear-groups --no-new-privs --inh-caps=-all,+net_bind_service
            --ambient-caps=-all,+net_bind_service --bounding-set=-all,+net_bind_service)
chroot "$work/root" "/tmp/setpriv/$loader" --library-path /tmp/setpriv /tmp/setpriv/setpriv "${privileges[@]}" \
  /usr/bin/weir --manifests=/tmp/manifests --workers=1 >"$work/log" 2>&1 &
weir=$!
for attempt in $(seq 150); do
  [[ $attempt -lt 150 ]] || fail "not ready"
  kill -0 "$weir" 2>/dev/null || fail "ended by itself"
  ! curl -fsS -o /dev/null http://127.0.0.1:10254/readyz 2>/dev/null || break
  sleep 0.2
done

field() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$weir/status"; }
[[ $(field Uid) == 65532 && $(field NoNewPrivs) == 1 && $(field CapBnd) == 0000000000000400 ]] || fail "$(cat "/proc/$weir/status")"
status=$(curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1:80/no-rule-is-for-this)
[[ $status == 404 ]] || fail "port 80 answers $status"
kill -TERM "$weir"
wait "$weir" || fail "exit code $? after SIGTERM"
echo "the image runs as an unprivileged user in a read-only root folder"
