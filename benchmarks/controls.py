"""Do the controls hold? Composes random briefs over all controls and measures the written files with other libraries.

    python -m benchmarks controls                       300 briefs into out/controls; existing pieces are kept
    python -m benchmarks controls --count 40 --jobs 2   a quick look

The MIDI file is read by mido (meter, tempo map, key signature, programs, length) and symusic (notes), the MusicXML file by
music21 (key, meter, bars, parts, and the key by its analysis). Hard controls must hold in every file that requests them. Soft
controls (mood, style, form, density, polyphony, explained notes) are measured by this project and read from the sidecar; the
table says so. Intervals are 95 % bootstrap; for a share of 100 % the lower bound is the rule of three (Hanley and Lippman-Hand
1983).
"""

from __future__ import annotations

import argparse
import json
import random
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import mido
import numpy as np
import symusic

from benchmarks.pieces import Job, compose_all, interval
from benchmarks.random_briefs import random_options
from composer.brief import Brief
from composer.plan import Plan, make_plan
from composer.score import Key
from tools.corpus import ROOT

HAND_SPAN, FINGERS = 14, 5
KEYBOARDS = range(8)
HIT_MS, DURATION_S = 40.0, 0.05


@dataclass(frozen=True)
class Files:
    """A piece as read by other libraries, and its request."""

    folder: Path
    name: str
    brief: Brief

    @cached_property
    def plan(self) -> Plan:
        """Used only for values that the brief leaves open: the ranges of the parts and the meter of planned hits."""
        return make_plan(self.brief)

    @cached_property
    def midi(self) -> mido.MidiFile:
        return mido.MidiFile(self.folder / f"{self.name}.mid")

    @cached_property
    def notes(self) -> symusic.Score:
        return symusic.Score(self.folder / f"{self.name}.mid")

    @cached_property
    def xml(self) -> Any:
        import music21

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = music21.converter.parse(self.folder / f"{self.name}.musicxml", forceSource=True).toSoundingPitch()
            if any(True for _ in read.recurse().getElementsByClass("RepeatMark")) and not self.brief.loop:
                read = read.expandRepeats()
            return read

    @cached_property
    def report(self) -> dict[str, dict[str, Any]]:
        return json.loads((self.folder / f"{self.name}.json").read_text())["report"]

    def meta(self, kind: str) -> list[Any]:
        return [message for track in self.midi.tracks for message in track if message.type == kind]

    @cached_property
    def bar_ticks(self) -> int:
        first = self.meta("time_signature")[0]
        return first.numerator * 4 * self.midi.ticks_per_beat // first.denominator

    @cached_property
    def end_ticks(self) -> int:
        return sum(message.time for message in self.midi.tracks[0])  # the conductor's end of track is the end of the last bar

    @cached_property
    def onsets_s(self) -> np.ndarray:
        """Times of all note-ons in seconds, by mido's tempo map."""
        now, times = 0.0, []
        for message in self.midi:
            now += message.time
            if message.type == "note_on" and message.velocity:
                times.append(now)
        return np.array(times)


def key(files: Files) -> bool | None:
    expected = files.brief.key
    if expected is None or all(part.is_drum for part in files.plan.parts):
        return None
    signature = files.meta("key_signature")[0].key
    read = Key.parse(signature.removesuffix("m") + (" minor" if signature.endswith("m") else " major"))
    concert = [part for part in files.xml.parts if part.getInstrument(returnDefault=True).transposition is None]
    heads = [head for part in concert for head in part.recurse().getElementsByClass("KeySignature")]
    return read == expected and all(head.sharps == expected.fifths for head in heads)


def meter(files: Files) -> bool | None:
    if files.brief.meter is None:
        return None
    expected = {str(files.brief.meter)}
    midi = {f"{m.numerator}/{m.denominator}" for m in files.meta("time_signature")}
    return midi == expected and {m.ratioString for m in files.xml.recurse().getElementsByClass("TimeSignature")} == expected


def tempo(files: Files) -> bool | None:
    if files.brief.tempo is None or files.brief.hits or files.brief.duration:
        return None
    read = [mido.tempo2bpm(message.tempo) for message in files.meta("set_tempo")]
    return all(abs(qpm / files.brief.tempo - 1) <= 1e-4 for qpm in read)


def bars(files: Files) -> bool | None:
    if files.brief.bars is None:
        return None
    measures = {len(part.getElementsByClass("Measure")) for part in files.xml.parts}
    ends = max(note.end for track in files.notes.tracks for note in track.notes)
    last = (files.brief.bars - 1) * files.bar_ticks < ends <= files.brief.bars * files.bar_ticks
    return measures == {files.brief.bars} and files.end_ticks == files.brief.bars * files.bar_ticks and last


def duration(files: Files) -> bool | None:
    return None if files.brief.duration is None else abs(files.midi.length - files.brief.duration) <= DURATION_S


def instruments(files: Files) -> bool | None:
    if not (files.brief.ensemble or files.brief.instruments):
        return None
    expected = sorted(128 if part.is_drum else part.program for part in files.plan.parts)
    return expected == sorted(128 if track.is_drum else track.program for track in _written_tracks(files))


@dataclass(frozen=True)
class _Track:
    program: int
    is_drum: bool


def _written_tracks(files: Files) -> Iterator[_Track]:
    for track in files.midi.tracks[1:]:
        programs = [m for m in track if m.type == "program_change"]
        if programs:
            yield _Track(programs[0].program, programs[0].channel == 9)


def ranges(files: Files) -> bool | None:
    """No note is outside its part's range; parts are matched by track name."""
    parts = {part.name: part for part in files.plan.parts}
    return all(
        parts[track.name].is_drum or parts[track.name].low <= note.pitch <= parts[track.name].high
        for track in files.notes.tracks
        for note in track.notes
    )


def hands(files: Files) -> bool | None:
    """A hand strikes at most five notes within a ninth at once; a keyboard part on a single staff has two hands."""
    staves = [track for track in files.notes.tracks if track.program in KEYBOARDS and not track.is_drum]
    if not staves:
        return None
    of_program = Counter(staff.program for staff in staves)
    return all(
        _can_take(sorted(chord), 2 if of_program[staff.program] == 1 else 1) for staff in staves for chord in _struck(staff)
    )


def _can_take(chord: list[int], hands: int) -> bool:
    """Whether `hands` hands can play all notes of a chord, filling the lower hand first."""
    if not chord:
        return True
    first = [pitch for pitch in chord if pitch - chord[0] <= HAND_SPAN][:FINGERS]
    return hands > 0 and _can_take(chord[len(first) :], hands - 1)


def _struck(track: Any) -> list[list[int]]:
    chords: dict[int, list[int]] = defaultdict(list)
    for note in track.notes:
        chords[note.time].append(note.pitch)
    return list(chords.values())


def no_empty_bar(files: Files) -> bool | None:
    if files.brief.pauses or files.brief.texture:  # general pauses, and chords that are held for several bars
        return None
    starts = {note.time // files.bar_ticks for track in files.notes.tracks for note in track.notes}
    return starts == set(range(files.end_ticks // files.bar_ticks))


def pauses(files: Files) -> bool | None:
    """Nothing sounds in the bars of the requested pauses."""
    if not files.brief.pauses:
        return None
    silent = [
        ((pause.bar - 1) * files.bar_ticks, (pause.bar - 1 + pause.bars) * files.bar_ticks) for pause in files.brief.pauses
    ]
    return not any(
        note.time < end and note.end > start for start, end in silent for track in files.notes.tracks for note in track.notes
    )


def hits(files: Files) -> bool | None:
    if not files.brief.hits:
        return None
    return all(np.abs(files.onsets_s - hit.time_s).min() * 1000 <= HIT_MS for hit in files.brief.hits)


def strong_beats(files: Files) -> bool | None:
    """Every note struck on a bar's first beat belongs to the requested chord."""
    chords = files.plan.chords
    if not files.brief.chords or all(part.is_drum for part in files.plan.parts):
        return None
    return all(
        note.pitch % 12 in chords[note.time // files.bar_ticks][0].pitch_classes
        for track in files.notes.tracks
        if not track.is_drum
        for note in track.notes
        if note.time % files.bar_ticks == 0
    )


HARD: dict[str, tuple[str, Callable[[Files], bool | None]]] = {
    "key signature": ("mido, music21", key),
    "meter": ("mido, music21", meter),
    "tempo": ("mido", tempo),
    "bars": ("mido, symusic, music21", bars),
    "duration within 0.05 s": ("mido", duration),
    "instruments": ("mido", instruments),
    "every note in its part's range": ("symusic", ranges),
    "hands can take every chord": ("symusic", hands),
    "no bar without an onset": ("symusic, mido", no_empty_bar),
    "silence in the requested bars": ("symusic", pauses),
    "hit points within 40 ms": ("mido", hits),
    "strong beats on the requested chord": ("symusic", strong_beats),
}


def analyzed_key(files: Files, *, relatives: bool) -> bool | None:
    """Whether music21's key analysis finds the requested key (or its relative, dominant, subdominant or parallel).

    Requested chords determine the key found, whatever key is requested with them.
    """
    expected = files.brief.key
    if (
        expected is None
        or files.brief.chords
        or not any(not track.is_drum and len(track.notes) for track in files.notes.tracks)
    ):
        return None
    found = files.xml.analyze("key")
    same = found.tonic.pitchClass == expected.tonic and found.mode == expected.mode
    return same or (relatives and abs(found.sharps - expected.fifths) % 12 in (0, 1, 11))


def closes_on_tonic(files: Files) -> bool | None:
    """Whether the lowest note of the final sonority is the tonic of the key signature."""
    pitched = [note for track in files.notes.tracks if not track.is_drum for note in track.notes]
    elsewhere = files.plan.chords and files.plan.chords[-1][-1].root != files.plan.key.tonic
    if files.brief.loop or elsewhere or not pitched:
        return None
    end = max(note.end for note in pitched)
    return min(note.pitch for note in pitched if note.end == end) % 12 == files.plan.key.tonic


def reported(name: str, requested: bool = True) -> Callable[[Files], float | None]:
    """The distance of a control reported in the sidecar."""

    def measure(files: Files) -> float | None:
        entry = files.report.get(name)
        return None if entry is None or (requested and entry["requested"] is None) else entry["distance"]

    return measure


def off_scale(files: Files) -> float | None:
    """By how much the share of notes on the scale falls short of the floor; requested chords may leave the scale."""
    return None if files.brief.chords else reported("scale")(files)


def form_returns(files: Files) -> bool | None:
    entry = files.report.get("form")
    measured = entry["measured"] if entry and entry["requested"] else {"same letter": None}
    if measured["same letter"] is None or measured["other letter"] is None:
        return None
    return measured["same letter"] > measured["other letter"]


def judged_style(files: Files) -> bool | None:
    entry = files.report.get("style")
    if entry is None or not files.brief.style:
        return None
    return bool(set(entry["measured"]["likeliest"]) & set(entry["planned"]))


def cadence(files: Files) -> bool | None:
    entry = files.report.get("cadence")
    return None if entry is None or entry["planned"] != "closed" else entry["measured"] in ("authentic", "plagal")


SOFT: dict[str, tuple[str, Callable[[Files], float | bool | None]]] = {
    "requested key found, share": ("music21", lambda files: analyzed_key(files, relatives=False)),
    "requested or related key found, share": ("music21", lambda files: analyzed_key(files, relatives=True)),
    "last bass note is the tonic, share": ("symusic", closes_on_tonic),
    "closes with a cadence, share": ("ours", cadence),
    "notes not explained by the requested chords, share": ("ours", reported("chords")),
    "scale, shortfall of the share of notes": ("ours", off_scale),
    "requested form: same letters most alike, share": ("ours", form_returns),
    "requested style recognized (genre or era), share": ("ours", judged_style),
    "valence, distance": ("ours", reported("valence")),
    "arousal, distance": ("ours", reported("arousal")),
    "mood along the curve, distance": ("ours", reported("mood_curve")),
    "density, octaves off": ("ours", reported("density")),
    "polyphony, octaves off": ("ours", reported("polyphony")),
    "texture, share of the piece that lacks it": ("ours", reported("texture")),
}


def correlations(pieces: list[Files]) -> Iterator[str]:
    """Requested against measured values over all pieces with a request."""
    for name in ("valence", "arousal", "density", "polyphony"):
        entries = [files.report[name] for files in pieces if files.report.get(name, {}).get("requested") is not None]
        pairs = np.array([(e["planned"], e["measured"]) for e in entries if e["planned"] is not None])
        if len(pairs) >= 8:
            index = np.arange(len(pairs))
            middle, low, high = interval(index, lambda rows, pairs=pairs: float(np.corrcoef(pairs[rows.astype(int)].T)[0, 1]))
            cell = f"{middle:.2f} ({low:.2f} to {high:.2f})"
            yield f"{name}, correlation of requested and measured | ours | {len(pairs)} | {cell}"


def share_line(values: list[bool]) -> str:
    middle, low, high = interval(values)
    if middle == 1.0:
        low = max(0.0, 1.0 - 3.0 / len(values))
    return f"{sum(values)} of {len(values)} | {100 * middle:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def measure_all(pieces: list[Files]) -> dict[str, list[tuple[str, Any]]]:
    """Values by control, with the piece's name."""
    found: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for files in pieces:
        for name, (_, measure) in (HARD | SOFT).items():
            value = measure(files)
            if value is not None:
                found[name].append((files.name, value))
    return found


def print_tables(pieces: list[Files]) -> None:
    found = measure_all(pieces)
    print("hard control | read by | held in | share\n--- | --- | --- | ---")
    for name, (reader, _) in HARD.items():
        values = [bool(value) for _, value in found[name]]
        print(f"{name} | {reader} | {share_line(values) if values else '0 of 0 | not requested'}")
    print("\nsoft control | measured by | pieces | mean\n--- | --- | --- | ---")
    for name, (reader, _) in SOFT.items():
        values = [float(value) for _, value in found[name]]
        if values:
            middle, low, high = interval(values)
            print(f"{name} | {reader} | {len(values)} | {middle:.2f} ({low:.2f} to {high:.2f})")
    for line in correlations(pieces):
        print(line)
    broken = {name: [piece for piece, value in found[name] if not value] for name in HARD}
    for name, where in broken.items():
        if where:
            print(f"\n{name} violated in: {' '.join(where)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "controls", help="folder of the files")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    jobs = [Job(f"brief-{options.seed}-{index:04}", random_options(rng)) for index in range(options.count)]
    errors = compose_all(jobs, options.folder, model=options.model, formats=("mid", "musicxml"), workers=options.jobs)
    pieces = [Files(options.folder, job.name, Brief.from_dict(job.options)) for job in jobs if job.name not in errors]
    print(f"{options.count} briefs, {len(errors)} of them not composed\n")
    for name, error in errors.items():
        print(f"{name}: {error}\n")
    print_tables(pieces)
