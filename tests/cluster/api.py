"""A client of the API server for the tests: objects as dictionaries, an administrator's rights, no rate limit."""
import http.client
import json
import ssl
import threading
import time

PLURALS = {"Ingress": "ingresses", "IngressClass": "ingressclasses", "NetworkPolicy": "networkpolicies", "EndpointSlice": "endpointslices",
           "CustomResourceDefinition": "customresourcedefinitions"}
CLUSTER_SCOPED = {"Namespace", "Node", "ClusterRole", "ClusterRoleBinding", "IngressClass", "CustomResourceDefinition"}


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body.get('message', body)}")
        self.status, self.body = status, body


def path_of(api_version, kind, namespace=None, name=None):
    path = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
    if kind not in CLUSTER_SCOPED:
        path += f"/namespaces/{namespace or 'default'}"
    return f"{path}/{PLURALS.get(kind, kind.lower() + 's')}" + (f"/{name}" if name else "")


class Api:
    """Any thread may use it; each has a connection of its own."""

    def __init__(self, folder, address="10.244.0.1", port=6443):
        self.address, self.port, self.local = address, port, threading.local()
        self.tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        self.tls.load_cert_chain(folder / "admin.crt", folder / "admin.key")

    def send(self, method, path, body=None, content_type="application/json"):
        """(status, text). A connection that the server closed while it was idle is opened again, once."""
        for attempt in (0, 1):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = http.client.HTTPSConnection(self.address, self.port, context=self.tls, timeout=20)
                self.local.connection = connection
            try:
                connection.request(method, path, body, {"Content-Type": content_type} if body is not None else {})
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if attempt:
                    raise

    def call(self, method, path, value=None, content_type="application/json"):
        status, text = self.send(method, path, None if value is None else json.dumps(value), content_type)
        body = json.loads(text) if text.startswith("{") else {"message": text}
        if status >= 300:
            raise ApiError(status, body)
        return body

    def get(self, kind, name, namespace=None, api_version="v1"):
        return self.call("GET", path_of(api_version, kind, namespace, name))

    def items(self, kind, namespace=None, api_version="v1", query=""):
        return self.call("GET", path_of(api_version, kind, namespace) + query)["items"]

    def create(self, value, query=""):
        metadata = value["metadata"]
        return self.call("POST", path_of(value["apiVersion"], value["kind"], metadata.get("namespace")) + query, value)

    def apply(self, value, query=""):
        """Server-side, so it creates or changes."""
        metadata = value["metadata"]
        path = path_of(value["apiVersion"], value["kind"], metadata.get("namespace"), metadata["name"])
        return self.call("PATCH", f"{path}?fieldManager=tests&force=true{query}", value, "application/apply-patch+yaml")

    def apply_all(self, values):
        for value in values:
            self.apply(value)

    def patch(self, kind, name, change, namespace=None, api_version="v1", subresource=""):
        return self.call("PATCH", path_of(api_version, kind, namespace, name) + subresource, change, "application/merge-patch+json")

    def delete(self, kind, name, namespace=None, api_version="v1"):
        return self.call("DELETE", path_of(api_version, kind, namespace, name))

    def token(self, namespace, account, seconds=3600):
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}}
        return self.call("POST", path_of("v1", "ServiceAccount", namespace, account) + "/token", request)["status"]["token"]

    def is_ready(self):
        try:
            return self.send("GET", "/readyz")[0] == 200
        except OSError:
            return False


def wait_for(condition, what, seconds=30, pause=0.05):
    """Returns what `condition` does once that is true; what it raises meanwhile is reported at the end."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            value = condition()
            if value:
                return value
            last = value
        except (ApiError, OSError, http.client.HTTPException) as error:
            last = error
        time.sleep(pause)
    raise AssertionError(f"after {seconds} s still not: {what} ({last!r})")
