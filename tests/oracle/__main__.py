"""`python -m tests.oracle FOLDER PERIOD [AS_OF]` prints the result as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tests.oracle.assess import assess
from tests.oracle.workspace import second


def main(arguments: list[str]) -> int:
    if len(arguments) not in (2, 3):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    as_of = second(arguments[2]) if len(arguments) == 3 else int(time.time())
    document = assess(Path(arguments[0]), arguments[1], as_of=as_of)
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
