"""A real Prometheus scrapes an exporter and pushes what it saw into the lake."""

from __future__ import annotations

import http.server
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import waitress
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from tests.integration.test_formats_ingest import operator  # noqa: F401 a fixture

from trueline.measurement.lake import open_lake
from trueline.settings.workspace import Workspace

EXPOSITION = (
    "# TYPE frame_delay gauge\n"
    'frame_delay{product_id="p-1"} 12.5\n'
    'frame_delay{product_id="unsold"} 1\n'
    "unaddressed 5\n"
)
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: probe
    static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]
remote_write:
  - url: http://127.0.0.1:{trueline}/api/v1/write
    queue_config: {{max_shards: 1, batch_send_deadline: 1s}}
    write_relabel_configs:
      - {{source_labels: [product_id], regex: .+, action: keep}}
"""
PATIENCE_S = 60


class Exporter(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = EXPOSITION.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def exporter() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class Answers:
    """The application, noting the status of every answer."""

    def __init__(self) -> None:
        self.statuses: list[str] = []
        self.taken = threading.Semaphore(0)
        self._application = get_wsgi_application()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> object:
        def noted(status: str, headers: list[tuple[str, str]], *rest: object) -> object:
            self.statuses.append(status)
            self.taken.release()
            return start(status, headers, *rest)  # type: ignore[arg-type]

        return self._application(environ, noted)  # type: ignore[arg-type]


@contextmanager
def trueline(answers: Answers) -> Iterator[int]:
    sockets: dict[int, object] = {}
    server = waitress.create_server(answers, host="127.0.0.1", port=0, threads=2, map=sockets)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        for channel in list(sockets.values()):
            channel.close()  # type: ignore[attr-defined]
        thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def prometheus(folder: Path, config: str) -> Iterator[None]:
    path = folder / "prometheus.yml"
    path.write_text(config, encoding="utf-8")
    command = [
        "prometheus",
        f"--config.file={path}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{free_port()}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)


@pytest.mark.server
@pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is not installed (Debian: prometheus)"
)
def test_what_prometheus_scrapes_is_in_the_lake(
    operator: Workspace,  # noqa: F811 the fixture
    tmp_path: Path,
) -> None:
    answers = Answers()
    with (
        override_settings(ROOT_URLCONF="trueline.web.ingest"),
        exporter() as exporter_port,
        trueline(answers) as port,
        prometheus(tmp_path, CONFIG.format(exporter=exporter_port, trueline=port)),
    ):
        for _ in range(2):
            assert answers.taken.acquire(timeout=PATIENCE_S), (
                tmp_path / "prometheus.log"
            ).read_text(encoding="utf-8")
    assert set(answers.statuses) == {"204 No Content"}
    with open_lake(operator) as lake:
        assert list(lake.product_ids().values()) == ["p-1"]
        extent = lake.extent()
        assert extent is not None
        found = [
            version.value
            for start_s in range(*extent)
            for version in lake.history("p-1", "frame_delay", start_s)
        ]
    assert len(found) >= 2
    assert set(found) == {12.5}
