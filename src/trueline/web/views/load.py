"""Load: upload a file, see its ledger, fetch the rows that were set aside."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trueline.errors import InputError, TruelineError
from trueline.intake.ledger import SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery
from trueline.intake.set_aside import read_set_aside, set_aside_path
from trueline.measurement.formats.mapping import MAX_MAPPING_BYTES
from trueline.people.people import may_where_known
from trueline.people.roles import WORKERS
from trueline.settings.workspace import Workspace, current_workspace
from trueline.web.loaders import FORMATS, KINDS, MeasurementForm, UploadKind, load_as_told
from trueline.web.person import load_of_a_person, name_of
from trueline.web.shell import show
from trueline.web.sight import look, page_number
from trueline.web.wording import utc_time

MAX_UPLOAD_BYTES = 2 * 1024**3
RECENT = 20
SAMPLE = 10


@dataclass(frozen=True)
class ShownDelivery:
    id: int
    kind: str
    source: str
    recorded_at: str
    counts: dict[str, int]
    has_set_aside: bool


@require_http_methods(["GET", "HEAD", "POST"])
@load_of_a_person
def load(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, 200, {})
    try:
        report = _receive(request, now=datetime.now(UTC))
    except TruelineError as error:
        told = {"error": error, "kind_chosen": request.POST.get("kind", "")}
        return _page(request, 422, told)
    address = f"{reverse('load')}?delivery={report.delivery}#ledger"
    return HttpResponseRedirect(address)


def set_aside(request: HttpRequest, delivery: int) -> FileResponse:
    """The readable file of rows that the delivery did not accept."""
    path = set_aside_path(current_workspace(), delivery)
    if not path.is_file():
        raise Http404(f"Delivery {delivery} set nothing aside")
    return FileResponse(
        open(path, "rb"),
        as_attachment=True,
        filename=f"set-aside-delivery-{delivery}.csv",
        content_type="text/csv; charset=utf-8",
    )


def _page(request: HttpRequest, status: int, context: dict[str, object]) -> HttpResponse:
    sight = look(request)
    recorded = Delivery.objects.filter(recorded_at__isnull=False).order_by("-id")
    total = recorded.count()
    pages = max(1, -(-total // RECENT))
    page = min(page_number(request), pages)
    first = (page - 1) * RECENT
    shown = _shown_delivery(request, sight.workspace)
    answer = show(
        request,
        sight,
        "web/load.html",
        {
            "parts": {"deliveries": "web/parts/deliveries.html"},
            "kinds": list(KINDS.values()),
            "formats": FORMATS.items(),
            "kind_chosen": request.GET.get("kind", ""),
            "deliveries": [_shown(d, sight.workspace) for d in recorded[first : first + RECENT]],
            "page": page,
            "pages": pages,
            "delivery_total": total,
            "loaded": shown,
            "loaded_sample": _sample(sight.workspace, shown),
            **context,
        },
    )
    answer.status_code = status
    return answer


def _receive(request: HttpRequest, *, now: datetime) -> LoadReport:
    may_where_known(name_of(request), WORKERS, "load records")
    kind = KINDS.get(request.POST.get("kind", ""))
    if kind is None:
        raise InputError("No kind was chosen", mend="Choose what the file holds")
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or not file.name:
        raise InputError("No file was chosen", mend="Choose a file and load again")
    if (file.size or 0) > MAX_UPLOAD_BYTES:
        raise InputError(
            f"{file.name} is larger than {MAX_UPLOAD_BYTES // 1024**3} GiB",
            mend="Load large files with `trueline load` on the command line",
        )
    workspace = current_workspace()
    incoming = workspace.home / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=incoming))
    try:
        path = folder / _safe_name(file.name, kind)
        _keep(file, path)
        options = LoadOptions(now=now, recorded_by=name_of(request) or "load page")
        if kind.id == "measurements":
            return load_as_told(workspace, path, options, _measurement_form(request, folder))
        return kind.load(workspace, path, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(file: UploadedFile[bytes], path: Path) -> None:
    with open(path, "wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)


def _measurement_form(request: HttpRequest, folder: Path) -> MeasurementForm:
    """Format and mapping as chosen; an unknown format is refused by its reader."""
    mapping = request.FILES.get("mapping")
    kept = None
    if isinstance(mapping, UploadedFile):
        if (mapping.size or 0) > MAX_MAPPING_BYTES:
            raise InputError("The mapping is too large", mend="Write it as in the formats' page")
        inside = folder / "mapping"
        inside.mkdir()
        kept = inside / "mapping.yaml"
        _keep(mapping, kept)
    return MeasurementForm(request.POST.get("format") or None, kept)


def _safe_name(name: str, kind: UploadKind) -> str:
    """The file's own last name, so that messages name it; never a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*').strip(". ")[-120:]
    return kept or f"{kind.id}{kind.suffixes[0]}"


def _shown(delivery: Delivery, workspace: Workspace) -> ShownDelivery:
    return ShownDelivery(
        delivery.id,
        delivery.kind,
        ", ".join(part.rsplit("/", 1)[-1] for part in delivery.source.split(", ")),
        utc_time(delivery.recorded_at),
        {name: int(count) for name, count in delivery.counts.items()},
        set_aside_path(workspace, delivery.id).is_file(),
    )


def _shown_delivery(request: HttpRequest, workspace: Workspace) -> ShownDelivery | None:
    """The delivery that `?delivery=` names: the one just loaded, or one from the list."""
    asked = request.GET.get("delivery", "")
    if not asked:
        return None
    found = None
    if asked.isascii() and asked.isdigit() and len(asked) < 18:
        found = Delivery.objects.filter(id=int(asked), recorded_at__isnull=False).first()
    if found is None:
        raise Http404(f"There is no delivery {asked}")
    return _shown(found, workspace)


def _sample(workspace: Workspace, shown: ShownDelivery | None) -> tuple[SetAsideRow, ...]:
    if shown is None or not shown.has_set_aside:
        return ()
    return tuple(read_set_aside(set_aside_path(workspace, shown.id), limit=SAMPLE))
