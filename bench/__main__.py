"""`python -m bench`: run sections and print their figures; `python -m bench report FILE...`."""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import sys
import time
from pathlib import Path

from bench.figures import Figure, render_table
from bench.machine import machine
from bench.report import merged, render_page
from bench.sizes import SCALES, Scale
from bench.storage import bench_dir

SECTIONS = (
    "main",
    "pandas",
    "prometheus",
    "victoriametrics",
    "loading",
    "aggregation",
    "trends",
    "forecast",
    "summaries",
    "problems",
    "studio",
)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["report"]:
        runs = [json.loads(Path(one).read_text(encoding="utf-8")) for one in arguments[1:]]
        print(render_page(merged(runs)), end="")
        return 0
    asked = _parsed(arguments)
    if asked.fresh:
        shutil.rmtree(bench_dir(), ignore_errors=True)
    bench_dir().mkdir(parents=True, exist_ok=True)
    before = machine()
    print(f"data in {bench_dir()}; {before}", flush=True)
    run = {"scale": asked.scale, "machine": before, "figures": [], "skipped": {}, "seconds": {}}
    for section in asked.sections.split(","):
        _run_section(section, SCALES[asked.scale], run)
        if asked.json:
            run["load_after"] = machine()["load"]
            asked.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return 0


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sections", default=",".join(SECTIONS), help="separated by commas")
    parser.add_argument("--scale", choices=sorted(SCALES), default="default")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--fresh", action="store_true", help="make the data anew")
    asked = parser.parse_args(arguments)
    unknown = set(asked.sections.split(",")) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    return asked


def _run_section(section: str, scale: Scale, run: dict) -> None:
    module = importlib.import_module(f"bench.sections.{section}")
    began = time.perf_counter()
    missing = [name for name in getattr(module, "PROGRAMS", ()) if shutil.which(name) is None]
    missing = [f"{name} not installed" for name in missing]
    missing += [f"no folder {one}" for one in getattr(module, "FOLDERS", ()) if not one.is_dir()]
    if missing:
        run["skipped"][section] = ", ".join(missing)
        print(f"\n{section}: skipped, {run['skipped'][section]}", flush=True)
        return
    figures: list[Figure] = module.figures(scale)
    run["seconds"][section] = time.perf_counter() - began
    run["figures"] += [figure.as_dict() for figure in figures]
    print(f"\n{section} ({run['seconds'][section]:.0f} s)\n{render_table(figures)}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
