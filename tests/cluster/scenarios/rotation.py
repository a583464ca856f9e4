"""Credentials that change while Weir runs: it reads their files again and goes on."""
import pki
from api import wait_for
from load import Load
from objects import ingress, path, rule, shop
from scenarios import shipped
from weir import Weir

NAMESPACE, POINT, HOST = "rotation", "10.244.0.6", "shop.rotation.test"


def set_up(api):
    shipped.install_account(api)
    api.apply_all(shop(NAMESPACE))
    add_host(api, HOST)


def add_host(api, host):
    api.apply(ingress(NAMESPACE, host.replace(".", "-"), rule(host, path("/", "Prefix", "shop"))))


def bound_token(api, secret):
    """A token that dies with a Secret."""
    made = api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret, "namespace": shipped.NAMESPACE}})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {
        "expirationSeconds": 3600,
        "boundObjectRef": {"apiVersion": "v1", "kind": "Secret", "name": secret, "uid": made["metadata"]["uid"]}}}
    return api.call("POST", f"/api/v1/namespaces/{shipped.NAMESPACE}/serviceaccounts/{shipped.ACCOUNT}/token", request)["status"]["token"]


def test_token_and_authority_rotated(cluster):
    api = cluster.api
    set_up(api)
    kubeconfig, token = cluster.account("weir-rotation", shipped.NAMESPACE, shipped.ACCOUNT)
    token.write_text(bound_token(api, "first"))
    with Weir(cluster, "weir-rotation", kubeconfig, address=POINT).start() as weir:
        wait_for(lambda: weir.ask(HOST).status == 200, "the Ingress is served", 60)
        with Load(POINT, HOST) as load:
            token.write_text(bound_token(api, "second"))
            api.delete("Secret", "first", shipped.NAMESPACE)
            cluster.kill_api_server()  # its connections and what it remembers of the first token go with it
            cluster.start_api_server()
            add_host(api, "token.rotation.test")
            wait_for(lambda: weir.ask("token.rotation.test").status == 200, "followed with the second token", 60)
            rotate_authority(cluster)
            add_host(api, "authority.rotation.test")
            wait_for(lambda: weir.ask("authority.rotation.test").status == 200, "followed under the second authority", 60)
        load.check()
    cluster.restart_controllers()


def rotate_authority(cluster):
    """The server's certificate comes from another authority, whose certificate is put beside the first in every client's file."""
    second = pki.Authority(cluster.work, "second-ca")
    bundle = cluster.keys / "ca.crt"
    bundle.write_text(second.certificate.read_text() + bundle.read_text())
    cluster.api.tls.load_verify_locations(str(bundle))
    second.issue("apiserver", "/CN=kube-apiserver", pki.SERVER_NAMES)
    for kind in ("crt", "key"):
        (cluster.keys / f"apiserver.{kind}").write_bytes((cluster.work / f"apiserver.{kind}").read_bytes())
    cluster.kill_api_server()
    cluster.start_api_server()
