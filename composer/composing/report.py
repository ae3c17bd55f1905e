"""The report: requested against measured, for each control of a brief.

The measurements are those of `composer.analysis`, the same that labeled the training corpus; `benchmarks/controls.py` measures
the written files with other libraries. A promise holds or not (`ok`); an aim has a distance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose
from typing import Any, TypedDict

import numpy as np

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.analysis.chord_fit import measure_chord_fit
from composer.analysis.key import estimate_key
from composer.analysis.overview import Overview, nearest_mood_words, survey
from composer.analysis.phrasing import detect_cadence, ends_on
from composer.analysis.quality import pitch_in_key_rate
from composer.analysis.structure import bar_similarity
from composer.arranging import bands, melody_of, played_features, players_resting, set_sections
from composer.brief import Brief, Pace, Place
from composer.brief.pauses import write_pauses
from composer.composing.articulation import sounding_share
from composer.composing.moved_keys import in_one_key
from composer.composing.soundness import faults, measure_soundness
from composer.composing.textures import measure_texture, sounding_bars
from composer.controls import CLUSTERS, DYNAMICS, OPEN, PHRASE_BARS, PICARDY, STACCATO, Mood, highest_velocity
from composer.plan import Plan
from composer.plan.pauses import asked_bars
from composer.plan.section_names import settings_by_section
from composer.plan.sections import PAUSE
from composer.plan.set_chords import dominant_of
from composer.presets import composers, levels, style_names, styles
from composer.score import OTHER_SCALES, TICKS_PER_QUARTER, Chord, Key, Note, Part, Score, symbol_of

DURATION_TOLERANCE_S = 0.05
HIT_TOLERANCE_MS = 40.0
_EIGHTHS = 8
_LED = 0.95  # share of the notes of the melody of a section that its player has at least


class Entry(TypedDict):
    """The entry of a control in the report; see `make_report`. All fields are JSON values."""

    requested: Any
    planned: Any
    measured: Any
    ok: bool | None
    distance: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """The data from which the entries are computed."""

    brief: Brief
    plan: Plan
    arrays: ScoreArrays  # of the piece in one key
    overview: Overview
    written: Score

    @property
    def score(self) -> Score:
        """The finished score, in one key where sections have keys of their own."""
        return self.arrays.score


def make_report(brief: Brief, plan: Plan, score: Score, overview: Overview | None = None) -> dict[str, Entry]:
    """One entry per control: `requested` (null where the brief leaves it open), `planned`, `measured`, `ok` and `distance`.

    `ok` is null for aims, `distance` for promises; a distance of 0 is a hit, its unit is the control's own. Controls that a
    piece does not have (the curve of a piece without moods) have no entry.

    Args:
        brief: the request.
        plan: the plan of the piece.
        score: the finished score.
        overview: the score's `survey`, if already made.
    """
    arrays = score_arrays(in_one_key(score, plan))
    piece = Measured(brief, plan, arrays, survey(arrays) if overview is None or plan.key_areas else overview, score)
    entries = ((name, measure(piece)) for name, measure in MEASURES.items())
    return {name: entry for name, entry in entries if entry is not None}


def broken_promises(report: Mapping[str, Entry]) -> tuple[str, ...]:
    """Names of the promises that do not hold."""
    return tuple(name for name, entry in report.items() if entry["ok"] is False)


def summarize_report(report: Mapping[str, Entry], mood_words: str = "") -> str:
    """A report in one line for people: what was requested and holds, is near, and differs, in plain words.

    Args:
        report: of `make_report`.
        mood_words: the mood in the user's words.
    """
    faults = {name: _shortfall(name, entry) for name, entry in report.items()}
    doubted = "key" if faults.get("estimated_key") else ""  # its signature is there, but not the notes
    holding = (name for name, entry in report.items() if entry["ok"] and _is_requested(entry) and not faults[name])
    kept = [_kept(name, report[name]) for name in holding if name != doubted]
    other_mood = _mood_shortfall(report, mood_words)
    near, level = list[str](), report.get("level")
    if level and _is_near(level) and not faults["level"]:
        (near if level["distance"] else kept).append("level")
    met = not other_mood and not faults.get("mood_curve")
    near += ["mood"] if met and all(_is_near(report.get(axis)) for axis in _AXES) else []
    off = [*(words for words in faults.values() if words), *other_mood]
    sides = (
        ("kept as requested: ", ", ".join(kept)),
        ("near the request: ", ", ".join(near)),
        ("missed: ", "; ".join(off)),
    )
    return "; ".join(label + text for label, text in sides if text)


SHARED_NOTES = 20  # shorter passages are shared by chance


def shared_passage(originality: Mapping[str, Any]) -> list[str]:
    """The passage that a piece shares with the training music, if it is long enough to matter."""
    if not originality["checked"] or originality["longest_notes"] < SHARED_NOTES:
        return []
    return [f"longest passage shared with the training music: {originality['longest_notes']} notes ({originality['title']})"]


# Names of the promises in messages.
_NAMES = {
    "key": "key",
    "meter": "meter",
    "tempo_qpm": "tempo",
    "tempo_curve": "tempo curve",
    "bars": "number of bars",
    "duration_s": "duration",
    "programs": "instruments",
    "ranges": "ranges",
    "loop": "loop",
    "texture": "texture",
    "pauses": "pauses",
    "ending": "ending",
    "hits": "hit points",
    "arc": "arc",
    "sections": "settings of sections",
    "features": "features",
}
_MOST_STACCATO, _LEAST_LEGATO = 0.65, 0.85  # mean share of the time up to the next note for which notes sound
_TOO_HARD = 0.05  # share of strokes
_TOO_DENSE = 0.6  # octaves of density or polyphony from which it is audible
# Probability of a style, in those of a blind guess, below which the piece does not sound like it. Genres are missed in 2 of
# the 72 pieces of `benchmarks/default_pieces.py`; the chances of what an arranged style builds on say little (14 below 0.02).
_UNLIKE = 0.5
_CHARACTERISTIC = 0.02  # share of notes on the characteristic tone below which a church mode passes for major or minor
_SAME_TEMPO_QPM = 0.05  # what a message rounds
_MOST_VALUES = 4  # of a list in a message
_AXES = ("valence", "arousal")
_OTHER_MOOD = 0.5  # on either axis of -1..1
_OTHER_AROUSAL = 0.6  # of a phrase, whose mood is measured less exactly than that of a piece
_LEAST_CORRELATION = 0.2  # with a mood curve
_LEAST_CHANGE = (
    0.1  # standard deviation along a mood curve from which music can follow it, and a step of arousal within a phrase
)


def _kept(name: str, entry: Entry) -> str:
    """The name of a promise; that of hits with the frames a second by which their time codes were read."""
    rates = dict.fromkeys(text.partition(" at ")[2] for text in entry["requested"] if " at " in text) if name == "hits" else ()
    return _NAMES.get(name, name) + "".join(f" (time codes at {rate})" for rate in rates)


def _is_requested(entry: Entry) -> bool:
    return entry["requested"] not in (None, False, [])


def _is_near(entry: Entry | None) -> bool:
    """Whether a control is a requested aim that was measured."""
    return entry is not None and _is_requested(entry) and entry["ok"] is None and entry["distance"] is not None


def _shortfall(name: str, entry: Entry) -> str:
    """The fault of one control in plain words; empty if there is none."""
    requested, measured = entry["requested"], entry["measured"]
    if entry["ok"] is False:
        if name == "hits":
            return f"a hit point is missed by {max(measured):.0f} ms"
        if name == "ranges":
            return f"{measured} notes are outside the range of their instruments"
        if name == "scale":
            return f"{1 - measured:.1%} of the notes are off the scale of {requested}"
        if name == "sections":
            return _of_sections(measured)
        if name == "pauses":
            return f"notes sound in pauses, bars {', '.join(map(str, measured))}"
        if name == "features":
            return f"no part plays {', '.join(each for each in entry['planned'] if each not in measured)} in this style"
        return f"{_NAMES.get(name, name)}: planned {_text_of(entry['planned'])}, came out {_text_of(measured)}"
    if name == "tempo_qpm":
        return _bent_tempo(entry)
    if name == "silent_parts" and measured:
        return f"silent: {', '.join(measured)}"
    if name == "cadence" and entry["distance"] == 1 and entry["planned"] == "closed":
        return "it does not close on the tonic"
    return _aim_shortfall(name, entry) if entry["ok"] is None and _is_requested(entry) and entry["distance"] is not None else ""


def _of_sections(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """The settings of sections that were not met."""
    missing = [f"the piece has no {name}" for name, row in measured.items() if not row["bars"]]
    missing += [f"{name} does not settle in its key" for name, row in measured.items() if not row.get("settled", True)]
    missing += [
        f"{row['melody']} has {row['share of the melody']:.0%} of the melody of {name}"
        for name, row in measured.items()
        if row.get("share of the melody", 1.0) < _LED
    ]
    return ", ".join(missing) or "a part plays in a section in which it should rest"


def _aim_shortfall(name: str, entry: Entry) -> str:
    """The same for a requested aim."""
    requested, measured, distance = entry["requested"], entry["measured"], entry["distance"] or 0.0
    if name == "estimated_key" and distance >= 2:
        return f"key: requested {requested}, the notes suggest {measured}"
    if name == "scale" and distance > 0.005:
        return f"notes on the scale: requested {requested:.0%}, came out {measured:.0%}"
    if name == "mode" and distance > 0:
        return f"mode: the tone that makes {requested} is {measured:.0%} of the notes"
    if name == "form" and distance > 0.05:
        return "form: sections of one letter came out less alike than others"
    if name == "chords" and distance > 0.1:
        return f"chords: {1 - distance:.0%} of the notes fit the requested chords"
    if name in ("density", "polyphony") and distance > _TOO_DENSE:
        more = measured > entry["planned"]
        fuller, thinner = ("busier", "sparser") if name == "density" else ("fuller", "thinner")
        return f"{name}: came out {fuller if more else thinner} than requested"
    if name == "level" and distance > _TOO_HARD:
        return f"level: {distance:.0%} of the strokes are harder than {requested}"
    if name == "style" and measured["unlike"]:
        return f"style: little in the notes is typical of {_text_of(measured['unlike'])}"
    if name == "mood_curve":
        return _curve_shortfall(entry)
    return ""


def _curve_shortfall(entry: Entry) -> str:
    """Whether the music follows a mood curve little, or the phrases that are much calmer or more excited than it."""
    measured = entry["measured"]
    correlations = [measured[axis] for axis in _AXES if measured[axis] is not None]
    if min(correlations, default=1.0) < _LEAST_CORRELATION:
        return "mood curve: the music follows it little"
    missed: dict[str, list[str]] = {}
    for phrase, (want, got) in enumerate(zip(entry["planned"], measured["phrases"], strict=False)):
        if got is not None and abs(more := got[1] - want[1]) > _OTHER_AROUSAL:
            missed.setdefault("more excited" if more > 0 else "calmer", []).append(str(phrase * PHRASE_BARS + 1))
    return ", ".join(f"mood curve: {how} than requested from bar {_text_of(starts)} on" for how, starts in missed.items())


def _mood_shortfall(report: Mapping[str, Entry], mood_words: str) -> list[str]:
    axes = [report[axis] for axis in _AXES if axis in report]
    if not any(_is_requested(entry) and (entry["distance"] or 0.0) > _OTHER_MOOD for entry in axes):
        return []
    requested, found = (nearest_mood_words(Mood(*(entry[side] for entry in axes)), 1)[0] for side in ("planned", "measured"))
    if "mood_curve" in report:
        return [f"mood curve: on average {requested}, the music {found}"]
    return [f"mood: requested {mood_words or requested}, came out {found}"]


def _text_of(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join([*map(_text_of, value[:_MOST_VALUES]), *(["..."] if len(value) > _MOST_VALUES else [])])
    return str(value)


def _promise(requested: object, planned: object, measured: object, ok: bool) -> Entry:
    return {"requested": requested, "planned": planned, "measured": measured, "ok": bool(ok), "distance": None}


def _exact(requested: object, planned: object, measured: object) -> Entry:
    return _promise(requested, planned, measured, planned == measured)


def _aim(requested: object, planned: object, measured: object, distance: float | None) -> Entry:
    rounded = None if distance is None else round(float(distance), 4)
    return {"requested": requested, "planned": planned, "measured": measured, "ok": None, "distance": rounded}


def _key(piece: Measured) -> Entry:
    """The key signature where a section is in the key of the piece: at the start, unless that is in a key of its own."""
    home = next((area.start_bar for area in piece.plan.key_areas if area.key == piece.plan.key), 0)
    written = _key_in(piece.written, home * piece.plan.meter.bar_ticks)
    return _exact(piece.brief.key and str(piece.brief.key), str(piece.plan.key), written)


def _estimated_key(piece: Measured) -> Entry | None:
    """The key that the notes alone suggest; its distance in pitch classes that the two scales do not share.

    Only major and minor keys are estimated, so that a church mode is compared by its signature, and a scale outside them is not
    compared. Sections that are composed in the relative key do not count.
    """
    if piece.overview.key is None:
        return None
    planned, estimated = piece.plan.key, piece.overview.key
    elsewhere = {bar for bar, key in enumerate(piece.plan.composed_keys()) if key != planned}
    if elsewhere and (notes := _pitched(piece.score, set(range(piece.plan.bars)) - elsewhere)):
        estimated = estimate_key(replace(piece.score, parts=(Part("", 0, tuple(sorted(notes))),))).key
    fifths = abs(planned.fifths - estimated.fifths) % 12
    other: int | None = min(fifths, 12 - fifths) + (not planned.church and planned.mode != estimated.mode)
    if planned.church in OTHER_SCALES:
        other = None
    return _aim(piece.brief.key and str(piece.brief.key), str(planned), str(estimated), other)


def _scale(piece: Measured) -> Entry | None:
    """Share of the notes on the scale of the planned key, in minor with both sevenths.

    A promise if the brief asks for a pentatonic scale, hirajoshi or hijaz.
    """
    if piece.overview.key is None:
        return None
    share, planned = pitch_in_key_rate(piece.arrays, piece.plan.key), piece.plan.scale
    floor = 1.0 if planned is None else planned
    key = piece.brief.key
    if key is not None and key.church in OTHER_SCALES and piece.brief.scale is None:
        return _promise(str(key), floor, round(share, 4), share >= floor)
    return _aim(piece.brief.scale, floor, round(share, 4), max(0.0, floor - share))


def _mode(piece: Measured) -> Entry | None:
    """Share of the notes that tell a church mode from major or minor; the distance is how much of a usual share is missing."""
    key = piece.plan.key
    pitches = piece.arrays.notes.pitch % 12
    if not key.characteristic or not len(pitches):
        return None
    share = float(np.isin(pitches, list(key.characteristic)).mean())
    requested = str(piece.brief.key) if piece.brief.key else None
    return _aim(requested, str(key), round(share, 4), max(0.0, 1 - share / _CHARACTERISTIC))


def _meter(piece: Measured) -> Entry:
    written = sorted({str(bar.time_signature) for bar in piece.score.bars})
    return _exact(piece.brief.meter and str(piece.brief.meter), str(piece.plan.meter), " ".join(written))


def _tempo(piece: Measured) -> Entry:
    """The tempo map, with the later tempi where hits bend it; the tempo at the start where the brief changes it."""
    brief, plan = piece.brief, piece.plan
    requested = brief.tempo
    planned, written = _tempi_of(piece)
    if brief.tempo_curve or plan.is_paced:
        planned, written = planned[:1], written[:1]
        requested = requested and _first_pace(piece).qpm(requested)
    single = len(planned) == len(written) == 1
    return _promise(requested, planned[0] if single else planned, written[0] if single else written, planned == written)


def _tempi_of(piece: Measured) -> tuple[list[float], list[float]]:
    """All tempi in order, planned and written."""
    return [change.qpm for change in piece.plan.tempos], [tempo.qpm for tempo in piece.score.tempos]


def _first_pace(piece: Measured) -> Pace:
    """The tempo at the start as the brief changes it."""
    if piece.brief.tempo_curve:
        return piece.brief.tempo_curve[0].pace
    return settings_by_section(piece.plan.settings, piece.plan.all_sections)[0].tempo or Pace(1.0, True)


def _tempo_curve(piece: Measured) -> Entry | None:
    """The tempo at each point of the curve, and on the last beat for the end; all tempi between them are as planned."""
    plan, points = piece.plan, piece.brief.tempo_curve
    if not points:
        return None
    ticks = plan.meter.bar_ticks
    last = plan.bars - plan.meter.beat_ticks / ticks
    bars = [min(last, _bar_of(point.place, plan)) for point in points]
    planned = [round(plan.qpm_at(bar), 2) for bar in bars]
    measured = [round(piece.score.qpm_at(round(bar * ticks)), 2) for bar in bars]
    all_planned, all_written = _tempi_of(piece)
    return _promise([str(point) for point in points], planned, measured, planned == measured and all_planned == all_written)


def _bar_of(place: Place, plan: Plan) -> float:
    """A place in bars from the start."""
    match place.unit:
        case "%":
            return place.at / 100 * plan.bars
        case "bar":
            return place.at - 1
    return plan.bar_at(place.at)


def _bent_tempo(entry: Entry) -> str:
    """Another tempo than the requested one, which a duration or hits need; empty if there is none."""
    requested, written = entry["requested"], entry["measured"]
    if requested is None or all(isclose(qpm, requested, abs_tol=_SAME_TEMPO_QPM) for qpm in np.atleast_1d(written)):
        return ""
    return f"tempo: requested {_text_of(requested)}, {_text_of(written)} to meet the duration or the hit points"


def _bars(piece: Measured) -> Entry:
    return _exact(piece.brief.bars, piece.plan.bars, len(piece.score.bars))


def _duration(piece: Measured) -> Entry:
    requested, planned, measured = piece.brief.duration, piece.plan.duration_s, piece.score.duration_s
    expected = planned if requested is None else requested
    return _promise(requested, round(planned, 3), round(measured, 3), abs(expected - measured) <= DURATION_TOLERANCE_S)


def _programs(piece: Measured) -> Entry:
    requested = piece.brief.ensemble or list(piece.brief.instruments) or None
    planned = ["drums" if part.is_drum else part.program for part in piece.plan.parts]
    return _promise(requested, planned, _written_programs(piece.score), planned == _written_programs(piece.score))


def _written_programs(score: Score) -> list[int | str]:
    return ["drums" if part.is_drum else part.program for part in score.parts]


def _silent_parts(piece: Measured) -> Entry:
    """Parts without notes that no setting of sections lets rest."""
    resting = players_resting(piece.plan) if piece.plan.settings else ()
    all_rest = {index for index, bars in enumerate(resting) if len(bars) == piece.plan.bars}
    silent = [part.name for index, part in enumerate(piece.score.parts) if not part.notes and index not in all_rest]
    return _aim(None, [], silent, len(silent))


def _ranges(piece: Measured) -> Entry:
    """Notes outside the range of their part."""
    parts = zip(piece.plan.parts, piece.score.parts, strict=True)
    outside = sum(
        not planned.low <= note.pitch <= planned.high for planned, part in parts if not planned.is_drum for note in part.notes
    )
    return _promise(None, 0, outside, outside == 0)


def _playability(piece: Measured) -> Entry:
    """Share of the onsets that no player manages, the worst part's."""
    worst = max((part.unplayable_chords for part in piece.overview.playability), default=0.0)
    return _aim(None, 0.0, round(worst, 4), worst)


def _form(piece: Measured) -> Entry | None:
    """Similarity of sections that share a letter, against those that do not: bar by bar from their starts, 0..1.

    The distance is by how much a letter's own return is less like it than other letters are; 0 where returns win.
    """
    sections = [section for section in piece.plan.sections[piece.plan.upbeat_bars :] if section.name != PAUSE]
    if not sections:
        return None
    similarity = bar_similarity(piece.arrays)
    alike: dict[bool, list[float]] = {True: [], False: []}
    for index, section in enumerate(sections):
        for earlier in sections[:index]:
            bars = np.arange(min(section.bars, earlier.bars))
            likeness = float(similarity[section.start_bar + bars, earlier.start_bar + bars].mean())
            alike[section.letter == earlier.letter].append(likeness)
    same, other = (round(float(np.mean(alike[kind])), 4) if alike[kind] else None for kind in (True, False))
    measured = {"same letter": same, "other letter": other}
    distance = None if same is None or other is None else max(0.0, other - same)
    return _aim(piece.brief.form, piece.plan.form, measured, distance)


def _cadence(piece: Measured) -> Entry | None:
    """How it ends. A piece should close on its tonic; a loop and an open ending should not, and requested chords need not."""
    if piece.overview.key is None or piece.plan.texture == CLUSTERS:
        return None
    found = detect_cadence(piece.arrays, piece.plan.key)  # whatever the estimated key
    is_open, chords = piece.plan.loop or piece.plan.ending == OPEN, piece.plan.chords
    last = chords[-1][-1] if chords else None
    if chords and not is_open and (last is None or last.root != piece.plan.key.tonic):
        return _aim(None, f"on {symbol_of(last, piece.plan.key)}, as the requested chords", found, None)
    closed = found in ("authentic", "plagal") or (not is_open and ends_on(piece.arrays, last or _tonic_of(piece.plan.key)))
    return _aim(None, "open" if is_open else "closed", found, float(closed == is_open))


def _ending(piece: Measured) -> Entry | None:
    """The requested ending, and whether the piece has it: its cadence, its last chord, or the third of that."""
    if piece.plan.ending is None:
        return None
    if piece.plan.ending == OPEN:
        found = OPEN if ends_on(piece.arrays, dominant_of(piece.plan.key)) else "other"
    elif piece.plan.ending == PICARDY:
        third = (piece.plan.key.tonic + 4) % 12
        found = PICARDY if len(piece.arrays.chroma) and piece.arrays.chroma[-1][third] > 0 else "other"
    else:
        found = detect_cadence(piece.arrays, piece.plan.key)
    return _promise(piece.brief.ending, piece.plan.ending, found, found == piece.plan.ending)


def _texture(piece: Measured) -> Entry | None:
    """The requested texture, and the share of the piece that has it."""
    if piece.plan.texture is None and piece.brief.texture is None:
        return None
    share, is_kept = measure_texture(piece.plan, piece.score) if piece.plan.texture else (0.0, False)
    return _promise(piece.brief.texture, 1.0, share, is_kept and piece.brief.texture in (None, piece.plan.texture))


def _pauses(piece: Measured) -> Entry | None:
    """The requested pauses, their bars, and those of them that are not silent."""
    plan, pauses = piece.plan, piece.brief.pauses
    asked = plan.pauses | asked_bars(plan.all_sections, pauses)
    if not asked:
        return None
    broken = sounding_bars(plan, asked, piece.score)
    return _promise(write_pauses(pauses), [bar + 1 for bar in sorted(plan.pauses)], broken, not broken)


def _tonic_of(key: Key) -> Chord:
    return Chord(key.tonic, key.mode[:3])


def _loop(piece: Measured) -> Entry | None:
    if not piece.plan.loop:
        return None
    return _exact(piece.brief.loop, True, piece.score.is_loop)


def _chords(piece: Measured) -> Entry | None:
    """How well the notes fit the requested chords; the distance is the share of notes that nothing explains."""
    if not piece.plan.chords or piece.overview.key is None:
        return None
    fit = measure_chord_fit(piece.arrays)
    measured = {"strong beats": round(fit.strong, 4), "explained": round(fit.explained, 4)}
    requested = " ".join(symbol_of(chord) for bar in piece.brief.chords for chord in bar) or None
    return _aim(requested, {"strong beats": 1.0, "explained": 0.95}, measured, 1.0 - fit.explained)


def _hits(piece: Measured) -> Entry | None:
    """Milliseconds from each hit point to the nearest onset."""
    if not piece.plan.hits:
        return None
    starts = np.unique(np.concatenate([piece.arrays.notes.start, piece.arrays.drums.start]))
    times = piece.arrays.seconds(starts)
    missed = [round(float(np.abs(times - each.hit.time_s).min()) * 1000.0, 2) for each in piece.plan.hits]
    requested = [f"{hit}, {hit.time_code} at {hit.fps:g} fps" if hit.time_code else str(hit) for hit in piece.brief.hits]
    return _promise(requested, [0.0] * len(missed), missed, max(missed) <= HIT_TOLERANCE_MS)


def _density(piece: Measured) -> Entry:
    return _ratio(piece.brief.density, piece.plan.density, piece.overview.analysis.density)


def _level(piece: Measured) -> Entry | None:
    """The shares of pitched notes between the shortest units of a level, and of strokes of too many notes."""
    if piece.plan.level is None:
        return None
    level = levels()[piece.plan.level]
    unit, strokes = round(level.unit * TICKS_PER_QUARTER), Counter[tuple[int, int]]()
    for index, part in enumerate(piece.score.parts):
        if not part.is_drum:
            strokes.update((index, note.start_ticks) for note in part.notes)
    count = max(1, len(strokes))
    quick = sum(start % unit > 0 for _, start in strokes) / count
    full = sum(n > level.together(piece.score.parts[index].program) for (index, _), n in strokes.items()) / count
    measured = {"between units": round(quick, 4), "too full": round(full, 4)}
    return _aim(piece.brief.level, piece.plan.level, measured, quick + full)


def _dynamic(piece: Measured) -> Entry | None:
    """The marking nearest to the mean velocity of the pitched notes, or of the drums if they play alone."""
    velocities = [note.velocity for part in piece.score.parts if not part.is_drum for note in part.notes]
    velocities = velocities or [note.velocity for part in piece.score.parts for note in part.notes]
    if piece.plan.dynamic is None or not velocities:
        return None
    nearest = min(DYNAMICS, key=lambda mark: abs(DYNAMICS[mark] - float(np.mean(velocities))))
    return _exact(piece.brief.dynamic, piece.plan.dynamic, nearest)


def _articulation(piece: Measured) -> Entry | None:
    """The articulation, and the share of the time up to the next note for which notes sound."""
    share = sounding_share(piece.score.parts)
    if piece.plan.articulation is None or share is None:
        return None
    kept = share <= _MOST_STACCATO if piece.plan.articulation == STACCATO else share >= _LEAST_LEGATO
    return _promise(piece.brief.articulation, piece.plan.articulation, round(share, 2), kept)


def _loudest(piece: Measured) -> Entry | None:
    """The loudest marking that is allowed, and the velocity of the loudest note."""
    if piece.plan.loudest is None:
        return None
    most = max((note.velocity for part in piece.score.parts for note in part.notes), default=0)
    return _promise(piece.brief.loudest, piece.plan.loudest, most, most <= highest_velocity(piece.plan.loudest))


def _polyphony(piece: Measured) -> Entry | None:
    measured = piece.overview.analysis.polyphony
    return None if measured is None else _ratio(piece.brief.polyphony, piece.plan.polyphony, measured)


def _arc(piece: Measured) -> Entry | None:
    """Mean velocity of each eighth of the piece, `None` for silence; whether it follows the requested arc."""
    if not piece.plan.arc:
        return None
    bars = np.concatenate([piece.arrays.notes.bar, piece.arrays.drums.bar])
    velocities = np.concatenate([piece.arrays.notes.velocity, piece.arrays.drums.velocity])
    eighth = bars * _EIGHTHS // piece.plan.bars
    loud = [float(velocities[eighth == i].mean()) if (eighth == i).any() else None for i in range(_EIGHTHS)]
    sounding = [each for each in loud if each is not None]
    first, last, most = sounding[0], sounding[-1], max(sounding)
    holds = {"build": most > first, "swell": most > max(first, last), "wind-down": last < most}
    before = [each for each in loud[: _EIGHTHS * 3 // 4] if each is not None] or sounding
    holds |= {"soft-end": last < float(np.mean(before)), "loud-end": last > float(np.mean(before))}
    holds |= {"fade-in": first < most, "fade-out": last < most}
    measured = [None if each is None else round(each, 1) for each in loud]
    return _promise(list(piece.brief.arc) or None, list(piece.plan.arc), measured, all(holds[name] for name in piece.plan.arc))


def _sections(piece: Measured) -> Entry | None:
    """By section: its bars, notes of players that rest in it, mean velocity, notes per bar; key, tempo and melody if set."""
    found = set_sections(piece.plan)
    if not found:
        return None
    ticks = piece.plan.meter.bar_ticks
    placed = [[(note.start_ticks // ticks, note.velocity) for note in part.notes] for part in piece.score.parts]
    measured: dict[str, dict[str, float | str | bool | None]] = {}
    as_set = True
    for one in found:
        wrong = sum(bar in resting for notes, resting in zip(placed, one.resting, strict=True) for bar, _ in notes)
        loud = [velocity for notes in placed for bar, velocity in notes if bar in one.bars]
        measured[one.asked.section] = {
            "bars": len(one.bars),
            "notes of resting players": wrong,
            "mean velocity": round(float(np.mean(loud)), 1) if loud else None,
            "notes per bar": round(len(loud) / max(1, len(one.bars)), 1),
        }
        if one.asked.key and one.bars:
            key = next(area.key for area in piece.plan.key_areas if area.start_bar == min(one.bars))
            measured[one.asked.section]["key"] = _key_in(piece.written, min(one.bars) * ticks)
            measured[one.asked.section]["estimated key"] = _estimated_in(piece, min(one.bars))
            measured[one.asked.section]["settled"] = piece.plan.chords_given or _settles(piece, min(one.bars), key)
            as_set &= _key_in(piece.written, min(one.bars) * ticks) == str(key) and bool(measured[one.asked.section]["settled"])
        if one.asked.melody and (led := _led(piece, one.bars)):
            measured[one.asked.section] |= {"melody": ", ".join(led), "share of the melody": min(led.values())}
            as_set &= min(led.values()) >= _LED
        if one.asked.tempo and one.bars:
            first = min(one.bars)
            measured[one.asked.section]["tempo"] = round(piece.score.qpm_at(first * ticks), 2)
            as_set &= piece.score.qpm_at(first * ticks) == piece.plan.qpm_at(first)
    ok = as_set and all(row["bars"] and not row["notes of resting players"] for row in measured.values())
    settings = [str(setting) for setting in piece.plan.settings]
    return _promise(settings if piece.brief.sections else None, settings, measured, ok)


def _led(piece: Measured, bars: Collection[int]) -> dict[str, float]:
    """By name of each player to whom sections give the melody in some bars, the share of its notes there that it plays.

    A player may have it in another octave.
    """
    setting, ticks = melody_of(piece.plan), piece.plan.meter.bar_ticks
    found: dict[int, list[bool]] = {}
    played = [{(note.start_ticks, note.pitch % 12) for note in part.notes} for part in piece.score.parts]
    for note in setting.tune if setting else ():
        if setting and (bar := note.start_ticks // ticks) in bars:
            for index in setting.leads[bar]:
                found.setdefault(index, []).append((note.start_ticks, note.pitch % 12) in played[index])
    return {piece.plan.parts[index].name: round(float(np.mean(held)), 3) for index, held in found.items()}


def _key_in(score: Score, tick: int) -> str | None:
    """The key signature in force at a tick."""
    return next((str(signature.key) for signature in reversed(score.keys) if signature.start_ticks <= tick), None)


def _settles(piece: Measured, bar: int, key: Key) -> bool:
    """Whether the section that begins with a bar is in a key: it begins or closes over the tonic, or its notes suggest it."""
    notes = _pitched(piece.written, _bars_from(piece, bar))
    ticks = piece.plan.meter.bar_ticks
    for outer in {note.start_ticks // ticks for note in (*notes[:1], *notes[-1:])}:
        first = min(note.start_ticks for note in notes if note.start_ticks // ticks == outer)
        if min(note.pitch for note in notes if note.start_ticks == first) % 12 == key.tonic:
            return True
    return not notes or _estimated_in(piece, bar) == str(key)


def _estimated_in(piece: Measured, bar: int) -> str | None:
    """The key that the notes of the section which begins with a bar suggest; `None` if it has no pitched notes."""
    bars = _bars_from(piece, bar)
    return str(estimate_key(piece.written, bars.start, bars.stop).key) if _pitched(piece.written, bars) else None


def _bars_from(piece: Measured, bar: int) -> range:
    """The bars of the section that begins with a bar."""
    section = next(section for section in piece.plan.all_sections if section.start_bar == bar)
    return range(section.start_bar, section.start_bar + section.bars)


def _pitched(score: Score, bars: Collection[int]) -> list[Note]:
    """The notes with pitch that begin in some bars of a score in one meter, in order."""
    ticks = score.bars[0].end_ticks
    notes = (note for part in score.parts if not part.is_drum for note in part.notes)
    return sorted(note for note in notes if note.start_ticks // ticks in bars)


def _ratio(requested: float | None, planned: float | None, measured: float) -> Entry:
    """Distance in octaves: 1 is twice or half as much."""
    distance = None if not planned or measured <= 0 else abs(float(np.log2(measured / planned)))
    return _aim(requested, planned, round(measured, 3), distance)


def _features(piece: Measured) -> Entry | None:
    """The requested features of a band that players of the piece can play."""
    asked = list(piece.brief.features)
    return _exact(asked, asked, list(played_features(piece.plan, asked))) if asked else None


def _style(piece: Measured) -> Entry | None:
    """What the style judge says of the requested styles and composers; the distance is 1 minus the probability of the best.

    A composer is judged by his or her era, and by the genre of the piece where the brief names none. "unlike" are those whose
    style, or one of whose, is less likely than half a blind guess.
    """
    plan, judged = piece.plan, piece.overview.style
    tokens = dict.fromkeys(name for names in (plan.styles, *(share.styles for share in plan.blend)) for name in names)
    expected = [name for name in tokens if name in style_names()]  # the judge does not know user styles
    if judged is None or not expected:
        return None
    names = [name for name, _ in piece.brief.style]
    chances = {name: round(judged.chance(name), 4) for name in expected}
    shares = {name: judged.chance(name) * len(kind) for kind in (judged.genres, judged.eras) for name, _ in kind}
    unlike = [name for name in names if any(shares.get(each, 1.0) < _UNLIKE for each in _judged_by(name, names, plan))]
    likeliest = [each[0][0] for each in (judged.genres, judged.eras)]
    measured = {"likeliest": likeliest, "chances": chances, "unlike": unlike}
    is_arranged = plan.band in bands() and bool(bands()[plan.band].idiom)  # then chances say little
    return _aim(None if is_arranged else names or None, expected, measured, 1.0 - max(chances.values()))


def _judged_by(name: str, requested: Sequence[str], plan: Plan) -> tuple[str, ...]:
    """The learned styles by which the judge knows a requested style or composer; none of an arranged style."""
    if name not in composers():
        return (name,)
    implied = plan.preset if plan.preset and not any(other in styles() for other in requested) else ""
    return (composers()[name].era, *([implied] if implied else []))


def _mood_axis(axis: str) -> Callable[[Measured], Entry | None]:
    """The mean over the phrases of one axis, requested and measured, each -1..1."""

    def measure(piece: Measured) -> Entry | None:
        moods = piece.plan.moods
        if not moods or not piece.overview.moods:
            return None
        planned = float(np.mean([getattr(mood, axis) for mood in moods]))
        measured = float(getattr(piece.overview.analysis.mood, axis))
        if piece.brief.mood_curve:
            measured = float(np.mean([getattr(mood, axis) for mood in piece.overview.moods if mood]))
        requested = round(planned, 3) if _requests_mood(piece.brief) else None
        return _aim(requested, round(planned, 3), round(measured, 3), abs(planned - measured))

    return measure


def _requests_mood(brief: Brief) -> bool:
    return bool(brief.mood or brief.mood_curve or brief.valence is not None or brief.arousal is not None)


def _mood_curve(piece: Measured) -> Entry | None:
    """The mood of each phrase that has one, the correlation per axis with the requested one, and the mean distance from it."""
    planned = piece.plan.moods
    if len({(mood.valence, mood.arousal) for mood in planned}) < 2 or not piece.overview.moods:
        return None
    pairs = [(want, got) for want, got in zip(planned, piece.overview.moods, strict=False) if got is not None]
    points = np.array([[(m.valence, m.arousal) for m in pair] for pair in pairs])  # (phrases, requested | measured, axes)
    measured: dict[str, Any] = {axis: _correlation(points[:, 0, i], points[:, 1, i]) for i, axis in enumerate(_AXES)}
    measured["phrases"] = [
        _curve([mood])[0] if mood and _has_one_mood(phrase, piece.plan) else None
        for phrase, mood in enumerate(piece.overview.moods[: len(planned)])
    ]
    requested = [str(point) for point in piece.brief.mood_curve] or None
    return _aim(requested, _curve(planned), measured, float(np.abs(points[:, 0] - points[:, 1]).mean()))


def _has_one_mood(phrase: int, plan: Plan) -> bool:
    """Whether a phrase has several bars and one course of its mood, without a cut."""
    bars = range(phrase * PHRASE_BARS, min((phrase + 1) * PHRASE_BARS, plan.bars))
    steps = (abs(plan.mood_at(bar).arousal - plan.mood_at(bar - 1).arousal) for bar in bars[1:])
    return len(bars) > 1 and max(steps) < _LEAST_CHANGE


def _curve(moods: Sequence[Mood]) -> list[list[float]]:
    return [[round(mood.valence, 3), round(mood.arousal, 3)] for mood in moods]


def _correlation(requested: np.ndarray, measured: np.ndarray) -> float | None:
    """Pearson's, -1..1; `None` if what is requested hardly changes, or what is measured not at all."""
    if len(requested) < 3 or requested.std() < _LEAST_CHANGE or measured.std() < 1e-9:
        return None
    return round(float(np.corrcoef(requested, measured)[0, 1]), 3)


def _soundness(piece: Measured) -> Entry | None:
    """Silence, clashes, dynamics and the ending; the distance is the number of measures beyond their limits."""
    measured = measure_soundness(piece.plan, piece.arrays)
    return None if measured is None else _aim(None, None, measured, len(faults(measured)))


MEASURES: dict[str, Callable[[Measured], Entry | None]] = {
    "key": _key,
    "estimated_key": _estimated_key,
    "scale": _scale,
    "mode": _mode,
    "meter": _meter,
    "tempo_qpm": _tempo,
    "tempo_curve": _tempo_curve,
    "bars": _bars,
    "duration_s": _duration,
    "programs": _programs,
    "silent_parts": _silent_parts,
    "ranges": _ranges,
    "playability": _playability,
    "form": _form,
    "cadence": _cadence,
    "loop": _loop,
    "chords": _chords,
    "texture": _texture,
    "pauses": _pauses,
    "ending": _ending,
    "hits": _hits,
    "density": _density,
    "polyphony": _polyphony,
    "level": _level,
    "dynamic": _dynamic,
    "loudest": _loudest,
    "articulation": _articulation,
    "arc": _arc,
    "sections": _sections,
    "features": _features,
    "style": _style,
    "valence": _mood_axis("valence"),
    "arousal": _mood_axis("arousal"),
    "mood_curve": _mood_curve,
    "soundness": _soundness,
}
