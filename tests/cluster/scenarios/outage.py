"""The API server gone, forgetful, and back in time: what was served is served on, and Weir is in step when it is back."""
import os
import time

from api import wait_for
from load import Load
from objects import ingress, path, rule, shop
from scenarios.rollout import is_rolled_out
from weir import Weir

NAMESPACE, POINT, HOST = "outage", "10.244.0.5", "shop.outage.test"
SECONDS = float(os.environ.get("WEIR_TESTS_OUTAGE_SECONDS", 8))  # 60 shows more and finds no more


def add_host(api, host):
    api.apply(ingress(NAMESPACE, host.replace(".", "-"), rule(host, path("/", "Prefix", "shop"))))


def test_api_server_gone_compacted_and_restored(cluster):
    api = cluster.api
    api.apply_all(shop(NAMESPACE, replicas=2))
    add_host(api, HOST)
    wait_for(lambda: is_rolled_out(api, NAMESPACE, "shop", 2), "two Pods", 60)
    # Pods that cannot report for so long are no matter here, and a controller manager that meets the past is none either.
    with Weir(cluster, "weir-outage", cluster.admin, address=POINT).start() as weir:
        wait_for(lambda: weir.ask(HOST).status == 200, "the Ingress is served")
        with Load(POINT, HOST) as load:
            gone_and_back(cluster, weir)
            forgetful(cluster, weir)
            back_in_time(cluster, weir)
        load.check()
    cluster.restart_controllers()


def gone_and_back(cluster, weir):
    cluster.kill_api_server()
    time.sleep(SECONDS)
    assert weir.admin("/readyz")[0] == 200, weir.admin("/readyz")[1]
    cluster.start_api_server()
    add_host(cluster.api, "after.outage.test")
    wait_for(lambda: weir.ask("after.outage.test").status == 200, "what is new after the outage is served", 60)


def forgetful(cluster, weir):
    """Changes while Weir cannot see them, then a history without them: its watches cannot be resumed (410)."""
    cluster.kill_api_server()
    cluster.start_api_server()
    add_host(cluster.api, "compacted.outage.test")
    cluster.compact_history()
    wait_for(lambda: weir.ask("compacted.outage.test").status == 200, "what the history lacks is served", 60)


def back_in_time(cluster, weir):
    """What was made after the copy is gone: a resource version that the server has never heard of must not blind Weir."""
    cluster.kill_api_server()
    saved = cluster.work / "etcd-saved"
    cluster.save_etcd(saved)
    cluster.start_api_server()
    add_host(cluster.api, "future.outage.test")
    wait_for(lambda: weir.ask("future.outage.test").status == 200, "the host of the future is served", 60)
    cluster.kill_api_server()
    cluster.restore_etcd(saved)
    cluster.start_api_server()
    wait_for(lambda: weir.ask("future.outage.test").status == 404, "the host of the future is gone", 60)
    add_host(cluster.api, "present.outage.test")
    wait_for(lambda: weir.ask("present.outage.test").status == 200, "the host of the present is served", 60)
