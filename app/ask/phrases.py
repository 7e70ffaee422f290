"""What a question is cut into: pieces that each say something, and noun phrases that ask of the patient or study.

Everything a piece says is parameters of the URL form, so that the Cohort itself checks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.ask.lexicon import Pairs, Sense
from app.cohort import ATTRIBUTES, Group, Scope, write_pairs

#: Attributes of one series, which a phrase such as “breast MR over 100 slices” says of the same series.
_OF_SERIES = frozenset(
    name for name, attribute in ATTRIBUTES.items() if attribute.group in (Group.IMAGES, Group.ACQUISITION, Group.SIZE)
)


@dataclass(frozen=True, slots=True)
class Context:
    """What “with”, “without” or “not” make of the phrases behind them.

    Parameters
    ----------
    owner
        Whose series are meant; None for the series itself, as behind “not”.
    lacks
        Whether there must be none.
    is_named
        Whether the question names the owner, as “patients with” does.
    """

    owner: Scope | None
    lacks: bool
    is_named: bool = False


@dataclass(slots=True)
class Piece:
    """Some words, from `start` to `end`, and what they say."""

    start: int
    end: int
    pairs: Pairs
    #: What they say where slides are asked for.
    slides: Pairs = ()

    @classmethod
    def of(cls, start: int, end: int, sense: Sense) -> Piece:
        """What `sense` says of these words."""
        return cls(start, end, sense.pairs, sense.slides)

    @property
    def attributes(self) -> set[str]:
        """Attributes, or other parameters, that it speaks of."""
        return {key.partition("__")[0] for key, _ in self.pairs}

    @property
    def is_of_series(self) -> bool:
        """Whether it can be asked of another series too."""
        return self.attributes <= _OF_SERIES


@dataclass(slots=True)
class NounPhrase:
    """Pieces that stand together, with no “and”, “or” or comma between them.

    Parameters
    ----------
    context
        What stands before it: “with”, “without”, “not”, or nothing.
    joint
        The word before it: ``or``, or anything else.
    options
        Options of the relation that it becomes, such as ``at_least``.
    """

    context: Context | None = None
    joint: str = ""
    pieces: list[Piece] = field(default_factory=list)
    options: Pairs = ()
    #: Parameters of the cohort that go with the relation.
    extra: Pairs = ()
    start: int = 0
    end: int = 0

    @property
    def modalities(self) -> set[str]:
        """Modalities that it names."""
        return {value for piece in self.pieces for key, value in piece.pairs if key == "Modality"}

    @property
    def is_relation(self) -> bool:
        """Whether it asks of the patient or study rather than of the series."""
        return bool(self.context and self.context.owner and (self.modalities or self.options))

    def related(self) -> list[Piece]:
        """Pieces that are said of the other series."""
        return [piece for piece in self.pieces if piece.is_of_series]

    def pairs(self, pieces: Iterable[Piece]) -> Pairs:
        """What `pieces` say, an organ of slides being the place of a tumour."""
        slides = self.modalities == {"SM"}
        return tuple(pair for piece in pieces for pair in (piece.slides if slides and piece.slides else piece.pairs))

    def relation(self) -> Piece:
        """The phrase as one piece: what the patient or study has, or lacks; slides stand in studies of their own."""
        context = self.context or Context(None, lacks=False)
        owner = Scope.PATIENT if self.modalities == {"SM"} else context.owner or Scope.STUDY
        inner = dict.fromkeys((*self.pairs(self.related()), *self.options))
        key = f"{owner}_{'lacks' if context.lacks else 'has'}"
        starts = [piece.start for piece in self.related()]
        ends = [piece.end for piece in self.related()]
        return Piece(
            min([*starts, *([self.start] if self.options else [])]),
            max([*ends, *([self.end] if self.options else [])]),
            ((key, write_pairs(inner)), *self.extra),
        )


def left_out(phrase: NounPhrase) -> list[Piece]:
    """What “not” makes of a phrase: none of its values, or, where they are of several attributes, not all at once."""
    attributes = set().union(*(piece.attributes for piece in phrase.pieces))
    if len(attributes) == 1 or not attributes <= ATTRIBUTES.keys():
        return [_negated(piece) for piece in phrase.pieces]
    value = write_pairs([("a", ""), ("b", write_pairs(phrase.pairs(phrase.pieces)))])
    start, end = phrase.pieces[0].start, phrase.pieces[-1].end
    return [Piece(start, end, (("difference", value),))]


def _negated(piece: Piece) -> Piece:
    """The piece with its values left out; operators that can't be turned round are refused by the Cohort itself."""
    pairs = tuple((f"{key}__not" if "__" not in key else f"{key}__not__", value) for key, value in piece.pairs)
    return Piece(piece.start, piece.end, pairs)
