"""The reference page of the figures, from the JSON of a run."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import Figure, cells

TITLES = {
    "main": "The main job",
    "pandas": "Against pandas",
    "prometheus": "Against Prometheus",
    "victoriametrics": "Against VictoriaMetrics",
    "loading": "Loading",
    "aggregation": "Aggregation",
    "summaries": "Summaries",
    "trends": "Long-term deterioration",
    "forecast": "Forecast to breach",
    "problems": "Problems common to many",
    "studio": "Threshold studio",
}


def render_page(run: dict) -> str:
    page = [HEAD.format(**_machine(run))]
    for section, title in TITLES.items():
        figures = [_figure(one) for one in run["figures"] if one["section"] == section]
        page.append(f"## {title}\n\n{ABOUT[section]}\n")
        if figures:
            page.append(_table(figures))
            notes = [f"- {f.what}: {f.note}" for f in figures if f.note]
            page.append("\n".join(notes) + "\n" if notes else "")
        else:
            page.append(f"Not run: {run['skipped'].get(section, 'not asked for')}.\n")
    page.append(_misses([_figure(one) for one in run["figures"]]))
    return "\n".join(part for part in page if part)


def merged(runs: Sequence[dict]) -> dict:
    """Sections of several runs on one machine as one; of a section the last run counts."""
    whole = {**runs[-1], "figures": [], "skipped": {}, "seconds": {}}
    for section in TITLES:
        for run in reversed(runs):
            if section in run["seconds"] or section in run["skipped"]:
                whole["figures"] += [f for f in run["figures"] if f["section"] == section]
                for told in ("skipped", "seconds"):
                    whole[told] |= {k: v for k, v in run[told].items() if k == section}
                break
    return whole


def _figure(told: dict) -> Figure:
    return Figure(**{name: value for name, value in told.items() if name != "outcome"})


def _machine(run: dict) -> dict[str, str]:
    told = run["machine"]
    versions = ", ".join(f"{name} {text}" for name, text in told["versions"].items())
    return {
        "date": told["date"],
        "scale": run["scale"],
        "revision": told.get("revision", "unknown"),
        "cores": told["cores"],
        "memory": told["memory_gib"],
        "processor": told["processor"],
        "load": ", ".join(map(str, told["load"])),
        "load_after": ", ".join(map(str, run.get("load_after", []))),
        "versions": f"Python {told['python']}, {versions}",
        "minutes": f"{sum(run['seconds'].values()) / 60:.0f}",
    }


def _table(figures: list[Figure]) -> str:
    lines = [
        "| what | figure | min to max | in processor time | goal | outcome | for scale |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(cells(figure)) + " |" for figure in figures]
    return "\n".join(lines) + "\n"


def _misses(figures: list[Figure]) -> str:
    missed = [f for f in figures if f.verdict not in ("", "pass")]
    if not missed:
        return "## Goals missed or in doubt\n\nNone in this run.\n"
    lines = [
        f"- {f.section}: {f.what}: {cells(f)[1]}, goal {cells(f)[4]} ({f.verdict})" for f in missed
    ]
    return "## Goals missed or in doubt\n\n" + "\n".join(lines) + "\n"


HEAD = """# Performance

Figures of one run of `make bench`, written by `python -m bench report`. Read the ratios: what is
compared ran in turns (A B A B ...) on one machine, and a figure is the median of the ratios of the
pairs, with the least and the most seen. Absolute times only show scale. The ratio in processor time
(all threads of the process) hardly moves when other work runs on the machine; the one in wall clock
does, so where the two disagree about a goal both are told.

| | |
|---|---|
| date | {date}, scale `{scale}`, {minutes} minutes, revision {revision} |
| machine | {cores} cores ({processor}), {memory} GiB |
| load before, after | {load}; {load_after} |
| versions | {versions} |

To run it: `make bench`, or `python -m bench --sections main,loading --scale small --json run.json`
and `python -m bench report run.json`. Scales are `small` (seconds, for tests), `default` and `full`
(a month of live batches, more rounds). Data is made once from a fixed seed, kept in a folder for
temporary files (`TRUELINE_BENCH_DIR` names another) and made anew by `--fresh`.

The data: N products x 4 parameters (latency, jitter, loss, throughput; 3 decimals) x 30 days of 5
minutes, 0.3 % of the intervals missing at random and some for hours, loss in bursts, 1.5 agreed
exclusions a product, 8 offerings with thresholds of their own. It is synthetic: the parameters of
a product miss the same intervals and loss is mostly zero, both of which help a wide layout.
"""

ABOUT = {
    "main": """Reference: DuckDB's `sum(value)` over the same samples as plain long zstd Parquet.
Assessed: per product four conformance objectives, four percentiles (exact), availability over a
sliding window (n = 10), with exclusions; aggregates by group, offering, segment, SLA type and
region; pooled percentiles of those from histograms of all samples. Each run is a fresh process;
time counts from reading the records to the last verdict, without the import of libraries. Peak
memory is that of the process.""",
    "pandas": """The same verdicts written in vectorised pandas over the long Parquet file, without
aggregates on either side.""",
    "prometheus": """`avg_over_time((m <= bool on(product, param) t)[30d:5m])`, thresholds as
series, asked over HTTP of a running server with the data in one block, against conformance
objectives assessed by Trueline from its lake. A subquery fills a missing interval with the sample
before it (look-back of 5 minutes), so shares differ where samples are missing; the bench fills the
same intervals itself and compares again.""",
    "victoriametrics": """`share_le_over_time(m[30d], T)` with one constant for all series, and
`quantile_over_time(0.95, m[30d])`, asked over HTTP of a warm server, against the same questions as
objectives assessed by Trueline in a fresh process. Its quantile interpolates between samples;
Trueline's percentile is a sample (RFC 2330), so the bench also compares with interpolated ones.""",
    "loading": """Files: from the file to recorded, durable and readable, into a workspace that
knows its products; the merging into sorted blocks that follows a big load by itself is timed apart.
Pushes: from the body of the request to the answer, through the view of the endpoint, every push
durable, on one core, labels known from two pushes before. Batches: each on disk before the next,
lake kept open; what they leave is merged beside them, as the server has it done. Decoders: pyarrow
on the same file with its defaults, and the protobuf library building every message of the same
bodies.""",
    "aggregation": """Histograms of random parts merged in random order against the sorted samples,
error at each of 1,999 percentiles; four shapes of distribution.""",
    "summaries": """Every share of good time of the month (good and known seconds, samples), with
exclusions, once the plan is made: from granules, from summaries read from disk, from summaries
that a server has at hand, and from those as columns, before an object is made of each row; then
with exclusions that changed after the summaries were built. Below, whole rows from disk, with
planning and verdicts: shares; shares and exact percentiles; all objectives of the main job. One
more day: 29 days were summed up, another was taken in and merged; summing it up and assessing the
month again, against the month from granules. Batches: taken in, summed up and seen, in one process
that keeps the lake and the summaries open.""",
    "trends": """Change points of twelve published series with five annotators each, one default
configuration, scored with a margin of five points; what happens when one setting is changed; charts
on simulated noise; a scan of many daily series; scans of noise in which nothing should be called.
The settings were chosen on these series and on synthetic ones: expect less on others.""",
    "forecast": """A third of the published M4 and Tourism series, one default
configuration; figures of others beside ours come from publications. A threshold is the extreme of
the last values, moved outwards by half a mean seasonal step. All these series were seen while the
method was made.""",
    "problems": """Localization: published incidents (RS) and semi-synthetic cases (B0) as given,
and cases generated by the published models with seeds that were not used before. The slowest
case is in wall clock. One default configuration.""",
    "studio": """A draft of a standard on one parameter (5 minutes, agreed exclusions), replayed
over every month and product beside today's version, in a fresh process: examined, replayed and told
as the page does. Another target asks nothing new of the summaries; another threshold was never
watched, so histograms answer with bounds. Beside it, the same from the granules. In the column of
processor time stand seconds, not a ratio.""",
}
