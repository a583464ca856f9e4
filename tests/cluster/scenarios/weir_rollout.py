"""Weir itself as deploy/weir.yaml installs it, rolled under load: what it takes to lose no request is in its manifest."""
import threading

from api import wait_for
from load import Load
from objects import ingress, path, rule, shop
from scenarios import shipped
from scenarios.conformance import ready_endpoints
from scenarios.rollout import is_rolled_out

NAMESPACE, HOST, NAME = "weir-rollout", "shop.weir-rollout.test", "weir-controller"
GRACE = 3  # shorter than what is shipped, because our round robin learns sooner than the load balancers of clouds


class ReadyAddresses:
    """What a service proxy knows: the ready endpoints of Weir's Service, some tenths of a second late."""

    def __init__(self, api):
        self.api, self.addresses, self.stopping = api, [], threading.Event()
        self.thread = threading.Thread(target=self.follow)

    def follow(self):
        while not self.stopping.wait(0.2):
            self.addresses = ready_endpoints(self.api, shipped.NAMESPACE, NAME)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(10)


def shorten_grace(value):
    if value["kind"] == "Deployment":
        arguments = value["spec"]["template"]["spec"]["containers"][0]["args"]
        arguments[:] = [f"--shutdown-grace-period={GRACE}" if one.startswith("--shutdown-grace-period") else one for one in arguments]
    return value


def restart(api, generation):
    api.patch("Deployment", NAME, {"spec": {"template": {"metadata": {"annotations": {"restarted": str(generation)}}}}}, shipped.NAMESPACE,
              "apps/v1")


def test_weir_rolled_under_load(cluster):
    api = cluster.api
    api.apply_all([*shop(NAMESPACE, replicas=2), ingress(NAMESPACE, "shop", rule(HOST, path("/", "Prefix", "shop")))])
    api.apply_all(shorten_grace(value) for value in shipped.manifests())
    wait_for(lambda: is_rolled_out(api, shipped.NAMESPACE, NAME, 2), "two replicas of Weir", 90)
    with ReadyAddresses(api) as ready:
        wait_for(lambda: len(ready.addresses) == 2, "both are ready")
        with Load(lambda: ready.addresses, HOST) as load:
            for generation in (1, 2):
                restart(api, generation)
                wait_for(lambda: is_rolled_out(api, shipped.NAMESPACE, NAME, 2) and len(api.items("Pod", shipped.NAMESPACE)) == 2,
                         "Weir is rolled and the old replicas have ended", 120)
        load.check()
    api.delete("Deployment", NAME, shipped.NAMESPACE, "apps/v1")
    api.delete("Namespace", NAMESPACE)
