"""Draws melodies for a plan with chords and ranks them by likelihood, counterpoint with the bass, shape and rests."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.arranging import Lead, lead_of
from composer.controls import DIALOGUE, PHRASE_BARS
from composer.melody.faults import Tone, faults_of
from composer.melody.line_events import events_of
from composer.melody.line_guide import Frame, MelodyGuide
from composer.melody.line_vocabulary import DISTANCES, LIKENESSES, Event, Likeness, MelodyVocabulary, lead_family
from composer.model.checkpoint import MELODY_FILE
from composer.model.helper_networks import Helper, HelperPackage
from composer.model.sampling import Request, Settings, generate
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.presets import programs_of
from composer.score import TICKS_PER_QUARTER, Note
from composer.tokenizer import functional_shift
from composer.tokenizer.vocabulary import TICKS_PER_STEP

MelodyNetwork = Helper[MelodyVocabulary]
NETWORK = HelperPackage("cantilena-melody", "melody network", MELODY_FILE, MelodyVocabulary)
_SETTINGS = Settings(temperature=1.0, top_p=0.96, min_p=0.02, window=960)
_ROWS = 24
_ONE_BAR, _TWO_BARS = 0.08, 0.06  # shares of groups of four bars that begin with a sequence of one bar or of two
# Share of pieces that state their first two bars again, and of these the share that moves them along the scale; others keep the
# rhythm.
_SENTENCES, _MOVED = 0.2, 0.6
_VARIED = (0.5, 0.15, 0.35)  # shares of the bars of varied returns by `LIKENESSES`
_BREATHS = 0.75  # share of closes at which a choir breathes: 3 rests in 16 bars of human masses
_AGAINST_MOOD = 1.5  # cost in marks of a line that is slow where the mood curve is excited
_COLORLESS, _USUAL_COLOR = (
    1.5,
    0.04,
)  # cost of a line without the characteristic tones of its church mode; share of notes enough
_USUAL_PITCH = 72  # functional pitch around which melodies are written


@dataclass(frozen=True, slots=True)
class Line:
    """A melody in the plan's key, the cost of each fault in marks, and its mark: the negative sum of these costs."""

    tones: tuple[Tone, ...]
    mark: float
    faults: dict[str, float]


def draw_melodies(
    plan: Plan,
    lead: Lead,
    seed: int,
    drawn: int,
    network: MelodyNetwork | None = None,
    *,
    on_first: Callable[[tuple[Tone, ...]], None] | None = None,
    on_step: Callable[[], None] | None = None,
) -> list[Line]:
    """Draws melodies for a plan; the best comes first.

    Args:
        plan: plan with chords in every bar.
        lead: the part, its range, and the chords below it.
        seed: seed of all random choices.
        drawn: number of melodies to draw.
        network: by default the installed one.
        on_first: called with the complete bars of the first melody, each time their number has doubled.
        on_step: called after every round of sampling.
    """
    network = network or NETWORK.installed
    frame, shift = frame_of(plan, lead)
    guides = [MelodyGuide(network.table, frame, _drawn_relations(plan, f"{seed}:sequences {index}")) for index in range(drawn)]

    breathes = not lead.chordal and all(part.program in programs_of("voice") for part in plan.parts)
    shorten = network.table.shortened_to(_SETTINGS.kept)
    requests = [Request(guide, (seed, index), shorten=shorten) for index, guide in enumerate(guides)]
    shown = 0

    def show() -> None:
        nonlocal shown
        if on_step:
            on_step()
        complete = guides[0].bars[:-1]
        if on_first and len(complete) >= max(1, 2 * shown):
            shown = len(complete)
            on_first(_moved(_tones(complete, plan), -shift))

    generate(network.engine, requests, _SETTINGS, rows=_ROWS, on_step=show)
    lines = []
    for guide in guides:
        bars = guide.result()
        tones = _tones(bars, plan)
        if breathes:
            tones = _breathing(tones, plan, seed)
        faults = faults_of(tones, bars, frame)
        if len({mood.arousal for mood in plan.moods}) > 1:
            faults["mood"] = _AGAINST_MOOD * _against_mood(tones, plan)
        if characteristic := frozenset((tone + shift) % 12 for tone in plan.key.characteristic):
            share = sum(tone.pitch % 12 in characteristic for tone in tones) / max(1, len(tones))
            faults["colorless"] = _COLORLESS * max(0.0, 1 - share / _USUAL_COLOR)
        lines.append(Line(_moved(tones, -shift), -sum(faults.values()), faults))
    quarters = plan.bars * plan.meter.bar_ticks / TICKS_PER_QUARTER
    return _ranked(lines, len(lines[0].tones) if lead.pace is None else lead.pace * quarters)


def faults_of_melody(plan: Plan) -> dict[str, float]:
    """What each fault of the melody of a plan costs in marks, by name; empty for a plan without one."""
    if not plan.tune or (lead := lead_of(plan)) is None:
        return {}
    frame, shift = frame_of(plan, lead)
    line = [Note(start, pitch + shift, ticks) for start, ticks, pitch in plan.tune]
    tones = [Tone(note.start_ticks, note.duration_ticks, note.pitch) for note in line]
    starts = range(0, plan.bars * plan.meter.bar_ticks, plan.meter.bar_ticks)
    return faults_of(tones, events_of(line, starts, plan.meter), frame)


def frame_of(plan: Plan, lead: Lead) -> tuple[Frame, int]:
    """The frame of a plan's melody in functional pitch, and the semitones from the plan's key to it."""
    low, high = lead.span
    shift = functional_shift(plan.key)
    shift += 12 * round((_USUAL_PITCH - ((low + high) // 2 + shift)) / 12)
    chords = tuple(tuple(chord.transposed(shift) for chord in bar) for bar in lead.chords)
    family = lead_family(lead.part.program)
    church = frozenset((tone + shift) % 12 for tone in plan.key.scale) if plan.key.church else frozenset[int]()
    rhythms = {bar: [(step, pitch and pitch + shift) for step, pitch in events] for bar, events in lead.rhythms.items()}
    frame = Frame(
        plan,
        chords,
        family,
        low + shift,
        high + shift,
        lead.silent,
        lead.chordal,
        lead.styles,
        lead.pace,
        church,
        rhythms,
        lead.level,
        lead.strict,
    )
    return frame, shift


def _drawn_relations(plan: Plan, seed: str) -> dict[int, tuple[Likeness, int]]:
    """Relations of bars to earlier ones, with the distance: sequences, drawn for each group of four bars, and varied returns.

    Left to itself, the network writes half as many sequences as human composers do, and keeps most varied returns to the note.
    """
    found: dict[int, tuple[Likeness, int]] = {}
    for start in range(plan.upbeat_bars, plan.bars - PHRASE_BARS + 1, PHRASE_BARS):
        drawn = random.Random(f"{seed} {start}").random()
        if plan.texture == DIALOGUE:
            answer: Likeness = "moved" if drawn < _MOVED else "rhythm"
            found |= {start + 2: (answer, 2), start + 3: (answer, 2)}
        elif start == plan.upbeat_bars and draw(plan.band_seed, "sentence") < _SENTENCES:
            likeness: Likeness = "moved" if draw(plan.band_seed, "response") < _MOVED else "rhythm"
            found |= {start + 2: (likeness, 2), start + 3: (likeness, 2)}
        elif drawn < _ONE_BAR:
            found[start + 1] = "moved", 1
        elif drawn < _ONE_BAR + _TWO_BARS:
            found |= {start + 2: ("moved", 2), start + 3: ("moved", 2)}
    for bar, distance in enumerate(plan.recalls):
        place = (bar - plan.upbeat_bars) % PHRASE_BARS
        if distance in DISTANCES and distance and plan.return_at(bar) == "varied" and place < PHRASE_BARS // 2:
            found[bar] = random.Random(f"{seed} return {bar}").choices(LIKENESSES, _VARIED)[0], distance
    return found


def _breathing(tones: Sequence[Tone], plan: Plan, seed: int) -> tuple[Tone, ...]:
    """The notes of singers without players, who rest for a beat at the end of most phrases."""
    ticks, beat = plan.meter.bar_ticks, plan.meter.beat_ticks
    shortened: dict[Tone, int] = {}
    for bar, close in enumerate(plan.closes[:-1]):
        last = max((tone for tone in tones if tone.start // ticks == bar), key=lambda tone: tone.ticks, default=None)
        if close and last and last.ticks >= beat and random.Random(f"{seed}:breath {bar}").random() < _BREATHS:
            shortened[last] = last.ticks - min(beat, last.ticks // 2)
    return tuple(replace(tone, ticks=shortened.get(tone, tone.ticks)) for tone in tones)


def _against_mood(tones: Sequence[Tone], plan: Plan) -> float:
    """How little the pace of a line follows arousal from phrase to phrase: 0 if it rises and falls with it, 1 if against it."""
    paces, ticks = [0.0] * len(plan.moods), plan.meter.bar_ticks
    for tone in tones:
        paces[min(plan.phrase_at(tone.start / ticks), len(paces) - 1)] += 1.0
    if len(set(paces)) < 2:
        return 0.5
    return (1.0 - float(np.corrcoef(paces, [mood.arousal for mood in plan.moods])[0, 1])) / 2


def _ranked(lines: Sequence[Line], notes: float) -> list[Line]:
    """Lines from the best to the worst; first those that have about as many notes as wanted.

    Faults are shares of notes, so that slow and fast lines cannot be compared: of all lines the best was half again as fast as
    human ones in hymns and quartets.
    """
    by_pace = sorted(lines, key=lambda line: abs(len(line.tones) - notes))
    alike = -(-len(lines) // 2)
    return [line for group in (by_pace[:alike], by_pace[alike:]) for line in sorted(group, key=lambda line: -line.mark)]


def _moved(tones: Sequence[Tone], semitones: int) -> tuple[Tone, ...]:
    return tuple(Tone(tone.start, tone.ticks, tone.pitch + semitones) for tone in tones)


def _tones(bars: Sequence[Sequence[Event]], plan: Plan) -> tuple[Tone, ...]:
    """The notes of a line; each lasts until the next event or the end of the bars."""
    ticks = plan.meter.bar_ticks
    line = [(bar * ticks + step * TICKS_PER_STEP, pitch) for bar, events in enumerate(bars) for step, pitch in events]
    ends = [start for start, _ in line[1:]] + [len(bars) * ticks]
    return tuple(Tone(start, end - start, pitch) for (start, pitch), end in zip(line, ends, strict=True) if pitch is not None)
