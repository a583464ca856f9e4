"""The scenarios of the Ingress conformance suite of Kubernetes, written anew from the rules of Ingress v1: default backend, host
rules, class, load balancing, paths. Real Pods behind real Services. As its clients do, each first waits until the status holds an
address; from then on every request must be answered by the rules."""
from api import wait_for
from cluster import tls_secret
from objects import backend, deployment, ingress, ingress_class, namespace, path, rule, service
from scenarios import shipped
from weir import Weir, ask

NAMESPACE, POINT = "conformance", "10.244.0.2"
BACKENDS = ["foo-exact", "foo-slash-exact", "foo-prefix", "bar-prefix", "aaa-prefix", "aaa-bbb-prefix", "aaa-slash-bbb-prefix", "root-prefix",
            "wildcard", "default"]

# Paths of one host -> requests, and the backend of each; None: 404.
PATHS = {
    "exact.test": ([("/foo", "Exact", "foo-exact")],
                   {"/foo": "foo-exact", "/foo/": None, "/FOO": None, "/foo/bar": None, "/bar": None, "/": None, "/foo?a=b": "foo-exact"}),
    "exact-slash.test": ([("/foo/", "Exact", "foo-slash-exact")],
                         {"/foo/": "foo-slash-exact", "/foo": None, "/foo/bar": None, "/FOO/": None}),
    "prefix.test": ([("/foo", "Prefix", "foo-prefix")],
                    {"/foo": "foo-prefix", "/foo/": "foo-prefix", "/foo/bar": "foo-prefix", "/foobar": None, "/FOO": None, "/bar": None, "/": None}),
    "prefix-slash.test": ([("/foo/", "Prefix", "foo-prefix")],
                          {"/foo": "foo-prefix", "/foo/": "foo-prefix", "/foo/bar": "foo-prefix", "/foobar": None}),
    "segments.test": ([("/aaa/bb", "Prefix", "aaa-prefix"), ("/aaa/bbb", "Prefix", "aaa-bbb-prefix")],
                      {"/aaa/bb": "aaa-prefix", "/aaa/bbb": "aaa-bbb-prefix", "/aaa/bbb/ccc": "aaa-bbb-prefix", "/aaa/bbbxyz": None, "/aaa": None}),
    "segments-slash.test": ([("/aaa/bbb/", "Prefix", "aaa-slash-bbb-prefix")],
                            {"/aaa/bbb": "aaa-slash-bbb-prefix", "/aaa/bbb/": "aaa-slash-bbb-prefix", "/aaa/bbbxyz": None}),
    "nested.test": ([("/", "Prefix", "root-prefix"), ("/aaa", "Prefix", "aaa-prefix"), ("/aaa/bbb", "Prefix", "aaa-bbb-prefix")],
                    {"/": "root-prefix", "/ccc": "root-prefix", "/aaa": "aaa-prefix", "/aaa/ccc": "aaa-prefix", "/aaa/bbb": "aaa-bbb-prefix",
                     "/aaa/bbb/ccc": "aaa-bbb-prefix", "/aaaccc": "root-prefix"}),
    "mixed.test": ([("/foo", "Prefix", "foo-prefix"), ("/foo", "Exact", "foo-exact"), ("/bar", "Prefix", "bar-prefix")],
                   {"/foo": "foo-exact", "/foo/": "foo-prefix", "/foo/bar": "foo-prefix", "/bar/x": "bar-prefix", "/fo": None}),
}


def server_of(answer):
    """The backend: the Pod's name without what its ReplicaSet added."""
    return answer.server.rsplit("-", 2)[0] if answer.server else None


def set_up(api):
    api.apply(namespace(NAMESPACE))
    api.apply(ingress_class("nginx"))
    for name in BACKENDS:
        api.apply(deployment(NAMESPACE, name))
        api.apply(service(NAMESPACE, name))
    wait_for(lambda: all(pod["status"].get("phase") == "Running" for pod in api.items("Pod", NAMESPACE)) and
             len(ready_endpoints(api, NAMESPACE)) >= len(BACKENDS), "every backend has an endpoint", 60)


def ready_endpoints(api, ns, of=None):
    slices = api.items("EndpointSlice", ns, "discovery.k8s.io/v1", f"?labelSelector=kubernetes.io/service-name={of}" if of else "")
    return [point["addresses"][0] for part in slices for point in part.get("endpoints") or [] if point["conditions"].get("ready")]


def published(api, name):
    wait_for(lambda: shipped.addresses_of(api, NAMESPACE, name) == [{"ip": POINT}], f"the status of {name} holds the address")


def expect_paths(host, requests):
    for target, expected in requests.items():
        answer = ask(POINT, host, target)
        if answer.status == 301:  # Prefix /foo/ takes /foo by way of a redirect, as in ingress-nginx; clients follow it
            assert answer.headers["Location"] == f"http://{host}{target}/", answer.headers["Location"]
            answer = ask(POINT, host, target + "/")
        assert server_of(answer) == expected and answer.status == (200 if expected else 404), \
            f"{host}{target}: {answer.status} from {server_of(answer)}, expected {expected}"


def path_rules(api):
    for host, (paths, _) in PATHS.items():
        api.apply(ingress(NAMESPACE, host.replace(".", "-"), rule(host, *[path(*one) for one in paths])))
    for host, (_, requests) in PATHS.items():
        published(api, host.replace(".", "-"))
        expect_paths(host, requests)


def follow(host):
    """As a client does: an Ingress with a TLS section sends plain requests of each of its hosts to https (ingress-nginx)."""
    answer = ask(POINT, host)
    return ask(POINT, host.partition(":")[0], scheme="https") if answer.status == 308 else answer


def host_rules(cluster, api):
    api.apply(tls_secret(cluster.work, NAMESPACE, "tls", "foo.bar.com"))
    api.apply(ingress(NAMESPACE, "hosts", rule("foo.bar.com", path("/", "Prefix", "root-prefix")),
                      rule("*.foo.com", path("/", "Prefix", "wildcard")), tls=[{"hosts": ["foo.bar.com"], "secretName": "tls"}]))
    published(api, "hosts")
    expected = {"bar.foo.com": "wildcard", "baz.bar.foo.com": None, "foo.com": None, "subdomain.bar.com": None, "bar.foo.com:80": "wildcard"}
    for host, backend_name in expected.items():
        answer = follow(host)
        assert server_of(answer) == backend_name and (backend_name or answer.status == 404), f"{host}: {answer.status} {answer.text}"
    answer = ask(POINT, "foo.bar.com", "/path", scheme="https")
    assert b"foo.bar.com" in answer.certificate_names, "the Secret's certificate is shown"
    assert server_of(answer) == "root-prefix" and answer.echo["target"] == "/path", answer.text
    redirect = ask(POINT, "foo.bar.com", "/path")
    assert redirect.status == 308 and redirect.headers["Location"] == "https://foo.bar.com/path", (redirect.status, redirect.headers)


def default_backend(api):
    assert ask(POINT, "unknown.test").status == 404
    api.apply(ingress(NAMESPACE, "default", defaultBackend=backend("default")))
    published(api, "default")
    for host, target, method in [("unknown.test", "/", "GET"), (POINT, "/any/path?with=query", "GET"), ("unknown.test", "/", "POST"),
                                 ("unknown.test", "/a", "PUT"), ("unknown.test", "/b", "PATCH"), ("unknown.test", "/c", "DELETE")]:
        answer = ask(POINT, host, target, method=method, headers={"User-Agent": "conformance/1"}, body=None if method == "GET" else "text")
        assert server_of(answer) == "default" and answer.echo["method"] == method and answer.echo["target"] == target, answer.text
        assert answer.echo["headers"]["user-agent"] == "conformance/1" and answer.echo["headers"]["host"] == host, answer.text
        missing = [name for name in ("Server", "Content-Length", "Date", "Content-Type") if name not in answer.headers]
        assert not missing and int(answer.headers["Content-Length"]) == len(answer.text), (missing, answer.headers)


def foreign_class(api):
    api.apply(ingress_class("foreign", "example.com/other"))
    api.apply(ingress(NAMESPACE, "foreign", rule("foreign.test", path("/", "Prefix", "root-prefix")), ingress_class="foreign"))
    api.apply(ingress(NAMESPACE, "ours", rule("ours.test", path("/", "Prefix", "root-prefix"))))
    published(api, "ours")  # what came later is in force, so the foreign one would be too
    assert server_of(ask(POINT, "ours.test")) == "root-prefix"
    assert server_of(ask(POINT, "foreign.test")) in (None, "default")
    assert not shipped.addresses_of(api, NAMESPACE, "foreign")


def load_balancing(api):
    api.apply(deployment(NAMESPACE, "many", replicas=10))
    api.apply(service(NAMESPACE, "many"))
    api.apply(ingress(NAMESPACE, "many", rule("many.test", path("/", "Prefix", "many"))))
    wait_for(lambda: len(ready_endpoints(api, NAMESPACE, "many")) == 10, "ten Pods are ready", 60)

    def all_answer():  # Weir learns of the last endpoint a moment later than the API server's other readers
        return len({ask(POINT, "many.test").server for _ in range(100)} - {None}) == 10
    wait_for(all_answer, "100 requests reach all ten Pods")


def test_ingress_v1(cluster):
    api = cluster.api
    set_up(api)
    with Weir(cluster, "weir-conformance", cluster.admin, f"--publish-status-address={POINT}", address=POINT).start():
        path_rules(api)
        host_rules(cluster, api)
        default_backend(api)
        foreign_class(api)
        load_balancing(api)
    api.delete("Namespace", NAMESPACE)
