"""One of several machines: starts its workers and watches them. ACORD_LAUNCHER runs `python -m acord.run.node JOB`."""

import json
import os
import sys
import time
from pathlib import Path

from acord.processes import STORE_VARIABLE, open_store
from acord.run.supervising import GRACE, LOOK_EVERY, PULSE_EVERY, end_all, forwarded, start_workers


def main() -> int:
    """1 where a worker failed. Which one and how, the run's own process finds in the store."""
    path = Path(sys.argv[1])
    job = json.loads(path.read_text(encoding="utf-8"))
    os.environ[STORE_VARIABLE] = job["store"]
    store = open_store(job["size"])
    number = store.add("nodes", 1) - 1
    children = start_workers(path, first=number * job["processes"])
    until = look_at = 0.0
    try:
        with forwarded(children):
            while any(child.poll() is None for child in children.values()):
                time.sleep(LOOK_EVERY)
                now = time.monotonic()
                failed = {rank: child.poll() for rank, child in children.items() if child.poll()}
                if failed and not until:
                    until = now + GRACE
                    for rank, code in failed.items():
                        store.set(f"exit/{rank}", str(code))
                if until and now > until:
                    return 1
                if now >= look_at:
                    look_at = now + PULSE_EVERY
                    if store.check(["end"]):
                        return 1
    finally:
        end_all(children)
    for rank, child in children.items():
        if child.returncode:
            store.set(f"exit/{rank}", str(child.returncode))
    return int(any(child.returncode for child in children.values()))


if __name__ == "__main__":
    sys.exit(main())
