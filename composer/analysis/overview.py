"""All measurements of a score, gathered for people: what `cantilena inspect` prints and draws.

`composer.analysis.analyze` is the short form that labels the training corpus. Measures nothing itself, and does not know how
it will be printed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from composer.analysis.analyze import Analysis, analyze
from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.analysis.chord_fit import ChordFit, measure_chord_fit
from composer.analysis.key import estimate_local_keys, stated_key_plan
from composer.analysis.meter_estimate import MeterEstimate, estimate_meter
from composer.analysis.phrasing import Cadence, detect_cadence
from composer.analysis.playability import PartPlayability, measure_playability
from composer.analysis.quality import (
    bar_pitch_class_entropy,
    groove_consistency,
    pitch_class_entropy,
    pitch_in_key_rate,
    scale_consistency,
    structureness_indicator,
)
from composer.analysis.structure import Section, find_sections
from composer.analysis.style import StyleJudgment, judge_style
from composer.analysis.texture import Texture, bass_part, describe_texture, melody_part, onset_synchrony, voice_count
from composer.controls import Mood
from composer.presets import moods
from composer.score import Key, KeySignature, Marker, Score

_MOST_ACCIDENTALS = 7
_STRUCTURENESS_BARS = {"short": (3, 8), "medium": (8, 15), "long": (15, 32)}  # Wu and Yang's bands; their last is open


@dataclass(frozen=True, slots=True)
class TextureFacts:
    """The texture's name, its usual number of voices, onset synchrony (0..1) and the top and bottom parts.

    `synchrony`, `melody_part` and `bass_part` (indices) are `None` without pitched notes.
    """

    name: Texture
    voices: int
    synchrony: float | None
    melody_part: int | None
    bass_part: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Measurements of a score.

    Attributes:
        score: the score itself.
        analysis: main key, chords, recalls, density, polyphony and mood.
        local_keys: keys along the piece: the stated ones if they are several and fit the notes, else estimated ones, each from
            a barline on, spelled as close to the stated key as possible (G# major in C# minor); empty without pitched notes.
        meter: the estimated meter.
        sections: the sections found, covering the piece.
        tones: functions of the notes under the stated chords, or the estimated ones if none are stated.
        cadence: the final cadence, in the last key that the piece states if its keys are several and fit the notes, else in the
            main key.
        texture: texture.
        playability: findings per part, in score order.
        quality: measures from the literature by name (see `composer.analysis.quality`); `None` if the piece is too short.
        style: estimated genres and eras; `None` without notes.
    """

    score: Score
    analysis: Analysis
    local_keys: tuple[KeySignature, ...]
    meter: MeterEstimate
    sections: tuple[Section, ...]
    tones: ChordFit
    cadence: Cadence
    texture: TextureFacts
    playability: tuple[PartPlayability, ...]
    quality: dict[str, float | None]
    style: StyleJudgment | None

    @property
    def key(self) -> Key | None:
        """The estimated main key, `None` without pitched notes; F# or Gb major depending on the stated signature."""
        if not self.local_keys:
            return None
        estimated = self.analysis.key.key
        spelled = respelled(estimated, self.spelling_at(0))
        return spelled if abs(spelled.fifths) <= _MOST_ACCIDENTALS else estimated

    def spelling_at(self, tick: int) -> Key:
        """The key in which chords are spelled: the stated one, or the estimated main key if none is stated.

        A single signature without accidentals is ignored, because files without a known key contain one.

        >>> from composer.score import Note, Part, Score
        >>> keys = (KeySignature(0, Key(2, "major")), KeySignature(3840, Key(-2, "major")))
        >>> aria = Score((Part("Oboe", 68, (Note(0, 70, 9600),)),), keys=keys)
        >>> [str(survey(aria).spelling_at(tick)) for tick in (0, 5000)]
        ['D major', 'Bb major']
        """
        written = [signature.key for signature in self.score.keys if signature.start_ticks <= tick]
        known = written and (len(self.score.keys) > 1 or written[-1].fifths)
        return written[-1] if known else self.analysis.key.key

    @property
    def moods(self) -> tuple[Mood | None, ...]:
        """Mood of every phrase; empty if the mood of the piece has no confidence, as for drums only."""
        return self.analysis.moods if self.analysis.mood.confidence else ()

    def annotated(self) -> Score:
        """The score with estimated chords, letters as markers, and local keys, where it lacks them; for pictures.

        >>> from composer.score import Note, Part, Score
        >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate([60, 64, 67, 72] * 4))
        >>> score = survey(Score((Part("Harp", 46, notes),))).annotated()
        >>> [m.text for m in score.markers], len(score.chords), str(score.key)
        (['A'], 4, 'C major')
        """
        score = self.score
        bars = score.bars
        letters = tuple(Marker(bars[section.start_bar].start_ticks, section.letter) for section in self.sections)
        return replace(
            score,
            chords=score.chords or (self.analysis.chords if self.key else ()),
            markers=score.markers or letters,
            keys=score.keys if len(score.keys) > 1 else self.local_keys or score.keys,
        )


def survey(score: Score | ScoreArrays) -> Overview:
    """Measures everything about a score, including scores without notes, with only drums, or with a single note.

    >>> from composer.score import Note, Part, Score
    >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate([60, 64, 67, 65, 62, 59, 60] * 4))
    >>> found = survey(Score((Part("Flute", 73, notes),)))
    >>> str(found.key), found.texture.name, found.quality["scale consistency"]
    ('C major', 'monophony', 1.0)
    """
    arrays = score_arrays(score)
    analysis = analyze(arrays)
    plan = stated_key_plan(arrays)
    found = Overview(
        score=arrays.score,
        analysis=analysis,
        local_keys=plan or estimate_local_keys(arrays, analysis.key.key),
        meter=estimate_meter(arrays),
        sections=find_sections(arrays),
        tones=measure_chord_fit(arrays, arrays.score.chords or analysis.chords),
        cadence=detect_cadence(arrays, plan[-1].key if plan else analysis.key.key),
        texture=_texture(arrays),
        playability=measure_playability(arrays),
        quality=_quality(arrays, analysis.key.key),
        style=judge_style(arrays) if len(arrays.notes) or len(arrays.drums) else None,
    )
    spelled = (replace(local, key=respelled(local.key, found.spelling_at(local.start_ticks))) for local in found.local_keys)
    return replace(found, local_keys=tuple(spelled))


def respelled(key: Key, near: Key) -> Key:
    """The same key with a signature as close to another's as possible, which may exceed seven accidentals.

    >>> b_major, c_sharp_minor = Key.parse("B major"), Key.parse("C# minor")
    >>> str(respelled(Key.parse("Gb major"), b_major)), str(respelled(Key.parse("Ab major"), c_sharp_minor))
    ('F# major', 'G# major')
    """
    twins = (key.fifths, key.fifths - 12, key.fifths + 12)
    return replace(key, fifths=min(twins, key=lambda fifths: abs(fifths - near.fifths)))


def nearest_mood_words(mood: Mood, count: int = 3) -> tuple[str, ...]:
    """Names of the mood tags nearest to a point on the plane, nearest first.

    >>> nearest_mood_words(Mood(0.8, 0.5), 2)
    ('happy', 'joyful')
    """
    tags = sorted(moods().values(), key=lambda tag: math.hypot(tag.valence - mood.valence, tag.arousal - mood.arousal))
    return tuple(tag.name for tag in tags[:count])


def _texture(arrays: ScoreArrays) -> TextureFacts:
    return TextureFacts(
        describe_texture(arrays),
        voice_count(arrays),
        _known(onset_synchrony(arrays)),
        melody_part(arrays),
        bass_part(arrays),
    )


def _quality(arrays: ScoreArrays, key: Key) -> dict[str, float | None]:
    figures = {
        "pitch-class entropy": pitch_class_entropy(arrays),
        "pitch-class entropy per bar": bar_pitch_class_entropy(arrays),
        "scale consistency": scale_consistency(arrays),
        "pitch-in-key rate": pitch_in_key_rate(arrays, key),
        "groove consistency": groove_consistency(arrays),
    }
    for name, (shortest, longest) in _STRUCTURENESS_BARS.items():
        figures[f"structureness, {name}"] = structureness_indicator(arrays, shortest, longest)
    return {name: _known(figure) for name, figure in figures.items()}


def _known(figure: float) -> float | None:
    """The number, or `None` for nan."""
    return None if math.isnan(figure) else figure
