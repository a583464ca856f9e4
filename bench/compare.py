#!/usr/bin/env python3
"""Weir beside nginx (as ingress-nginx configures it, and with response buffering on) and HAProxy, all up at once and
loaded in turn in short slices. Prints a table for each workload and writes the report.

With one worker, each proxy is on core 0, client and backend on core 1. CPU per request is the figure to trust: requests/s
are capped by the client and the backend once a proxy is fast."""
import argparse
import os
import re
import shutil
import subprocess

import cost
import hosts
import report
from harness import HOST, MAX_FILES, BenchError, Workshop, run_main
from load import Client, idle_connection_bytes, interleave
from proxies import start_haproxy, start_nginx, start_weir

# key, title, options of the client
WORKLOADS = [
    ("small", "GET 128 B, keep-alive, 64 connections", {"connections": 64, "path": "/b128"}),
    ("16k", "GET 16 KiB, keep-alive, 64 connections", {"connections": 64, "path": "/b16k"}),
    ("1m", "GET 1 MiB, keep-alive, 16 connections", {"connections": 16, "path": "/b1m"}),
    ("post", "POST 64 KiB, keep-alive, 32 connections", {"connections": 32, "path": "/b128", "body": 65536}),
    ("tls", "TLS 1.3, GET 128 B, keep-alive, 64 connections", {"connections": 64, "path": "/b128", "tls": True}),
    ("tls16k", "TLS 1.3, GET 16 KiB, keep-alive, 64 connections", {"connections": 64, "path": "/b16k", "tls": True}),
    ("handshake", "TLS full handshake per request, 16 connections",
     {"connections": 16, "path": "/b128", "tls": True, "new": True}),
    ("resumed", "TLS resumed handshake per request, 16 connections",
     {"connections": 16, "path": "/b128", "tls": True, "new": True, "resume": True}),
    ("new", "new connection per request, 32 connections", {"connections": 32, "path": "/b128", "new": True}),
    ("rate", "fixed 10,000 requests/s, 64 connections", {"connections": 64, "path": "/b128", "rate": 10000}),
]
EXTRAS = ["idle", "wrk", "hosts", "cost"]
KEYS = [workload[0] for workload in WORKLOADS] + EXTRAS


def check_answers(client, proxy):
    """A proxy that answers wrongly is not measured."""
    for tls in (False, True):
        result = client.run(proxy.tls_port if tls else proxy.port, 0.2, connections=4, path="/b1k", tls=tls)
        if result["bad"] or result["io_errors"] or not result["ok"] or result["bytes"] < 1024 * result["ok"]:
            raise BenchError(f"{proxy.name} answers wrongly: {result}\n{proxy.process.last_words()}")


def wrk(proxy, cores, seconds):
    """The same small request by the client that everybody has; it costs more than a fast proxy, so it caps the rate."""
    command = (["taskset", "-c", cores] if cores else []) + [
        "wrk", "-t1", "-c64", f"-d{max(1, round(seconds))}s", "--latency", "-H", f"Host: {HOST}", f"http://127.0.0.1:{proxy.port}/b128"]
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    rate, p99 = re.search(r"Requests/sec:\s+([\d.]+)", output), re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    errors = sum(map(int, re.findall(r"(?:connect|read|write|timeout|Non-2xx or 3xx responses:?)\s*:?\s*(\d+)", output)))
    scale = {"us": 1, "ms": 1e3, "s": 1e6}[p99.group(2)]
    return {"name": proxy.name, "rps": float(rate.group(1)), "p99_us": float(p99.group(1)) * scale, "errors": errors}


def run(arguments, wanted):
    build = arguments.build
    program = arguments.weir or os.path.join(build, "weir")
    cores, client_cores = ("0", "1") if arguments.workers == 1 and os.cpu_count() > 1 else (None, None)
    client = Client(os.path.join(build, "bench", "bench-load"), client_cores)
    findings = report.Findings(arguments.workers, arguments.rounds, arguments.seconds)
    with Workshop() as shop:
        backend_port = shop.port()
        shop.start("backend", [os.path.join(build, "bench", "bench-backend"), str(backend_port)], client_cores, backend_port)
        proxies = [start_weir(shop, program, backend_port, arguments.workers, cores),
                   start_nginx(shop, backend_port, arguments.workers, cores),
                   start_nginx(shop, backend_port, arguments.workers, cores, buffering="on", name="nginx-buffering"),
                   start_haproxy(shop, backend_port, arguments.workers, cores)]
        if "idle" in wanted:  # first: the allocators are still fresh
            count = min(10_000, MAX_FILES // 2 - 300)
            for tls in (False, True):
                findings.add_idle(count, tls, {proxy.name: idle_connection_bytes(client, proxy, count, tls) for proxy in proxies})
        for proxy in proxies:
            check_answers(client, proxy)
        for key, title, workload in WORKLOADS:
            if key in wanted:
                findings.add(key, title, interleave(client, proxies, arguments.seconds, arguments.rounds, **workload))
        if "wrk" in wanted:
            findings.add_wrk([wrk(proxy, client_cores, 2 * arguments.seconds) for proxy in proxies])
        for proxy in proxies:
            shop.stop(proxy.process)
        if "hosts" in wanted:
            findings.add_hosts(hosts.HOSTS, hosts.measure(shop, program, client, backend_port, cores, arguments.seconds,
                                                          max(2, arguments.rounds // 2)))
    if "cost" in wanted:
        try:
            findings.add_cost(cost.measure(build))
        except cost.NotPermitted as error:
            print(f"instructions and system calls are not measured: {error}")
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="build directory with weir and bench/")
    parser.add_argument("--weir", help="another binary of Weir than the one of the build")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.2, help="of one slice")
    parser.add_argument("--only", default="all", help=f"some of {','.join(KEYS)}")
    parser.add_argument("--report", help="file to write; nothing is written without it")
    arguments = parser.parse_args()
    wanted = KEYS if arguments.only == "all" else arguments.only.split(",")
    if unknown := sorted(set(wanted) - set(KEYS)):
        parser.error(f"--only knows {','.join(KEYS)}, not {','.join(unknown)}")
    if "wrk" in wanted and not shutil.which("wrk"):
        parser.error("wrk is not installed; tests/packages.sh bench installs it")
    findings = run(arguments, wanted)
    print(findings.summary())
    if arguments.report:
        findings.write(arguments.report)
        print(f"written: {arguments.report}")
    return 1 if findings.errors_of_weir() else 0


if __name__ == "__main__":
    run_main(main)
