"""PM files give exactly the tuples (object, counter, value, period, suspect) they hold."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from trueline.errors import InputError
from trueline.measurement.formats.threegpp import READER, measurements_of
from trueline.measurement.granules import GRANULE_SCHEMA, ReadContext

FOLDER = Path(__file__).parent / "pm_xml"
CASES = sorted(path.stem for path in FOLDER.glob("*.xml"))
Tuple = tuple[str, str, "str | float | None", int, int, bool]


def tuples(content: bytes) -> list[Tuple]:
    found = measurements_of(io.BytesIO(content))
    return [(v.object, v.counter, v.value, v.start_s, v.duration_s, v.suspect) for v in found]


def expected(case: str) -> list[Tuple]:
    wanted = json.loads((FOLDER / f"{case}.json").read_text(encoding="utf-8"))
    start_s, duration_s = wanted["start_s"], wanted["duration_s"]
    return [
        (o, c, value, start_s, duration_s, suspect) for o, c, value, suspect in wanted["values"]
    ]


@pytest.mark.parametrize("case", CASES)
def test_a_pm_file_gives_its_exact_tuples(case: str) -> None:
    assert tuples((FOLDER / f"{case}.xml").read_bytes()) == expected(case)


@pytest.mark.parametrize("case", CASES)
def test_a_gzip_pm_file_gives_the_same_tuples(case: str) -> None:
    packed = gzip.compress((FOLDER / f"{case}.xml").read_bytes())
    assert tuples(packed) == expected(case)


@pytest.mark.parametrize("case", CASES)
def test_a_pm_file_cut_off_anywhere_is_refused(case: str) -> None:
    content = (FOLDER / f"{case}.xml").read_bytes().rstrip()
    for end in range(1, len(content), 7):
        with pytest.raises(InputError):
            tuples(content[:end])
    packed = gzip.compress(content)
    with pytest.raises(InputError, match="cut off"):
        tuples(packed[:-9])


def test_a_mapping_turns_counters_into_granules() -> None:
    mapping = {
        "format": "3gpp",
        "products": [
            {
                "match": r"EthernetPort=(?P<port>\d)$",
                "product_id": "{element}-{port}",
                "managed_element": "ManagedElement=(?P<element>.+)$",
            }
        ],
        "parameters": [
            {"parameter": "frame_loss", "value": "1 - framesReceived/framesSent"},
            {"parameter": "lost", "value": "framesLost", "denominator": "framesSent"},
        ],
    }
    with (FOLDER / "lists.xml").open("rb") as source:
        [batch] = READER.read(source, ReadContext("lists.xml", mapping))
    assert batch.table.schema.equals(GRANULE_SCHEMA)
    rows = batch.table.to_pylist()
    assert [(r["product_id"], r["parameter"], r["denominator"], r["suspect"]) for r in rows] == [
        ("Gbg-2-1", "frame_loss", None, False),
        ("Gbg-2-1", "lost", 10.0, False),
        ("Gbg-2-2", "lost", 20.0, True),
    ]
    assert [r["value"] for r in rows] == pytest.approx([0.1, 1.0, 0.5])
    assert {(r["start_s"], r["duration_s"]) for r in rows} == {(1790812800, 3600)}
    [aside] = batch.set_aside
    assert aside.reason == "frame_loss: counter framesReceived is not a single number"
    assert (aside.line, aside.text) == (11, "NIL")


def archive(shared: Path) -> dict[str, bytes]:
    with tarfile.open(shared / "data" / "pm-xml" / "pm-dev.tar.xz") as tar:
        files = ((m.name.removeprefix("./"), tar.extractfile(m)) for m in tar if m.isfile())
        return {name: file.read() for name, file in files if file is not None}


def test_the_sample_of_the_specification_gives_its_exact_tuples(shared: Path) -> None:
    name = "csit/tests/pmmapper/assets/A20181002.0000-1000-0015-1000_5G.xml"
    found = tuples(archive(shared)[name])
    # endTime 2000-03-01T14:14:30+02:00 less 900 s is 2000-03-01T11:59:30Z.
    assert {(start_s, duration_s) for _, _, _, start_s, duration_s, _ in found} == {
        (951911970, 900)
    }
    cell = "RncFunction=RF-1,UtranCell=Gbg-99"
    assert [(o, c, v, s) for o, c, v, _, _, s in found][8:16] == [
        (f"{cell}9", "attTCHSeizures", 456.0, True),
        (f"{cell}9", "succTCHSeizures", 567.0, True),
        (f"{cell}9", "attImmediateAssignProcs", 678.0, True),
        (f"{cell}9", "succImmediateAssignProcs", 789.0, True),
        ("ManagedElement=RNC-Gbg-1,ENodeBFunction=1", "attTCHSeizures1", 4.0, False),
        (
            "ManagedElement=RNC-Gbg-1,ENodeBFunction=1",
            "succTCHSeizures2",
            "86,87,2,6,77,96,75,33,24",
            False,
        ),
        ("ManagedElement=RNC-Gbg-1,ENodeBFunction=1", "attImmediateAssignProcs3", 40.0, False),
        ("ManagedElement=RNC-Gbg-1,ENodeBFunction=1", "succImmediateAssignProcs4", 90.0, False),
    ]
    assert len(found) == 28


def test_every_whole_file_of_the_archive_is_read_and_gzip_changes_nothing(shared: Path) -> None:
    files = archive(shared)
    for name, content in files.items():
        if name.endswith((".xml", ".xml.gz")):
            assert tuples(content), name
    sample = "csit/tests/pmmapper/assets/A20181002.0000-1000-0015-1000_5G.xml"
    assert tuples(files[sample]) == tuples(files[f"{sample}.gz"])


def test_each_measinfo_has_its_own_period(shared: Path) -> None:
    folder = "src/test/resources/split_test"
    content = archive(shared)[f"{folder}/meas_results_typeC.xml"]
    # Three measInfo of 100, 200 and 300 s that end at 12:15Z on 2 October 2001, 2002 and 2003.
    assert [(c, v, s, d) for _, c, v, s, d, _ in tuples(content)] == [
        (f"{counter}{n}", float(str(n) * times), 1002024900 + days * 86400 - n * 100, n * 100)
        for n, days in ((1, 0), (2, 365), (3, 730))
        for times, counter in enumerate(("z", "a", "zz", "b"), 1)
    ]
