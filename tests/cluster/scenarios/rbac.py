"""Weir under exactly the rights that deploy/weir.yaml gives, and with each of them taken away."""
import json

import yaml

from api import ApiError, wait_for
from cluster import tls_secret
from objects import deployment, ingress, namespace, path, rule, service, shop
from scenarios import shipped
from weir import Weir, ask

NAMESPACE, POINT = "rbac", "10.244.0.3"
# Without these nothing is served.
READ = {"ingresses", "ingressclasses", "services", "endpointslices", "secrets", "namespaces", "configmaps"}
# These are asked for by what is written back: the status, who writes it, Events.
WRITE = {"ingresses/status": "patch", "leases": "update", "pods": "list", "events": "create"}


def weir_of(cluster, name):
    """As a pod of the Deployment would run, but that no such pod is there."""
    kubeconfig, _ = cluster.account(name, shipped.NAMESPACE, shipped.ACCOUNT)
    return Weir(cluster, name, kubeconfig, f"--configmap={shipped.CONFIG}", f"--election-id={shipped.LEASE}", f"--publish-status-address={POINT}",
                address=POINT, environment={"POD_NAME": name, "POD_NAMESPACE": shipped.NAMESPACE})


def set_up(api):
    shipped.install_account(api)
    api.apply_all(shop(NAMESPACE))
    api.apply(ingress(NAMESPACE, "shop", rule("shop.rbac.test", path("/", "Prefix", "shop"))))
    api.apply(ingress(NAMESPACE, "broken", rule("broken.rbac.test", path("/", "Prefix", "missing"))))


def forget_what_was_written(api):
    """So that each of the next Weir's rights is needed again."""
    api.patch("Ingress", "shop", {"status": {"loadBalancer": {"ingress": None}}}, NAMESPACE, "networking.k8s.io/v1", "/status")
    for kind, name, ns, version in [("Lease", shipped.LEASE, shipped.NAMESPACE, "coordination.k8s.io/v1")] + \
            [("Event", event["metadata"]["name"], NAMESPACE, "v1") for event in api.items("Event", NAMESPACE)]:
        try:
            api.delete(kind, name, ns, version)
        except ApiError as error:
            assert error.status == 404, error


def test_shipped_rights_are_enough(cluster):
    api = cluster.api
    set_up(api)
    api.apply(tls_secret(cluster.work, NAMESPACE, "early", "late.rbac.test"))
    with weir_of(cluster, "weir-rbac") as weir:
        weir.start()
        wait_for(lambda: ask(POINT, "shop.rbac.test").status == 200, "the Ingress is served", 60)
        wait_for(lambda: shipped.addresses_of(api, NAMESPACE, "shop"), "the status is written")
        wait_for(lambda: any("missing" in event["message"] for event in api.items("Event", NAMESPACE)), "an Event tells of the missing Service")
        # Its Secret was seen before, when nothing named it.
        api.apply(ingress(NAMESPACE, "late", rule("late.rbac.test", path("/", "Prefix", "shop")), tls=[{"hosts": ["late.rbac.test"], "secretName": "early"}]))
        wait_for(lambda: b"late.rbac.test" in ask(POINT, "late.rbac.test", scheme="https").certificate_names, "its certificate is shown")
    assert "forbidden" not in weir.program.text(), weir.program.tail()


# A namespace alone, with what lies outside of it: the release, and what the edge team keeps for all.
SCOPE, RELEASE, EDGE = "rbac-scope", "rbac-release", "rbac-edge"
SCOPED = {"rbac": {"scope": True},
          "controller": {"scope": {"enabled": True, "namespace": SCOPE}, "service": {"type": "ClusterIP"}, "defaultBackendService": f"{EDGE}/fallback",
                         "extraArgs": {"default-ssl-certificate": f"{EDGE}/wildcard"}}}


def install_scoped(cluster):
    """The flags of its Deployment."""
    api, values = cluster.api, cluster.work / "scoped.yaml"
    values.write_text(json.dumps(SCOPED))
    api.apply_all([namespace(RELEASE), namespace(EDGE), *shop(SCOPE), deployment(EDGE, "fallback"), service(EDGE, "fallback"),
                   tls_secret(cluster.work, EDGE, "wildcard", "edge.rbac.test")])
    rendered = cluster.helm("template", "scoped", shipped.ROOT / "deploy/chart/weir", f"--namespace={RELEASE}", f"--values={values}")
    assert rendered.returncode == 0, rendered.stderr
    objects = [value for value in yaml.safe_load_all(rendered.stdout) if value]
    api.apply_all([value for value in objects if value["kind"] in ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Service")])
    container = next(value for value in objects if value["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"][0]
    return [flag.replace("$(POD_NAMESPACE)", RELEASE) for flag in container["args"]]


def test_rights_of_a_scope_are_enough(cluster):
    api = cluster.api
    flags = install_scoped(cluster)
    api.apply(ingress(SCOPE, "shop", rule("scoped.rbac.test", path("/", "Prefix", "shop"))))
    api.apply(ingress(SCOPE, "broken", rule("scoped-broken.rbac.test", path("/", "Prefix", "missing"))))
    kubeconfig, _ = cluster.account("weir-scoped", RELEASE, "scoped-weir")
    with Weir(cluster, "weir-scoped", kubeconfig, *flags, address=POINT, environment={"POD_NAME": "weir-scoped", "POD_NAMESPACE": RELEASE}) as weir:
        weir.start()
        wait_for(lambda: ask(POINT, "scoped.rbac.test").status == 200, "the Ingress is served", 60)
        wait_for(lambda: (ask(POINT, "nobody.rbac.test").server or "").startswith("fallback-"), "the default backend of another namespace serves")
        wait_for(lambda: b"edge.rbac.test" in ask(POINT, "nobody.rbac.test", scheme="https").certificate_names, "the certificate of another namespace is shown")
        wait_for(lambda: shipped.addresses_of(api, SCOPE, "shop"), "the status is written")
        wait_for(lambda: any("missing" in event["message"] for event in api.items("Event", SCOPE)), "an Event tells of the missing Service")
    refused = [line for line in weir.program.text().splitlines() if "forbidden" in line and "ingressclasses" not in line]
    assert not refused, refused


def rules_of(api):
    """(kind, name, namespace, number of the rule, its resource)."""
    for kind, name, ns in (("ClusterRole", "weir", None), ("Role", "weir", shipped.NAMESPACE)):
        for number, one in enumerate(api.get(kind, name, ns, shipped.RBAC)["rules"]):
            for resource in one["resources"]:
                yield kind, name, ns, number, resource


def test_a_missing_right_is_named(cluster):
    api = cluster.api
    set_up(api)
    seen = set()
    for kind, name, ns, number, resource in rules_of(api):
        whole = api.get(kind, name, ns, shipped.RBAC)["rules"]
        forget_what_was_written(api)
        api.patch(kind, name, {"rules": whole[:number] + whole[number + 1:]}, ns, shipped.RBAC)
        try:
            # The name is the pod's: one for each rule, since leases have two.
            with weir_of(cluster, f"weir-without-{resource.replace('/', '-')}-{number}") as weir:
                weir.start(wait=False)
                if resource == "pods":  # asked only whether others go on
                    weir.wait_ready()
                    wait_for(lambda: shipped.addresses_of(api, NAMESPACE, "shop"), "it leads")
                    weir.program.stop()
                wait_for(lambda: names_the_right(weir, resource), f"{resource} is named as missing")
        finally:
            api.patch(kind, name, {"rules": whole}, ns, shipped.RBAC)
        seen.add(resource)
    assert seen == READ | set(WRITE), f"no rule for {(READ | set(WRITE)) - seen}, no test for {seen - READ - set(WRITE)}"


# Without it Weir serves: only which namespaces are being deleted stays unknown.
DISPENSABLE = {"namespaces"}


def names_the_right(weir, resource):
    """In the log and, of what is needed to be in step, on /readyz; with the verb."""
    if resource in WRITE:
        return any(f'"{resource}"' in line and WRITE[resource] in line for line in weir.program.text().splitlines())
    texts = [weir.program.text()] + ([] if resource in DISPENSABLE else [weir.admin("/readyz")[1]])
    return all(resource in text and ("list" in text or "watch" in text) for text in texts)
