"""A score's overview as JSON values, for `inspect --json` and `compose --json`. Measures nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from composer.controls import PHRASE_BARS, Mood
from composer.score import ChordSymbol, Key, Score

if TYPE_CHECKING:
    from composer.analysis.chord_fit import ChordFit
    from composer.analysis.overview import Overview

_STYLES_TOLD = 5


def summarize(score: Score, overview: Overview | None = None, used_key: Key | None = None) -> dict[str, Any]:
    """Statements and measurements of a score as JSON values; bars count from 1, pitches are MIDI numbers.

    The score states `written_key`, `meter`, `tempo_qpm`, `bars` (of which `upbeat_bars`, 0 or 1, is silent up to an upbeat),
    `sections` (its markers) and `written_chords`; the rest is measured from the notes: `density` in notes per quarter note and
    sounding part, `polyphony` in simultaneous notes, `tones` relative to the written or else the estimated chords, `quality`
    as defined in `composer.analysis.quality`, moods as valence and arousal, -1..1. Undefined values (the key of drums, the
    groove of one bar) are `None`.

    Args:
        score: the score.
        overview: its `survey`, if already computed.
        used_key: the key in which the verbs work; by default the written one, else the estimated one.
    """
    from composer.analysis.overview import nearest_mood_words, survey

    found = overview or survey(score)
    analysis = found.analysis
    pitches = [note.pitch for part in score.parts if not part.is_drum for note in part.notes]
    return {
        "key": str(found.key) if found.key else None,
        "key_confidence": _rounded(analysis.key.confidence),
        "written_key": str(score.key) if score.key else None,
        "used_key": str(used_key or score.key or found.key) if found.key else None,
        "local_keys": _local_keys(found),
        "meter": str(score.bars[0].time_signature),
        "meter_changes": sum(str(a.time_signature) != str(b.time_signature) for a, b in pairwise(score.bars)),
        "estimated_meter": {"meter": str(found.meter.time_signature), "margin": _rounded(found.meter.margin)},
        "tempo_qpm": _rounded(score.qpm_at(0)),
        "tempo_changes": max(0, len(score.tempos) - 1),
        "bars": len(score.bars),
        "upbeat_bars": score.upbeat_bars,
        "duration_s": _rounded(score.duration_s),
        "notes": sum(len(part.notes) for part in score.parts),
        "density": _rounded(analysis.density),
        "polyphony": _rounded(analysis.polyphony),
        "range": [min(pitches), max(pitches)] if pitches else None,
        "texture": {
            "name": found.texture.name,
            "voices": found.texture.voices,
            "onset_synchrony": _rounded(found.texture.synchrony),
            "melody_part": found.texture.melody_part,
            "bass_part": found.texture.bass_part,
        },
        "form": {
            "letters": "".join(section.letter for section in found.sections),
            "sections": [{"letter": s.letter, "bar": s.start_bar + 1, "last_bar": s.end_bar} for s in found.sections],
        },
        "cadence": found.cadence,
        "mood": {
            **_mood(analysis.mood.mood),
            "confidence": _rounded(analysis.mood.confidence),
            "words": list(nearest_mood_words(analysis.mood.mood)) if analysis.mood.confidence else [],
        },
        "moods": [
            {"bar": phrase * PHRASE_BARS + 1, **_mood(mood)} for phrase, mood in enumerate(found.moods) if mood is not None
        ],
        "chords": [_chord(found, symbol) for symbol in analysis.chords],
        "harmony": _placed_chords(found, analysis.chords),
        "written_chords": _placed_chords(found, score.chords),
        "tones": _tones(found.tones),
        "style": _style(found),
        "recalls": list(analysis.recalls),
        "quality": {name: _rounded(figure) for name, figure in found.quality.items()},
        "sections": [
            {"name": marker.text, "bar": score.bar_at(marker.start_ticks).index + 1} for marker in score.section_markers
        ],
        "parts": [_part(found, index) for index in range(len(score.parts))],
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 3)


def _mood(mood: Mood) -> dict[str, Any]:
    return {"valence": _rounded(mood.valence), "arousal": _rounded(mood.arousal)}


def _tones(tones: ChordFit) -> dict[str, Any] | None:
    """Shares of the notes under chords by function, and of those on strong beats that are chord tones, 0..1."""
    if not (total := tones.total):
        return None
    functions = {name: _rounded(count / total) for name, count in tones.counts.items()}
    strong = _rounded(tones.strong) if tones.strong_notes else None
    return {"notes": total, "functions": functions, "strong_beats_in_chord": strong}


def _style(found: Overview) -> dict[str, Any] | None:
    """The most likely genres and eras with their probabilities, 0..1, and the style of a band by its drums and bass.

    `band` is `None` without drums beside other parts, and empty if their style is unknown.
    """
    from composer.arranging.recognizing import recognized_band

    if found.style is None:
        return None
    kinds_of_parts = {part.is_drum for part in found.score.parts if part.notes}
    kinds = {"genres": found.style.genres, "eras": found.style.eras}
    ranks = {
        kind: [{"name": name, "chance": _rounded(chance)} for name, chance in ranked[:_STYLES_TOLD]]
        for kind, ranked in kinds.items()
    }
    return {"band": recognized_band(found.score) if len(kinds_of_parts) > 1 else None, **ranks}


def _local_keys(found: Overview) -> list[dict[str, Any]]:
    bars = [found.score.bar_at(signature.start_ticks).index for signature in found.local_keys]
    return [
        {"key": str(signature.key), "bar": bar + 1, "last_bar": end}
        for signature, bar, end in zip(found.local_keys, bars, [*bars[1:], len(found.score.bars)], strict=False)
    ]


def _placed_chords(found: Overview, chords: Iterable[ChordSymbol]) -> list[dict[str, Any]]:
    """Chords with their bar and beat from 1; the beat is that of the meter and may be a fraction."""
    placed = []
    for symbol in chords:
        bar = found.score.bar_at(symbol.start_ticks)
        beat = 1 + (symbol.start_ticks - bar.start_ticks) / bar.time_signature.beat_ticks
        placed.append({"bar": bar.index + 1, "beat": round(beat, 3), "chord": _chord(found, symbol)})
    return placed


def _chord(found: Overview, symbol: ChordSymbol) -> str | None:
    return symbol.chord.symbol(found.spelling_at(symbol.start_ticks)) if symbol.chord else None


def _part(found: Overview, index: int) -> dict[str, Any]:
    part, playable = found.score.parts[index], found.playability[index]
    return {
        "name": part.name,
        "program": part.program,
        "is_drum": part.is_drum,
        "notes": len(part.notes),
        "range": None if part.is_drum or playable.lowest is None else [playable.lowest, playable.highest],
        "instrument": playable.instrument,
        "outside_range": _rounded(playable.outside),
        "most_at_once": playable.most_at_once,
        "unplayable_chords": _rounded(playable.unplayable_chords),
    }
