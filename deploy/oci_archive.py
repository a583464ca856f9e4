#!/usr/bin/env python3
"""Packs a root folder as an OCI image archive of one layer, with Weir's configuration.

    deploy/oci_archive.py ROOT FILE.tar NAME:TAG

Owners are root and times are zero, so equal content gives equal bytes; file capabilities are kept."""
import gzip
import hashlib
import io
import json
import os
import pathlib
import platform
import sys
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
CONFIG = {"User": "65532:65532", "Entrypoint": ["/usr/bin/weir"], "WorkingDir": "/",
          "ExposedPorts": {"80/tcp": {}, "443/tcp": {}, "10254/tcp": {}},
          "Env": ["PATH=/usr/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"]}


def entry_of(path, name):
    entry = tarfile.TarFile(fileobj=io.BytesIO(), mode="w").gettarinfo(str(path), arcname=name)
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    if "security.capability" in os.listxattr(path, follow_symlinks=False):
        # In a PAX header, which tar and the runtimes read; its bytes are below 128.
        value = os.getxattr(path, "security.capability", follow_symlinks=False)
        entry.pax_headers = {"SCHILY.xattr.security.capability": value.decode("utf-8", "surrogateescape")}
    return entry


def layer_of(root):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as layer:
        for path in sorted(root.rglob("*")):
            entry = entry_of(path, path.relative_to(root).as_posix())
            if entry.isreg():
                with open(path, "rb") as file:
                    layer.addfile(entry, file)
            else:
                layer.addfile(entry)
    return data.getvalue()


class Archive:
    """An OCI layout inside a tar file."""

    def __init__(self, file):
        self.tar = tarfile.open(file, "w")

    def add(self, name, data):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        self.tar.addfile(entry, io.BytesIO(data))

    def add_blob(self, media_type, data):
        digest = hashlib.sha256(data).hexdigest()
        self.add(f"blobs/sha256/{digest}", data)
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}", "size": len(data)}

    def add_json(self, media_type, value):
        return self.add_blob(media_type, json.dumps(value, separators=(",", ":"), sort_keys=True).encode())


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    root, file, name = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    layer = layer_of(root)
    archive = Archive(file)
    packed = archive.add_blob("layer.v1.tar+gzip", gzip.compress(layer, 6, mtime=0))
    config = archive.add_json("config.v1+json", {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()), "os": "linux", "config": CONFIG,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created_by": "deploy/image.sh"}]})
    manifest = archive.add_json("manifest.v1+json", {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [packed]})
    manifest["annotations"] = {"org.opencontainers.image.ref.name": name.rpartition(":")[2], "io.containerd.image.name": full_name(name)}
    archive.add("index.json", json.dumps({"schemaVersion": 2, "manifests": [manifest]}, sort_keys=True).encode())
    archive.add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    archive.tar.close()
    print(f"{file}: {name}, {os.path.getsize(file) / 1e6:.1f} MB, {manifest['digest']}")


def full_name(name):
    """containerd stores names as they are looked up: with the registry that a short one stands for."""
    if "/" in name:
        return name
    return f"docker.io/library/{name}"


if __name__ == "__main__":
    main()
