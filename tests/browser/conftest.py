"""Pages under test: the sample operator served on a loopback port, and Chromium to look at it."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver
from tests.browser.sample_log import log_sample, raise_sample
from tests.browser.sample_operator import build_operator

from trueline.settings.workspace import Workspace, use_workspace

CHROMIUM, CHROMEDRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def sample_home(migrated_database: Path) -> Iterator[Path]:
    """The sample operator, built once per run; tests that write take a copy."""
    home = Path(tempfile.mkdtemp(prefix="trueline-pages-"))
    shutil.copy(migrated_database, home / "trueline.sqlite3")
    workspace = use_workspace(home)
    build_operator(workspace)
    log_sample(workspace)
    raise_sample(workspace)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def operator(sample_home: Path) -> Workspace:
    """The sample operator as the workspace in use, for reading."""
    return use_workspace(sample_home)


@pytest.fixture
def own_operator(sample_home: Path, tmp_path: Path) -> Workspace:
    """A copy of the sample operator, for writing."""
    home = tmp_path / "operator"
    shutil.copytree(sample_home, home)
    return use_workspace(home)


@pytest.fixture
def client() -> Client:
    return Client(HTTP_HOST="127.0.0.1")


@dataclass(frozen=True)
class Site:
    """Served pages and a browser."""

    address: str
    browser: WebDriver

    def open(self, path: str, *, width: int = 1280) -> WebDriver:
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        self.browser.get_log("browser")  # what an earlier page said
        self.browser.get(self.address + path)
        return self.browser


@pytest.fixture(scope="session")
def served(sample_home: Path) -> Iterator[str]:
    """Address of the pages, served as `trueline serve` does."""
    from waitress.server import create_server

    from trueline.web.serve import application

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = create_server(application(use_workspace(sample_home)), host="127.0.0.1", port=port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[WebDriver]:
    if not (CHROMIUM.exists() and CHROMEDRIVER.exists()):
        pytest.skip("Chromium and its driver are not installed")
    profile = tempfile.mkdtemp(prefix="trueline-chromium-")
    options = Options()
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(str(CHROMEDRIVER)))
    yield browser
    browser.quit()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def site(sample_home: Path, served: str, chromium: WebDriver) -> Site:
    use_workspace(sample_home)
    return Site(served, chromium)
