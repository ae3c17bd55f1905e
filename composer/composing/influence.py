"""A piece as inspiration, without training: it completes a brief, and its first bars are the prefix of the stream.

The sampled stream begins with the new piece's header and the other piece's first two phrases, as if they came just before; the
new piece does not contain them. So the model continues their texture and figures, under the new piece's plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from composer.analysis import Analysis, analyze
from composer.analysis.style import judge_style
from composer.analysis.texture import is_bare_tune
from composer.arranging.recognizing import recognized_band
from composer.brief import METERS, Brief, SectionKey
from composer.errors import BadInputError
from composer.model.sampling import Guide
from composer.originality import Source, build_index, check_originality, lines_of
from composer.plan import Plan, make_plan
from composer.plan.choices import for_texture, mode_of
from composer.plan.mood_path import choose_mood
from composer.presets import EnsemblePart, instrument_of
from composer.score import Key, Part, Score
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import StreamOptions, assemble, header_ids
from composer.tokenizer.vocabulary import Vocabulary
from composer.understanding import understand

PREFIX_BARS = 8
_PREFIX_SHARE = 0.4  # share of the window at most, so that the new piece is also conditioned on itself
_SURE = 0.5  # probability from which the judged style is requested
_STRETCH = 3  # semitones beyond a part's lowest and highest note


@dataclass(frozen=True, slots=True)
class Influence:
    """A piece to be inspired by.

    Attributes:
        name: name of its file.
        score: as the engine understands it.
        analysis: its measurements.
    """

    name: str
    score: Score
    analysis: Analysis

    @classmethod
    def of(cls, score: Score, name: str) -> Influence:
        """Understands a user's piece.

        Raises:
            BadInputError: it has no notes.
        """
        understood = understand(score)
        return cls(name, understood.score, analyze(understood.score, understood.key))

    def plan(self, request: Brief) -> Plan:
        """The plan of a brief; style, meter, key, tempo and players that it leaves open are taken from this piece.

        So is the texture, if this piece could precede the new one.

        Raises:
            BadInputError: the brief cannot be met.
        """
        brief = self.filled(request)
        plan, measured = make_plan(brief), self.analysis.controls()
        if not (request.ensemble or request.instruments or is_bare_tune(self.score)):
            parts = for_texture(tuple(map(_player, self.score.parts)), brief.texture)
            plan = replace(plan, parts=parts, preset=plan.preset if brief.style else None)
        if not self.can_precede(plan):
            return plan
        return replace(
            plan,
            density=measured.density if request.density is None else plan.density,
            polyphony=measured.polyphony if request.polyphony is None else plan.polyphony,
        )

    def can_precede(self, plan: Plan) -> bool:
        """Whether bars of this piece could come before the one of a plan: it has the same players, mode and meter.

        A bare tune could not: it has no accompaniment to be continued. Nothing continues into a texture.
        """
        if plan.texture:
            return False
        players = [(part.program, part.is_drum) for part in plan.parts]
        players_here = [(part.program, part.is_drum) for part in self.score.parts]
        mode = self.score.key.mode if self.score.key else plan.key.mode
        same_meter = str(self.score.bars[0].time_signature) == str(plan.meter)
        return players == players_here and mode == plan.key.mode and same_meter and not is_bare_tune(self.score)

    def filled(self, request: Brief) -> Brief:
        """The brief with style, meter, key and tempo from this piece, where it leaves them open and they fit.

        Chords decide the key. Where a mood asks for the other mode, the key is the one with the same tonic.
        """
        meter, qpm, brief = self.score.bars[0].time_signature, self.score.qpm_at(0), request
        defaults: dict[str, Any] = {"key": self._key_for(request), "tempo": qpm if self.score.tempos else None}
        defaults["meter"] = meter if str(meter) in METERS else None
        defaults["style"] = () if request.ensemble or request.instruments else self._style()
        for name, value in defaults.items():
            if value and not getattr(request, name):
                try:
                    brief = replace(brief, **{name: value})
                except BadInputError:
                    continue
        return brief

    def for_verb(self, request: Brief) -> Brief:
        """The brief of a verb with the style that this piece sounds most like and its players, where the brief names none.

        Raises:
            BadInputError: the piece has no pitched notes.
        """
        judged = judge_style(self.score) if any(not part.is_drum for part in self.score.parts) else None
        if judged is None:
            raise BadInputError(f"{self.name} has no pitched notes to be inspired by: give another piece")
        players = tuple("drums" if part.is_drum else instrument_of(part.program, part.name).name for part in self.score.parts)
        players = () if request.ensemble or is_bare_tune(self.score) else players
        return replace(
            request,
            style=request.style or ((recognized_band(self.score) or judged.genres[0][0], 1.0),),
            instruments=request.instruments or players,
        )

    def _key_for(self, request: Brief) -> Key | None:
        key = None if request.chords else self.score.key
        mode = None if request.mood_curve else mode_of(choose_mood(request))
        return key if key is None or mode in (None, key.mode) else SectionKey(relation="parallel").in_piece(key)[0]

    def _style(self) -> tuple[tuple[str, float], ...]:
        if band := recognized_band(self.score):
            return ((band, 1.0),)
        name, chance = judge_style(self.score).genres[0]
        return ((name, 1.0),) if chance >= _SURE else ()

    def prefix(self, tokenizer: Tokenizer, plan: Plan, window: int) -> tuple[int, ...]:
        """Ids of the prefix; empty if this piece could not precede the one of the plan.

        Args:
            tokenizer: of the model.
            plan: of the new piece.
            window: ids that the network attends to.
        """
        if not self.can_precede(plan):
            return ()
        bars = self.score.bars[:PREFIX_BARS]
        count = next((bar.index for bar in bars if str(bar.time_signature) != str(plan.meter)), len(bars))
        source_key = self.score.key or plan.key
        # In the new piece's key, as its header says.
        piece = tokenizer.tokenize(
            self.score.transposed((plan.key.tonic - source_key.tonic + 6) % 12 - 6), self.analysis.controls()
        )
        end = tokenizer.vocabulary.special("EOS")
        while count:
            options = StreamOptions(0, count)
            ids = assemble(piece, tokenizer.vocabulary, options)[len(header_ids(piece, tokenizer.vocabulary, options)) :]
            ids = ids[:-1] if ids[-1] == end else ids
            if len(ids) <= window * _PREFIX_SHARE:
                return tuple(_counted(ids, plan.bars + count, tokenizer.vocabulary))
            count -= 1
        return ()

    def record(self, prefix: Sequence[int], tokenizer: Tokenizer) -> dict[str, Any]:
        """For sidecars: the file, and the number of bars of the prefix."""
        return {"file": self.name, "prefix_bars": sum(tokenizer.vocabulary.is_bar(token) for token in prefix)}

    def originality(self, score: Score) -> dict[str, Any]:
        """The longest passage of a new piece that this one contains."""
        index = build_index([(Source(self.name, self.score.title or self.name), self.name, lines_of(self.score))], window=1)
        return check_originality(score, index).to_dict()


def _player(part: Part) -> EnsemblePart:
    usual = instrument_of(part.program)
    name = part.name or ("Drums" if part.is_drum else usual.title)
    if part.is_drum or not part.notes:
        return EnsemblePart(name, part.program, part.is_drum)
    pitches = [note.pitch for note in part.notes]
    return EnsemblePart(name, part.program, low=max(0, min(pitches) - _STRETCH), high=min(127, max(pitches) + _STRETCH))


def _counted(ids: Sequence[int], left: int, vocabulary: Vocabulary) -> list[int]:
    """The bars counted down from `left` bars, so that the new piece's count continues theirs."""
    counted = []
    for token in ids:
        if vocabulary.is_bar(token):
            left -= 1
            token = vocabulary.bar(left)
        counted.append(token)
    return counted


class PrefixedGuide:
    """A guide with a prefix of bars between the header and the first bar of its stream."""

    def __init__(self, guide: Guide, prefix: Sequence[int], vocabulary: Vocabulary) -> None:
        self._guide, self._prefix, self._vocabulary = guide, list(prefix), vocabulary

    def __getattr__(self, name: str) -> Any:
        return getattr(self._guide, name)

    def forced(self) -> Sequence[int]:
        """The guide's forced ids, the first time with the prefix after the header."""
        ids, prefix, self._prefix = self._guide.forced(), self._prefix, []
        if not prefix:
            return ids
        start = header_size(ids, self._vocabulary)
        return [*ids[:start], *prefix, *ids[start:]]


def header_size(ids: Sequence[int], vocabulary: Vocabulary) -> int:
    """Number of ids before the first bar."""
    return next(place for place, token in enumerate(ids) if vocabulary.is_bar(token))


def without_prefix(ids: Sequence[int], prefix: Sequence[int], vocabulary: Vocabulary) -> list[int]:
    """A sampled stream without the prefix."""
    start = header_size(ids, vocabulary)
    return [*ids[:start], *ids[start + len(prefix) :]]
