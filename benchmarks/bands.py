"""Do bands groove? Measures written files, by style.

    python -m benchmarks bands --seeds 20                 every band style, pieces of default length
    python -m benchmarks bands --seeds 5 swing bossa      some of them
    python -m benchmarks bands --lead network pop bossa   with the melody written by the network, against `--lead grammar`

Each piece is written as MIDI, the first three of a style also as performances, and measured from these files; only the form,
the meter, the chords and the roles of the parts come from the plan. Columns, in percent unless stated otherwise, means over
pieces:

groove   bars with the kick, the snare (or clave) and the hats (or ride) of the style; fills, breaks, the last bar and styles
         without drums are excluded
drums    bars in which the drums play at all
vel      number of different drum velocities in a piece, minimum over pieces
fills    ends of sections at which the drums leave their pattern
swing    position of the off-beats in the beat minus that of the style's profile (fraction of a beat)
root     first beats on which the bass has the chord's root, or anticipates it before the barline
strong   strong beats on which the bass has the root, the fifth, a chord tone of a walking line, or a step into the next root
clash    time in which two notes a semitone (plus octaves) apart sound together, one of them foreign to the chord
raw      the same including chord tones: a major seventh chord counts
rub      time in which notes a minor second or a minor ninth apart sound, chord tones included: voicings that beat
tune     bars of the melody's sections in which the melody sounds
same     notes of the melody that repeat the previous one
bars     different bars of melody among those with notes
lift     mean pitch of the melody in choruses minus that in verses, in semitones
double   time with chords in which two accompanying parts share two or more pitches
third    last chords with a third (bare: styles without one)
empty    bars without a pitched note
s        mean length in seconds
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from statistics import mean, median

import numpy as np

from composer.arranging import Arrangement, arrange, bands, settle
from composer.arranging.tables import DRUM_KEYS, basses
from composer.arranging.tunes import plays_tune
from composer.arranging.voicing import third_of, tones_of
from composer.brief import Brief
from composer.composing import compose
from composer.composing.finishing import finish
from composer.formats import read_score, write_score
from composer.formats.midi.performance_midi import write_performed
from composer.guide.frame import skeleton
from composer.performance import EXPRESSION, profile_for
from composer.performance.timing import swing_ratio
from composer.plan import make_plan
from composer.presets import styles
from composer.score import Note, Part, Score

_FILLING = ("snare", "tom_low", "tom_floor", "tom_mid", "tom_high", "timbale", "timbale_high")
_FILL_VOICES = frozenset(DRUM_KEYS[name] for name in _FILLING)
_GHOST = 60  # velocity below which a snare stroke is a ghost note
_PLAYED = 3  # number of seeds per style whose performance is measured
_STEP = 60  # ticks between harmony samples


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("styles", nargs="*", help="names of styles; by default all arranged styles")
    parser.add_argument("--seeds", type=int, default=20, help="pieces per style")
    parser.add_argument("--lead", choices=("network", "grammar"), help="who writes the melody, instead of the style's setting")
    options = parser.parse_args()
    rows: dict[str, dict[str, float]] = {}
    names = options.styles or [name for name, band in bands().items() if name in styles() and band.lead != "phrases"]
    print(f"{'style':18s}" + "".join(f"{name:>8s}" for name in COLUMNS))
    for name in names:
        found = [measure(name, seed, options.lead) for seed in range(1, options.seeds + 1)]
        rows[name] = {column: _merged(column, [piece.get(column) for piece in found]) for column in COLUMNS}
        print(_line(name, rows[name]), flush=True)
    print(_line("all", {column: _merged(column, [row[column] for row in rows.values()]) for column in COLUMNS}))


def measure(style: str, seed: int, lead: str | None = None) -> dict[str, float | None]:
    """Composes, writes, reads and measures a piece."""
    if lead:
        _BANDS[style] = replace(bands()[style], lead=lead)
    brief = Brief.from_dict({"style": style, "seed": seed})
    plan = settle(make_plan(brief), brief)
    arrangement = arrange(plan)
    assert arrangement is not None
    # Without open bars `compose` writes the same notes (tests/composing/test_bands.py), and takes four times as long.
    score = compose(brief).score if arrangement.open_bars else finish(skeleton(plan), plan, arrangement)
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "piece.mid", Path(folder) / "piece.performance.mid"
        write_score(score, files[0])
        written = read_score(files[0])
        if seed <= _PLAYED:
            write_performed(score, files[1], None, style=plan.band, seed=seed, expression=EXPRESSION)
        played = read_score(files[1]) if seed <= _PLAYED else None
    parts = list(zip(written.parts, arrangement.roles, strict=True))
    drums = next((part for part, role in parts if role.kind == "drums"), None)
    bass = next((part for part, role in parts if role.kind == "bass"), None)
    tune = next((part for part, role in parts if role.kind == "lead"), None)
    result: dict[str, float | None] = {"s": written.duration_s}
    result |= _drums(drums, arrangement) if drums else {}
    result["swing"] = _swing(written, played, plan.band) if played else None
    result |= _bass(bass, arrangement) if bass else {}
    result |= _tune(tune, arrangement) if tune else {}
    result["double"] = _doubled([part for part, role in parts if role.kind == "figure"])
    result |= _harmony(written, arrangement)
    return result


def _drums(part: Part, arrangement: Arrangement) -> dict[str, float | None]:
    setting = arrangement.setting
    groove = setting.groove
    if groove is None:
        return {}
    keeps = [{DRUM_KEYS[name] for name in alternatives.split("|")} for alternatives in groove.keeps]
    keeps = [keys | ({DRUM_KEYS["crash"], DRUM_KEYS["crash2"]} if DRUM_KEYS["hat"] in keys else set()) for keys in keeps]
    by_bar = [_in_bar(part.notes, bar.start, setting.plan.meter.bar_ticks) for bar in setting.bars]
    sounding = [bar for bar in setting.bars if by_bar[bar.index]]
    plain = [bar for bar in sounding if not bar.is_fill and not bar.is_last]
    kept = [all(keys & {note.pitch for note in by_bar[bar.index]} for keys in keeps) for bar in plain]
    return {
        "groove": 100 * mean(kept) if kept else None,
        "drums": 100 * len(sounding) / len(setting.bars),
        "vel": len({note.velocity for note in part.notes}),
        "fills": _fills(by_bar, arrangement),
    }


def _fills(by_bar: Sequence[Sequence[Note]], arrangement: Arrangement) -> float | None:
    """Section ends, except the last, whose last two beats have more snare and toms than usual or differ otherwise."""
    setting = arrangement.setting
    half = setting.plan.meter.bar_ticks // 2

    def ending(index: int) -> list[Note]:
        start = setting.bars[index].start
        return [note for note in by_bar[index] if note.start_ticks >= start + half]

    ends = [bar.index for bar in setting.bars if bar.is_fill]
    usual = [ending(bar.index) for bar in setting.bars if not bar.is_fill and bar.place % 4 != 3 and by_bar[bar.index]]
    if not ends or not usual:
        return None
    strokes = median(sum(_counts(note) for note in notes) for notes in usual)
    shapes = {frozenset((note.start_ticks % (2 * half), note.pitch) for note in notes) for notes in usual}
    filled = []
    for index in ends:
        notes = ending(index)
        shape = frozenset((note.start_ticks % (2 * half), note.pitch) for note in notes)
        more = sum(_counts(note) for note in notes) >= strokes + 2
        filled.append(more or (len(notes) >= 4 and max(len(shape & other) for other in shapes) <= 0.6 * len(shape)))
    return 100 * mean(filled)


def _counts(note: Note) -> bool:
    """Whether a stroke belongs to a fill: snare, toms or timbales, but not a ghost note."""
    return note.pitch in _FILL_VOICES and note.velocity >= _GHOST


def _swing(written: Score, played: Score, style: str | None) -> float | None:
    """Mean position of the notes on half beats minus that of the style's profile, in beats."""
    profile, qpm = profile_for(style), written.qpm_at(0)
    ratio = swing_ratio(qpm)
    expected = 0.5 + profile.swing * EXPRESSION * (ratio / (1 + ratio) - 0.5)
    places = []
    for part, other in zip(written.parts, played.parts, strict=True):
        offs = sum(note.start_ticks % 480 == 240 for note in part.notes)
        found = [note.start_ticks % 480 / 480 for note in other.notes]
        near = [place for place in found if abs(place - expected) < 0.12]
        if offs >= 8 and near:
            places += near
    return abs(mean(places) - expected) if places else None


def _bass(part: Part, arrangement: Arrangement) -> dict[str, float | None]:
    setting = arrangement.setting
    roots, strong = [], []
    middle = setting.plan.meter.middle_ticks
    bass = basses()[setting.band.bass.split("|")[0]]
    walks = bass.walking or bool(bass.strong)
    for bar in setting.bars:
        for offset in (0, middle):
            tick = bar.start + offset
            sounding = [note for note in part.notes if note.start_ticks <= tick < note.end_ticks]
            if not sounding:
                continue
            pitch = min(note.pitch for note in sounding) % 12
            chord, following = bar.chord_at(offset), bar.next_chord(offset)
            fifth = next((tone for tone in (7, 6, 8) if tone in tones_of(chord)), 7)
            tones = {chord.root, chord.lowest, (chord.root + fifth) % 12}
            tones |= {(chord.root + tone) % 12 for tone in tones_of(chord)} if walks else set()
            approach = {(following.lowest + step) % 12 for step in (-2, -1, 0, 1, 2)} if offset else set()
            strong.append(pitch in tones | approach)
            if offset == 0:
                roots.append(pitch in (chord.root, chord.lowest))
    return {"root": 100 * mean(roots) if roots else None, "strong": 100 * mean(strong) if strong else None}


def _tune(part: Part, arrangement: Arrangement) -> dict[str, float | None]:
    setting = arrangement.setting
    mine = [bar for bar in setting.bars if plays_tune(bar, setting.band)]
    ticks = setting.plan.meter.bar_ticks
    sounding = [any(n.start_ticks < bar.start + ticks and n.end_ticks > bar.start for n in part.notes) for bar in mine]
    pitches = [note.pitch for note in part.notes]
    repeated = [one == other for one, other in pairwise(pitches)]
    contents = [
        tuple((note.start_ticks - bar.start, note.pitch) for note in _in_bar(part.notes, bar.start, ticks)) for bar in mine
    ]
    contents = [content for content in contents if content]
    return {
        "tune": 100 * mean(sounding) if sounding else None,
        "same": 100 * mean(repeated) if repeated else None,
        "bars": 100 * len(set(contents)) / len(contents) if contents else None,
        "lift": _lift(part, arrangement),
    }


def _lift(part: Part, arrangement: Arrangement) -> float | None:
    bars, ticks = arrangement.setting.bars, arrangement.setting.plan.meter.bar_ticks
    pitches: dict[str, list[int]] = {}
    for note in part.notes:
        pitches.setdefault(bars[min(note.start_ticks // ticks, len(bars) - 1)].kind, []).append(note.pitch)
    return mean(pitches["chorus"]) - mean(pitches["verse"]) if pitches.keys() >= {"chorus", "verse"} else None


def _doubled(parts: Sequence[Part]) -> float | None:
    """Time in which two parts share two or more pitches, among that in which a part sounds a chord."""
    sounding: list[dict[int, set[int]]] = []
    for part in parts:
        steps: dict[int, set[int]] = {}
        for note in part.notes:
            for step in range(note.start_ticks // _STEP, -(-note.end_ticks // _STEP)):
                steps.setdefault(step, set()).add(note.pitch)
        sounding.append({step: pitches for step, pitches in steps.items() if len(pitches) > 1})
    chords = {step for steps in sounding for step in steps}
    pairs, none = list(combinations(sounding, 2)), set[int]()
    shared = [any(len(one.get(step, none) & other.get(step, none)) > 1 for one, other in pairs) for step in chords]
    return 100 * mean(shared) if shared else None


def _harmony(score: Score, arrangement: Arrangement) -> dict[str, float | None]:
    setting = arrangement.setting
    ticks = setting.plan.meter.bar_ticks
    pitched = sorted((note for part in score.parts if not part.is_drum for note in part.notes), key=lambda n: n.start_ticks)
    total = len(setting.bars) * ticks // _STEP
    sounds, pitches = np.zeros((total, 12), bool), np.zeros((total, 128), bool)
    for note in pitched:
        steps = slice(-(-note.start_ticks // _STEP), max(1, note.end_ticks // _STEP))
        sounds[steps, note.pitch % 12] = pitches[steps, note.pitch] = True
    raw = foreign = rubs = any_sound = 0
    for step in range(total):
        classes = np.flatnonzero(sounds[step]).tolist()
        if not classes:
            continue
        any_sound += 1
        bar = setting.bars[step * _STEP // ticks]
        chord = bar.chord_at(step * _STEP % ticks).pitch_classes
        pairs = [(pc, (pc + 1) % 12) for pc in classes if (pc + 1) % 12 in classes]
        raw += bool(pairs)
        rubs += any((pitches[step, apart:] & pitches[step, :-apart]).any() for apart in (1, 13))
        foreign += any(not set(pair) <= chord for pair in pairs)
    empty = [not sounds[bar.start // _STEP : (bar.start + ticks) // _STEP].any() for bar in setting.bars]
    last = setting.bars[-1]
    chord = last.spans[-1].chord
    third = third_of(chord)
    final = {note.pitch % 12 for note in pitched if note.end_ticks > last.start}
    bare = setting.band.bare or third is None
    return {
        "clash": 100 * foreign / max(1, any_sound),
        "raw": 100 * raw / max(1, any_sound),
        "rub": 100 * rubs / max(1, any_sound),
        "empty": 100 * mean(empty),
        "third": None if bare or third is None else 100.0 * ((chord.root + third) % 12 in final),
    }


def _in_bar(notes: Sequence[Note], start: int, ticks: int) -> list[Note]:
    return [note for note in notes if start <= note.start_ticks < start + ticks]


def _merged(column: str, values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None and value == value]
    if not known:
        return float("nan")
    return min(known) if column == "vel" else mean(known)


def _line(name: str, row: dict[str, float]) -> str:
    return f"{name:18s}" + "".join(f"{_cell(column, row[column]):>8s}" for column in COLUMNS)


def _cell(column: str, value: float) -> str:
    if value != value:
        return "-"
    return f"{value:.3f}" if column == "swing" else f"{value:.0f}" if column in _WHOLE else f"{value:.1f}"


COLUMNS = (
    "groove", "drums", "vel", "fills", "swing", "root", "strong", "clash", "raw", "rub", "tune", "same", "bars", "lift",
    "double", "third", "empty", "s",
)  # fmt: skip
_WHOLE = ("vel", "s", "drums")
_BANDS = bands()  # the table itself, since `--lead` changes a row
