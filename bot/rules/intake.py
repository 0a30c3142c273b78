"""Floor 1: is an issue complete (handbook, steps 1, 2 and 4), and if not, what exactly is missing.

`parse` takes the body apart; `check` judges it together with what is known besides: labels that people set,
the repository's customer labels, what a command decided. All gaps come at once, in the template's order,
each with a reason code and with text to paste in the form the filer used. Nothing is guessed: an unknown
customer, kind or priority is a gap, never a default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.model import Gap, Intake
from bot.policy.intake import IntakeField
from bot.policy.schema import Policy
from bot.rules.intake_answers import AnswerReader, Reading, kind_choice, no, priority_choice, team_choice
from bot.rules.intake_customers import CustomerReader
from bot.rules.intake_priority import PriorityContext
from bot.rules.intake_quotes import LooseQuotes, quoted
from bot.rules.intake_template import Template, TemplateReader

__all__ = ["IntakeRule", "Template"]

SALES = "sales-process"  # in priority_context, like what the text says of it
LOWERED = "lowered"  # in priority_context: the filer's priority is not for this kind, the next one holds


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known besides the body."""

    labels: Sequence[str]
    customers: Sequence[str] | None
    kind: str | None
    team: str | None
    priority: str | None
    customer: str | None


class IntakeRule:
    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._fields = policy.intake.fields
        self._templates = TemplateReader(policy.intake)
        self._answers = AnswerReader(policy)
        self.customers = CustomerReader(policy)
        self._loose = LooseQuotes(policy.intake.quotes)
        self._kinds = kind_choice(policy)
        self._priorities = priority_choice(policy)
        self._teams = team_choice(policy)
        self._by_label = {
            name.casefold(): id_ for id_, p in policy.priorities.items() for name in (p.label, *p.aliases)
        }
        self._handoff = next((id_ for id_, kind in policy.kinds.items() if kind.handoff), None)
        self._context = PriorityContext(policy.intake)

    def parse(self, body: str) -> Template:
        """Take a body apart. Never raises, whatever the text."""
        template = self._templates.read(body)
        kind = team = None
        for id_, field in self._fields.items():
            if field.answer == "kind":
                kind = self._answers.chosen(template.fields.get(id_), self._kinds, "kind").value
            elif field.answer == "team":
                team = self._answers.chosen(template.fields.get(id_), self._teams, "team").value
        return replace(template, kind=kind, team=team)

    def tickets(self, template: Template) -> tuple[int, ...]:
        """The numbers of the support tickets that an issue names."""
        field = next((id_ for id_, field in self._fields.items() if field.answer == "ticket"), None)
        if field is None:
            return ()
        body = "\n".join(line.text for line in template.document.lines)
        return self._answers.tickets(template.fields.get(field), body)

    def check(
        self,
        template: Template,
        *,
        title: str,
        labels: Sequence[str],
        customers: Sequence[str] | None,
        kind: str | None,
        team: str | None,
        priority: str | None = None,
        customer: str | None = None,
    ) -> Intake:
        """Judge a parsed body.

        `labels`: names of the labels that people set on the issue. `customers`: the repository's customer
        labels; None when they are not known, then any name is taken as it stands. `kind`, `priority`,
        `customer`: decided by a command, they override the template. `team`: id of the resolved owner.
        An issue that is neither from the template nor a request for help has no gaps.
        """
        kind = kind or template.kind or self._labelled_kind(labels)
        known = _Known(labels, customers, kind, team, priority, customer)
        readings = {id_: self._read(id_, field, template, known) for id_, field in self._fields.items()}
        values = {id_: reading.value for id_, reading in readings.items() if reading.value is not None}
        chosen = self._value("priority", values)
        allowed = self._allowed(chosen, kind)
        if allowed is not None:
            values |= {id_: allowed for id_ in values if self._fields[id_].answer == "priority"}
        named = next(iter(self.customers.on([self._value("customer", values) or ""])), None)
        context = self._why(title, template, named)
        return Intake(
            template=template.form,
            kind=kind,
            values=values,
            gaps=self._gaps(readings, template, known) if self._asked(template, kind, labels) else (),
            customer=named,
            priority=allowed,
            priority_context=(LOWERED, *context) if chosen != allowed else context,
            team=template.team,
            routing_text=template.routing_text,
        )

    def _value(self, answer: str, values: Mapping[str, str]) -> str | None:
        """The value of the field with this kind of answer."""
        return next((values[id_] for id_ in values if self._fields[id_].answer == answer), None)

    def _asked(self, template: Template, kind: str | None, labels: Sequence[str]) -> bool:
        """Is it ours to ask: filed from the template, or marked as a request for help."""
        rfh = self._policy.labels.rfh.casefold()
        marked = kind is not None and (self._policy.kinds[kind].label or "").casefold() == rfh
        return template.form is not None or marked or rfh in map(str.casefold, labels)

    def _labelled_kind(self, labels: Sequence[str]) -> str | None:
        names = {label.casefold() for label in labels}
        found = [id_ for id_, k in self._policy.kinds.items() if k.label and k.label.casefold() in names]
        return found[0] if len(found) == 1 else None

    # ── readings ────────────────────────────────────────────────────────────────────────────

    def _read(self, id_: str, field: IntakeField, template: Template, known: _Known) -> Reading:
        answer, answers = template.fields.get(id_), self._answers
        match field.answer:
            case "kind":
                read = answers.chosen(answer, self._kinds, "kind")
                return Reading(known.kind) if known.kind is not None else read
            case "priority":
                return self._priority(id_, template, known)
            case "customer":
                return self._customer(id_, template, known)
            case "team":
                return answers.chosen(answer, self._teams, "team")
            case "version":
                return answers.version(answer)
            case "extension-version":
                return answers.extension_version(answer, template.fields.get(field.also_in or ""))
            case "doc":
                return answers.doc(answer)
            case "ticket":
                return answers.ticket(answer, "\n".join(line.text for line in template.document.lines))
            case "reported":
                return answers.reported(answer)
            case "quote":
                return self._quote(id_, template)
            case "image" | "code":
                read = answers.text(answer)
                elsewhere = read.value is None and field.answer in template.shows
                return Reading() if elsewhere else read
            case "text":
                return answers.text(answer)

    def _priority(self, id_: str, template: Template, known: _Known) -> Reading:
        """A command, else the labels, else the template; exactly one."""
        if known.priority is not None:
            return Reading(known.priority)
        set_ = {self._by_label[name] for name in map(str.casefold, known.labels) if name in self._by_label}
        answer = template.fields.get(id_)
        if not set_ and answer is not None:
            set_ = set(self._priorities.found(answer.text))
        if len(set_) == 1:
            return Reading(set_.pop())
        if set_:
            return no(
                "several-priorities",
                near=tuple(p.label for i, p in self._policy.priorities.items() if i in set_),
            )
        return self._answers.chosen(answer, self._priorities, "priority")

    def _customer(self, id_: str, template: Template, known: _Known) -> Reading:
        """A command, else a known customer in the template, else a customer label that people set."""
        if known.customer is not None:
            return Reading(known.customer)
        on_issue = self.customers.on(known.labels)
        answer = template.fields.get(id_)
        plain = self._answers.text(answer)
        if answer is None or plain.value is None:
            return Reading(on_issue[0]) if on_issue else plain
        found = self.customers.read(answer.text, known.customers or ())
        if len(found.labels) == 1:
            return Reading(found.labels[0])
        if on_issue:
            return Reading(on_issue[0])
        if found.labels:
            return no("several-customers", answer.text, found.labels)
        if known.customers is None:  # nobody to ask whether it exists
            return Reading(answer.text)
        return no("unknown-customer", answer.text, found.near)

    def _quote(self, id_: str, template: Template) -> Reading:
        """A quote block anywhere; what looks quoted outside one is pointed at in any case."""
        words = quoted(template.document, self._fields[id_].paste) or None
        loose = self._loose.lines(template.prose, template.document)
        answer = template.fields.get(id_)
        plain = self._answers.text(answer)
        if words is None and answer is not None and plain.value is not None:
            said = (
                line.number for line in answer.lines if line.text.strip() and line.kind in ("text", "html")
            )
            loose = tuple(sorted({*loose, *said}))
        if words is not None or loose:
            return Reading(words, "not-quoted" if loose else "", lines=loose)
        return plain if plain.value is None else no("missing")

    def _allowed(self, chosen: str | None, kind: str | None) -> str | None:
        """The priority that holds: p1 is not for feature requests (handbook, step 4), then the next one
        does."""
        if chosen is None or kind is None:
            return chosen
        order = list(self._policy.priorities)
        for id_ in order[order.index(chosen) :]:
            kinds = self._policy.priorities[id_].kinds
            if not kinds or kind in kinds:
                return id_
        return chosen

    def _why(self, title: str, template: Template, customer: str | None) -> tuple[str, ...]:
        """What the filer wrote, or policy knows of the customer, that may raise the priority (step 4: sales
        process, something that cannot wait)."""
        said = [answer.text for id_, answer in template.fields.items() if not self._fields[id_].topic]
        seen = self._context.seen("\n".join((title, template.routing_text, *said)))
        slug = (customer or "").removeprefix(self._policy.labels.customer_prefix)
        known = self._policy.customers.get(slug)
        return (SALES, *seen) if known is not None and known.prospect and SALES not in seen else seen

    # ── gaps ────────────────────────────────────────────────────────────────────────────────

    def _gaps(self, readings: Mapping[str, Reading], template: Template, known: _Known) -> tuple[Gap, ...]:
        reported = any(
            readings[id_].value == "yes" for id_, field in self._fields.items() if field.answer == "reported"
        )
        gaps = []
        for id_, field in self._fields.items():
            reading = readings[id_]
            if not reading.reason:
                continue
            required = self._required(field, known, reported)
            pointed_at = bool(reading.lines) or reading.reason == "unknown-team"
            if required is None and not pointed_at:
                continue
            if not required and template.form is None:
                continue  # not from the template: only what must be there is asked for
            gaps.append(
                Gap(
                    field=id_,
                    reason=reading.reason,
                    required=bool(required) and reading.value is None,
                    seen=reading.seen,
                    lines=reading.lines,
                    near=reading.near,
                    paste=_paste(field, template),
                )
            )
        return tuple(gaps)

    def _required(self, field: IntakeField, known: _Known, reported: bool) -> bool | None:
        """True: blocks; False: would help; None: not asked for.

        While the kind is unknown the questions of a request for help are asked too, so that all come at once.
        """
        kind = known.kind or self._handoff
        if field.kinds and kind not in field.kinds:
            return None
        match field.need:
            case "required":
                return True
            case "help":
                return True if kind is not None and self._policy.kinds[kind].handoff else None
            case "extension":
                return (
                    True
                    if known.team is not None and known.team == self._policy.intake.extension_team
                    else None
                )
            case "customer-reported":
                return True if reported else None
            case "would-help":
                return False
            case "optional":
                return None


def _paste(field: IntakeField, template: Template) -> str:
    """The field with an example, in the form the filer used."""
    if template.form == "form":
        return f"### {field.label}\n\n{field.paste}"
    colon = "" if field.label.endswith("?") else ":"
    own_paragraph = field.paste.startswith(">") or "\n" in field.paste
    return f"**{field.label}{colon}**{chr(10) * 2 if own_paragraph else ' '}{field.paste}"
