"""A question read from left to right, into pieces; what no rule knows is left over.

The rules, in the order in which they are tried at each word:

1. A text in quotes is looked for in the series description.
2. The name of an attribute, followed by one of its values: “collection nlst”, “sex female”, “age over 40”.
3. A release or a date, a number with its unit.
4. The longest phrase of the lexicon.
5. A word that says what becomes of those behind it: “with”, “without”, “not”, “and”, “or”; or a filler.

Behind “with” and “without”, a modality is asked of the study, or of whoever “patients with …” and “studies with …”
name, until the sentence ends or “with” stands again. “Without” leaves series out instead where no other modality is
asked for. Behind “not”, what is named is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.ask import moments, quantities
from app.ask.lexicon import Lexicon, Pairs, longest, table
from app.ask.moments import moment
from app.ask.phrases import Context, NounPhrase, Piece
from app.ask.quantities import Bound, Quantity, quantity, unit_at
from app.ask.tokens import Token
from app.ask.words import AT_RANDOM, EACH, OF_ALL, SIGNS, Role
from app.attributes import ATTRIBUTES, Kind
from app.clauses import PARTS, Scope
from app.conditions import format_number

_EACH = table([(EACH, None)])
_OF_ALL = table([(OF_ALL, None)])
_AT_RANDOM = table([(AT_RANDOM, None)])
_WITHIN = table([("within, less than, at most, no more than, up to, max", None)])
_OF_WHAT = table([("of, from, before or after, around, after, before, to", None)])
_OF_EACH_OTHER = table([("of each other, of one another, of another, from each other", None)])
_SAME_DAY = table([("on the same day as, the same day as, same day as", None)])
_MISSING = table([("missing, unknown, no, without, unspecified", "true"), ("known, with known, with a known", "false")])
_SPREAD = table(
    [("evenly over, spread over, spread evenly over, balanced by, balanced over, stratified by, stratify by", None)]
)
_SPLIT = table([("split, train test split, train validation test split, split into", None)])
_SEED = table([("seed, random seed", None)])
_PART = table([(f"{part} part, {part} set, only {part}", part) for part in PARTS])
_CONTAINS = table([("contains, containing, has, with, includes, like", None)])
_IS = table([("is, are, of, the, =, :, named, called, in, id", None)])
#: Words of the rules, which are no slips of the pen.
WORDS = frozenset(
    word
    for words in (
        *(_EACH, _OF_ALL, _AT_RANDOM, _WITHIN, _OF_WHAT, _OF_EACH_OTHER, _SAME_DAY, _MISSING, _SPREAD, _SPLIT, _SEED),
        *(_PART, _CONTAINS, _IS, *quantities.TABLES, *moments.TABLES),
    )
    for phrase in words
    for word in phrase
)
#: Below an age that is left out; no DICOM age lies between.
_GAP = 0.01


class Reading:
    """One question being read; `phrases` and `pieces` hold what was understood, `left` the tokens that were not."""

    def __init__(self, tokens: Sequence[Token], lexicon: Lexicon) -> None:
        self._tokens = tokens
        self._lexicon = lexicon
        self._at = 0
        self._context: Context | None = None
        self._owner: Scope | None = None
        self._joint = ""
        self._is_open = False
        #: Where the “with”, “without” or “not” before the next phrase stands.
        self._lead: int | None = None
        self.phrases: list[NounPhrase] = []
        self.pieces: list[Piece] = []
        self.left: list[Token] = []
        #: Whether a cohort is to be widened to the studies or patients that match.
        self.scope: Scope | None = None
        while self._at < len(tokens):
            if not any(rule() for rule in (self._quoted, self._labelled, self._number, self._phrase, self._role)):
                self.left.append(tokens[self._at])
                self._at += 1
                self._is_open = False

    @property
    def _rest(self) -> Sequence[Token]:
        return self._tokens[self._at : self._at + 32]

    # --- what is collected --------------------------------------------------------------------------------------

    def _open(self) -> NounPhrase:
        """The noun phrase that is being read."""
        if not self._is_open:
            self.phrases.append(NounPhrase(self._context, self._joint, start=self._rest[0].start))
            self._is_open = True
        return self.phrases[-1]

    def _take(self, length: int, pairs: Pairs, slides: Pairs = ()) -> None:
        """Add a piece of `length` tokens to the noun phrase."""
        if not self._continues(pairs):
            self._context, self._is_open = None, False
        phrase = self._open()
        start = self._rest[0].start if self._lead is None else self._lead
        end, self._lead = self._rest[length - 1].end, None
        phrase.pieces.append(Piece(start, end, pairs, slides))
        phrase.end = end
        self._at += length

    def _continues(self, pairs: Pairs) -> bool:
        """Whether what “with”, “without” or “not” said still holds: it holds on over a list of one kind."""
        context = self._context
        if context is None or self._is_open or not self._joint or not self.phrases:
            return True
        names = {key.partition("__")[0] for key, _ in pairs}
        if context.owner and not context.lacks:
            return True
        before = {name for piece in self.phrases[-1].pieces for name in piece.attributes}
        return bool(names & before)

    def _say(self, length: int, pairs: Pairs) -> None:
        """Add a piece that stands for itself."""
        self.pieces.append(Piece(self._rest[0].start, self._rest[length - 1].end, pairs))
        self._at += length

    # --- rules --------------------------------------------------------------------------------------------------

    def _quoted(self) -> bool:
        token = self._rest[0]
        if token.kind != "quoted" or not token.key:
            return False
        self._take(1, (("SeriesDescription__contains", token.key),))
        return True

    def _labelled(self) -> bool:
        return self._presence() or self._value() or self._trailing_presence()

    def _presence(self) -> bool:
        """`known sex`, `no body part`, `missing age`."""
        how = longest(_MISSING, self._rest)
        label = longest(self._lexicon.labels, self._rest[how[0] :]) if how else None
        if not how or not label or self._lexicon.find(self._rest[how[0] :]):
            return False
        self._say(how[0] + label[0], ((f"{label[1]}__missing", how[1]),))
        return True

    def _trailing_presence(self) -> bool:
        """`sex known`, `age is missing`."""
        label = longest(self._lexicon.labels, self._rest)
        if not label:
            return False
        at = label[0] + self._skip(label[0], _IS)
        how = longest(_MISSING, self._rest[at:])
        if not how or self._rest[at].key in ("no", "without", "with"):
            return False
        self._say(at + how[0], ((f"{label[1]}__missing", how[1]),))
        return True

    def _value(self) -> bool:
        """`collection nlst`, `description contains flair`, `age over 40`, `study date 2004`."""
        label = longest(self._lexicon.labels, self._rest)
        if not label:
            return False
        length, name = label
        attribute = ATTRIBUTES[name]
        at = length + self._skip(length, _IS)
        if attribute.kind is Kind.TEXT:
            at += self._skip(at, _CONTAINS)
            if at < len(self._rest) and self._rest[at].kind in ("quoted", "word") and self._rest[at].key:
                text = self._tokens[self._at + at].key
                self._take(at + 1, ((f"{name}__contains", text),))
                return True
            return False
        if attribute.kind is Kind.DATE:
            found = moment(self._rest[at:], dated=True)
            if found and found[1][0][0].startswith(name):
                self._say(at + found[0], found[1])
            return bool(found and found[1][0][0].startswith(name))
        if attribute.kind is Kind.NUMBER:
            number = quantity(self._rest[at:])
            if number and number.unit in ("", "years"):
                self._say(at + number.length, _ages(number))
            return bool(number and number.unit in ("", "years"))
        value = self._lexicon.find(self._rest[at:], name)
        if value:
            self._take(at + value[0], value[1].pairs, value[1].slides)
        return bool(value)

    def _skip(self, at: int, words: dict[tuple[str, ...], None]) -> int:
        """Number of tokens at `at` that are `words`."""
        skipped = 0
        while found := longest(words, self._rest[at + skipped :]):
            skipped += found[0]
        while at + skipped < len(self._rest) and self._rest[at + skipped].key in (":", "="):
            skipped += 1
        return skipped

    def _number(self) -> bool:
        return (
            self._split()
            or self._spread()
            or self._within()
            or self._moment()
            or self._quantity()
            or self._unit_first()
            or self._seed()
        )

    def _moment(self) -> bool:
        found = moment(self._rest)
        if found:
            self._say(*found)
        return bool(found)

    def _seed(self) -> bool:
        found = longest(_SEED, self._rest)
        if not found or len(self._rest) <= found[0] or not self._rest[found[0]].key.isdecimal():
            return False
        self._say(found[0] + 1, (("seed", self._rest[found[0]].key),))
        return True

    def _split(self) -> bool:
        """`split 70/15/15`, `80-20 split`, `test part`."""
        if part := longest(_PART, self._rest):
            self._say(part[0], (("part", part[1]),))
            return True
        first = longest(_SPLIT, self._rest)
        at = first[0] if first else 0
        shares = []
        while at < len(self._rest) and self._rest[at].kind == "number" and len(shares) < 3:
            shares.append(self._rest[at].key)
            at += 1
            if at + 1 < len(self._rest) and self._rest[at].key in "-/:," and self._rest[at + 1].kind == "number":
                at += 1
        if len(shares) < 2 or not (first or self._rest[at:] and self._rest[at].key == "split"):
            return False
        if len(shares) == 2:
            shares = [shares[0], "0", shares[1]]
        self._say(at + (0 if first else 1), (("split", "-".join(shares)),))
        return True

    def _spread(self) -> bool:
        found = longest(_SPREAD, self._rest)
        label = longest(self._lexicon.labels, self._rest[found[0] :]) if found else None
        if not found or not label:
            return False
        drawn = any(key.startswith("sample") for piece in self.pieces for key, _ in piece.pairs)
        self._say(found[0] + label[0], (("sample_by" if drawn else "split_by", label[1]),))
        return True

    def _within(self) -> bool:
        """`within 30 days of PET`, `on the same day as PET`, `CT and PET within 30 days`."""
        same = longest(_SAME_DAY, self._rest)
        opening = same or longest(_WITHIN, self._rest)
        if not opening:
            return False
        at, days = opening[0], 0.0
        if not same:
            number = quantity(self._rest[at:])
            if not number or number.compared or number.unit not in ("days", "years") or not number.low:
                return False
            days = number.low.number * (365 if number.unit == "years" else number.factor)
            at += number.length
            if each_other := longest(_OF_EACH_OTHER, self._rest[at:]):
                return self._within_each_other(at + each_other[0], days)
            of_what = longest(_OF_WHAT, self._rest[at:])
            if not of_what:
                return self._within_each_other(at, days)
            at += of_what[0]
        option = (("within_days", format_number(days)),)
        self._to_series()
        self._is_open, self._joint = False, ""
        kept, self._context = self._context, Context(Scope.PATIENT, lacks=False)
        phrase = self._open()
        phrase.options, phrase.end = option, self._rest[at - 1].end
        self._at += at
        while self._at < len(self._tokens) and (found := self._lexicon.find(self._rest)):
            self._take(found[0], found[1].pairs, found[1].slides)
        if not phrase.modalities:
            self.phrases.remove(phrase)
            self.left += [t for t in self._tokens if phrase.start <= t.start < phrase.end and t.key not in SIGNS]
            self.pieces += phrase.pieces
        self._context, self._is_open = kept, False
        return True

    def _within_each_other(self, length: int, days: float) -> bool:
        """Each of the modalities named before has one of every other nearby."""
        self._to_series()
        named = [phrase for phrase in self.phrases if phrase.context is None and phrase.modalities]
        if len({frozenset(phrase.modalities) for phrase in named}) < 2:
            return False
        start, end = self._rest[0].start, self._rest[length - 1].end
        option = (("within_days", format_number(days)),)
        for phrase in named:
            pieces = [piece for piece in phrase.pieces if piece.attributes == {"Modality"}]
            near = NounPhrase(Context(Scope.PATIENT, lacks=False), "", pieces, option, start, end)
            self.pieces.append(Piece(start, end, near.relation().pairs))
        self._at += length
        self._is_open = False
        return True

    def _to_series(self) -> None:
        """`patients with CT within 30 days of PET`: the CT is the series itself, and the cohort its patients."""
        if self._owner is None or not self.phrases or not self.phrases[-1].is_relation:
            return
        self.scope = self._owner
        for phrase in self.phrases:
            if phrase.context and phrase.context.owner is self._owner and not phrase.context.lacks:
                phrase.context = None

    def _quantity(self) -> bool:
        opening = longest(_AT_RANDOM, self._rest)
        at = opening[0] if opening else 0
        found = quantity(self._rest[at:])
        if not found:
            return False
        found = replace(found, length=found.length + at)
        if found.unit in ("patients", "") and self._sample(found):
            return True
        if opening:
            return False
        if found.unit == "years":
            self._say(found.length, _ages(found))
        elif found.unit in ("size", "images"):
            self._measured(found, found.length)
        elif found.unit in ("studies", "series", "") and found.compared:
            return self._counted(found)
        else:
            return False
        return True

    def _unit_first(self) -> bool:
        """`slices over 100`, `series size under 100 MB`."""
        at = 0
        if self._rest[0].key in ("size", "sery") and len(self._rest) > 1 and self._rest[1].key in ("size", "of"):
            at = 2
        elif self._rest[0].key == "size":
            at = 1
        unit = None if at else unit_at(self._rest)
        at += unit[0] if unit else 0
        found = quantity(self._rest[at:]) if at else None
        if not found or not found.compared and not at:
            return False
        if unit and unit[1][0] == "images" and not found.unit:
            self._measured(replace(found, unit="images"), at + found.length)
        elif not unit and found.unit == "size":
            self._measured(found, at + found.length)
        else:
            return False
        return True

    def _measured(self, found: Quantity, length: int) -> None:
        """Images, or bytes; an upper bound in GB is a budget of the whole cohort, one in MB is of each series."""
        if found.unit == "images":
            self._take(length, _bounds("instanceCount", found, whole=True))
            return
        of_all, each = longest(_OF_ALL, self._rest[length:]), longest(_EACH, self._rest[length:])
        budget = bool(of_all) or found.factor >= 1_000 and not each and not self._names_series()
        if budget and found.high and (found.low is None or not found.compared):
            gigabytes = found.high.number * found.factor / 1_000
            length += of_all[0] if of_all else 0
            self._say(length, (("sample_gb", format_number(round(gigabytes, 9))),))
            return
        self._take(length + (each[0] if each else 0), _bounds("series_size_MB", found))

    def _names_series(self) -> bool:
        """Whether the word “series” stands just before."""
        return self._at > 0 and self._tokens[self._at - 1].key in ("sery", "scan", "size")

    def _sample(self, found: Quantity) -> bool:
        """`20 patients`, `20 random patients`, `20 prostate MR patients`, `up to 20 patients`."""
        if found.high is None or found.low is not None and found.low != found.high:
            return False
        at = found.length
        if found.unit == "":
            if found.compared:
                return False
            at += self._skip(at, _AT_RANDOM)
            unit = unit_at(self._rest[at:])
            if not unit or unit[1][0] != "patients":
                return self._sample_of_kind(found)
            at += unit[0]
        number = found.high.number - (0 if found.high.included else 1)
        self._say(at, (("sample", format_number(number)),))
        return True

    def _sample_of_kind(self, found: Quantity) -> bool:
        """`20 prostate MR patients`: the number is theirs, the words between are read as ever."""
        at = found.length
        while term := self._lexicon.find(self._rest[at:]):
            at += term[0]
        unit = unit_at(self._rest[at:])
        if at == found.length or not unit or unit[1][0] != "patients" or not found.high:
            return False
        self._say(found.length, (("sample", format_number(found.high.number)),))
        return True

    def _counted(self, found: Quantity) -> bool:
        """`at least 3 studies`, `at least two CT series`, `fewer than 3 MR studies`."""
        at = found.length
        terms: list[Piece] = []
        if not found.unit:
            while term := self._lexicon.find(self._rest[at:]):
                start, end = self._rest[at].start, self._rest[at + term[0] - 1].end
                terms.append(Piece.of(start, end, term[1]))
                at += term[0]
            unit = unit_at(self._rest[at:])
            found = replace(found, unit=unit[1][0] if unit else "series")
            at += unit[0] if unit else 0
        bound, lacks = (found.low, False) if found.low else (found.high, True)
        if not bound or found.unit not in ("studies", "series") or not (terms or found.unit) or found.low and found.high:
            return False
        number = bound.number + float(bound.included if lacks else not bound.included)
        owner = Scope.PATIENT if found.unit == "studies" else self._owner or Scope.STUDY
        options = [("at_least", format_number(number))] + [("of", "studies")] * (found.unit == "studies")
        start, end = self._rest[0].start, self._rest[at - 1].end
        counted = NounPhrase(Context(owner, lacks), "", terms, tuple(options), start, end)
        if not terms and found.unit == "series" and not unit_at(self._rest[at - 1 :]):
            return False
        self.pieces.append(counted.relation())
        self._at += at
        self._is_open = False
        return True

    def _phrase(self) -> bool:
        found = self._lexicon.find(self._rest)
        if not found:
            return False
        role = longest(self._lexicon.roles, self._rest)
        if role and role[0] > found[0]:
            return False
        length, sense = found
        if any(key not in ATTRIBUTES and key.partition("__")[0] not in ATTRIBUTES for key, _ in sense.pairs):
            if self._context and (self._context.owner is None or self._context.lacks):
                return False
            self._say(length, sense.pairs)
        else:
            self._take(length, sense.pairs, sense.slides)
        return True

    def _role(self) -> bool:
        token = self._rest[0]
        found = (1, SIGNS[token.key]) if token.key in SIGNS else longest(self._lexicon.roles, self._rest)
        if not found:
            return False
        length, role = found
        if role in (Role.PATIENTS, Role.STUDIES, Role.SERIES):
            self._own(role, length)
        elif role in (Role.WITH, Role.WITHOUT):
            self._context = Context(self._owner or Scope.STUDY, role is Role.WITHOUT, self._owner is not None)
            self._is_open, self._joint, self._lead = False, "", token.start
        elif role is Role.NOT:
            self._context, self._is_open, self._joint = Context(None, lacks=True), False, ""
            self._lead = token.start
        elif role in (Role.AND, Role.OR):
            self._is_open, self._joint = False, role.name.lower()
        elif role is Role.END:
            self._is_open, self._joint, self._context, self._owner = False, "", None, None
        self._at += length
        return True

    def _own(self, role: Role, length: int) -> None:
        """`patients with`, `studies without`: whose series are asked about from here on."""
        owners = {Role.PATIENTS: Scope.PATIENT, Role.STUDIES: Scope.STUDY}
        at = length
        while (next_role := longest(self._lexicon.roles, self._rest[at:])) and next_role[1] is Role.FILLER:
            at += next_role[0]
        if next_role and next_role[1] in (Role.WITH, Role.WITHOUT):
            self._owner = owners.get(role)


def _bounds(name: str, found: Quantity, whole: bool = False) -> Pairs:
    """Bounds of a number as parameters."""

    def text(bound: Bound, step: int) -> str:
        number = bound.number * found.factor
        if whole:
            number = float(round(number) + (0 if bound.included else step))
        return format_number(number)

    if not found.compared and found.low:
        return ((name, text(found.low, 0)),)
    pairs = []
    if found.low:
        pairs.append((f"{name}__gte", text(found.low, 1)))
    if found.high:
        pairs.append((f"{name}__lte", text(found.high, -1)))
    return tuple(pairs)


def _ages(found: Quantity) -> Pairs:
    """Ages in years; one that is left out is passed by less than a day-old child's age."""
    if not found.compared and found.low:
        return (("PatientAge", format_number(found.low.number)),)
    pairs = []
    if found.low:
        pairs.append(("PatientAge__gte", format_number(round(found.low.number + (0 if found.low.included else _GAP), 6))))
    if found.high:
        pairs.append(("PatientAge__lte", format_number(round(found.high.number - (0 if found.high.included else _GAP), 6))))
    return tuple(pairs)
