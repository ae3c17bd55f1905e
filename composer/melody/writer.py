"""Draws melodies for a plan with chords and marks them: likelihood, counterpoint with the bass, shape, rests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from composer.errors import BadInputError, ModelNotFoundError
from composer.melody.faults import Tone, faults_of
from composer.melody.guide import Frame, MelodyGuide
from composer.melody.vocabulary import Event, MelodyVocabulary, lead_family
from composer.model import engines
from composer.model.checkpoint import MELODY_FILE, MODEL_FOLDERS, WEIGHTS_FILE, read_json
from composer.model.engines import Engine
from composer.model.sampling import Request, Settings, generate
from composer.plan import Plan
from composer.presets import EnsemblePart
from composer.score import Chord
from composer.tokenizer import functional_shift
from composer.tokenizer.vocabulary import TICKS_PER_STEP

NETWORK = "cantilena-melody"
_SETTINGS = Settings(temperature=1.0, top_p=0.96, min_p=0.02, window=960)
_ROWS = 24
_USUAL_PITCH = 72  # functional pitch near which melodies lie
_USUAL_SURPRISE = 0.85  # nats per choice in human melodies; less is dull, more is aimless


@dataclass(frozen=True, slots=True)
class Line:
    """A melody in the plan's key and its mark, minus the sum of its faults."""

    tones: tuple[Tone, ...]
    mark: float
    faults: dict[str, float]


@dataclass(frozen=True, slots=True)
class MelodyNetwork:
    """A loaded network and its vocabulary."""

    engine: Engine
    vocabulary: MelodyVocabulary

    @classmethod
    def load(cls, folder: Path) -> MelodyNetwork:
        """Reads a network's folder.

        Raises:
            BadInputError: a file in it is damaged.
        """
        content = read_json(folder / MELODY_FILE)
        try:
            vocabulary = MelodyVocabulary(tuple(content["styles"]), tuple(content["chords"]))
        except (AssertionError, KeyError, TypeError, ValueError):
            raise BadInputError(f"{folder / MELODY_FILE} is damaged: restore the file that was released") from None
        engine = engines.load(folder, engines.EMBEDDED_ENGINE)
        if len(vocabulary) != engine.config.vocab_size:
            raise BadInputError(f"{folder} holds {engine.config.vocab_size} ids, its vocabulary {len(vocabulary)}: restore it")
        return cls(engine, vocabulary)


def find_network() -> Path:
    """The folder of the packaged network.

    Raises:
        ModelNotFoundError: it is not installed.
    """
    for root in MODEL_FOLDERS:
        if (root / NETWORK / WEIGHTS_FILE).is_file():
            return root / NETWORK
    raise ModelNotFoundError(f"the melody network {NETWORK} is not installed: install the package again")


@lru_cache(maxsize=1)
def _network() -> MelodyNetwork:
    return MelodyNetwork.load(find_network())


def draw_melodies(
    plan: Plan,
    part: EnsemblePart,
    span: tuple[int, int],
    silent: frozenset[int],
    seed: int,
    drawn: int,
    network: MelodyNetwork | None = None,
) -> list[Line]:
    """Melodies for a plan, the best first.

    Args:
        plan: with chords in every bar.
        part: who plays them.
        span: lowest and highest pitch.
        silent: bars without melody.
        seed: of all random choices.
        drawn: how many are drawn.
        network: the network; the packaged one by default.
    """
    network = network or _network()
    shift = functional_shift(plan.key)
    middle = sum(span) // 2 + shift
    shift += 12 * round((_USUAL_PITCH - middle) / 12)
    chords = tuple(
        tuple(_filled(plan, bar, place).transposed(shift) for place in range(len(plan.chords[bar]))) for bar in range(plan.bars)
    )
    frame = Frame(plan, chords, lead_family(part.program), span[0] + shift, span[1] + shift, silent)
    guides = [MelodyGuide(network.vocabulary, frame) for _ in range(drawn)]

    def shorten(ids: Any) -> Any:
        """The header and the latest bars."""
        tokens = network.vocabulary.tokens
        head = next(place for place, token in enumerate(ids) if tokens[token].startswith("Left_"))
        return [*ids[:head], *ids[-_SETTINGS.kept :]]

    requests = [Request(guide, (seed, index), shorten=shorten) for index, guide in enumerate(guides)]
    results = generate(network.engine, requests, _SETTINGS, rows=_ROWS)
    lines = []
    for guide, result in zip(guides, results, strict=True):
        bars = guide.result()
        tones = _tones(bars, plan)
        surprise = abs(-result.log_likelihood / max(1, result.choices) - _USUAL_SURPRISE)
        faults = {"surprise": surprise, **faults_of(tones, bars, frame)}
        moved = tuple(Tone(tone.start, tone.ticks, tone.pitch - shift) for tone in tones)
        lines.append(Line(moved, -sum(faults.values()), faults))
    return sorted(lines, key=lambda line: -line.mark)


def _filled(plan: Plan, bar: int, place: int) -> Chord:
    """The chord at a place, or the last one before it where the plan has none."""
    chord = plan.chords[bar][place]
    while chord is None and (bar or place):
        bar, place = (bar, place - 1) if place else (bar - 1, len(plan.chords[bar - 1]) - 1)
        chord = plan.chords[bar][place]
    return chord or Chord(plan.key.tonic, plan.key.mode[:3])


def _tones(bars: Sequence[Sequence[Event]], plan: Plan) -> tuple[Tone, ...]:
    """The notes of a line; each lasts until the next event."""
    ticks = plan.meter.bar_ticks
    line = [(bar * ticks + step * TICKS_PER_STEP, pitch) for bar, events in enumerate(bars) for step, pitch in events]
    ends = [start for start, _ in line[1:]] + [plan.bars * ticks]
    return tuple(Tone(start, end - start, pitch) for (start, pitch), end in zip(line, ends, strict=True) if pitch is not None)
