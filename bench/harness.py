"""Child processes of a benchmark: started on chosen cores, waited for, measured through /proc, stopped by pid."""
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

MAX_FILES = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 10


class BenchError(Exception):
    """What ends a benchmark: said in one line, without a traceback."""


class Process:
    """A program in a session of its own, with its output in a file."""

    def __init__(self, name, argv, log, cores=None, env=None):
        pinned = ["taskset", "-c", cores] if cores else []
        self.name, self.log = name, log
        with open(log, "w", encoding="utf-8") as output:
            self._child = subprocess.Popen(pinned + argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                           env={**os.environ, **(env or {})}, start_new_session=True)
        self.pid = self._child.pid

    def is_running(self):
        return self._child.poll() is None

    def wait(self, seconds):
        return self._child.wait(seconds)

    def stop(self):
        """SIGTERM, and SIGKILL for whoever has not ended by then. Only this process and its descendants."""
        for signal_number, limit in ((signal.SIGTERM, STOP_LIMIT_SECONDS), (signal.SIGKILL, STOP_LIMIT_SECONDS)):
            if not self.is_running():
                return
            targets = [self.pid] if signal_number == signal.SIGTERM else reversed(tree_of(self.pid))
            for pid in targets:
                try:
                    os.kill(pid, signal_number)
                except OSError:
                    pass
            try:
                self._child.wait(limit)
            except subprocess.TimeoutExpired:
                pass

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()[-2000:]


class Workshop:
    """A temporary directory, a block of free ports, and the processes of one run. Leaving it stops and removes all."""

    def __init__(self, port_count=100):
        self.directory = tempfile.mkdtemp(prefix="weir-bench-")
        self._next_port = free_port_block(port_count)
        self._processes = []
        self._make_certificate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def port(self):
        self._next_port += 1
        return self._next_port - 1

    def make_directory(self, name):
        os.makedirs(self.path(name), exist_ok=True)
        return self.path(name)

    def start(self, name, argv, cores=None, port=None):
        """Starts a program; with a port, returns when it listens there."""
        process = Process(name, argv, self.path(f"{name}.log"), cores)
        self._processes.append(process)
        if port is not None:
            wait_for_port(process, port)
        return process

    def stop(self, process):
        process.stop()
        self._processes.remove(process)

    def _make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
                        "-keyout", self.path("tls.key"), "-out", self.path("tls.crt")], check=True, capture_output=True)
        with open(self.path("tls.pem"), "w", encoding="ascii") as both:
            for part in ("tls.crt", "tls.key"):
                with open(self.path(part), encoding="ascii") as source:
                    both.write(source.read())


HOST = "bench.example.com"


def free_port_block(count):
    """The first of `count` consecutive loopback ports that nobody has, below the ephemeral range."""
    for first in range(20000, 32000, count):
        sockets = []
        try:
            for port in range(first, first + count):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise BenchError("no block of free ports between 20000 and 32000")


def wait_for_port(process, port):
    end = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < end and process.is_running():
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.01)
    raise BenchError(f"{process.name} does not listen on port {port}:\n{process.last_words()}")


def tree_of(root):
    """The process and all its descendants, parents first."""
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry))
    found, to_visit = [], [root]
    while to_visit:
        pid = to_visit.pop()
        found.append(pid)
        to_visit += children.get(pid, [])
    return found


def cpu_nanoseconds(root):
    """User and system time so far of all threads of a process tree, work of the network stack in its calls included."""
    total = 0
    for pid in tree_of(root):
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as stat:
                    total += int(stat.read().split()[0])
        except OSError:
            pass  # it has ended
    return total


def memory_bytes(root):
    """Proportional set size of a process tree: what its processes share counts once."""
    total = 0
    for pid in tree_of(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
                total += int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M).group(1)) * 1024
        except (OSError, AttributeError):
            pass
    return total


def run_main(main):
    """Runs main(), which returns an exit code; SIGTERM cleans up as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
