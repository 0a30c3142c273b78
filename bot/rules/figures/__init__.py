"""Floor 1: the figures. One issue's history becomes `Facts`, many `Facts` become a `Report`.

    derive.facts_of(snapshot, recall, book, before, key, now) -> Facts
    measure.measure(facts, tickets, period, policy, now, *, repository, team=None) -> Report

`report.py` says what each measure means.
"""
