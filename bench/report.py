"""What a comparison found: printed as it comes, written as Markdown."""
import os
import platform
import shutil
import subprocess
import time

from load import median, ratio
from proxies import versions

OURS = "Weir"


def better_peer(ratios):
    """The peer beside which we look worst."""
    return max(ratios, key=lambda name: ratios[name])


def line_of(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head, rows):
    return "\n".join([line_of(*head), line_of(*("---" for _ in head)), *(line_of(*row) for row in rows)])


class Findings:
    def __init__(self, workers, rounds, seconds):
        self._conditions = f"{workers} worker{'s' if workers > 1 else ''}, {rounds} rounds of {seconds} s slices in turn"
        self._workloads, self._idle = [], []  # (key, title, {name: [slice]}), (count, tls, {name: bytes})
        self._wrk, self._hosts, self._cost, self._host_count = [], [], None, 0

    def add(self, key, title, results):
        self._workloads.append((key, title, results))
        print(f"\n## {title}\n{self._workload_table(results)}", flush=True)

    def add_idle(self, count, tls, growth):
        self._idle.append((count, tls, growth))
        print(f"\n## {count} idle {'TLS ' if tls else ''}connections, bytes each: " +
              ", ".join(f"{name} {size:.0f}" for name, size in growth.items()), flush=True)

    def add_wrk(self, rows):
        self._wrk = rows
        print(f"\n## as wrk sees it\n{self._wrk_table()}", flush=True)

    def add_hosts(self, count, rows):
        self._host_count, self._hosts = count, rows
        print(f"\n## {count} hosts\n{self._hosts_table()}", flush=True)

    def add_cost(self, figures):
        self._cost = figures
        print(f"\n## of one small request\n{self._cost_text()}", flush=True)

    def errors_of_weir(self):
        return (sum(one["errors"] for _, _, results in self._workloads for one in results[OURS]) +
                sum(row["errors"] for row in self._wrk + self._hosts if row["name"] == OURS))

    def summary(self):
        if not self._workloads:
            return ""
        rows = []
        for _, title, results in self._workloads:
            ratios = {name: ratio(results, "cpu_us", OURS, name) for name in results if name != OURS}
            better = better_peer(ratios)
            p99 = min((name for name in results if name != OURS), key=lambda name: median([one["p99_us"] for one in results[name]]))
            cpu = {name: median([one["cpu_us"] for one in results[name]]) for name in results}
            rows.append([title, f"{cpu[OURS]:.1f}", f"{cpu['nginx']:.1f}", f"{cpu['nginx-buffering']:.1f}", f"{cpu['HAProxy']:.1f}",
                         f"**{ratios[better]:.2f}**", f"{ratio(results, 'rps', OURS, better):.2f}",
                         f"{ratio(results, 'p99_us', OURS, p99):.2f}"])
        return "\n## CPU per request (microseconds)\n\n" + table(
            ["workload", OURS, "nginx", "nginx, buffering", "HAProxy", "to the better peer", "requests/s, ratio", "p99, ratio to the lowest"], rows)

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._markdown())

    def _workload_table(self, results):
        def middle(slices, figure):
            return median([one[figure] for one in slices])
        return table(["proxy", "requests/s", "p50 us", "p99 us", "CPU us/request", "errors", "CPU, Weir to it"],
                     [[name, f"{middle(slices, 'rps'):,.0f}", f"{middle(slices, 'p50_us'):,.0f}", f"{middle(slices, 'p99_us'):,.0f}",
                       f"{middle(slices, 'cpu_us'):.1f}", sum(one["errors"] for one in slices),
                       "" if name == OURS else f"{ratio(results, 'cpu_us', OURS, name):.2f}"] for name, slices in results.items()])

    def _wrk_table(self):
        return table(["proxy", "requests/s", "p99 us", "errors"],
                     [[row["name"], f"{row['rps']:,.0f}", f"{row['p99_us']:,.0f}", row["errors"]] for row in self._wrk])

    def _hosts_table(self):
        return table(["proxy", "ready after s", "CPU s until then", "memory MB", "CPU us/request, all hosts in turn", "errors",
                      "CPU ms of one change"],
                     [[row["name"], f"{row['start_s']:.2f}", f"{row['start_cpu_s']:.2f}", f"{row['memory_mb']:.0f}",
                       f"{row['cpu_us']:.1f}", row["errors"],
                       "not measured" if row["change_cpu_ms"] is None else f"{row['change_cpu_ms']:.1f}"] for row in self._hosts])

    def _cost_text(self):
        calls, plain, tls = self._cost
        return f"{calls:.2f} system calls, {plain:,.0f} user instructions; with TLS {tls:,.0f} user instructions."

    def _idle_table(self):
        names = list(self._idle[0][2])
        return table(["", *names], [[f"{count:,} {'TLS' if tls else 'plain'} connections, bytes each",
                                     *(f"{growth[name]:,.0f}" for name in names)] for count, tls, growth in self._idle])

    def _markdown(self):
        parts = [f"# Benchmark results\n\nWritten by `bench/run.sh`; {time.strftime('%Y-%m-%d', time.gmtime())}, commit {commit()}.\n\n"
                 f"Machine: {machine()}. Peers: {versions()}. {self._conditions}.\n\n"
                 "nginx runs with the settings that ingress-nginx writes by default, without its Lua and its access log; no proxy "
                 "here logs. CPU is user and system time of the proxy. A ratio below 1 means that Weir needs less; it is the median "
                 "of the ratios of each round. Client and backend share one core, which caps requests/s for all.", self.summary().strip()]
        for _, title, results in self._workloads:
            parts.append(f"## {title}\n\n{self._workload_table(results)}")
        if self._wrk:
            parts.append(f"## GET 128 B, keep-alive, 64 connections, as wrk sees it\n\n{self._wrk_table()}")
        if self._idle:
            parts.append(f"## Idle connections\n\n{self._idle_table()}")
        if self._hosts:
            parts.append(f"## {self._host_count:,} hosts\n\nWeir reads {self._host_count:,} Ingresses; its change is one endpoint of "
                         f"one Service. nginx has as many server blocks; its change is a reload. HAProxy has a map.\n\n{self._hosts_table()}")
        if self._cost:
            parts.append(f"## Cost of one small request\n\n{self._cost_text()} `bench/cost_gate.sh` keeps the limits.")
        return "\n\n".join(part for part in parts if part) + "\n"


def commit():
    if not shutil.which("git"):
        return "unknown"
    here = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(["git", "-C", here, "describe", "--always", "--dirty", "--exclude=*"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    kernel = platform.release().partition("-")[0]
    return f"{len(models) or os.cpu_count()} cores {models[0] if models else platform.machine()}, Linux {kernel}"
