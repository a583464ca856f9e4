"""Weir under exactly the rights that deploy/weir.yaml gives, and with each of them taken away."""
from api import wait_for
from objects import deployment, ingress, namespace, path, rule, service
from scenarios import shipped
from weir import Weir, ask

NAMESPACE, POINT = "rbac", "10.244.0.3"
# Without these nothing is served; the others are asked for by status and Events.
READ = {"ingresses", "ingressclasses", "services", "endpointslices", "secrets", "namespaces", "configmaps"}


def weir_of(cluster, name):
    kubeconfig, _ = cluster.account(name, shipped.NAMESPACE, shipped.ACCOUNT)
    return Weir(cluster, name, kubeconfig, f"--configmap={shipped.CONFIG}", address=POINT)


def test_shipped_rights_are_enough(cluster):
    api = cluster.api
    shipped.install_account(api)
    api.apply(namespace(NAMESPACE))
    api.apply(deployment(NAMESPACE, "shop"))
    api.apply(service(NAMESPACE, "shop"))
    api.apply(ingress(NAMESPACE, "shop", rule("shop.rbac.test", path("/", "Prefix", "shop"))))
    with weir_of(cluster, "weir-rbac") as weir:
        weir.start()
        wait_for(lambda: ask(POINT, "shop.rbac.test").status == 200, "the Ingress is served", 60)
        assert "forbidden" not in weir.program.text(), weir.program.tail()


def rules_of(api):
    """(kind, name, namespace, number of the rule, its resource), of those that reading needs."""
    for kind, name, ns in (("ClusterRole", "weir", None), ("Role", "weir", shipped.NAMESPACE)):
        for number, one in enumerate(api.get(kind, name, ns, shipped.RBAC)["rules"]):
            for resource in one["resources"]:
                if resource in READ:
                    yield kind, name, ns, number, resource


def test_a_missing_right_is_named(cluster):
    api = cluster.api
    shipped.install_account(api)
    seen = set()
    for kind, name, ns, number, resource in rules_of(api):
        whole = api.get(kind, name, ns, shipped.RBAC)["rules"]
        api.patch(kind, name, {"rules": whole[:number] + whole[number + 1:]}, ns, shipped.RBAC)
        try:
            with weir_of(cluster, f"weir-without-{resource}") as weir:
                weir.start(wait=False)
                wait_for(lambda: names_the_right(weir, resource), f"{resource} is named as missing")
        finally:
            api.patch(kind, name, {"rules": whole}, ns, shipped.RBAC)
        seen.add(resource)
    assert seen == READ, f"no rule for {READ - seen}"


# Without it Weir serves: only which namespaces are being deleted stays unknown.
DISPENSABLE = {"namespaces"}


def names_the_right(weir, resource):
    """In the log and, of what is needed to be in step, on /readyz; with the verb."""
    texts = [weir.program.text()] + ([] if resource in DISPENSABLE else [weir.admin("/readyz")[1]])
    return all(resource in text and ("list" in text or "watch" in text) for text in texts)
