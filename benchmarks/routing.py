"""How long routing takes, and how that grows with the text.

Run `python benchmarks/routing.py`; prints medians of CPU time. *Cutting* is the markdown part
(prose, code …); the goal of 300 µs for 3 KB is about the rest, matching and scoring.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

from bot.policy.load import load_default
from bot.rules.routing import Router
from bot.rules.text import Reader, fold

TITLE = "Indexed search times out on some repositories after the upgrade"
PARAGRAPH = """\
**Sourcegraph version:** 3.43.2
**Platform information:** Kubernetes on GKE, Chrome 103

#### Steps to reproduce
1. Search for `repo:^github\\.com/acme/.* lang:go timeout` with a count of 1000
2. Open the results page, hover over a symbol and see https://docs.sourcegraph.com/code_search for comparison
> It worked last week, and nobody changed the code host connection or the permissions since then.

```
t=2022-07-01T10:00:00+0000 lvl=eror msg="search failed" logger=zoekt error="context deadline exceeded"
```
We would like to know whether scaling the searcher or the gitserver helps. cc @acme/team

"""
SIZES = (1, 3, 12, 48)


def text(kilobytes: int) -> str:
    """About so many KB of an issue as support files it."""
    return (PARAGRAPH * (kilobytes * 1000 // len(PARAGRAPH) + 1))[: kilobytes * 1000]


def median(work: Callable[[], object], rounds: int) -> float:
    """Median time of one call, in microseconds."""
    times = []
    for _ in range(rounds):
        start = time.thread_time_ns()
        work()
        times.append((time.thread_time_ns() - start) / 1000)
    return statistics.median(times)


def main() -> None:
    policy = load_default()
    start = time.thread_time_ns()
    router = Router(policy)
    print(f"compile the policy once: {(time.thread_time_ns() - start) / 1e6:.1f} ms")
    reader = Reader(policy.routing.template, policy.routing.context)
    print(f"{'µs per issue':14}{'whole':>8}{'cutting':>9}{'matching and scoring':>22}")
    for kilobytes in SIZES:
        body = text(kilobytes)
        folded = fold(body)
        whole = median(partial(router.route, TITLE, body), 900 // kilobytes)
        cutting = median(partial(reader.pieces, body, folded), 900 // kilobytes)
        print(f"{kilobytes:>6} KB     {whole:8.0f}{cutting:9.0f}{whole - cutting:22.0f}")


if __name__ == "__main__":
    main()
