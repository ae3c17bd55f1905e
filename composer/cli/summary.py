"""A score in a few measured facts, as `inspect` and `compose --json` report them. Knows where they are measured, not how."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from composer.score import Part, Score, spell_fifths

_NAMES_FROM_C = [spell_fifths((7 * pitch_class + 5) % 12 - 5) for pitch_class in range(12)]


def summarise(score: Score) -> dict[str, Any]:
    """Key, metre, tempo, length, parts, density and mood of a score, all JSON values.

    `key`, `density` (notes a quarter and sounding part), `polyphony` (notes sounding together) and `mood` are measured from the
    notes; `written_key`, `meter`, `tempo_qpm` and `bars` are what the score states. Pitches are MIDI numbers.
    """
    from composer.analysis import analyse

    analysis = analyse(score)
    pitches = [note.pitch for part in score.parts if not part.is_drum for note in part.notes]
    return {
        "key": str(analysis.key.key),
        "key_confidence": round(analysis.key.confidence, 3),
        "written_key": str(score.key) if score.key else None,
        "meter": str(score.bars[0].time_signature),
        "meter_changes": sum(str(a.time_signature) != str(b.time_signature) for a, b in pairwise(score.bars)),
        "tempo_qpm": round(score.qpm_at(0), 3),
        "tempo_changes": max(0, len(score.tempos) - 1),
        "bars": len(score.bars),
        "duration_s": round(score.duration_s, 3),
        "notes": sum(len(part.notes) for part in score.parts),
        "density": round(analysis.density, 3),
        "polyphony": None if analysis.polyphony is None else round(analysis.polyphony, 3),
        "range": [min(pitches), max(pitches)] if pitches else None,
        "mood": {
            "valence": round(analysis.mood.valence, 3),
            "arousal": round(analysis.mood.arousal, 3),
            "confidence": round(analysis.mood.confidence, 3),
        },
        "chords": [None if symbol.chord is None else symbol.chord.symbol(analysis.key.key) for symbol in analysis.chords],
        "recalls": list(analysis.recalls),
        "sections": [{"name": marker.text, "bar": score.bar_at(marker.start_ticks).index + 1} for marker in score.markers],
        "parts": [_part(part) for part in score.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    pitches = [note.pitch for note in part.notes]
    return {
        "name": part.name,
        "program": part.program,
        "is_drum": part.is_drum,
        "notes": len(pitches),
        "range": [min(pitches), max(pitches)] if pitches and not part.is_drum else None,
    }


def pitch_name(pitch: int) -> str:
    """Scientific name of a MIDI pitch, 0-127.

    >>> pitch_name(60), pitch_name(70)
    ('C4', 'Bb4')
    """
    return f"{_NAMES_FROM_C[pitch % 12]}{pitch // 12 - 1}"


def table(summary: dict[str, Any]) -> list[tuple[str, ...]]:
    """The summary as rows of two cells, for people."""
    mood = summary["mood"]
    written = summary["written_key"]
    rows: list[tuple[str, ...]] = [
        ("key", f"{summary['key']} (confidence {summary['key_confidence']:.2f}; written {written or 'none'})"),
        ("metre", summary["meter"] + _changes(summary["meter_changes"])),
        ("tempo", f"{summary['tempo_qpm']:g} quarter notes a minute" + _changes(summary["tempo_changes"])),
        ("length", f"{summary['bars']} bars, {summary['duration_s']:.1f} s, {summary['notes']} notes"),
        ("density", f"{summary['density']:.2f} notes a quarter and sounding part"),
        ("polyphony", "none" if summary["polyphony"] is None else f"{summary['polyphony']:.2f} notes together"),
        ("range", _range(summary["range"])),
        ("mood", f"valence {mood['valence']:+.2f}, arousal {mood['arousal']:+.2f} (confidence {mood['confidence']:.2f})"),
        ("sections", " ".join(f"{section['name']}@{section['bar']}" for section in summary["sections"]) or "none marked"),
    ]
    for part in summary["parts"]:
        what = "drums" if part["is_drum"] else f"program {part['program']}"
        rows.append(("part", f"{part['name']}: {what}, {part['notes']} notes, {_range(part['range'])}"))
    return rows


def _changes(count: int) -> str:
    return f", {count} change{'s' if count > 1 else ''} later" if count else ""


def _range(pitches: list[int] | None) -> str:
    return f"{pitch_name(pitches[0])} to {pitch_name(pitches[1])}" if pitches else "unpitched"
