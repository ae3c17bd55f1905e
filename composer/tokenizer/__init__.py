"""Scores to ids and back. `Tokenizer` is the interface; the modules behind it are one step each.

Score -> normal_form -> normal form -> piece (columns of base tokens) -> stream (ids)      encode
ids -> merges -> base tokens -> decode -> Score in normal form                          decode
grammar: which ids may come next
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from composer.controls import Controls
from composer.errors import BadInputError, ModelNotFoundError
from composer.records import reason, rows, text
from composer.score import Score
from composer.tokenizer.decode import decode_tokens
from composer.tokenizer.grammar import Grammar, GrammarState
from composer.tokenizer.merges import Merges, load_bpe
from composer.tokenizer.normal_form import functional_shift, quantize
from composer.tokenizer.piece import TokenizedPiece, tokenize
from composer.tokenizer.stream import StreamOptions, assemble
from composer.tokenizer.vocabulary import Vocabulary

__all__ = [
    "Grammar",
    "GrammarState",
    "Merges",
    "StreamOptions",
    "TokenizedPiece",
    "Tokenizer",
    "Vocabulary",
    "functional_shift",
    "quantize",
]


def _names(values: object) -> tuple[str, ...]:
    return tuple(text(name) for name in rows(values, 10_000))


class Tokenizer:
    """Encodes scores as ids and decodes them.

    >>> from composer.score import Note, Part
    >>> tokenizer = Tokenizer(Vocabulary((), ()))
    >>> score = quantize(Score((Part("", 0, (Note(0, 60, 480),)),), end_ticks=1920))
    >>> tokenizer.decode(tokenizer.encode(score))[0] == score
    True
    """

    def __init__(self, vocabulary: Vocabulary, merges: Merges | None = None) -> None:
        self.vocabulary = vocabulary
        self.merges = merges or Merges(len(vocabulary))

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Reads a `tokenizer.json` as MidiTok writes it.

        Raises:
            ModelNotFoundError: no such file.
            BadInputError: the file is damaged, or for another version of the stream.
        """
        if not path.is_file():
            raise ModelNotFoundError(f"{path} is missing: a model folder needs its tokenizer.json")
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            vocabulary = Vocabulary(_names(saved["styles"]), _names(saved["composers"]))
            if list(saved["_vocab_base"]) != list(vocabulary.tokens):
                raise BadInputError(f"{path} belongs to another version of Cantilena: train or download a model for this one")
            merges = Merges(len(vocabulary), load_bpe(saved["_model"]) if "_model" in saved else None)
            if not all(0 <= token < len(vocabulary) for run in merges.expansions for token in run):
                raise ValueError("a merge of unknown tokens")
        except (OSError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise BadInputError(f"{path} is damaged ({reason(error)}): fetch the model again") from None
        return cls(vocabulary, merges)

    def __len__(self) -> int:
        """Number of ids."""
        return len(self.merges)

    @cached_property
    def grammar(self) -> Grammar:
        """Tables of the grammar, made once."""
        return Grammar(self.vocabulary, self.merges)

    def tokenize(self, score: Score, controls: Controls | None = None) -> TokenizedPiece:
        """Columns of a score, which is brought to normal form first.

        Where the controls do not state how far the music sounds above its normal form, the score's key does.
        """
        controls = controls or Controls()
        if controls.transposition is None and score.key is not None:
            controls = replace(controls, transposition=-functional_shift(score.key))
        return tokenize(quantize(score), controls, self.vocabulary, self.merges)

    def encode(self, score: Score, controls: Controls | None = None, options: StreamOptions | None = None) -> list[int]:
        """Ids of a score, which is brought to normal form first."""
        return assemble(self.tokenize(score, controls), self.vocabulary, options)

    def decode(self, ids: Sequence[int]) -> tuple[Score, Controls]:
        """Score in normal form (C major or A minor) and controls of a stream; see `decode_tokens`."""
        return decode_tokens(self.merges.decode(ids), self.vocabulary)

    def names(self, ids: Sequence[int]) -> list[str]:
        """Names of the base tokens of a stream, to read it."""
        return [self.vocabulary.name(token) for token in self.merges.decode(ids)]
