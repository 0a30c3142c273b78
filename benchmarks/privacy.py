"""How long a scan takes in process, kingfisher apart, and how that grows with the customers and the text.

Run `python -m benchmarks.privacy`; prints medians of CPU time in microseconds per kilobyte of text.
The goal: at most 1,000 with 1,000 customers.
"""

from __future__ import annotations

import statistics
import time
from typing import Literal

from bot.policy.load import load_default
from bot.rules.privacy import Context, Scanner
from bot.rules.privacy.secrets.shape import sample_of
from bot.scanner import scanner

QUIET = """\
Indexed search times out on some repositories after the upgrade

- Sourcegraph version: 5.3.11625, Docker Compose on a VM, Postgres 12.7
- Commit: 05bd0d73dae9, trace 29f38e40a9f1832d10a23d85b12a815f
- Docs followed: https://docs.sourcegraph.com/admin/config/site_config

```
t=2023-08-14T09:12:44Z lvl=warn msg="syncing repos" host=gitserver-0.gitserver:3178 err="i/o timeout"
\tat github.com/sourcegraph/sourcegraph/internal/search.(*Query).Parse(query.go:88)
```

Prometheus, Grafana and Jaeger show nothing. Only Perforce depots larger than 18,771 files are affected.
"""
PRIVATE = """\
Quandel: search results missing after upgrade to 5.3.11625

Reported by Siobhan McKeever (siobhan@quandel.io), phone +44 20 7946 1234. They are at $94k ARR.
Instance: https://sourcegraph.quandel.internal/search?q=repo:payments, NAT egress 52.18.44.91

> After the upgrade our developers cannot see any private repository.
> This blocks our release on Thursday.

```
fatal: repository "git.quandel.internal/platform/payments-core.git" not found
PGHOST=db-01.eu.quandel.local PGPASSWORD={password}
```

![screenshot](https://github.com/user-attachments/assets/8b561fb1-843a-49f4-a26d-540b470806f0)
"""
RUNS = 60


def measure(scan: Scanner, text: str, context: Context) -> float:
    """Median CPU time of one scan, in microseconds per kilobyte."""
    for _ in range(5):
        scan.scan(text, context)
    took: list[float] = []
    for _ in range(RUNS):
        start = time.process_time()
        scan.scan(text, context)
        took.append(time.process_time() - start)
    return statistics.median(took) * 1e6 / (len(text.encode()) / 1024)


def main() -> None:
    """Print the table."""
    scan = scanner(load_default())
    texts = {"quiet": QUIET, "private": PRIVATE.format(password=sample_of("<w20>"))}
    modes: tuple[Literal["publish", "watch"], ...] = ("watch", "publish")
    print(f"{'text':10}{'KB':>6}{'customers':>11}{'watch':>9}{'publish':>9}   µs per KB")
    for name, text in texts.items():
        for size in (1, 16):
            for customers in (16, 1000):
                known = ("quandel", *(sample_of("<a9>", str(i)).lower() for i in range(customers - 1)))
                whole = text * size
                figures = [measure(scan, whole, Context(mode, ("quandel",), known)) for mode in modes]
                kilobytes = len(whole.encode()) / 1024
                print(f"{name:10}{kilobytes:6.1f}{customers:11}{figures[0]:9.0f}{figures[1]:9.0f}")


if __name__ == "__main__":
    main()
