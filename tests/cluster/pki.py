"""The certificates of a cluster, made with openssl: one authority, and what each program shows to the others."""
import subprocess

SERVER_NAMES = ("DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,"
                "DNS:localhost,IP:10.96.0.1,IP:10.244.0.1,IP:127.0.0.1")
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments, text=None):
    subprocess.run(["openssl", *map(str, arguments)], check=True, input=text, text=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Authority:
    """Signs in `folder`: NAME.crt and NAME.key; its own are called after it."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        openssl("req", "-x509", *NEW_KEY, "-days", 2, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key",
                "-out", self.certificate, "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")

    @property
    def certificate(self):
        return self.folder / f"{self.name}.crt"

    def issue(self, name, subject, server_names=None):
        extensions = "keyUsage=critical,digitalSignature\n"
        extensions += f"extendedKeyUsage=serverAuth\nsubjectAltName={server_names}\n" if server_names else "extendedKeyUsage=clientAuth\n"
        request, extension_file = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extension_file.write_text(extensions)
        openssl("req", *NEW_KEY, "-subj", subject, "-keyout", self.folder / f"{name}.key", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / f"{self.name}.key",
                "-CAcreateserial", "-days", 2, "-extfile", extension_file, "-out", self.folder / f"{name}.crt")


def make_all(folder):
    """What the control plane needs: ca.crt, apiserver, admin, controller-manager, and the key of service accounts."""
    folder.mkdir(parents=True)
    authority = Authority(folder, "ca")
    authority.issue("apiserver", "/CN=kube-apiserver", SERVER_NAMES)
    authority.issue("admin", "/O=system:masters/CN=admin")
    authority.issue("controller-manager", "/CN=system:kube-controller-manager")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "sa.key")
    openssl("pkey", "-in", folder / "sa.key", "-pubout", "-out", folder / "sa.pub")
    return authority
