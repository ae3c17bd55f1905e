"""The tokenizer as a MidiTok tokenizer: base vocabulary, learning of the merges, save and load.

MidiTok owns the file format (`tokenizer.json`), the mapping of tokens to characters and the training of byte-pair
encoding. The stream is Cantilena's (`normal_form`, `piece`, `stream`, `decode`), since MidiTok's REMI merges parts of
equal program and has no plan, recall or hole. Importing MidiTok imports torch: only training and interchange do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from miditok import MusicTokenizer, TokenizerConfig, TokSequence
from miditok.classes import Event

from composer.tokenizer.merges import FIRST_CHARACTER
from composer.tokenizer.vocabulary import SPECIALS, Vocabulary


class CantilenaMidiTok(MusicTokenizer):  # type: ignore[misc]  # MidiTok ships no types
    """MidiTok's view of the vocabulary. Its `encode` takes a symusic score and uses no controls.

    Args:
        vocabulary: the base vocabulary to start from; `None` when loading `params`.
        params: a `tokenizer.json` to load.
    """

    def __init__(self, vocabulary: Vocabulary | None = None, params: str | Path | None = None) -> None:
        self.styles = list(vocabulary.styles) if vocabulary else []
        self.composers = list(vocabulary.composers) if vocabulary else []
        config = TokenizerConfig(special_tokens=list(SPECIALS), use_programs=True, encode_ids_split="no")
        super().__init__(config if params is None else None, params)

    @property
    def vocabulary(self) -> Vocabulary:
        """The base vocabulary."""
        return Vocabulary(tuple(self.styles), tuple(self.composers))

    def _create_base_vocabulary(self) -> list[str]:
        return list(self.vocabulary.tokens[len(SPECIALS) :])

    def _create_token_types_graph(self) -> dict[str, set[str]]:
        from composer.tokenizer.grammar import FOLLOWERS

        return {kind: set(followers) for kind, followers in FOLLOWERS.items()}

    def _score_to_tokens(self, score: Any, _attribute_controls_indexes: Any = None) -> TokSequence:
        raise NotImplementedError("encode a composer.score.Score with composer.tokenizer.Tokenizer instead")

    def _add_time_events(self, events: list[Event], time_division: int) -> list[Event]:
        raise NotImplementedError("encode a composer.score.Score with composer.tokenizer.Tokenizer instead")

    def _tokens_to_score(self, tokens: TokSequence, programs: Any = None) -> Any:
        raise NotImplementedError("decode with composer.tokenizer.Tokenizer instead")

    def learn_merges(self, runs: Sequence[Sequence[int]], n_merges: int) -> None:
        """Learns byte-pair merges from note runs of base tokens.

        Args:
            runs: each run is one part's notes in one bar; no merge crosses its ends.
            n_merges: how many merges to add to the base vocabulary.
        """
        texts = ["".join(chr(token + FIRST_CHARACTER) for token in run) for run in runs]
        self.train(vocab_size=len(self.vocabulary) + n_merges, model="BPE", iterator=texts)


def build_tokenizer_json(vocabulary: Vocabulary, runs: Sequence[Sequence[int]], n_merges: int, path: Path) -> None:
    """Learns merges and writes `tokenizer.json`; no merges where `n_merges` is 0."""
    tokenizer = CantilenaMidiTok(vocabulary)
    if n_merges:
        tokenizer.learn_merges(runs, n_merges)
    names = {"styles": tokenizer.styles, "composers": tokenizer.composers, "_vocab_base": tokenizer._vocab_base}
    tokenizer.save(path, additional_attributes=names)  # MidiTok itself keeps the base vocabulary only with merges
