"""Weir as the tests run it beside a cluster: on an address of its own, so that several have ports 80 and 443."""
import http.client
import json
import socket
import ssl

from api import wait_for
from cluster import ip
from programs import Program


class Weir:
    """`flags` follow those that make it listen on `address`, which is laid on the loopback device."""

    def __init__(self, cluster, name, kubeconfig, *flags, address="10.244.0.2", environment=None):
        self.address = address
        ip("addr", "replace", f"{address}/32", "dev", "lo")
        self.program = Program(name, [cluster.weir, f"--kubeconfig={kubeconfig}", f"--bind-address={address}", f"--healthz-host={address}",
                                      "--workers=2", *flags], cluster.work, environment)

    def start(self, wait=True):
        self.program.start()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=30):
        def ready():
            assert self.program.is_running(), f"Weir ended:\n{self.program.tail()}"
            return self.admin("/readyz")[0] == 200
        wait_for(ready, "Weir is ready", seconds)

    def admin(self, path):
        connection = http.client.HTTPConnection(self.address, 10254, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(f"--- last lines of {self.program.name}:\n{self.program.tail()}")
            if self.program.is_running():
                self.program.kill()
        else:
            code = self.program.stop()
            assert code in (0, -9), f"{self.program.name} exits with {code}:\n{self.program.tail()}"

    def ask(self, host, path="/", scheme="http", method="GET", headers=None, body=None):
        return ask(self.address, host, path, scheme, method, headers, body)


class Answer:
    def __init__(self, status, headers, text, names=()):
        self.status, self.headers, self.text, self.certificate_names = status, headers, text, names

    @property
    def echo(self):
        return json.loads(self.text)

    @property
    def server(self):
        """Which Pod answered, or nothing when it was none."""
        return self.echo["server"] if self.status == 200 else None


class TlsConnection(http.client.HTTPSConnection):
    """To an address, under the server name of the host; nothing is verified."""

    def __init__(self, address, host):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        super().__init__(address, 443, timeout=10, context=context)
        self.server_name = host

    def connect(self):
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.server_name)


def ask(address, host, path="/", scheme="http", method="GET", headers=None, body=None):
    connection = TlsConnection(address, host) if scheme == "https" else http.client.HTTPConnection(address, 80, timeout=10)
    try:
        connection.request(method, path, body, {"Host": host, **(headers or {})})
        answer = connection.getresponse()
        der = connection.sock.getpeercert(binary_form=True) if scheme == "https" and connection.sock else b""
        return Answer(answer.status, answer.headers, answer.read().decode(), der)
    finally:
        connection.close()
