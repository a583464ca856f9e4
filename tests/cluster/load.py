"""Requests at a bounded rate while a test changes something; every one must be answered with 200."""
import http.client
import threading
import time

CLIENTS, PAUSE = 4, 0.015      # some 200 requests a second
REQUESTS_PER_CONNECTION = 20   # new connections belong to the load too
MAX_SECONDS = 300


class Load:
    """`targets()` gives the addresses to choose from, in turn: what a load balancer before several replicas would."""

    def __init__(self, targets, host, path="/"):
        self.targets = targets if callable(targets) else lambda: [targets]
        self.host, self.path = host, path
        self.sent, self.failures, self.servers = 0, [], set()
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def run(self, number):
        end, turn = time.monotonic() + MAX_SECONDS, number
        while not self.stopping.is_set() and time.monotonic() < end:
            targets = self.targets()
            if targets:
                self.use_connection(targets[turn % len(targets)])
            turn += 1

    def use_connection(self, target):
        connection = http.client.HTTPConnection(target, 80, timeout=20)
        try:
            for request in range(REQUESTS_PER_CONNECTION):
                if self.stopping.is_set():
                    return
                try:
                    connection.request("GET", self.path, headers={"Host": self.host})
                    answer = connection.getresponse()
                    text = answer.read().decode()
                except http.client.RemoteDisconnected:
                    # What was idle may be closed: HTTP clients open another one. The first request has no such excuse.
                    if request == 0:
                        raise
                    return
                self.note(None if answer.status == 200 else f"{answer.status} from {target}", text)
                if answer.will_close:
                    return
                time.sleep(PAUSE)
        except (OSError, http.client.HTTPException) as error:
            self.note(f"{error!r} at {target}", "")
        finally:
            connection.close()

    def note(self, failure, text):
        with self.lock:
            self.sent += 1
            if failure:
                self.failures.append(f"{time.strftime('%T')} {failure}")
            elif text.startswith('{"server":"'):
                self.servers.add(text.split('"', 4)[3])

    def check(self, at_least=50):
        assert not self.failures, f"{len(self.failures)} of {self.sent} failed: {self.failures[:5]}"
        assert self.sent >= at_least, f"only {self.sent} requests"
