"""Peers as servers on loopback: started, loaded, asked over HTTP, stopped."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.process import JobError

_START_S = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """A running peer. `pid` of its process."""

    url: str
    pid: int

    def get(self, path: str, **parameters: str) -> bytes:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=600) as answer:
            return bytes(answer.read())

    def post(self, path: str, body: bytes) -> bytes:
        request = urllib.request.Request(f"{self.url}{path}", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=600) as answer:
            return bytes(answer.read())

    def ask(self, queries: Sequence[str], at_s: int) -> dict:
        """Instant queries one after the other: seconds, processor seconds of the server, and the
        answers as {series labels: value}."""
        answers: dict[str, float] = {}
        cpu, began = self._cpu_s(), time.perf_counter()
        raw = [self.get("/api/v1/query", query=q, time=str(at_s), nocache="1") for q in queries]
        spent = {"seconds": time.perf_counter() - began, "cpu_s": self._cpu_s() - cpu}
        for one in raw:
            for series in json.loads(one)["data"]["result"]:
                labels = series["metric"]
                answers[f"{labels['product']} {labels['param']}"] = float(series["value"][1])
        return {**spent, "answers": answers, "peak_rss_mib": self.peak_rss_mib()}

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_rss_mib(self) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def running(command: Sequence[str], port: int, ready: str) -> Iterator[Server]:
    """The peer as long as the block lasts; `ready`: a path that answers once it is."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    server = Server(f"http://127.0.0.1:{port}", process.pid)
    try:
        _wait(server, process, ready)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(server: Server, process: subprocess.Popen[bytes], ready: str) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = process.stderr.read() if process.stderr else b""
            raise JobError(f"{process.args} ended: {said[-2000:]!r}")
        try:
            server.get(ready)
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise JobError(f"{process.args} did not answer within {_START_S} s")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
