"""Load on proxies in short slices taken in turn, so that a machine whose speed drifts hurts all of them alike."""
import json
import statistics
import subprocess
import time

from harness import HOST, BenchError, cpu_nanoseconds, memory_bytes

SLICE_LIMIT_SECONDS = 60  # beyond the time that the slice asks for


class Client:
    """bench-load on its cores."""

    def __init__(self, program, cores):
        self._start = (["taskset", "-c", cores] if cores else []) + [program]

    def command(self, port, **options):
        """Options by their long names: connections=64, tls=True, body=65536."""
        command = self._start + ["--port", str(port)]
        for name, value in {"host": HOST, **options}.items():
            flag = "--" + name.replace("_", "-")
            if value is True:
                command.append(flag)
            elif value is not None and value is not False:
                command += [flag, str(value)]
        return command

    def run(self, port, seconds, **options):
        done = subprocess.run(self.command(port, seconds=seconds, **options), capture_output=True, text=True,
                              timeout=seconds + SLICE_LIMIT_SECONDS, check=False)
        if done.returncode != 0:
            raise BenchError(f"bench-load: {done.stderr.strip()}")
        return json.loads(done.stdout.splitlines()[-1])


def slice_of(client, proxy, seconds, tls=False, **options):
    """One slice of load on one proxy; adds cpu_us, the proxy's CPU time per request."""
    before = cpu_nanoseconds(proxy.pid)
    result = client.run(proxy.tls_port if tls else proxy.port, seconds, tls=tls, **options)
    used = cpu_nanoseconds(proxy.pid) - before
    result["cpu_us"] = used / 1e3 / result["ok"] if result["ok"] else float("nan")
    result["errors"] = result["bad"] + result["io_errors"]
    return result


def interleave(client, proxies, seconds, rounds, warm_up=0.3, **workload):
    """{name: [slice, ...]}; the order within a round rotates."""
    results = {proxy.name: [] for proxy in proxies}
    for proxy in proxies:
        slice_of(client, proxy, warm_up, **workload)
    for turn in range(rounds):
        first = turn % len(proxies)
        for proxy in proxies[first:] + proxies[:first]:
            results[proxy.name].append(slice_of(client, proxy, seconds, **workload))
    return results


def median(values):
    known = [value for value in values if value == value]
    return statistics.median(known) if known else float("nan")


def ratio(results, figure, ours, peer):
    """The median of the ratios within each round."""
    return median([a[figure] / b[figure] for a, b in zip(results[ours], results[peer]) if b[figure]])


def idle_connection_bytes(client, proxy, connections, tls=False):
    """Growth of the proxy's memory per connection that has served a request and waits for the next."""
    time.sleep(0.3)
    before = memory_bytes(proxy.pid)
    command = client.command(proxy.tls_port if tls else proxy.port, seconds=60, idle=True, connections=connections, tls=tls)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            said = holder.stdout.readline().split()  # "ready N", or its result when time was up
            if said[:1] != ["ready"]:
                raise BenchError(f"{proxy.name} does not keep {connections} idle connections")
            time.sleep(0.7)  # what was freed after the last answer goes back to the system
            after = memory_bytes(proxy.pid)
        finally:
            holder.kill()
    return (after - before) / connections
