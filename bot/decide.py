"""Floor 1: what should hold for one issue: Snapshot + Recall + Rulebook + now → Desired, with reasons.

Pure: the same arguments give the same Desired, and a Desired that was applied is desired again by the next
run (invariant 1), so nothing here may depend on how often it ran. Times shown are absolute for that reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot import words
from bot.card import View, card
from bot.card_clock import accountable, reminder
from bot.memory import Handed, Intent, Memory, effect_marker, effects_in, inert
from bot.model import Assign, CreateComment, CreateLabel, Intake, React, Route, Snapshot
from bot.policy.schema import Policy
from bot.publication import PublicIssue
from bot.recall import Recall
from bot.replies import alert, reply
from bot.rules import chosen, clockwork, closing, inbox, paging, publish_follow, slack
from bot.rules.heard import comment
from bot.rules.labels import LabelChange, LabelHistory, Wanted, change
from bot.rules.ours import adopted, ended
from bot.rules.ownership import Ownership, own, team_of_label
from bot.rules.publish import unsettled
from bot.rules.rulebook import Rulebook
from bot.rules.slack_standing import standing
from bot.rules.slack_wish import wish
from bot.standing import Standing
from bot.told import Tell

OK, REFUSED = "THUMBS_UP", "CONFUSED"  # GraphQL ReactionContent


@dataclass(frozen=True, slots=True)
class Desired:
    """`silence` says why nothing is done; then the rest is empty."""

    memory: Memory
    silence: str = ""
    create: tuple[CreateLabel, ...] = ()
    labels: LabelChange | None = None
    assign: Assign | None = None
    comments: tuple[CreateComment, ...] = ()
    card: str = ""  # the visible part; empty: no card
    reactions: tuple[React, ...] = ()
    look_again: datetime | None = None
    tell: tuple[Tell, ...] = ()
    draft: tuple[publish_follow.DraftAction, ...] = ()
    publish: PublicIssue | None = None
    standing: Standing | None = None  # for the lists in Slack; None: no open request for help
    asks: tuple[str, ...] = ()  # sides whose members (`Snapshot.roster`) are wanted: decide again with them
    facts: Mapping[str, object] = field(default_factory=dict)  # for `explain` and `--dry-run`: no issue text


def decide(snapshot: Snapshot, recall: Recall, book: Rulebook, now: datetime) -> Desired:
    """Conclude what should hold. Raises nothing on any text."""
    policy, memory = book.policy, recall.memory
    if end := ended(snapshot):
        return Desired(memory, silence=end)
    waiting = inbox.pending(snapshot, memory, policy, now)
    template = book.intake.parse(snapshot.issue.body)
    why = adopted(snapshot, recall, policy, template.form is not None, waiting)
    if not why:
        return Desired(memory, silence="not from the template")
    told = memory.closed or recall.state == "new"
    idle = not (waiting or snapshot.acts or unsettled(memory, snapshot))
    if snapshot.issue.state == "CLOSED" and told and idle:
        return Desired(memory, silence="closed")

    history = LabelHistory.of(snapshot, memory, book.predecessors)
    if recall.state == "lost":
        memory = _rebuilt(memory, history, policy)

    def kind_of(memory: Memory) -> str | None:
        return chosen.kind_of(memory, template.kind, history, policy)

    context = inbox.Context(snapshot, policy, kind_of, book.intake.customers, book.calendars.everybody())
    ran = inbox.run(waiting, memory, context)
    if ran.create:
        color = policy.labels.customer_color
        return Desired(memory, create=tuple(CreateLabel(n, color, words.CUSTOMER_LABEL) for n in ran.create))
    memory = ran.memory

    route = book.router.route(snapshot.issue.title, template.routing_text)
    owner = own(history, memory, template.team, route, policy)
    people = tuple(label.name for label in history.people())
    intake = book.intake.check(
        template,
        title=snapshot.issue.title,
        labels=people,
        customers=tuple(
            label.name
            for label in inbox.customer_labels(snapshot.catalogue.labels, policy.labels.customer_prefix)
        ),
        kind=kind_of(memory),
        team=owner.team,
        priority=chosen.priority_by_command(memory, history, policy),
        customer=chosen.customer_by_command(memory, snapshot, history, policy),
    )
    intake = chosen.early(intake, route, policy)
    labels = change(history, _wanted(intake, owner, memory, history, policy), keep=(policy.labels.rfh,))
    memory = replace(memory, applied=labels.applied, closed=snapshot.issue.state == "CLOSED")
    memory = _hand_over(memory, intake, owner, policy, now)
    memory, clock = clockwork.tick(
        snapshot,
        memory,
        recall.memory,
        clockwork.Concluded(
            team=owner.team,
            kind=intake.kind,
            priority=intake.priority,
            owner=accountable(snapshot, memory),
            customer=intake.customer,
            rfh=labels.has(policy.labels.rfh, snapshot.issue.labels),
        ),
        book,
        clockwork.asked_at(snapshot, memory, recall.memory.floor, history, policy, now),
        now,
    )
    view = View(
        snapshot=snapshot,
        policy=policy,
        intake=intake,
        route=route,
        owner=owner,
        memory=memory,
        absent=labels.absent,
        clock=clock,
        now=now,
    )
    public = publish_follow.follow(snapshot, memory, recall.memory, policy, view.team_label, view.tell, now)
    view = replace(view, memory=public.memory)
    asked = closing.question(snapshot, view.memory, recall.memory, policy, accountable(snapshot, memory))
    texts = (*public.texts, *([(closing.ASKED, asked)] if asked else []))
    comments, memory = _comments(ran, view, texts, recall, now)
    comments += tuple(comment(act) for act in snapshot.acts)
    reactions = tuple(
        React(h.comment.id, h.comment.node_id, OK if all(o.ok for o in h.outcomes) else REFUSED)
        for h in ran.handled
    )
    if why == "command" and not ran.changed:  # a question, or a refusal: answered, and the issue stays theirs
        return Desired(recall.memory, comments=comments, reactions=reactions)
    said = slack.conclude(memory, wish(replace(view, memory=memory)), snapshot.workspace, now)
    tell = (
        *said.actions,
        *paging.pages(paging.calls(snapshot, memory, policy, clock), snapshot, memory, now),
    )
    if tell:  # an end that Slack was not told yet is looked at again
        memory = replace(memory, closed=False)
    view = replace(view, memory=memory, slack=said.problems)
    return Desired(
        memory=memory.bounded(now - inbox.SETTLE),
        labels=labels,
        assign=Assign(ran.assigned) if ran.assigned else None,
        comments=comments,
        card=inert(card(view)),
        reactions=reactions,
        look_again=min(
            filter(
                None, (clock.look_again(memory, now) if clock else None, said.look_again, public.look_again)
            ),
            default=None,
        ),
        tell=tell,
        draft=public.draft,
        publish=public.effect,
        standing=standing(view),
        asks=clock.asks if clock is not None else (),
        facts=_facts(intake, route, owner, memory) | (clock.facts(memory.effects, now) if clock else {}),
    )


def _rebuilt(memory: Memory, history: LabelHistory, policy: Policy) -> Memory:
    """The commands are forgotten, but what they led to stands on the issue: keep it as if asked for."""
    for label in history.snapshot.issue.labels:
        if not history.is_ours(label):
            continue
        slot, value = "", ""
        if (team := team_of_label(label.name, policy)) is not None:
            slot, value = "team", team
        elif (priority := chosen.priority_of_label(label.name, policy)) is not None:
            slot, value = "priority", priority
        elif label.folded.startswith(policy.labels.customer_prefix.casefold()):
            slot, value = "customer", label.id
        if slot:
            by = history.snapshot.viewer.login
            memory = memory.with_intent(slot, Intent(value, by, history.set_at(label), 0))
    return memory


# ── the parts ───────────────────────────────────────────────────────────────────────────────


def _wanted(
    intake: Intake, owner: Ownership, memory: Memory, history: LabelHistory, policy: Policy
) -> tuple[Wanted, ...]:
    """The labels that should be there. A label that a person set under an alias is as good."""
    live = {label.folded for label in history.people()}
    wanted = []

    def want(name: str | None, reason: str, slot: str, aliases: tuple[str, ...] = ()) -> None:
        if name is None or any(alias.casefold() in live for alias in aliases):
            return
        intent = memory.intents.get(slot)
        wanted.append(Wanted(name, reason, intent.at if intent is not None else None))

    if intake.kind is not None:
        want(policy.kinds[intake.kind].label, "kind", "kind")
    want(intake.customer, "customer", "customer")
    if intake.priority is not None:
        priority = policy.priorities[intake.priority]
        want(priority.label, "priority", "priority", priority.aliases)
    if owner.team is not None:
        team = policy.teams[owner.team]
        want(team.label, owner.source, "team", team.label_aliases)
    outside = owner.team is not None and not policy.teams[owner.team].engineering
    if intake.missing and not outside:
        want(policy.labels.needs_info, "missing", "needs-info")
    return tuple(wanted)


def _hand_over(memory: Memory, intake: Intake, owner: Ownership, policy: Policy, now: datetime) -> Memory:
    """Handed over: complete and routed, or by command, or urgent and routed; again for a new team."""
    if memory.handed is not None and owner.team in (None, memory.handed.team):
        return memory
    kind = policy.kinds.get(intake.kind or "")
    priority = policy.priorities.get(intake.priority or "")
    # What is urgent does not wait for an answer to what it is.
    asks = kind.handoff if kind is not None else priority is not None and priority.urgent
    if owner.team is None or not asks:
        return memory
    if not policy.teams[owner.team].engineering:
        return replace(memory, handed=None)
    if "handoff" in memory.intents:
        how = "command"
    elif priority is not None and priority.urgent:
        how = "urgent"
    elif not intake.missing or memory.handed is not None:
        how = "complete"
    else:
        return memory
    return replace(memory, handed=Handed(now.replace(microsecond=0), how, owner.team))


def _comments(
    ran: inbox.Ran, view: View, more: Sequence[tuple[str, str]], recall: Recall, now: datetime
) -> tuple[tuple[CreateComment, ...], Memory]:
    """Replies to those who asked or were refused, alerts and a reminder; each once (invariant 6)."""
    snapshot, memory = view.snapshot, view.memory
    ours = [c for c in snapshot.comments if snapshot.viewer.same_as(c.author)]
    there = {key for comment in ours for key in effects_in(comment.body)}
    said = {handled: inbox.reply_key(handled.comment) for handled in ran.handled}
    texts = [(key, text) for handled, key in said.items() if (text := reply(handled, view))]
    texts += more
    if view.alert and not memory.held:
        texts.append(("alert:urgent-unrouted", alert(view)))
    shown = recall.memory.clock if recall.card is not None else None
    due = view.clock.due_now(memory, shown, now) if view.clock is not None else None
    if view.clock is not None and due is not None:
        texts.append(
            (due.key, reminder(view.clock, due, snapshot, view.policy, accountable(snapshot, memory)))
        )
    effects, comments = dict(memory.effects), []
    for key, text in texts:
        if key not in effects and key not in there:
            comments.append(CreateComment(key, f"{inert(text)}\n\n{effect_marker(key)}"))
        effects.setdefault(key, now.replace(microsecond=0))
    return tuple(comments), replace(memory, effects=effects)


def _facts(intake: Intake, route: Route, owner: Ownership, memory: Memory) -> dict[str, object]:
    return {
        "template": intake.template,
        "kind": intake.kind,
        "missing": [gap.field for gap in intake.missing],
        "team": owner.team,
        "source": owner.source,
        "router": {"decision": route.decision, "team": route.team, "score": round(route.score, 2)},
        "handed": memory.handed.how if memory.handed else None,
        "held": memory.held,
    }
