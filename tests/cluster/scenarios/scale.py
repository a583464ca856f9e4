"""Many Ingresses, and changes among them: every request is answered. Prints what it measures, and judges none of it by time.

WEIR_TESTS_INGRESSES and WEIR_TESTS_CHANGE_SECONDS: 10000 and 60 for the figures that are published. WEIR_TESTS_TOGETHER: the control plane shares the
CPUs of what serves, which says more about the API server than about Weir."""
import concurrent.futures
import contextlib
import http.client
import os
import re
import shutil
import statistics
import subprocess
import threading
import time

from api import Api, wait_for
from objects import ingress, namespace, path, rule, shop
from weir import Weir

NAMESPACE, ELSEWHERE, POINT = "scale", "scale-elsewhere", "10.244.0.6"
COUNT = int(os.environ.get("WEIR_TESTS_INGRESSES", "500"))
CHANGE_SECONDS = float(os.environ.get("WEIR_TESTS_CHANGE_SECONDS", "5"))
CHANGES_PER_SECOND, SAMPLES, WRITERS = 50, min(100, COUNT), 8
CHANGED = min(400, COUNT)  # Ingresses that change under load
ROUNDS = max(1, min(5, int(CHANGE_SECONDS / 4)))
TURNS_OF_A_ROUND = 100_005  # an odd number of five, so that endpoints are again the others
INGRESS, SLICE = "networking.k8s.io/v1", "discovery.k8s.io/v1"
TICKS = os.sysconf("SC_CLK_TCK")


def service(name, ns=NAMESPACE):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns},
            "spec": {"clusterIP": "None", "ports": [{"name": "http", "port": 8080, "targetPort": 3000}]}}


def endpoint_slice(name, address, ns=NAMESPACE):
    return {"apiVersion": SLICE, "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": name, "namespace": ns, "labels": {"kubernetes.io/service-name": name}},
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}}], "ports": [{"name": "http", "port": 3000}]}


def host(number):
    return f"h{number}.scale.test"


def ingress_of(number, ns=NAMESPACE):
    return ingress(ns, f"i{number}", rule(host(number), path("/", "Prefix", f"s{number}")))


def fill(api, addresses, ns, count):
    def add(number):
        for value in (service(f"s{number}", ns), endpoint_slice(f"s{number}", addresses[number % len(addresses)], ns), ingress_of(number, ns)):
            api.apply(value)
    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        for done, _ in enumerate(pool.map(add, range(count)), 1):
            if done % 2000 == 0:
                print(f"        {done} of {count} Ingresses are made", flush=True)


def set_up(api):
    api.apply_all(shop(NAMESPACE, replicas=2))
    wait_for(lambda: sum(pod["status"].get("phase") == "Running" for pod in api.items("Pod", NAMESPACE)) == 2, "two Pods", 60)
    addresses = [pod["status"]["podIP"] for pod in api.items("Pod", NAMESPACE)]
    fill(api, addresses, NAMESPACE, COUNT)
    api.apply(namespace(ELSEWHERE))
    fill(api, addresses, ELSEWHERE, CHANGED)
    return addresses


def cpu_of(weir):
    """Seconds of each thread by name, user and system."""
    seconds = {}
    folder = f"/proc/{weir.program.process.pid}/task"
    for thread in os.listdir(folder):
        text = open(f"{folder}/{thread}/stat").read()
        name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
        seconds[name] = seconds.get(name, 0) + (int(rest[11]) + int(rest[12])) / TICKS
    return seconds


def memory_of(weir):
    text = open(f"/proc/{weir.program.process.pid}/status").read()
    return {name: int(re.search(rf"{name}:\s+(\d+)", text)[1]) / 1024 for name in ("VmHWM", "VmRSS")}


def served(connection, name):
    """Which Pod answers; none when the answer is not 200."""
    connection.request("GET", "/", headers={"Host": name})
    answer = connection.getresponse()
    text = answer.read().decode()
    return text.split('"', 4)[3] if answer.status == 200 else None


def until(condition, seconds=10):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "not within ten seconds"
        time.sleep(0.001)
    return (time.monotonic() - began) * 1000


def in_ms(samples):
    ordered = sorted(samples)
    return f"p50 {statistics.median(ordered):.1f} ms, p99 {ordered[int(len(ordered) * 0.99) - 1]:.1f} ms"


def created(api, addresses, connection):
    """From the answer of the API server until the new host is served."""
    samples = []
    for number in range(COUNT, COUNT + SAMPLES):
        for value in (service(f"s{number}"), endpoint_slice(f"s{number}", addresses[0])):
            api.apply(value)
        time.sleep(0.2)
        api.apply(ingress_of(number))
        samples.append(until(lambda: served(connection, host(number))))
    return samples


def endpoint_changed(api, addresses, connection):
    samples = []
    for number in range(SAMPLES):
        before = served(connection, host(number))
        api.apply(endpoint_slice(f"s{number}", addresses[(number + 1) % 2]))
        samples.append(until(lambda: served(connection, host(number)) not in (None, before)))
        time.sleep(0.02)
    return samples


@contextlib.contextmanager
def control_plane_apart():
    """What serves (Weir, the Pods, later wrk) gets half of the CPUs and all else the others: how busy the API server is with the
    changes is no cost of Weir's. Nothing is kept apart on one CPU, nor with WEIR_TESTS_TOGETHER."""
    cpus = sorted(os.sched_getaffinity(0))
    is_apart = len(cpus) > 1 and "WEIR_TESTS_TOGETHER" not in os.environ
    serving, others = (set(cpus[:len(cpus) // 2]), set(cpus[len(cpus) // 2:])) if is_apart else (set(cpus), set(cpus))
    place_on(serving, others)
    try:
        yield serving
    finally:
        place_on(set(cpus), set(cpus))


def place_on(serving, others):
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            name = open(f"/proc/{process}/comm").read().strip()
            for thread in os.listdir(f"/proc/{process}/task"):
                os.sched_setaffinity(int(thread), serving if name in ("weir", "weir-echo") else others)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile


def load(seconds, cpus):
    """wrk's p99 in milliseconds; an answer other than 2xx is an error."""
    text = subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds:.0f}s", "--latency", "-H", f"Host: {host(1)}", f"http://{POINT}/"],
                          check=True, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, cpus)).stdout
    assert "Non-2xx" not in text and "Socket errors" not in text, text
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


class Changes:
    """Endpoints, annotations and Ingresses, in turn, at a fixed rate. `first`: of the turns, so that those of a round say something new."""

    def __init__(self, folder, addresses, ns, first):
        self.first = first
        self.folder, self.addresses, self.ns, self.counts = folder, addresses, ns, [0] * WRITERS
        self.stopping, self.pool, self.writers = threading.Event(), concurrent.futures.ThreadPoolExecutor(WRITERS), []

    @property
    def count(self):
        return sum(self.counts)

    def one(self, api, turn):
        number = 2 + turn % (CHANGED - 2)
        if turn % 5 < 3:
            api.apply(endpoint_slice(f"s{number}", self.addresses[turn // 5 % 2], self.ns))
        elif turn % 5 == 3:
            api.patch("Ingress", f"i{number}", {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/proxy-read-timeout": str(60 + turn)}}},
                      self.ns, INGRESS)
        else:
            api.patch("Ingress", f"i{number}", {"metadata": {"labels": {"turn": str(turn)}}}, self.ns, INGRESS)

    def run(self, writer):
        """Each its own share, so that the rate is held where an answer takes its time."""
        api, began = Api(self.folder), time.monotonic() + writer / CHANGES_PER_SECOND
        while not self.stopping.is_set():
            time.sleep(max(0, began + self.counts[writer] * WRITERS / CHANGES_PER_SECOND - time.monotonic()))
            self.one(api, self.first + self.counts[writer] * WRITERS + writer)
            self.counts[writer] += 1

    def __enter__(self):
        self.writers = [self.pool.submit(self.run, writer) for writer in range(WRITERS)]
        return self

    def __exit__(self, kind, *_):
        self.stopping.set()
        self.pool.shutdown()
        for writer in self.writers if kind is None else []:
            writer.result()  # raises what a writer has failed of: fewer changes would be no test


def beside_wrk(cluster, weir, addresses, cpus):
    """What the API server costs in spite of that shows in the run whose changes are elsewhere."""
    load(2, cpus)  # a burst of first connections overflows the short queue of the Pods' echo server
    p99, own, count, passed = {"quiet": [], "elsewhere": [], "here": []}, dict.fromkeys(("reconciler", "kube-api", "leader"), 0), 0, 0
    for number in range(ROUNDS):  # in turn, since the machine's mood changes
        first = number * TURNS_OF_A_ROUND
        p99["quiet"].append(load(CHANGE_SECONDS / ROUNDS, cpus))
        with Changes(cluster.keys, addresses, ELSEWHERE, first):
            p99["elsewhere"].append(load(CHANGE_SECONDS / ROUNDS, cpus))
        before, began = cpu_of(weir), time.monotonic()
        with Changes(cluster.keys, addresses, NAMESPACE, first) as changes:
            p99["here"].append(load(CHANGE_SECONDS / ROUNDS, cpus))
            passed, count = passed + time.monotonic() - began, count + changes.count
            after = cpu_of(weir)
        own = {name: seconds + after.get(name, 0) - before.get(name, 0) for name, seconds in own.items()}
    return (f"{count / passed:.0f} changes/s beside wrk: p99 in ms, median of {ROUNDS}: "
            + ", ".join(f"{name} {statistics.median(all_):.2f} ({' '.join(f'{one:.1f}' for one in all_)})" for name, all_ in p99.items()) + "; "
            + ", ".join(f"{name} {seconds / passed * 100:.0f} %" for name, seconds in own.items()) + " of a core")


def test_many_ingresses_and_changes(cluster):
    api = cluster.api
    addresses = set_up(api)
    began = time.monotonic()
    with Weir(cluster, "weir-scale", cluster.admin, f"--publish-status-address={POINT}", f"--watch-namespace={NAMESPACE}", address=POINT) as weir:
        weir.start(wait=False)
        weir.wait_ready(120)
        ready, cpu, memory = time.monotonic() - began, cpu_of(weir), memory_of(weir)
        connection = http.client.HTTPConnection(POINT, 80, timeout=10)
        missing = [number for number in range(0, COUNT, max(1, COUNT // 500)) if not served(connection, host(number))]
        assert not missing, f"not served: {missing[:5]}"
        print(f"        {COUNT} Ingresses: ready after {ready:.2f} s with {sum(cpu.values()):.2f} s of CPU ({', '.join(f'{k} {v:.2f}' for k, v in cpu.items())}), "
              f"{memory['VmRSS']:.0f} MB, peak {memory['VmHWM']:.0f} MB", flush=True)
        print(f"        Ingress created until served: {in_ms(created(api, addresses, connection))}, {memory_of(weir)['VmRSS']:.0f} MB; "
              f"endpoint changed until used: {in_ms(endpoint_changed(api, addresses, connection))}, {memory_of(weir)['VmRSS']:.0f} MB", flush=True)
        if shutil.which("wrk"):
            with control_plane_apart() as cpus:
                print(f"        {beside_wrk(cluster, weir, addresses, cpus)}", flush=True)
        print(f"        at the end {memory_of(weir)['VmRSS']:.0f} MB", flush=True)
    for name in (NAMESPACE, ELSEWHERE):
        api.delete("Namespace", name)
