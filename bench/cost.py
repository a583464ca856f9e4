#!/usr/bin/env python3
"""What a small request costs Weir in system calls and in user instructions: figures that do not depend on how busy the
machine is, so a limit on them can be tested.

System calls: strace counts those of the running program while the client, on 64 connections, sends a fixed number of
requests. Instructions: callgrind runs the program twice, with few and with many requests; the difference belongs to the
requests alone."""
import argparse
import os
import re
import signal
import subprocess
import time

from harness import BenchError, Workshop, run_main
from load import Client
from proxies import is_ready, one_host_manifests, start_weir, weir_command

EXIT_OVER_LIMIT = 1
EXIT_NOT_MEASURED = 77  # what ctest takes as "skipped"
CONNECTIONS = 64
COUNTED_REQUESTS = 20_000
FEW_REQUESTS, MANY_REQUESTS = 500, 8_500  # more than CONNECTIONS, so both runs have opened all of them
LIMIT_SECONDS = 120
ATTEMPTS = 3


class NotPermitted(BenchError):
    """The system does not let one process trace another (some containers do not)."""


def send(client, port, requests, tls=False):
    result = client.run(port, LIMIT_SECONDS, requests=requests, connections=CONNECTIONS, tls=tls)
    if result["ok"] != requests:
        raise BenchError(f"{requests} requests, but {result}")


def system_calls(shop, program, client, backend_port):
    """Of one request, all threads of the program together."""
    proxy = start_weir(shop, program, backend_port, workers=1, cores=None)
    send(client, proxy.port, 2 * CONNECTIONS)
    report = shop.path("strace.txt")
    with subprocess.Popen(["strace", "-c", "-f", "-o", report, "-p", str(proxy.pid)], stderr=subprocess.PIPE, text=True) as tracer:
        if "attached" not in tracer.stderr.readline():
            raise NotPermitted("strace may not attach to a process here")
        send(client, proxy.port, COUNTED_REQUESTS)
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=LIMIT_SECONDS)
    shop.stop(proxy.process)
    with open(report, encoding="ascii") as text:
        calls = re.search(r"^\s*100\.00\s+\S+\s+(?:\S+\s+)?(\d+)(?:\s+\d+)?\s+total", text.read(), re.M)
    if calls is None:
        raise BenchError("strace has counted nothing")
    return int(calls.group(1)) / COUNTED_REQUESTS


def instructions_of_run(shop, program, client, backend_port, requests, tls):
    name = f"callgrind-{requests}"
    port, tls_port, admin_port = shop.port(), shop.port(), shop.port()
    command = weir_command(program, one_host_manifests(shop, backend_port), port, tls_port, admin_port, workers=1)
    process = shop.start(name, ["valgrind", "--tool=callgrind", f"--callgrind-out-file={shop.path(name)}", *command])
    end = time.monotonic() + LIMIT_SECONDS
    while not is_ready(admin_port):
        if not process.is_running() or time.monotonic() > end:
            raise BenchError(f"Weir does not start under valgrind:\n{process.last_words()}")
        time.sleep(0.2)
    send(client, tls_port if tls else port, requests, tls)
    os.kill(process.pid, signal.SIGTERM)
    process.wait(LIMIT_SECONDS)
    collected = re.search(r"Collected : (\d+)", process.last_words())
    if collected is None:
        raise BenchError(f"callgrind has counted nothing:\n{process.last_words()}")
    return int(collected.group(1))


def instructions(shop, program, client, backend_port, tls=False):
    """Of one request, in user space."""
    few, many = (instructions_of_run(shop, program, client, backend_port, requests, tls)
                 for requests in (FEW_REQUESTS, MANY_REQUESTS))
    return (many - few) / (MANY_REQUESTS - FEW_REQUESTS)


def measure(build):
    """(system calls, instructions, instructions with TLS) of one request."""
    program, client = os.path.join(build, "weir"), Client(os.path.join(build, "bench", "bench-load"), None)
    with Workshop() as shop:
        backend_port = shop.port()
        shop.start("backend", [os.path.join(build, "bench", "bench-backend"), str(backend_port)], port=backend_port)
        return (system_calls(shop, program, client, backend_port), instructions(shop, program, client, backend_port),
                instructions(shop, program, client, backend_port, tls=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="build directory with weir and bench/")
    parser.add_argument("--max-system-calls", type=float, default=float("inf"))
    parser.add_argument("--max-instructions", type=float, default=float("inf"))
    parser.add_argument("--max-tls-instructions", type=float, default=float("inf"))
    arguments = parser.parse_args()
    limits = (arguments.max_system_calls, arguments.max_instructions, arguments.max_tls_instructions)
    try:
        figures = measure(arguments.build)
        # Other load makes the program's batches of events smaller, which only ever adds: the lowest of a few is the figure.
        for _ in range(ATTEMPTS - 1):
            if all(figure <= limit for figure, limit in zip(figures, limits)):
                break
            figures = tuple(map(min, figures, measure(arguments.build)))
    except NotPermitted as error:
        print(f"not measured: {error}")
        return EXIT_NOT_MEASURED
    names = ("system calls", "user instructions", "user instructions with TLS")
    for name, figure, limit in zip(names, figures, limits):
        print(f"{'ok  ' if figure <= limit else 'OVER'}  {name} per small request: {figure:,.2f} (limit {limit:,})")
    return 0 if all(figure <= limit for figure, limit in zip(figures, limits)) else EXIT_OVER_LIMIT


if __name__ == "__main__":
    run_main(main)
