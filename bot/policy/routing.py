"""Floor 0: the routing part of the policy: areas, their words, and how much what counts.

A *word* is a word or a phrase as a person would write it: case, hyphens, underscores, dots and white space
between its parts do not matter, regular inflections are understood, a phrase hides the words it is made of.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.policy.base import Strict

Weight = Annotated[float, Field(ge=0, le=10)]
Words = tuple[Annotated[str, Field(min_length=1, max_length=80)], ...]


class WordGroup(Strict):
    """Words of one area that count alike, for one reason."""

    weight: Weight = Field(
        gt=0, description="5: names a part of one area alone; 3: its feature; 1: leans that way"
    )
    reason: str = Field(description="why these words say something about the area")
    words: Words = Field(description="words and phrases, as people write them")
    cap: float | None = Field(None, gt=0, description="all words of the group together score no more")
    anywhere: bool = Field(False, description="counts in code, logs and links as it does in prose")
    shows_others: bool = Field(
        False, description="the part shows other teams' features: in a title it makes their words count less"
    )
    matches: tuple[str, ...] = Field((), description="sentences in which a word of the group is found")
    ignores: tuple[str, ...] = Field((), description="sentences in which none is found")


class Area(Strict):
    """A subject a question can be about, and who owns it (handbook step 3)."""

    name: str = Field(description="as the card calls it")
    team: str | None = Field(description="id of the owner in `teams`; null: it belongs to nobody listed")
    keywords: tuple[str, ...] = Field((), description="the handbook's keywords, as it spells them")
    words: tuple[WordGroup, ...] = Field((), description="what the product's parts are called")
    family: str | None = Field(None, description="areas decided together first, between themselves second")
    general: bool = Field(False, description="the one of its family that counts for every team of it")


class ContextRule(Strict):
    """Words that mean more together than apart: a code host's name beside a button, or beside cloning."""

    id: str = Field(description="names the rule")
    reason: str = Field(description="why the words together say something")
    all: tuple[str, ...] = Field(min_length=1, description="keys of `lists`; a word of each must be there")
    unless: tuple[str, ...] = Field((), description="keys of `lists`; a word of one cancels the rule")
    within: int = Field(12, ge=1, le=500, description="so many words apart at most, in the body")
    gives: dict[str, Weight] = Field(description="area → weight")
    matches: tuple[str, ...] = Field((), description="sentences in which the rule holds")
    ignores: tuple[str, ...] = Field((), description="sentences in which it does not")


class RoutingException(Strict):
    """A subject whose owner is not the one its area suggests."""

    id: str = Field(description="names the exception")
    when: Words = Field(description="words that call for it")
    team: str = Field(description="id of the owner in `teams`")
    also: tuple[str, ...] = Field((), description="named second")
    weight: Weight = Field(6, description="how much it counts for its owner")
    always: bool = Field(False, description="comes before all other words, wherever prose says it")
    reason: str = Field(description="where the exception comes from")
    matches: tuple[str, ...] = Field((), description="sentences in which it holds")
    ignores: tuple[str, ...] = Field((), description="sentences in which it does not")


class BetaFeature(Strict):
    """A feature tagged beta or experimental: engage product and engineering early."""

    id: str = Field(description="names the feature")
    words: Words = Field(description="words that name it")
    team: str | None = Field(None, description="counts only in questions of this team")
    reason: str = Field(description="where it is said to be beta or experimental")


class Learned(Strict):
    """What one word says about one area, as the history of issues shows."""

    weight: Weight = Field(description="instead of what `words` and `keywords` say; 0: nothing")
    reason: str = Field(description="what in the history says so")


class AlertOwner(Strict):
    """What the alert reference calls an owner, as a team of ours."""

    team: str = Field(description="id of the owner in `teams`")
    among: tuple[str, ...] = Field((), description="teams the content decides between; `team` is the default")


class Alerts(Strict):
    """Alert → owner, as the product's alert reference and dashboards name them."""

    owners: dict[str, AlertOwner] = Field({}, description="the reference's name of an owner → ours")
    table: dict[str, dict[str, tuple[str, ...]]] = Field(
        {}, description="service → owner → alert names; `rfh-bot policy import-alerts` writes it"
    )
    panels: dict[str, dict[str, tuple[str, ...]]] = Field(
        {}, description="service → owner → titles of dashboard panels"
    )
    weight: Weight = Field(10, description="how much a named alert counts for its owner")


class Zones(Strict):
    """How much a word counts, by where it stands."""

    prefix: Weight = Field(5, description="a title's prefix: `search: …`, `[batch changes] …`")
    title: Weight = Field(3, description="the title")
    body: Weight = Field(1, description="prose of the body")
    context: Weight = Field(0.2, description="version, platform and environment lines")
    code: Weight = Field(0.3, description="code blocks and logs")
    link: Weight = Field(0.1, description="addresses; their link text counts as prose")


class Thresholds(Strict):
    """When the bot acts by itself, names a candidate, or says nothing. Scores and margins are 0 to 1."""

    apply_score: float = Field(0.6, ge=0, le=1, description="least score to set a label")
    apply_margin: float = Field(0.3, ge=0, le=1, description="least lead over the runner-up to set a label")
    suggest_score: float = Field(0.1, ge=0, le=1, description="least score to name a candidate")
    prior: float = Field(4, gt=0, description="evidence that makes a lone candidate's score one half")
    repeat: float = Field(0.25, ge=0, lt=1, description="what each repetition of a word adds, to the last")
    body: float = Field(20, gt=0, description="what the body alone can score for an area, at the very most")
    family: float = Field(4, ge=0, description="points to be ahead of the family's others to be sure")
    shown: float = Field(
        0.6, ge=0, le=1, description="share that words count beside a part that shows others"
    )
    also: float = Field(0.5, ge=0, le=1, description="share of the best score that names a further team")


class Routing(Strict):
    areas: dict[str, Area] = Field(description="id → subject and its owner")
    keyword_weight: Weight = Field(1, description="of a handbook keyword not listed in `words` or `generic`")
    generic: Words = Field((), description="words every area uses: they say nothing")
    zones: Zones = Zones()
    thresholds: Thresholds = Thresholds()
    template: tuple[str, ...] = Field((), description="headings and labels of templates: never topic")
    context: tuple[str, ...] = Field((), description="labels of lines that tell the environment")
    lists: dict[str, Words] = Field({}, description="words that `rules` speak of")
    rules: tuple[ContextRule, ...] = Field((), description="words that mean more together than apart")
    exceptions: tuple[RoutingException, ...] = Field((), description="subjects with another owner than usual")
    beta: tuple[BetaFeature, ...] = Field((), description="features tagged beta or experimental")
    alerts: Alerts = Alerts()
    learned: dict[str, dict[str, Learned]] = Field(
        {}, description="area → word → weight; `rfh-bot policy suggest` proposes it"
    )

    @model_validator(mode="after")
    def _names_are_known(self) -> Routing:
        """A rule speaks of areas and lists that exist; a family has exactly one general area."""
        for rule in self.rules:
            if unknown := {*rule.all, *rule.unless} - self.lists.keys():
                raise ValueError(f"rule {rule.id!r} names unknown lists: {', '.join(sorted(unknown))}")
            if unknown := rule.gives.keys() - self.areas.keys():
                raise ValueError(f"rule {rule.id!r} names unknown areas: {', '.join(sorted(unknown))}")
        if unknown := self.learned.keys() - self.areas.keys():
            raise ValueError(f"`learned` names unknown areas: {', '.join(sorted(unknown))}")
        families: dict[str, int] = {}
        for area in self.areas.values():
            if area.family is not None:
                families[area.family] = families.get(area.family, 0) + area.general
        for family, general in families.items():
            if general != 1:
                raise ValueError(f"family {family!r} needs one area marked `general`, it has {general}")
        for service, owners in (*self.alerts.table.items(), *self.alerts.panels.items()):
            if unknown := owners.keys() - self.alerts.owners.keys():
                raise ValueError(f"alerts of {service!r} name unknown owners: {', '.join(sorted(unknown))}")
        return self
