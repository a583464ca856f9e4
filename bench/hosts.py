"""Ten thousand hosts: how long a proxy needs to start with them, what they take in memory, what a request for one of them
costs, and what one change costs."""
import os
import signal
import time

from harness import BenchError, cpu_nanoseconds, memory_bytes
from load import interleave, median
from proxies import (Proxy, endpoints, ingress, is_ready, published_configurations, service, settings, start_haproxy,
                     start_nginx, weir_command, write_json)

HOSTS = 10_000
HOST_PATTERN = "host%d.bench.example.com"
SERVICES = 100     # of different names, all served by the one backend
CHANGES = 10
PAUSE_SECONDS = 1.5
LIMIT_SECONDS = 60


def names():
    return [HOST_PATTERN % number for number in range(HOSTS)]


def write_manifests(shop, backend_port):
    """Ingresses in one file, each Service in its own: one changed endpoint is one changed small file."""
    directory = shop.make_directory("weir-hosts")
    write_json(os.path.join(directory, "settings.json"), [settings()])
    write_json(os.path.join(directory, "ingresses.json"),
               [ingress(f"host{number}", host, f"service{number % SERVICES}") for number, host in enumerate(names())])
    for number in range(SERVICES):
        name = f"service{number}"
        write_json(os.path.join(directory, f"{name}.json"), [service(name, backend_port), endpoints(name, backend_port)])
    return directory


class Started:
    """A proxy with what its start took; the admin port is Weir's."""

    def __init__(self, proxy, seconds, admin_port=None):
        self.proxy, self.seconds, self.admin_port = proxy, seconds, admin_port
        self.cpu_seconds, self.memory = cpu_nanoseconds(proxy.pid) / 1e9, memory_bytes(proxy.pid)


def start_weir_with_hosts(shop, program, backend_port, cores):
    port, tls_port, admin_port = shop.port(), shop.port(), shop.port()
    directory = write_manifests(shop, backend_port)
    began = time.monotonic()
    process = shop.start("weir-hosts", weir_command(program, directory, port, tls_port, admin_port, workers=1), cores)
    while not is_ready(admin_port):
        if not process.is_running() or time.monotonic() - began > LIMIT_SECONDS:
            raise BenchError(f"Weir does not start with {HOSTS} hosts:\n{process.last_words()}")
        time.sleep(0.005)
    return Started(Proxy("Weir", process, port, tls_port), time.monotonic() - began, admin_port), directory


def start_peer(start, *arguments, **options):
    began = time.monotonic()
    return Started(start(*arguments, **options), time.monotonic() - began)


def weir_change_cpu_ms(weir, directory, backend_port):
    """CPU of one changed endpoint, from the changed file to quiet. The pause only separates the changes: CPU is counted."""
    costs = []
    for turn in range(CHANGES):
        name, published = f"service{turn}", published_configurations(weir.admin_port)
        before = cpu_nanoseconds(weir.proxy.pid)
        write_json(os.path.join(directory, f"{name}.json"),
                   [service(name, backend_port), endpoints(name, backend_port, ("127.0.0.1", "127.0.0.2"))])
        time.sleep(PAUSE_SECONDS)
        costs.append((cpu_nanoseconds(weir.proxy.pid) - before) / 1e6)
        if published_configurations(weir.admin_port) != published + 1:
            raise BenchError(f"a changed endpoint was not in force after {PAUSE_SECONDS} s")
    return median(costs)


def idle_cpu_ms(proxy):
    before = cpu_nanoseconds(proxy.pid)
    time.sleep(PAUSE_SECONDS)
    return (cpu_nanoseconds(proxy.pid) - before) / 1e6


def nginx_change_cpu_ms(shop, proxy):
    """A reload, which is how nginx takes any change of its configuration, until the old worker is gone."""
    before = cpu_nanoseconds(proxy.pid)
    os.kill(proxy.pid, signal.SIGHUP)
    end = time.monotonic() + LIMIT_SECONDS
    last, quiet_since = before, time.monotonic()
    while time.monotonic() < end and time.monotonic() - quiet_since < 2:
        time.sleep(0.2)
        now = cpu_nanoseconds(proxy.pid)
        if now - last > 2e6:
            quiet_since = time.monotonic()
        last = max(last, now)
    return (last - before) / 1e6


def measure(shop, program, client, backend_port, cores, seconds, rounds):
    """Rows of the report: name, start seconds, memory MB, CPU per request with rotating hosts, CPU ms per change."""
    weir, directory = start_weir_with_hosts(shop, program, backend_port, cores)
    nginx = start_peer(start_nginx, shop, backend_port, 1, cores, hosts=names(), name="nginx-hosts")
    haproxy = start_peer(start_haproxy, shop, backend_port, 1, cores, hosts=names(), name="HAProxy-hosts")
    started = {"Weir": weir, "nginx": nginx, "HAProxy": haproxy}
    results = interleave(client, [each.proxy for each in started.values()], seconds, rounds,
                         path="/b128", connections=64, hosts=HOSTS, host=HOST_PATTERN)
    idle = idle_cpu_ms(weir.proxy)
    changes = {"Weir": max(0.0, weir_change_cpu_ms(weir, directory, backend_port) - idle),
               "nginx": nginx_change_cpu_ms(shop, nginx.proxy), "HAProxy": None}
    rows = []
    for name, each in started.items():
        slices = results[each.proxy.name]
        rows.append({"name": name, "start_s": each.seconds, "start_cpu_s": each.cpu_seconds, "memory_mb": each.memory / 1e6,
                     "cpu_us": median([one["cpu_us"] for one in slices]), "errors": sum(one["errors"] for one in slices),
                     "change_cpu_ms": changes[name]})
    for each in started.values():
        shop.stop(each.proxy.process)
    return rows
