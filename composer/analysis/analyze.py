"""Everything that the control tokens need to know about a score, in one pass over shared arrays.

Measures nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.analysis.chords import chord_path, chord_symbols
from composer.analysis.key import KeyEstimate, estimate_key
from composer.analysis.mood import MoodEstimate, estimate_mood, estimate_moods
from composer.analysis.phrasing import find_phrase_ends
from composer.analysis.structure import measure_recalls, measure_relations
from composer.analysis.texture import measure_density, measure_polyphony
from composer.controls import Controls, Mood
from composer.score import ChordSymbol, Key, Score


@dataclass(frozen=True, slots=True)
class Analysis:
    """All measurements of a score.

    Attributes:
        key: main key and its confidence (1 if it was given).
        chords: one or two per bar.
        recalls: one of `RECALL_BARS` per bar.
        relations: one of `RELATIONS` per bar.
        phrase_ends: cadence of the phrase that ends in a bar, `None` for other bars.
        density: notes per quarter note and sounding part.
        polyphony: mean number of simultaneous pitched notes; `None` without pitched notes.
        mood: mood of the piece.
        moods: mood of every phrase; `None` if no note starts in it.
    """

    key: KeyEstimate
    chords: tuple[ChordSymbol, ...]
    recalls: tuple[int, ...]
    relations: tuple[str, ...]
    phrase_ends: tuple[str | None, ...]
    density: float
    polyphony: float | None
    mood: MoodEstimate
    moods: tuple[Mood | None, ...]

    def controls(self) -> Controls:
        """The measurements as control values; style and composer stay unset.

        >>> from composer.score import Note, Part, Score
        >>> halves = tuple(Note(960 * i, p, 960) for i, p in enumerate([60, 64, 67, 60]))
        >>> controls = analyze(Score((Part("Flute", 73, halves),))).controls()
        >>> controls.density, controls.polyphony, controls.recalls, controls.styles
        (0.5, 1.0, (0, 0), ())
        """
        return Controls(
            density=self.density,
            polyphony=self.polyphony,
            moods=self.moods,
            recalls=self.recalls,
            relations=self.relations,
            phrase_ends=self.phrase_ends,
        )


def analyze(score: Score | ScoreArrays, key: Key | None = None) -> Analysis:
    """Measures a score. A given `key` (annotated or requested) is used as is.

    >>> from composer.score import Note, Part, Score
    >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate([60, 64, 67, 72] * 4))
    >>> a = analyze(Score((Part("Harp", 46, notes),)))
    >>> str(a.key.key), [c.chord.symbol() for c in a.chords], a.recalls, a.density
    ('C major', ['C', 'C', 'C', 'C'], (0, 1, 1, 1), 1.0)
    """
    arrays = score_arrays(score)
    main = KeyEstimate.known(key) if key else estimate_key(arrays)
    chords = chord_path(arrays, main.key)
    symbols, recalls = chord_symbols(arrays, chords), measure_recalls(arrays)
    return Analysis(
        key=main,
        chords=symbols,
        recalls=recalls,
        relations=measure_relations(arrays, recalls),
        phrase_ends=find_phrase_ends(arrays, symbols, main.key, recalls),
        density=measure_density(arrays),
        polyphony=measure_polyphony(arrays),
        mood=estimate_mood(arrays, main, chords),
        moods=estimate_moods(arrays, main, chords),
    )
