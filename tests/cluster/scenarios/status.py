"""What Weir writes back: the status of Ingresses by the one that leads, and Events where a user looks for them."""
import os
import time

from api import wait_for
from objects import ingress, path, rule, service, shop
from scenarios import shipped
from weir import Weir

NAMESPACE, LEASE, TTL = "status", "status-leader", 6
QUIET_SECONDS = int(os.environ.get("WEIR_TESTS_QUIET_SECONDS", "8"))
INGRESS = "networking.k8s.io/v1"


def replica(cluster, number):
    return Weir(cluster, f"weir-status-{number}", cluster.admin, f"--publish-service={NAMESPACE}/edge", f"--election-id={LEASE}", f"--election-ttl={TTL}s",
                f"--watch-namespace={NAMESPACE}", address=f"10.244.0.{10 + number}", environment={"POD_NAME": f"weir-{number}", "POD_NAMESPACE": NAMESPACE})


def set_up(api):
    api.apply_all(shop(NAMESPACE))
    edge = service(NAMESPACE, "edge")
    edge["spec"]["type"] = "LoadBalancer"
    api.apply(edge)


def give_address(api, *addresses):
    """As the cloud's controller does."""
    api.patch("Service", "edge", {"status": {"loadBalancer": {"ingress": list(addresses)}}}, NAMESPACE, subresource="/status")


def add(api, name, service_name="shop", class_name="nginx"):
    api.apply(ingress(NAMESPACE, name, rule(f"{name}.status.test", path("/", "Prefix", service_name)), ingress_class=class_name))


def holds(api, name, *addresses):
    wait_for(lambda: shipped.addresses_of(api, NAMESPACE, name) == list(addresses), f"the status of {name} holds {addresses}")


def leader(api):
    return api.get("Lease", LEASE, NAMESPACE, "coordination.k8s.io/v1")["spec"].get("holderIdentity")


def status_writes(api):
    """How many the API server has counted."""
    text = api.send("GET", "/metrics")[1]
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith("apiserver_request_total{") and 'resource="ingresses"' in line and 'subresource="status"' in line)


def events_of(api, name):
    """As kubectl describe asks for them."""
    uid = api.get("Ingress", name, NAMESPACE, INGRESS)["metadata"]["uid"]
    return api.items("Event", NAMESPACE, "v1", f"?fieldSelector=involvedObject.uid={uid},involvedObject.kind=Ingress,involvedObject.name={name}")


def test_addresses_follow_the_service(cluster):
    api = cluster.api
    set_up(api)
    add(api, "web")
    with replica(cluster, 1) as weir:
        weir.start()
        assert not shipped.addresses_of(api, NAMESPACE, "web"), "the load balancer has no address yet"
        give_address(api, {"ip": "192.0.2.1"}, {"hostname": "lb.test"})
        holds(api, "web", {"hostname": "lb.test"}, {"ip": "192.0.2.1"})
        give_address(api, {"ip": "192.0.2.2"})
        holds(api, "web", {"ip": "192.0.2.2"})
        api.patch("Ingress", "web", {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}}, NAMESPACE, INGRESS, "/status")
        holds(api, "web", {"ip": "192.0.2.2"})
        add(api, "web", class_name="another")
        holds(api, "web")
        add(api, "web")
        holds(api, "web", {"ip": "192.0.2.2"})


def test_nothing_is_written_while_nothing_changes(cluster):
    api = cluster.api
    set_up(api)
    give_address(api, {"ip": "192.0.2.2"})
    add(api, "web")
    with replica(cluster, 1) as one, replica(cluster, 2) as two:
        one.start(), two.start()
        holds(api, "web", {"ip": "192.0.2.2"})
        time.sleep(1)
        before = status_writes(api)
        assert before > 0, "the API server counts them"
        time.sleep(QUIET_SECONDS)
        assert status_writes(api) == before


def test_another_leads_when_the_leader_is_gone(cluster):
    api = cluster.api
    set_up(api)
    give_address(api, {"ip": "192.0.2.2"})
    with replica(cluster, 1) as one, replica(cluster, 2) as two, replica(cluster, 3) as three:
        one.start()
        wait_for(lambda: leader(api) == "weir-1", "the first leads")
        two.start(), three.start()
        stopped = time.monotonic()
        one.program.stop()
        wait_for(lambda: leader(api) in ("weir-2", "weir-3"), "the Lease was given up, and taken")
        taken = time.monotonic() - stopped
        killed = two if leader(api) == "weir-2" else three
        killed.program.kill()
        began = time.monotonic()
        add(api, "late")
        holds(api, "late", {"ip": "192.0.2.2"})
        replaced = time.monotonic() - began
    print(f"        a leader that stopped was replaced after {taken:.1f} s, one that was killed after {replaced:.1f} s of a ttl of {TTL} s")


def test_events_are_where_users_look(cluster):
    api = cluster.api
    set_up(api)
    with replica(cluster, 1) as weir:
        weir.start()
        add(api, "typo", "shpo")
        found = wait_for(lambda: events_of(api, "typo"), "an Event on the Ingress")
        assert found[0]["type"] == "Warning" and "shpo" in found[0]["message"], found
        add(api, "typo")
        wait_for(lambda: [event for event in events_of(api, "typo") if event["reason"] == "Resolved"], "an Event of its end")
        add(api, "typo", "shpo")
        wait_for(lambda: [event for event in events_of(api, "typo") if (event.get("series") or {}).get("count") == 2], "the same again is counted")
        add(api, "older")
        time.sleep(1.1)  # ages have seconds
        api.apply(ingress(NAMESPACE, "younger", rule("older.status.test", path("/", "Prefix", "shop"))))
        lost = wait_for(lambda: events_of(api, "younger"), "an Event on the Ingress that lost its path")
        assert "status/older" in lost[0]["message"], lost
        assert len(events_of(api, "typo")) == 2, "each is told once"
