"""How far a question is read: where the reader stands, what the words before mean for those behind, what is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.ask.lexicon import Lexicon, Pairs, Phrase, longest
from app.ask.phrases import Context, NounPhrase, Piece
from app.ask.tokens import Token
from app.ask.words import Role
from app.cohort import Scope

_FILLERS = ((1, Role.FILLER),)
#: Tokens that a rule may look at.
_VIEW = 32


class Reading:
    """One question being read.

    Parameters
    ----------
    tokens
        The question.
    lexicon
        What is known.

    Attributes
    ----------
    phrases, pieces
        What was understood: phrases that “with”, “without” and “not” bear on, and pieces that stand for themselves.
    left
        Tokens that were not understood.
    at
        Number of the token that comes next.
    context
        What “with”, “without” or “not” make of the phrases to come.
    owner
        Whose series “patients with …” or “studies with …” asks about.
    joint
        The word between the last phrase and the next: ``and``, ``or``, or nothing.
    is_open
        Whether the last phrase goes on.
    lead
        Where the “with”, “without” or “not” before the next piece stands.
    """

    def __init__(self, tokens: Sequence[Token], lexicon: Lexicon) -> None:
        self.tokens = tokens
        self.lexicon = lexicon
        self.phrases: list[NounPhrase] = []
        self.pieces: list[Piece] = []
        self.left: list[Token] = []
        self.at = 0
        self.context: Context | None = None
        self.owner: Scope | None = None
        self.joint = ""
        self.is_open = False
        self.lead: int | None = None

    @property
    def rest(self) -> Sequence[Token]:
        """The tokens that come next."""
        return self.tokens[self.at : self.at + _VIEW]

    def begin(self, context: Context | None, joint: str = "", lead: int | None = None) -> None:
        """End the phrase; the next one stands in this context."""
        self.context, self.joint, self.is_open = context, joint, False
        self.lead = lead if lead is not None else self.lead

    def open_phrase(self) -> NounPhrase:
        """The phrase that is being read."""
        if not self.is_open:
            self.phrases.append(NounPhrase(self.context, self.joint, start=self.rest[0].start))
            self.is_open = True
        return self.phrases[-1]

    def take(self, length: int, pairs: Pairs, slides: Pairs = ()) -> None:
        """Add the next `length` tokens to the phrase."""
        if not self._continues(pairs):
            self.begin(None)
        phrase = self.open_phrase()
        start = self.rest[0].start if self.lead is None else self.lead
        end, self.lead = self.rest[length - 1].end, None
        phrase.pieces.append(Piece(start, end, pairs, slides))
        phrase.end = end
        self.at += length

    def say(self, length: int, pairs: Pairs) -> None:
        """Add the next `length` tokens as a piece that stands for itself; nothing of that kind can be left out."""
        if self.lead is not None and self.context and (self.context.owner is None or self.context.lacks):
            self.leave(length)
            return
        start, self.lead = self.rest[0].start if self.lead is None else self.lead, None
        self.pieces.append(Piece(start, self.rest[length - 1].end, pairs))
        self.at += length

    def leave(self, length: int = 1) -> None:
        """Pass over the next `length` tokens as not understood, with the “not” before them."""
        first = self.at
        while self.lead is not None and first and self.tokens[first - 1].start >= self.lead:
            first -= 1
        self.left += self.tokens[first : self.at + length]
        self.at += length
        self.lead, self.is_open = None, False

    def _continues(self, pairs: Pairs) -> bool:
        """Whether what “with”, “without” or “not” said still holds: the last two do only over a list of one kind."""
        context = self.context
        if context is None or self.is_open or not self.joint or not self.phrases:
            return True
        if context.owner and not context.lacks:
            return True
        names = {key.partition("__")[0] for key, _ in pairs}
        return any(names & piece.attributes for piece in self.phrases[-1].pieces)

    def skip(self, at: int, words: Mapping[Phrase, None]) -> int:
        """Number of tokens at `at` that are `words`."""
        skipped = 0
        while found := longest(words, self.rest[at + skipped :]):
            skipped += found[0]
        while at + skipped < len(self.rest) and self.rest[at + skipped].key in (":", "="):
            skipped += 1
        return skipped

    def keys(self, length: int) -> set[str]:
        """Keys of the next `length` tokens."""
        return {token.key for token in self.rest[:length]}

    def named_before(self) -> Scope | None:
        """Whose series `patients with`, `women without`, `studies that have` ask about from here on."""
        at = self.at - 1
        said = [piece for piece in self.pieces[-1:] if piece.attributes == {"PatientAge"}]
        if said and at >= 0 and self.tokens[at].end == said[0].end:  # patients over 60 with …
            at = next(place for place, token in enumerate(self.tokens) if token.start >= said[0].start) - 1
        while at >= 0 and longest(self.lexicon.roles, self.tokens[at : at + 1]) in _FILLERS:
            at -= 1
        role = longest(self.lexicon.roles, self.tokens[at : at + 1]) if at >= 0 else None
        if role:
            return {Role.PATIENTS: Scope.PATIENT, Role.STUDIES: Scope.STUDY}.get(role[1])
        return Scope.PATIENT if self.is_person(at) else None

    def is_person(self, at: int) -> bool:
        """Whether the word at `at` is one for people, such as “women” or “patients”."""
        word = self.tokens[at : at + 1] if at >= 0 else ()
        sense = self.lexicon.find(word)
        if sense:
            return sense[1].attributes <= {"PatientSex", "PatientAge"}
        return longest(self.lexicon.roles, word) == (1, Role.PATIENTS)
