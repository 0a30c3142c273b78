"""How long routing takes: matching and scoring of a 3 KB issue, and how that grows with the text.

Run `python benchmarks/routing.py`; prints medians in microseconds. The goal is 300 µs for 3 KB.
"""

from __future__ import annotations

import statistics
import time

from bot.policy.load import load_default
from bot.rules.routing import Router

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


def median(router: Router, body: str, rounds: int) -> float:
    """Median time of one `route`, in microseconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        router.route(TITLE, body)
        times.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(times)


def main() -> None:
    policy = load_default()
    start = time.perf_counter_ns()
    router = Router(policy)
    print(f"compile the policy once   {(time.perf_counter_ns() - start) / 1e6:8.1f} ms")
    for kilobytes in SIZES:
        print(
            f"route an issue of {kilobytes:2} KB   {median(router, text(kilobytes), 600 // kilobytes):8.0f} µs"
        )


if __name__ == "__main__":
    main()
