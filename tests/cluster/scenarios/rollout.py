"""Backends that come and go under load: every request is answered."""
from api import wait_for
from load import Load
from objects import deployment, ingress, path, rule, shop
from scenarios.conformance import ready_endpoints
from weir import Weir

NAMESPACE, POINT, HOST = "rollout", "10.244.0.4", "shop.rollout.test"


def is_rolled_out(api, ns, name, replicas):
    found = api.get("Deployment", name, ns, "apps/v1")
    status = found["status"]
    return (status.get("observedGeneration") == found["metadata"]["generation"] and
            all(status.get(count, 0) == replicas for count in ("replicas", "updatedReplicas", "availableReplicas")))


def test_deployment_rolled_and_scaled_under_load(cluster):
    api = cluster.api
    api.apply_all(shop(NAMESPACE, replicas=12))
    api.apply(ingress(NAMESPACE, "shop", rule(HOST, path("/", "Prefix", "shop"))))
    wait_for(lambda: is_rolled_out(api, NAMESPACE, "shop", 12), "twelve Pods", 60)
    with Weir(cluster, "weir-rollout", cluster.admin, address=POINT).start() as weir:
        wait_for(lambda: weir.ask(HOST).status == 200, "the Ingress is served")
        with Load(POINT, HOST) as load:
            for version in "234":
                api.apply(deployment(NAMESPACE, "shop", replicas=12, version=version))
                wait_for(lambda: is_rolled_out(api, NAMESPACE, "shop", 12), f"rolled to {version}", 90)
            for replicas in (2, 20, 2):
                api.apply(deployment(NAMESPACE, "shop", replicas=replicas, version="4"))
                wait_for(lambda: is_rolled_out(api, NAMESPACE, "shop", replicas) and
                         len(ready_endpoints(api, NAMESPACE, "shop")) == replicas, f"scaled to {replicas}", 90)
        load.check()
        assert len(load.servers) >= 48, f"only {len(load.servers)} Pods were used"  # four sets of twelve
    api.delete("Namespace", NAMESPACE)
