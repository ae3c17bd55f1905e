"""Draws melodies for a plan with chords and marks them: likelihood, counterpoint with the bass, shape, rests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from composer.errors import BadInputError, ModelNotFoundError
from composer.melody.guide import Frame, MelodyGuide
from composer.melody.vocabulary import MelodyVocabulary, lead_family, relations
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


@dataclass(frozen=True, slots=True)
class Tone:
    """A note of a line: start and length in ticks, pitch in the plan's key."""

    start: int
    ticks: int
    pitch: int


@dataclass(frozen=True, slots=True)
class Line:
    """A melody and its mark; higher is better."""

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


@lru_cache(maxsize=1)
def _network() -> MelodyNetwork:
    for root in MODEL_FOLDERS:
        if (root / NETWORK / WEIGHTS_FILE).is_file():
            return MelodyNetwork.load(root / NETWORK)
    raise ModelNotFoundError(f"the melody network {NETWORK} is not installed: install the package again")


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
        likelihood = result.log_likelihood / max(1, result.choices)
        tones = _tones(guide, plan, shift)
        faults = faults_of(tones, guide, frame, shift)
        lines.append(Line(tones, likelihood - sum(faults.values()), {"likelihood": likelihood, **faults}))
    return sorted(lines, key=lambda line: -line.mark)


def _filled(plan: Plan, bar: int, place: int) -> Chord:
    """The chord at a place, or the last one before it where the plan has none."""
    chord = plan.chords[bar][place]
    while chord is None and (bar or place):
        bar, place = (bar, place - 1) if place else (bar - 1, len(plan.chords[bar - 1]) - 1)
        chord = plan.chords[bar][place]
    return chord or Chord(plan.key.tonic, plan.key.mode[:3])


def _tones(guide: MelodyGuide, plan: Plan, shift: int) -> tuple[Tone, ...]:
    """The notes of a line in the plan's key; each lasts until the next event."""
    ticks = plan.meter.bar_ticks
    line = [(bar * ticks + step * TICKS_PER_STEP, pitch) for bar, events in enumerate(guide.result()) for step, pitch in events]
    ends = [start for start, _ in line[1:]] + [plan.bars * ticks]
    return tuple(
        Tone(start, end - start, pitch - shift) for (start, pitch), end in zip(line, ends, strict=True) if pitch is not None
    )


_WEIGHTS = {"rubs": 1.0, "parallels": 0.5, "leaps": 0.6, "repeated": 0.5, "copied": 1.0, "silence": 2.0, "flat": 0.15}


def faults_of(tones: Sequence[Tone], guide: MelodyGuide, frame: Frame, shift: int) -> dict[str, float]:
    """Weighted faults of a line, as shares of its notes or bars."""
    plan, count = frame.plan, max(1, len(tones))
    beat, ticks = plan.meter.beat_ticks, plan.meter.bar_ticks

    def chord_at(tick: int) -> Chord:
        bar = min(tick // ticks, plan.bars - 1)
        starts = plan.meter.chord_ticks(len(frame.chords[bar]))
        return [c for s, c in zip(starts, frame.chords[bar], strict=True) if s <= tick - bar * ticks][-1]

    pitches = [tone.pitch + shift for tone in tones]
    rubs = leaps = parallels = repeated = 0.0
    for index, tone in enumerate(tones):
        chord, pitch = chord_at(tone.start), pitches[index]
        foreign = pitch % 12 not in chord.pitch_classes
        after = pitches[index + 1] if index + 1 < count else pitch
        weighty = tone.start % beat == 0 and (tone.ticks >= beat or tone.start % ticks == 0)
        if foreign and (weighty or tone.ticks > beat):
            resolved = 1 <= abs(after - pitch) <= 2 and tone.ticks <= 2 * beat
            rubs += 0.15 if resolved else 1.0
        elif foreign and abs(after - pitch) > 2 and index and abs(pitches[index - 1] - pitch) > 2:
            rubs += 0.7
        later = chord_at(min(tone.start + tone.ticks - 1, plan.bars * ticks - 1))
        if later != chord and pitch % 12 not in later.pitch_classes and tone.ticks >= beat:
            rubs += 0.6
    for index, (a, b) in enumerate(pairwise(pitches)):
        size = abs(a - b)
        leaps += (size > 12) + 0.5 * (size in (10, 11)) + 0.4 * (size == 6)
        bass = chord_at(tones[index].start).lowest, chord_at(tones[index + 1].start).lowest
        if bass[0] != bass[1] and (a - bass[0]) % 12 == (b - bass[1]) % 12 and (a - bass[0]) % 12 in (0, 7) and a != b:
            parallels += 1
        if index >= 3 and len(set(pitches[index - 3 : index + 2])) == 1:
            repeated += 1
    bars = guide.result()
    likes = relations(bars)
    copied = sum(like.startswith("Relation_same") for like in likes) / len(bars)
    sounding = sum(tone.ticks for tone in tones) / (ticks * max(1, plan.bars - len(frame.silent)))
    reach = (max(pitches) - min(pitches)) if pitches else 0
    raw = {
        "rubs": rubs / count * 4,
        "parallels": parallels / count * 4,
        "leaps": leaps / count * 4,
        "repeated": repeated / count,
        "copied": max(0.0, copied - 0.35),
        "silence": max(0.0, 0.75 - sounding),
        "flat": max(0, 9 - reach) / 4,
    }
    return {name: value * _WEIGHTS[name] for name, value in raw.items()}
