"""Byte-pair merges over note runs: base tokens to model ids and back.

The merges are learned and stored through MidiTok (see `miditok_base`), which writes each base token as one character and
each merge as a Hugging Face `tokenizers` BPE model. This module applies them at run time without MidiTok, because MidiTok
imports torch (3 s). With no merges, ids are base tokens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers.models import BPE

FIRST_CHARACTER = 33  # MidiTok's CHR_ID_START: base token i is the character 33 + i


class Merges:
    """A set of merges over `n_base` base tokens.

    Args:
        n_base: number of base tokens.
        model: the BPE model as MidiTok stores it (`vocab`: strings of characters to ids, `merges`), or `None`.
    """

    def __init__(self, n_base: int, model: dict[str, Any] | None = None) -> None:
        self.n_base = n_base
        self._model = model
        self._runs: dict[tuple[int, ...], list[int]] = {}

    @cached_property
    def expansions(self) -> tuple[tuple[int, ...], ...]:
        """The base tokens of each id."""
        if self._model is None:
            return tuple((token,) for token in range(self.n_base))
        by_id = sorted((index, text) for text, index in self._model["vocab"].items())
        return tuple(tuple(ord(character) - FIRST_CHARACTER for character in text) for _, text in by_id)

    def __len__(self) -> int:
        return self.n_base if self._model is None else len(self._model["vocab"])

    @cached_property
    def _bpe(self) -> BPE:
        from tokenizers.models import BPE

        assert self._model is not None
        pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in self._model["merges"])
        merges = [(str(left), str(right)) for left, right in pairs]
        return BPE(vocab=self._model["vocab"], merges=merges)

    def encode(self, runs: Sequence[Sequence[int]]) -> list[list[int]]:
        """Ids of each run of base tokens. Runs are cached, since music repeats itself."""
        if self._model is None:
            return [list(run) for run in runs]
        return [self._encode_run(tuple(run)) for run in runs]

    def _encode_run(self, run: tuple[int, ...]) -> list[int]:
        ids = self._runs.get(run)
        if ids is None:
            if len(self._runs) > 200_000:
                self._runs.clear()
            text = "".join(chr(token + FIRST_CHARACTER) for token in run)
            ids = self._runs[run] = [token.id for token in self._bpe.tokenize(text)]
        return ids

    def decode(self, ids: Sequence[int]) -> list[int]:
        """Base tokens of a sequence of ids."""
        expansions = self.expansions
        return [token for index in ids for token in expansions[index]]


def load_bpe(tokenizer_json: str) -> dict[str, Any]:
    """The BPE model inside a serialised Hugging Face tokenizer."""
    model: dict[str, Any] = json.loads(tokenizer_json)["model"]
    return model
