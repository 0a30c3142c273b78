"""Floor 1: blocks of a handbook page → facts. See `page.py` for what holds."""

from __future__ import annotations

import re

from bot.handbook.blocks import KEYWORDS, Block, blocks, is_title
from bot.handbook.page import Area, Contact, Named, Page, Rule, Unread

# Patterns run on sentences of a page that people of ours wrote; none has nested repetition.
_SIGN = re.compile(
    r"key ?words?\s*:|\broun?ted?\b[^.]* to\b|\bexceptions?\b[^.]*:|\bwhen posting\b|\bteam/[\w$-]"
    r"|\bcustomer/\$|\b[a-z]{2,4}/p\d\b|(?<![\w.@])@[a-z][\w-]+|\bteams? (?:is|are) responsible\b"
    r"|\bping the\b",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"])")
_TO = r"(?:should be roun?ted|should go|is routed|are routed|goes?) to"
_ROUTE = re.compile(
    rf"(?:note that )?(?:for )?(?:any )?(?:other )?questions? about (.+?),? {_TO} (.+)", re.IGNORECASE
)
_REFERENCE = re.compile(r"the team that (?:is responsible for|owns) the alert\b.*", re.IGNORECASE)
_RESPONSIBLE = re.compile(
    r"for any questions? about (.+?), (?:the )?(.+? teams?) (?:is|are) responsible\.?", re.IGNORECASE
)
_OWNER = re.compile(
    r"(?:the )?([A-Za-z][\w&/'()+ -]{0,60}?)( teams?| organi[sz]ation)?"
    r"(?:,? via (?:the )?(#[\w-]+)(?: slack)?(?: channel)?)?[.!]?",
    re.IGNORECASE,
)
_POST = re.compile(r"post in (?:the )?(#[\w-]+)(?: slack)? channel\b.*", re.IGNORECASE)
_EXCEPTIONS = re.compile(r"exceptions?\b[^:]*(?:\([^)]*\)[^:]*)?:\s*(.*)", re.IGNORECASE)
_EXCEPTION = re.compile(rf"(?:any )?(.+?)(?: questions?)?(?: {_TO} | ?(?:→|->|=>) ?)(.+)", re.IGNORECASE)
_THROUGH = re.compile(
    r"\(?(?:though )?(?:these |it )?should always go through (?:the )?(\w+)\)?", re.IGNORECASE
)
_WHO = re.compile(
    r"when posting (?:in|for|regarding) (?:the |an? )?(.+?)"
    r"(?:(?: team)?(?:'s|s')? (?:slack )?channel\b| issues?\b|,| use\b)",
    re.IGNORECASE,
)
_IF_MISSING = re.compile(r"\(if (@[\w-]+) (?:doesn't|does not) exist\)", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*\)")
_CHANNEL = re.compile(r"(?<!\w)#[a-z][\w-]*", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w.@])@[a-z][\w-]*", re.IGNORECASE)
_FLAG = re.compile(r"teams? should be flagged(?: \w+)? via (@.+)", re.IGNORECASE)
_INQUIRIES = re.compile(r".* for support inquiries via (?:the )?(@.+)", re.IGNORECASE)
_TEAM_LABELS = re.compile(
    r"in github issues,? (.+) should be flagged via (.+?)(?: respectively)?\.?", re.IGNORECASE
)
_LABEL_IT = re.compile(r"label it with (.+?)\.?", re.IGNORECASE)
_LABEL = re.compile(r"\w[\w-]*(?:/[\w$-]+)?")
_PRIORITY = re.compile(r"([a-z]{2,4}/p\d)\s*[:–-]\s*(.+)", re.IGNORECASE)
_TRACKER = re.compile(r"([\w-]+/[\w.-]+) for (private|public) issues\b.*", re.IGNORECASE)
_SUPPORT = re.compile(r".*\bpost in our (#[\w-]+) slack channel first\b.*", re.IGNORECASE)
_EXAMPLES = re.compile(r"\((?:e\.g\.|for example|such as|like),?\s*([^()]*)\)", re.IGNORECASE)
_SOME_NAMES = re.compile(r"\bany [\w ]*names?\b", re.IGNORECASE)
_NO_AREA = re.compile(r"(?:step \d+|and sometimes)\b.*", re.IGNORECASE)


def read_page(source: str) -> Page:
    """Read a saved page: markdown, plain text or HTML."""
    return _Reading().read(blocks(source))


class _Reading:
    """One pass over the blocks; it knows the section it is in."""

    def __init__(self) -> None:
        self.page = Page()
        self.area: Area | None = None
        self.title: Block | None = None  # what the next keywords may stand under
        self.wants_keywords = False  # "Keywords:" with the list below it
        self.exceptions: Block | None = None  # what announced the list of exceptions that we are in
        self.listed = 0  # its items so far

    def read(self, found: tuple[Block, ...]) -> Page:
        for block in found:
            if block.kind == "heading":
                self._end_list()
                self._close()
                self.title = block
            elif mark := KEYWORDS.match(block.text):
                self._end_list()
                self._open(block, block.text[mark.end() :])
            elif block.kind == "bullet":
                self._bullet(block)
            else:
                self._end_list()
                self._paragraph(block)
                if is_title(block.text):
                    self.title = block
                elif self.title is not None and self.title.kind != "heading":
                    self.title = None
        self._end_list()
        self._close()
        return self.page

    # ── sections ────────────────────────────────────────────────────────────────────────────

    def _open(self, block: Block, words: str) -> None:
        """Keywords begin a section; the title right above them is its name."""
        self._close()
        title = self.title if self.title and not _NO_AREA.fullmatch(self.title.text) else None
        named = title is not None and is_title(title.text)
        self.area = Area(title.text if title and named else "", block.line, keywords_in(words))
        self.wants_keywords = not self.area.keywords
        self.title = None

    def _close(self) -> None:
        """A section is complete; one without a name or an owner is not all read."""
        area, self.area = self.area, None
        if area is None:
            return
        if not area.name:
            area.name = next((rule.subject for rule in area.rules if rule.owners), "")
        text = area.name or ", ".join(area.keywords)
        if not area.keywords:
            self._cannot(area.line, text, "has no keywords")
        if area.main is None:
            self._cannot(area.line, text, "no owner is named in a form that is known")
        if area.name:
            self.page.areas.append(area)
        else:
            self._cannot(area.line, text, "keywords without a heading and without a subject")

    def _end_list(self) -> None:
        """After a list: exceptions that were announced have come, or there are none."""
        self.wants_keywords = False
        if self.exceptions is not None and not self.listed:
            self._cannot(self.exceptions.line, self.exceptions.text, "announces exceptions; none follows")
        self.exceptions, self.listed = None, 0

    def _cannot(self, line: int, text: str, why: str) -> None:
        self.page.unread.append(Unread(line, text, why))

    # ── blocks ──────────────────────────────────────────────────────────────────────────────

    def _bullet(self, block: Block) -> None:
        self.listed += 1
        if not block.text:
            self._cannot(block.line, self.exceptions.text if self.exceptions else "", "an empty bullet")
        elif self.wants_keywords and self.area is not None:
            self.area.keywords += keywords_in(block.text)
        elif _EXCEPTIONS.fullmatch(block.text):
            self._announced(block)
        elif self._exception(block):
            pass
        elif priority := _PRIORITY.fullmatch(block.text):
            self.page.priorities.append(Named(priority[1], priority[2], block.line))
        elif tracker := _TRACKER.fullmatch(block.text):
            self.page.trackers.append(Named(tracker[2].lower(), tracker[1], block.line))
        elif who := _WHO.match(block.text):
            self._contact(block, who[1])
        elif self.exceptions is not None:
            self._cannot(block.line, block.text, "an exception in a form that is not known")
        else:
            self._paragraph(block)

    def _paragraph(self, block: Block) -> None:
        if _EXCEPTIONS.fullmatch(block.text):
            self._announced(block)
            return
        for sentence in _SENTENCES.split(block.text):
            if not self._sentence(sentence, block.line) and _SIGN.search(sentence):
                self._cannot(block.line, sentence, "a form that is not known")

    def _announced(self, block: Block) -> None:
        """`EXCEPTIONs FOR …:` with one behind the colon, or a list below."""
        announced = _EXCEPTIONS.fullmatch(block.text)
        rest = announced[1] if announced else ""
        self._end_list()
        if not rest:
            self.exceptions = block
        elif not self._exception(Block("bullet", block.line, rest)):
            self._cannot(block.line, block.text, "an exception in a form that is not known")

    def _exception(self, block: Block) -> bool:
        """`Perforce should be routed to the X team`, `CVS → X`."""
        through = _THROUGH.search(block.text)
        text = _THROUGH.sub("", block.text).strip()
        found = _EXCEPTION.fullmatch(text)
        owner = owners_in(found[2]) if found and not _ROUTE.fullmatch(text) else None
        if found is None or owner is None or self.area is None:
            return False
        names = (through[1], *owner[0]) if through else owner[0]
        self.area.exceptions.append(Rule(found[1], names, block.line, owner[1]))
        return True

    def _contact(self, block: Block, who: str) -> None:
        """`When posting for X, be sure to do so in the #channel and use @handle`."""
        missing = _IF_MISSING.search(block.text)
        said = _ASIDE.sub("", block.text)
        channels = [name for name in _CHANNEL.findall(said) if name]
        handles = tuple(_HANDLE.findall(said))
        if len(channels) > 1 or not (channels or handles):
            self._cannot(
                block.line, block.text, "names no handle" if not handles else "names several channels"
            )
            return
        channel = channels[0] if channels else ""
        self.page.contacts.append(
            Contact(who.strip(), block.line, channel, handles, missing[1] if missing else "")
        )

    # ── sentences ───────────────────────────────────────────────────────────────────────────

    def _sentence(self, sentence: str, line: int) -> bool:
        """Read one sentence; False when it has no form that is known."""
        return self._rule(sentence, line) or self._words_of_teams(sentence, line)

    def _rule(self, sentence: str, line: int) -> bool:
        """Whose a subject is."""
        area = self.area
        if area is None:
            return False
        if found := _RESPONSIBLE.fullmatch(sentence):
            area.rules.append(Rule(found[1], _names(found[2]), line))
            return True
        if (found := _POST.fullmatch(sentence)) and area.rules:
            last = area.rules.pop()
            area.rules.append(Rule(last.subject, last.owners, last.line, found[1]))
            return True
        found = _ROUTE.fullmatch(sentence)
        if found is None:
            return False
        if _REFERENCE.fullmatch(found[2]):
            area.rules.append(Rule(found[1], (), line))
            return True
        owner = owners_in(found[2])
        if owner is None:
            return False
        area.rules.append(Rule(_ASIDE.sub("", found[1]).strip(), owner[0], line, owner[1]))
        return True

    def _words_of_teams(self, sentence: str, line: int) -> bool:
        """Handles and labels named in prose, the labels of every issue, support's own channel."""
        page = self.page
        if found := _FLAG.fullmatch(sentence):
            page.handles += [Named("sub-team", handle, line) for handle in _HANDLE.findall(found[1])]
        elif found := _INQUIRIES.fullmatch(sentence):
            page.handles += [Named("support", handle, line) for handle in _HANDLE.findall(found[1])]
        elif found := _TEAM_LABELS.fullmatch(sentence):
            teams, labels = _listed(found[1]), _listed(found[2])
            if len(teams) != len(labels):
                return False
            page.labels += [Named(team, label, line) for team, label in zip(teams, labels, strict=True)]
        elif found := _LABEL_IT.fullmatch(sentence):
            labels = _listed(_ASIDE.sub("", found[1]))
            if not all(_LABEL.fullmatch(label.replace("/$name", "/name")) for label in labels):
                return False
            page.labels += [
                Named("customer" if label.endswith("/$name") else "issue", label, line) for label in labels
            ]
        elif found := _SUPPORT.fullmatch(sentence):
            page.support_channel = Named("support", found[1], line)
        else:
            return False
        return True


def keywords_in(text: str) -> list[str]:
    """The keywords of a list. `A/B` are two; "any … names (e.g. A, B)" is itself and its examples."""
    examples = ", ".join(found for found in _EXAMPLES.findall(text))
    text = _SOME_NAMES.sub(r", \g<0>,", _EXAMPLES.sub("", text))
    words = [word for item in re.split(r"[,;]", f"{text}, {examples}") for word in _alternatives(item)]
    return list(dict.fromkeys(word for word in words if word and word.lower().rstrip(".") != "etc"))


def _alternatives(item: str) -> list[str]:
    """`Kubernetes/k8s` → two words; a path or an address stays one."""
    item = re.sub(r"^(?:and|or) ", "", item.strip().rstrip(".").strip().strip("\"'"))
    return [item] if "." in item or item.startswith("/") else [word.strip() for word in item.split("/")]


def owners_in(text: str) -> tuple[tuple[str, ...], str] | None:
    """Owners and channel in what follows "routed to"; None when it is more than that."""
    found = _OWNER.fullmatch(text.strip())
    if found is None or re.search(r"\b(?:that|who|which|via|channel)\b", found[1]):
        return None
    return _names(found[1] + (found[2] or "")), found[3] or ""


def _names(text: str) -> tuple[str, ...]:
    """`the CE and Sales teams` → CE, Sales."""
    several = text.lower().endswith(" teams")
    text = re.sub(r"^the | (?:teams?|organi[sz]ation)$", "", text.strip(), flags=re.IGNORECASE)
    return tuple(_listed(text)) if several else (text,)


def _listed(text: str) -> list[str]:
    """`A, B and C` → A, B, C."""
    return [item.strip() for item in re.split(r",\s*(?:and )?|\s+and\s+", text.strip()) if item.strip()]
