"""Programs that a test starts: each with a log of its own, ended by its process id."""
import os
import signal
import subprocess


class Program:
    def __init__(self, name, command, folder, environment=None):
        self.name, self.command, self.log = name, [str(word) for word in command], folder / f"{name}.log"
        self.environment = {**os.environ, **environment} if environment else None
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment, start_new_session=True)
        return self

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, seconds=30):
        """SIGTERM; the exit code. What does not end in time is killed, and that is an error."""
        if not self.is_running():
            return self.process.returncode if self.process else None
        self.send(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds} s of SIGTERM") from None

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=25):
        return "\n".join(self.text().splitlines()[-lines:])
