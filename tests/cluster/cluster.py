"""A Kubernetes cluster in the network namespace that this process runs in: etcd, API server, controller manager, and the pod
runner as its only node. run.py makes the namespace and everything ends with it."""
import base64
import json
import shutil
import subprocess

import pki
from api import Api, wait_for
from programs import Program

NODE, API_SERVICE = "10.244.0.1", "10.96.0.1"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def make_network():
    """No bridge and no dummy device is needed: the node's addresses lie on the loopback device. An address of a Pod that is not
    there fails at once, as on a real node."""
    ip("link", "set", "lo", "up")
    for address in (NODE, API_SERVICE):
        ip("addr", "add", f"{address}/32", "dev", "lo")
    ip("route", "add", "unreachable", "10.244.0.0/16", "metric", "4000")
    subprocess.run(["sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)


class Cluster:
    def __init__(self, bin_folder, work, weir, echo):
        self.bin, self.work, self.weir, self.echo = bin_folder, work, weir, echo
        self.keys = work / "pki"
        self.programs = {}
        self.authority = pki.make_all(self.keys)
        self.api = Api(self.keys)
        self.admin = self.kubeconfig("admin", {"client-certificate": str(self.keys / "admin.crt"), "client-key": str(self.keys / "admin.key")})
        self.define_programs()

    def kubeconfig(self, name, user, authority=None):
        file = self.work / f"{name}.kubeconfig"
        file.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": f"https://{NODE}:6443", "certificate-authority": str(authority or self.keys / "ca.crt")}}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user"}}]}))
        return file

    def define_programs(self):
        keys, client_url, peer_url = self.keys, "http://127.0.0.1:2379", "http://127.0.0.1:2380"
        manager = self.kubeconfig("controller-manager", {"client-certificate": str(keys / "controller-manager.crt"),
                                                         "client-key": str(keys / "controller-manager.key")})
        self.define("etcd", f"--data-dir={self.work / 'etcd'}", "--unsafe-no-fsync", f"--listen-client-urls={client_url}",
                    f"--advertise-client-urls={client_url}", f"--listen-peer-urls={peer_url}",
                    f"--initial-advertise-peer-urls={peer_url}", f"--initial-cluster=default={peer_url}", "--log-level=warn")
        self.define("kube-apiserver", f"--etcd-servers={client_url}", "--bind-address=0.0.0.0", "--secure-port=6443",
                    f"--advertise-address={NODE}", "--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true",
                    "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
                    f"--client-ca-file={keys / 'ca.crt'}", f"--tls-cert-file={keys / 'apiserver.crt'}",
                    f"--tls-private-key-file={keys / 'apiserver.key'}", f"--service-account-key-file={keys / 'sa.pub'}",
                    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
                    f"--service-account-signing-key-file={keys / 'sa.key'}", "--shutdown-delay-duration=0s", "--v=1")
        self.define("kube-controller-manager", f"--kubeconfig={manager}", "--leader-elect=false",
                    "--use-service-account-credentials=true", f"--service-account-private-key-file={keys / 'sa.key'}",
                    f"--root-ca-file={keys / 'ca.crt'}", "--bind-address=127.0.0.1", "--node-monitor-grace-period=10m", "--v=1")
        self.define("podrunner", f"--kubeconfig={self.admin}", f"--work={self.work / 'pods'}",
                    f"--image=^weir:={self.weir}", f"--image=^echo:={self.echo}")

    def define(self, name, *flags):
        self.programs[name] = Program(name, [self.bin / name, *flags], self.work)

    def start(self):
        make_network()
        self.programs["etcd"].start()
        self.start_api_server()
        self.programs["kube-controller-manager"].start()
        self.programs["podrunner"].start()
        wait_for(lambda: self.api.get("ServiceAccount", "default", "default"), "the controllers work", 90)
        wait_for(lambda: "ready" in self.programs["podrunner"].text(), "the pod runner is ready")

    def start_api_server(self, seconds=90):
        server = self.programs["kube-apiserver"].start()

        def ready():
            assert server.is_running(), f"the API server ended:\n{server.tail()}"
            return self.api.is_ready()
        wait_for(ready, "the API server is ready", seconds)

    def kill_api_server(self):
        self.programs["kube-apiserver"].kill()

    def save_etcd(self, to):
        """A copy of its files; etcd is stopped for it, so the API server must be."""
        self.programs["etcd"].stop()
        shutil.copytree(self.work / "etcd", to)
        self.programs["etcd"].start()

    def restore_etcd(self, saved):
        self.programs["etcd"].stop()
        shutil.rmtree(self.work / "etcd")
        shutil.copytree(saved, self.work / "etcd")
        self.programs["etcd"].start()

    def compact_history(self):
        """Forgets every older version: who resumes a watch or a list there gets 410."""
        revision = self.api.items("Namespace") and self.api.call("GET", "/api/v1/namespaces?limit=1")["metadata"]["resourceVersion"]
        request = json.dumps({"revision": revision, "physical": True})
        subprocess.run(["curl", "-fsS", "-m", "10", "-o", "/dev/null", "-d", request, "http://127.0.0.1:2379/v3/kv/compaction"], check=True)

    def helm(self, *arguments):
        return subprocess.run([self.bin / "helm", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={"HOME": str(self.work), "PATH": "/usr/bin:/bin", "KUBECONFIG": str(self.admin)}, timeout=120)

    def account(self, name, namespace, account):
        """A kubeconfig of a service account whose token lies in a file of its own: (kubeconfig, token file)."""
        token = self.work / f"{name}.token"
        token.write_text(self.api.token(namespace, account))
        return self.kubeconfig(name, {"tokenFile": str(token)}), token

    def restart_controllers(self):
        """After a server that went back in time or showed another certificate, which their watches do not survive."""
        for name in ("kube-controller-manager", "podrunner"):
            self.programs[name].kill() if name == "kube-controller-manager" else self.programs[name].stop()
            self.programs[name].start()

    def stop(self):
        for name in ("podrunner", "kube-controller-manager", "kube-apiserver", "etcd"):
            if self.programs[name].is_running():
                self.programs[name].kill()


def tls_secret(work, ns, name, host):
    """Of an authority of its own."""
    files = {"tls.crt": work / f"{ns}-{name}.crt", "tls.key": work / f"{ns}-{name}.key"}
    pki.Authority(work, f"{ns}-{name}-ca").issue(f"{ns}-{name}", f"/CN={host}", f"DNS:{host}")
    return {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": name, "namespace": ns},
            "data": {key: base64.b64encode(file.read_bytes()).decode() for key, file in files.items()}}
