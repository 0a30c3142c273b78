"""Floor 1: which team a question belongs to, why, and whether the bot may act on it.

    text → pieces with a zone → words of the policy found → evidence per area → score per team → verdict

What holds: the verdict depends on title, body and policy alone; white space, line ends and case are nothing
to it; repeating a word adds little; time is linear in the text. An area without a team competes like any
other, so that the bot notices what belongs to nobody. An alert's owner comes before all keywords (handbook,
step 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from bot.model import Candidate, Match, Route
from bot.policy.routing import Routing
from bot.policy.schema import Policy
from bot.rules.routing_evidence import Evidence, Place, Scales, Seen, place_weights
from bot.rules.routing_lexicon import Lexicon
from bot.rules.text import Reader, fold, words

_NOBODY = ""  # stands for the team of areas that have none
_BARRIER = "\x00"  # a word between pieces, so that no phrase reaches from one into the next
_APART = f" {_BARRIER} "
_PREFIX_MAX = 40  # characters of a title's prefix: `search: …`, `[batch changes] …`


class Found(NamedTuple):
    """One word of the policy at text[start:end] of the title or the body."""

    where: Literal["title", "body"]
    start: int
    end: int
    word: str
    area: str
    weight: float


class _Family(NamedTuple):
    """Teams that share a subject: what the general area says speaks for each; `default` leads a draw."""

    general: str
    default: str
    teams: tuple[str, ...]


class Router:
    """Compiled once from a policy; `route` is pure and safe to call from anywhere."""

    def __init__(self, policy: Policy) -> None:
        routing = policy.routing
        self._routing = routing
        self._teams = {area_id: area.team or _NOBODY for area_id, area in routing.areas.items()}
        self._home = {team: area_id for area_id, team in reversed(self._teams.items())}
        self._families = _families(routing)
        self._areas = {team: _areas_of(team, routing) for team in self._home}
        self._lexicon = Lexicon(routing)
        fields = policy.intake.fields.values()
        labels = [name for field in fields for name in (field.label, *field.aliases)]
        self._reader = Reader((*routing.template, *labels), routing.context)
        self._scales = Scales(routing, self._lexicon, self._home)

    def route(self, title: str, body: str, labels: Sequence[str] = ()) -> Route:
        """The verdict for one issue. Labels are no evidence: a person's label is decided on elsewhere."""
        evidence = self._scales.weigh(self._read(title, body))
        if evidence.alerts:
            written = f"{title}\n{body}".lower()
            alerts = self._lexicon.alerts
            evidence.alerts = {
                n: weight for n, weight in evidence.alerts.items() if alerts[n].written(written)
            }
        teams = self._team_scores(evidence)
        owners = self._alert_owners(evidence, teams)
        return self._judge(evidence, teams, owners)

    def explain(self, title: str, body: str) -> tuple[Found, ...]:
        """Every word that counts, with its place, its area and its weight there, in order of the text."""
        weights = place_weights(self._routing.zones)
        found: list[Found] = []
        where: Literal["title", "body"]
        prefix = _prefix(title)
        for where, text in (("title", title), ("body", body)):
            folded = fold(text)
            whole: list[tuple[Place, int, int]] = [("title", 0, len(title))]
            for zone, start, end in whole if where == "title" else self._reader.pieces(body, folded):
                tokens = words(folded[start:end])
                spans = _spans(folded, tokens, start)
                for number, first, last in self._lexicon.index.find(tokens):
                    entry = self._lexicon.entries[number]
                    left, right = spans[first][0], spans[last - 1][1]
                    for says in entry.evidence:
                        place: Place = "body" if says.anywhere and where == "body" else zone
                        place = "prefix" if where == "title" and left < prefix else place
                        weight = round(says.weight * weights[place], 3)
                        found.append(Found(where, left, right, entry.word, says.area, weight))
        return tuple(found)

    def _read(self, title: str, body: str) -> dict[int, Seen]:
        """Find the policy's words: entry → where it stands."""
        cut = _prefix(title)
        folded = fold(title)
        tokens = words(folded[:cut])
        places: list[Place] = ["prefix"] * len(tokens)
        tokens += [*words(folded[cut:]), _BARRIER]
        places += ["title"] * (len(tokens) - len(places))
        folded = fold(body)
        pieces = self._reader.pieces(body, folded)
        tokens += words(_APART.join([folded[start:end] for _, start, end in pieces]) + _APART)
        for zone, _, _ in pieces:
            places += [zone] * (tokens.index(_BARRIER, len(places)) + 1 - len(places))
        seen: dict[int, Seen] = {}
        silent = self._lexicon.silent
        for number, at, _ in self._lexicon.index.find(tokens):
            if number in silent:
                continue
            place = places[at]
            state = seen.get(number)
            if state is None:
                seen[number] = Seen({place: 1}, [at])
            else:
                state.places[place] = state.places.get(place, 0) + 1
                state.at.append(at)
        return seen

    def _team_scores(self, evidence: Evidence) -> dict[str, float]:
        """Evidence per team; areas of a family are decided together first and between themselves second."""
        teams: dict[str, float] = {}
        for area_id, score in evidence.areas.items():
            if not self._routing.areas[area_id].general:
                team = self._teams[area_id]
                teams[team] = teams.get(team, 0.0) + score
        for family in self._families:
            own = sorted((teams.get(team, 0.0), team == family.default, team) for team in family.teams)
            (second, _, _), (first, _, leader) = own[-2:]
            if shared := evidence.areas.get(family.general, 0.0) + sum(score for score, _, _ in own):
                teams[leader] = shared
                if first - second < self._routing.thresholds.family:
                    evidence.undecided.add(leader)
        for exception in (self._routing.exceptions[number] for number in evidence.exceptions):
            if exception.always:
                teams[exception.team] = max(teams.values()) + exception.weight
        return teams

    def _alert_owners(self, evidence: Evidence, teams: dict[str, float]) -> dict[str, float]:
        """Give the owners of the alerts named their weight; the first of them comes before every keyword."""
        owners: dict[str, float] = {}
        for number, weight in evidence.alerts.items():
            alert = self._lexicon.alerts[number]
            owner = alert.owner
            team = max(owner.among, key=lambda t: (teams.get(t, 0.0), t == owner.team), default=owner.team)
            owners[team] = owners.get(team, 0.0) + weight
            match = Match(alert.name, "alert", round(weight, 3))
            evidence.matches.setdefault(self._home[team], []).append(match)
        if owners:
            first = max(owners, key=lambda team: (owners[team], teams.get(team, 0.0)))
            rest = max((score for team, score in teams.items() if team != first), default=0.0)
            for team, weight in owners.items():
                teams[team] = (max(teams.get(team, 0.0), rest) if team == first else 0.0) + weight
        return owners

    def _judge(self, evidence: Evidence, teams: dict[str, float], alerts: dict[str, float]) -> Route:
        """The verdict: candidates best first, and whether the best is good enough and far enough ahead."""
        limits = self._routing.thresholds
        ranked = sorted(teams.items(), key=lambda item: (-item[1], item[0]))
        total = sum(score for _, score in ranked[:2]) + limits.prior
        candidates = tuple(
            Candidate(team, self._area(team, evidence), round(s / total, 4), self._matched(team, evidence))
            for team, s in ranked
            if team != _NOBODY and s > 0
        )
        if not candidates or candidates[0].score < limits.suggest_score:
            return Route("none", candidates=candidates, reasons=self._reasons(None, evidence))
        top = candidates[0]
        margin = round(top.score - max((s / total for team, s in ranked if team != top.team), default=0.0), 4)
        sure = top.score >= limits.apply_score and margin >= limits.apply_margin
        others = {self._routing.exceptions[number].team for number in evidence.exceptions} - {top.team}
        sure = [top.team] == list(alerts) or (sure and top.team not in evidence.undecided and not others)
        also = [c.team for c in candidates[1:] if c.score >= limits.also * top.score or c.team in alerts]
        for number in evidence.exceptions:
            exception = self._routing.exceptions[number]
            if exception.team == top.team:
                also += [team for team in exception.also if team not in also]
        reasons = self._reasons(top.team, evidence)
        decision: Literal["apply", "suggest"] = "apply" if sure else "suggest"
        return Route(decision, top.team, top.area, top.score, margin, candidates, tuple(also), reasons)

    def _area(self, team: str, evidence: Evidence) -> str:
        """The team's area with the most evidence."""
        if len(self._areas[team]) == 1:
            return self._areas[team][0]
        home = self._home[team]
        return max(self._areas[team], key=lambda area: (evidence.areas.get(area, 0.0), area == home))

    def _matched(self, team: str, evidence: Evidence) -> tuple[Match, ...]:
        """What speaks for the team, heaviest first; what speaks for a family speaks for each team of it."""
        found = [match for area in self._areas[team] for match in evidence.matches.get(area, ())]
        return tuple(sorted(found, key=lambda match: (-match.weight, match.word)))

    def _reasons(self, team: str | None, evidence: Evidence) -> tuple[str, ...]:
        """Codes for what decided beyond the words: alerts, exceptions, beta features, areas nobody owns."""
        named = [self._lexicon.alerts[number] for number in evidence.alerts]
        reasons = [f"alert:{alert.name}" for alert in named if team in {alert.owner.team, *alert.owner.among}]
        exceptions = [self._routing.exceptions[number] for number in evidence.exceptions]
        reasons += [f"exception:{exception.id}" for exception in exceptions if exception.team == team]
        features = [self._routing.beta[number] for number in dict.fromkeys(evidence.beta)]
        reasons += [f"beta:{feature.id}" for feature in features if feature.team in {None, team}]
        nobodys = [area for area, score in evidence.areas.items() if not self._teams[area] and score > 0]
        if nobodys and team is None:
            reasons.append(f"nobody:{max(nobodys, key=lambda area: evidence.areas[area])}")
        return tuple(reasons)


def _families(routing: Routing) -> list[_Family]:
    """The families of areas, each with the teams that share it."""
    found: list[_Family] = []
    for general, area in routing.areas.items():
        if area.general and area.team is not None:
            members = [a.team for a in routing.areas.values() if a.family == area.family and not a.general]
            teams = tuple(dict.fromkeys(team for team in (*members, area.team) if team is not None))
            if len(teams) > 1:
                found.append(_Family(general, area.team, teams))
    return found


def _areas_of(team: str, routing: Routing) -> tuple[str, ...]:
    """A team's areas, and the general area of its family."""
    own = [area_id for area_id, area in routing.areas.items() if (area.team or _NOBODY) == team]
    families = {routing.areas[area_id].family for area_id in own} - {None}
    shared = [area_id for area_id, area in routing.areas.items() if area.general and area.family in families]
    return tuple(dict.fromkeys((*own, *shared)))


def _prefix(title: str) -> int:
    """Where a title's prefix ends (`search: …`, `[search] …`); 0 when it has none."""
    mark = "]" if title.startswith("[") else ": "
    return max(0, title.find(mark, 0, _PREFIX_MAX))


def _spans(folded: str, tokens: list[str], start: int) -> list[tuple[int, int]]:
    """Where each of the tokens, found from `start` on, stands in the text."""
    spans: list[tuple[int, int]] = []
    for token in tokens:
        start = folded.index(token, start)
        spans.append((start, start + len(token)))
        start += len(token)
    return spans
