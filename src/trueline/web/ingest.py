"""Measurements pushed over HTTP: Prometheus remote write and OTLP metrics.

An answer of success is only given once the samples are on disk. Without a token in the workspace
only this machine may push; the content types asked for keep pages of other sites out.
"""

from __future__ import annotations

import hmac
import ipaddress
import threading
from datetime import UTC, datetime
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from trueline.errors import BusyError, InputError, TruelineError
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import DeliverySource
from trueline.measurement.append import AppendOptions, append_granules
from trueline.measurement.formats import otlp, remote_write, snappy_block
from trueline.measurement.formats.mapping import workspace_mapping
from trueline.measurement.formats.samples import Decoded
from trueline.measurement.formats.snappy_block import TooLargeError
from trueline.measurement.known import recorded_names
from trueline.measurement.lake import Lake, open_lake
from trueline.settings.workspace import Workspace, current_workspace
from trueline.web.upkeep import Summing, Upkeep

RETRY_AFTER_S = 5
WAIT_S = 5.0  # then a sender is told to come back; it would give up after 30 s
_VERSIONS = {
    "": 1,
    "prometheus.WriteRequest": 1,
    "io.prometheus.write.v2.Request": 2,
}
_STATUS = {
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    InputError: HTTPStatus.BAD_REQUEST,
}
# google.rpc.Code of a refusal: invalid argument, unavailable, unauthenticated, permission denied.
_RPC = {400: 3, 401: 16, 403: 7, 413: 3, 415: 3, 503: 14}


class _RefusedError(TruelineError):
    """A push that is turned away before its content is looked at."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@csrf_exempt
@require_POST
def write(request: HttpRequest) -> HttpResponse:
    """`POST /api/v1/write`: Prometheus remote write 1.0 or 2.0."""
    workspace = current_workspace()
    try:
        _admit(request, workspace)
        version = _version(request)
        body = _body(request, snappy_block.MAX_UNPACKED)
        content = snappy_block.unpack(body, request.path)
        mapping = workspace_mapping(workspace, remote_write.FORMAT)
        found = remote_write.decode_push(content, version, mapping, request.path)
        report = _record(workspace, found, f"remote write {version}.0", now=datetime.now(UTC))
    except TruelineError as error:
        answer = HttpResponse(f"{error}\n", content_type="text/plain; charset=utf-8")
        return _written(_failed(answer, error), 0)
    written = report.ledger.accepted + report.ledger.duplicate if report else 0
    return _written(HttpResponse(status=HTTPStatus.NO_CONTENT), written)


@csrf_exempt
@require_POST
def metrics(request: HttpRequest) -> HttpResponse:
    """`POST /v1/metrics`: OTLP/HTTP, protobuf or JSON."""
    workspace = current_workspace()
    is_json = request.content_type == "application/json"
    answer = HttpResponse(content_type="application/json" if is_json else "application/x-protobuf")
    try:
        _admit(request, workspace)
        content = _export(request)
        mapping = workspace_mapping(workspace, otlp.FORMAT)
        found = otlp.decode_export(content, is_json, mapping, request.path)
        report = _record(workspace, found, "OTLP metrics", now=datetime.now(UTC))
    except TruelineError as error:
        _failed(answer, error)
        code = _RPC.get(answer.status_code, 13)
        answer.content = otlp.render_status(code, str(error), is_json)
        return answer
    answer.content = otlp.render_response(*_partial(found, report), is_json)
    return answer


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/write", write, name="remote-write"),
    path("v1/metrics", metrics, name="otlp-metrics"),
]


def _admit(request: HttpRequest, workspace: Workspace) -> None:
    """Only who knows the token of the workspace, or without a token only this machine."""
    token_file = workspace.home / "ingest-token"
    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        token = ""
    if token:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "A bearer token is needed to push")
    elif token_file.exists() or not _is_loopback(str(request.META.get("REMOTE_ADDR", ""))):
        raise _RefusedError(
            HTTPStatus.FORBIDDEN,
            "Without a token only this machine may push. Put one in the workspace as ingest-token",
        )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _version(request: HttpRequest) -> int:
    """The version of remote write by the content type."""
    proto = (request.content_params or {}).get("proto", "")
    if request.content_type != "application/x-protobuf" or proto not in _VERSIONS:
        raise _RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Send application/x-protobuf with proto=prometheus.WriteRequest or "
            "proto=io.prometheus.write.v2.Request",
        )
    if request.headers.get("Content-Encoding", "snappy").lower() != "snappy":
        raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Compress the body with snappy")
    return _VERSIONS[proto]


def _export(request: HttpRequest) -> bytes:
    """The unpacked body of an OTLP export."""
    if request.content_type not in ("application/json", "application/x-protobuf"):
        raise _RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/x-protobuf or application/json"
        )
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    body = _body(request, otlp.MAX_UNPACKED)
    if encoding == "gzip":
        return otlp.unpack_gzip(body, request.path)
    if encoding != "identity":
        raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send gzip or no compression")
    return body


def _body(request: HttpRequest, limit: int) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    try:
        if int(length) > limit or len(request.body) > limit:
            raise otlp.too_large(request.path, limit)
    except RequestDataTooBig:
        raise otlp.too_large(request.path, limit) from None
    except (UnreadablePostError, ValueError):
        raise InputError("The body did not arrive whole", mend="Send it again") from None
    return request.body


_lakes: dict[Workspace, Lake] = {}
_one_at_a_time = threading.Lock()
upkeep = Upkeep()
summing = Summing()


def _record(workspace: Workspace, found: Decoded, kind: str, *, now: datetime) -> LoadReport | None:
    """Append what was decoded; None when there was nothing in it."""
    if not found.samples:
        return None
    report = _append(workspace, found, kind, now=now)
    upkeep.pushed(workspace)
    summing.pushed(workspace)
    return report


def _append(workspace: Workspace, found: Decoded, kind: str, *, now: datetime) -> LoadReport:
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise BusyError("Other pushes are being written")
    try:
        # One lake stays open, so that pushes need not look again at what it holds.
        if workspace not in _lakes:
            for lake in _lakes.values():
                lake.close()
            _lakes.clear()
            _lakes[workspace] = open_lake(workspace)
        options = AppendOptions(LoadOptions(now), recorded_names(), _lakes[workspace], WAIT_S)
        source = DeliverySource(kind="measurements", source=kind)
        return append_granules(workspace, [found.batch], source, options)
    except BaseException:
        # A lake that saw a failed write is not trusted with the next one.
        distrusted = _lakes.pop(workspace, None)
        if distrusted is not None:
            distrusted.close()
        raise
    finally:
        _one_at_a_time.release()


def _failed(answer: HttpResponse, error: TruelineError) -> HttpResponse:
    """The answer with the status that tells a sender whether to try again."""
    if isinstance(error, _RefusedError):
        answer.status_code = error.status
    else:
        kinds = (status for kind, status in _STATUS.items() if isinstance(error, kind))
        answer.status_code = next(kinds, HTTPStatus.INTERNAL_SERVER_ERROR)
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _written(answer: HttpResponse, samples: int) -> HttpResponse:
    """What remote write 2.0 wants to be told of every push."""
    answer.headers["X-Prometheus-Remote-Write-Samples-Written"] = str(samples)
    answer.headers["X-Prometheus-Remote-Write-Histograms-Written"] = "0"
    answer.headers["X-Prometheus-Remote-Write-Exemplars-Written"] = "0"
    return answer


def _partial(found: Decoded, report: LoadReport | None) -> tuple[int, str]:
    """How many data points were not kept as measurements, and why."""
    rejected, reasons = found.refused, list(found.warnings)
    if report is not None:
        rejected += report.ledger.set_aside - len(found.batch.set_aside)
        reasons += report.messages
    reasons += sorted({row.reason for row in found.batch.set_aside})[:5]
    return rejected, "; ".join(reasons)
