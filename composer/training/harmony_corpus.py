"""Training data of the harmony planner: chords with bass, mood, recall and cadence of each bar of the corpus.

Chords and moods come from the labels of the training shards; the bass is the lowest note at the start of a chord. Lead sheets
supply the chords that their authors wrote. Unclear harmony is smoothed or left out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.controls import RECALL_BARS
from composer.errors import BadInputError
from composer.harmony.chord_vocabulary import CadenceKind, chord_name
from composer.score import Chord, Key, Mode, TimeSignature
from composer.tokenizer import Tokenizer, functional_shift
from composer.tokenizer.piece import BAR_COLUMNS, TokenizedPiece
from composer.tokenizer.vocabulary import TICKS_PER_STEP, Vocabulary
from composer.training.data.dataset import check_data
from composer.training.data.shards import Shard

Bar = tuple[Chord | None, ...]

# Minimum share of a piece's sounding time that consists of chord tones; below it the labels are guesses.
_CLEAR_PIECE = 0.62
_CLEAR_CHORD = 0.5  # the same for one chord; below it the previous chord is assumed to continue
_SHORTEST = 8  # bars; shorter pieces are left out
_THIN = 1.3  # mean number of sounding notes; below it the lowest note is a melody, not a bass
_UNHARMONIC = ("groove",)  # drums-only sources


@dataclass(frozen=True, slots=True)
class HarmonyPiece:
    """The harmony of one piece in functional pitch.

    Attributes:
        id: id of the piece in the corpus.
        styles: genre and era, at most two.
        mode: mode of the main key.
        meter: its most frequent meter.
        bars: one or two chords per bar, `None` for no harmony.
        moods: (valence, arousal) in bars that carry a phrase's mood, else `None`.
        recalls: for each bar, the distance in bars to the bar it recalls; 0 for new music.
        cadences: for each bar, the cadence in it.
        weight: relative sampling weight.
    """

    id: str
    styles: tuple[str, ...]
    mode: Mode
    meter: TimeSignature
    bars: tuple[Bar, ...]
    moods: tuple[tuple[float, float] | None, ...]
    recalls: tuple[int, ...]
    cadences: tuple[CadenceKind | None, ...]
    weight: float = 1.0


def read_shard(folder: Path, vocabulary: Vocabulary) -> Iterator[HarmonyPiece]:
    """The pieces of a shard whose harmony is clear."""
    shard = Shard(folder)
    for index in range(len(shard)):
        if (piece := read_harmony(shard, index, vocabulary)) is not None:
            yield piece


def read_harmony(shard: Shard, index: int, vocabulary: Vocabulary) -> HarmonyPiece | None:
    """The harmony of a piece of a shard; `None` where it is short or unclear."""
    if shard.infos[index].source in _UNHARMONIC or shard.n_bars[index] < _SHORTEST:
        return None
    piece = shard[index]
    tokens = [int(token) for token in piece.header]
    styles = tuple(vocabulary.value(token) for token in tokens if vocabulary.kind(token) == "Style")[:2]
    mode = next((vocabulary.value(token) for token in tokens if vocabulary.kind(token) == "Mode"), None)
    columns = dict(zip(BAR_COLUMNS, piece.bars.astype(int), strict=True))
    if mode is None or not columns["meter"].all():
        return None
    meters = [vocabulary.meter_of(int(token)) for token in columns["meter"]]
    notes = _notes(piece, meters, vocabulary)
    if not len(notes.start):
        return None
    spans = _spans(columns, meters, vocabulary)
    bars, share = _voiced(spans, notes, len(meters))
    if share < _CLEAR_PIECE or sum(bar != (None,) for bar in bars) < _SHORTEST:
        return None
    moods = [
        (vocabulary.affect_of(valence), vocabulary.affect_of(arousal)) if valence and arousal else None
        for valence, arousal in zip(columns["valence"].tolist(), columns["arousal"].tolist(), strict=True)
    ]
    recalls = [vocabulary.value(token) if token else 0 for token in columns["recall"].tolist()]
    return HarmonyPiece(
        id=shard.infos[index].id,
        styles=styles,
        mode="major" if mode == "major" else "minor",
        meter=max(set(meters), key=meters.count),
        bars=tuple(bars),
        moods=tuple(moods),
        recalls=tuple(recalls),
        cadences=tuple(find_cadences(bars, _calm(notes, meters), "major" if mode == "major" else "minor")),
    )


@dataclass(frozen=True, slots=True)
class _Notes:
    """Pitched notes of a piece: start and end in steps from its beginning, pitch, bar; all (N,)."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    pitch: NDArray[np.int64]
    bar: NDArray[np.int64]


def _notes(piece: TokenizedPiece, meters: Sequence[TimeSignature], vocabulary: Vocabulary) -> _Notes:
    """Decodes base tokens to notes; a position or duration applies until the next one in its segment."""
    ids = piece.notes.astype(np.int64)
    values = vocabulary.note_steps[ids].astype(np.int64)
    sizes = np.diff(piece.segment_notes)
    segment_bar = np.repeat(np.arange(len(meters)), np.diff(piece.bar_segments))
    bar = np.repeat(segment_bar, sizes)
    starts = np.cumsum([0, *(meter.bar_ticks // TICKS_PER_STEP for meter in meters)])[:-1]

    def is_kind(kind: str) -> NDArray[np.bool_]:
        tokens = vocabulary.ids_of(kind)
        return (ids >= tokens.start) & (ids < tokens.stop)

    def in_force(kind: str) -> NDArray[np.int64]:
        places = np.where(is_kind(kind), np.arange(len(ids)), 0)
        return values[np.maximum.accumulate(places)] if len(ids) else values

    pitched = is_kind("Pitch")
    start = starts[bar] + in_force("Position")
    return _Notes(start[pitched], (start + in_force("Duration"))[pitched], values[pitched], bar[pitched])


def _spans(
    columns: dict[str, NDArray[np.int64]], meters: Sequence[TimeSignature], vocabulary: Vocabulary
) -> list[tuple[int, int, int, int, Chord | None]]:
    """(bar, start, end, beat, chord) of each chord as labeled, in steps."""

    def chord(token: int) -> Chord | None:
        return vocabulary.chord_of(token) if token else None

    spans, start = [], 0
    for bar, meter in enumerate(meters):
        steps, middle = meter.bar_ticks // TICKS_PER_STEP, meter.middle_ticks // TICKS_PER_STEP
        beat = meter.beat_ticks // TICKS_PER_STEP
        one, two = int(columns["chord"][bar]), int(columns["middle_chord"][bar])
        if two and two != one:
            spans.append((bar, start, start + middle, beat, chord(one)))
            spans.append((bar, start + middle, start + steps, beat, chord(two)))
        else:
            spans.append((bar, start, start + steps, beat, chord(one)))
        start += steps
    return spans


def _voiced(spans: Sequence[tuple[int, int, int, int, Chord | None]], notes: _Notes, n_bars: int) -> tuple[list[Bar], float]:
    """Smoothed chords with their sounding bass, and the share of the sounding time that consists of chord tones."""
    order = np.argsort(notes.start, kind="stable")
    start, end, pitch = notes.start[order], notes.end[order], notes.pitch[order]
    longest = int((end - start).max(initial=0))
    total = float((end - start).sum())
    thin = total / max(1, _sounding(start, end)) < _THIN
    bars: list[list[Chord | None]] = [[] for _ in range(n_bars)]
    inside = whole = 0.0
    previous: Chord | None = None
    for bar, begin, finish, beat, chord in spans:
        low, high = np.searchsorted(start, (begin - longest, finish))
        ends, pitches, starts = end[low:high], pitch[low:high], start[low:high]
        lengths = np.minimum(ends, finish) - np.maximum(starts, begin)
        here = lengths > 0
        if chord is None or not here.any():
            bars[bar].append(previous if here.any() or bars[bar] else None)
            continue
        tones = np.isin(pitches[here] % 12, list(chord.pitch_classes))
        spent = float(lengths[here].sum())
        share = float(lengths[here][tones].sum()) / spent
        inside, whole = inside + share * spent, whole + spent
        if share < _CLEAR_CHORD and previous is not None and bars[bar]:
            continue
        opening = here & (starts < begin + beat)
        lowest = int(pitches[opening].min()) % 12 if opening.any() and not thin else chord.root
        bass = lowest if lowest in chord.pitch_classes and lowest != chord.root else None
        previous = replace(chord, bass=bass)
        if not bars[bar] or bars[bar][-1] != previous:
            bars[bar].append(previous)
    return [tuple(bar[:2]) or (None,) for bar in bars], inside / whole if whole else 0.0


def _sounding(start: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    """Number of steps in which at least one note sounds."""
    reach = np.maximum.accumulate(end)
    gaps = np.maximum(0, start[1:] - reach[:-1])
    return int(reach[-1] - start[0] - gaps.sum()) if len(start) else 0


def _calm(notes: _Notes, meters: Sequence[TimeSignature]) -> list[bool]:
    """Whether the motion slows down in each bar: its second half has at most half the median number of onsets."""
    middles = np.array([meter.middle_ticks // TICKS_PER_STEP for meter in meters])
    starts = np.cumsum([0, *(meter.bar_ticks // TICKS_PER_STEP for meter in meters)])[:-1]
    late = notes.start - starts[notes.bar] >= middles[notes.bar]
    onsets = np.unique(notes.start[late])
    counts = np.bincount(np.searchsorted(starts, onsets, side="right") - 1, minlength=len(meters))
    usual = float(np.median(counts[counts > 0])) if (counts > 0).any() else 0.0
    return [bool(count <= usual / 2) for count in counts]


_DOMINANT_THIRDS = ("maj", "7", "9", "13", "7b9", "7sus4", "9sus4")


def find_cadences(bars: Sequence[Bar], calm: Sequence[bool], mode: Mode) -> list[CadenceKind | None]:
    """The cadence in each bar, `None` where there is none (Caplin 1998, from harmony and bass only).

    A cadence needs its chord formula and either slower motion or a position at the end of a four-bar group. The last bar needs
    only the formula.

    >>> C, G, Am = (Chord.parse(symbol) for symbol in ("C", "G", "Am"))
    >>> find_cadences([(C,), (C,), (C,), (G,), (C,), (Am,), (G,), (C,)], [False] * 8, "major")
    [None, None, None, 'half', None, None, None, 'authentic']
    """
    closes: list[CadenceKind | None] = []
    tonic = 0 if mode == "major" else 9
    line = [(bar, chord) for bar, chords in enumerate(bars) for chord in chords]
    last_in = {bar: place for place, (bar, _) in enumerate(line)}
    for bar in range(len(bars)):
        place = last_in[bar]
        goal = line[place][1]
        previous = next((chord for _, chord in reversed(line[:place]) if chord != goal), None)
        kind = _formula(previous, goal, tonic, bars[bar + 1 : bar + 2])
        settled = calm[bar] or (bar + 1) % 4 == 0 or bar == len(bars) - 1
        closes.append(kind if settled and bar >= 1 else None)
    return closes


def _formula(previous: Chord | None, goal: Chord | None, tonic: int, after: Sequence[Bar]) -> CadenceKind | None:
    if previous is None or goal is None or goal.bass is not None:
        return None
    step = (goal.root - tonic) % 12
    falls = (previous.root - goal.root) % 12
    leads = (falls == 7 and previous.quality in _DOMINANT_THIRDS and previous.bass in (None, goal.root)) or (
        falls == 11 and previous.quality in ("dim", "dim7", "hdim7")
    )
    if leads and goal.quality in ("maj", "min", "5", "6", "maj7", "min7"):
        return "authentic" if step == 0 else "related" if step != 7 or falls == 7 else None
    if step == 7 and goal.quality == "maj":
        return "half"
    if step == 0 and (previous.root - tonic) % 12 in (5, 2) and goal.quality in ("maj", "min"):
        return "plagal"
    deceptive = (previous.root - tonic) % 12 == 7 and previous.quality in _DOMINANT_THIRDS and step in (8, 9)
    return "deceptive" if deceptive else None


_BARE = re.compile(r"N\.?C\.?|\?")
_GENRE_STYLES = {
    "jazz standard": ("jazz",), "blues": ("blues",), "popular song": ("popular-song",), "ragtime song": ("ragtime",),
    "folk song": ("folk",), "hymn": ("hymn",), "march": ("march",), "classical piece": ("romantic",),
}  # fmt: skip


def read_lead_sheets(manifest: Path, split: str) -> Iterator[HarmonyPiece]:
    """Pieces of one split whose chords the corpus manifest states (`chords`, see the corpus's README)."""
    for line in manifest.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        stated = record.get("chords") and record.get("split") == split and record.get("key") and len(record["meters"]) == 1
        if stated and (piece := _lead_sheet(record)) is not None:
            yield piece


def harmony_pieces(data: Path, corpus: Path | None, split: str) -> list[HarmonyPiece]:
    """All pieces of a split.

    Args:
        data: folder made by `cantilena data build`.
        corpus: corpus folder; chords written in its lead sheets replace estimated ones. `None` to use estimates only.
        split: "train" or "valid".

    Raises:
        BadInputError: the folder contains no training data.
    """
    check_data(data)
    folders = sorted((data / "base").glob(f"*-{split}"))
    vocabulary = Tokenizer.load(data / "tokenizer.json").vocabulary
    pieces: list[HarmonyPiece] = []
    for folder in folders:
        manifest = corpus / f"{folder.name.rsplit('-', 1)[0]}.manifest.jsonl" if corpus else None
        written = list(read_lead_sheets(manifest, split)) if manifest and manifest.is_file() else []
        pieces += written if 2 * len(written) > len(Shard(folder)) else read_shard(folder, vocabulary)
    return pieces


def _lead_sheet(record: dict[str, Any]) -> HarmonyPiece | None:
    key = Key.parse(str(record["key"]))
    shift, n_bars = functional_shift(key), int(record["n_bars"])
    meter = TimeSignature.parse(record["meters"][0][1])
    middle = meter.middle_ticks / (4 * 480 / meter.denominator)
    entries: dict[int, list[tuple[bool, Chord | None]]] = {}
    for bar, beat, symbol in record["chords"]:
        try:
            chord = None if _BARE.fullmatch(symbol) else Chord.parse(symbol).transposed(shift)
        except BadInputError:
            continue
        entries.setdefault(int(bar) - 1, []).append((beat - 1 >= middle - 0.01, chord))
    bars: list[Bar] = []
    current: Chord | None = None
    for bar in range(n_bars):
        early = [chord for late, chord in entries.get(bar, []) if not late]
        late = [chord for is_late, chord in entries.get(bar, []) if is_late]
        first = early[0] if early else current
        second = late[0] if late else early[1] if len(early) > 1 else None
        bars.append((first, second) if second is not None and second != first else (first,))
        current = (late or early or [current])[-1]
    while bars and bars[0] == (None,):
        bars.pop(0)
    if len(bars) < _SHORTEST:
        return None
    kinds = find_cadences(bars, [False] * len(bars), key.mode)
    styles = _GENRE_STYLES.get(str(record.get("genre")), ("popular-song",))
    recalls = [next((d for d in RECALL_BARS[3:] if bar >= d and _alike(bars, bar, d)), 0) for bar in range(len(bars))]
    nothing = (None,) * len(bars)
    return HarmonyPiece(str(record["id"]), styles, key.mode, meter, tuple(bars), nothing, tuple(recalls), tuple(kinds))


def _alike(bars: Sequence[Bar], bar: int, distance: int) -> bool:
    """Whether a bar and its neighbors have the same harmony as those `distance` bars earlier."""
    near = [other for other in (bar - 1, bar, bar + 1) if distance <= other < len(bars)]
    return all(bars[other] == bars[other - distance] for other in near)


def common_names(pieces: Sequence[HarmonyPiece], least: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Styles, and chords that occur at least `least` times, for a vocabulary."""
    counts = Counter(chord_name(chord) for piece in pieces for bar in piece.bars for chord in bar)
    styles = sorted({style for piece in pieces for style in piece.styles})
    kept = sorted({name for name, count in counts.items() if count >= least} | {"none"})
    return tuple(styles), tuple(kept)
