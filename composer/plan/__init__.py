"""The plan: a brief with every open question answered that must be answered before the first note.

`make_plan` is pure: the same brief gives the same plan. What the brief leaves open is filled from the preset of its style, by
chance of the brief's seed; what may stay open (mood, chords, the recall of a bar) stays open, and the model decides.

A plan knows nothing of tokens, scores or the model; `composer.pipeline` turns it into a partly fixed token stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from composer.brief import Brief, tempo_for
from composer.controls import PHRASE_BARS, RECALL_BARS, Mood
from composer.plan.choices import choose_key, choose_meter, choose_mood, choose_parts, choose_sections, spread_chords
from composer.plan.length import choose_length
from composer.plan.sections import Section, recalls_of
from composer.plan.styles import StyleChoice, choose_style
from composer.presets import EnsemblePart
from composer.score import Chord, Key, Marker, TimeSignature

__all__ = ["Plan", "Section", "make_plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A piece as far as it is settled before composing.

    Attributes:
        meter: metre of every bar.
        tempo_qpm: quarter notes a minute, throughout.
        bars: number of bars.
        key: the main key.
        parts: name, General MIDI program and range of each part, top of the score first.
        styles: learned styles to ask the model for, the heaviest first; empty if open.
        composer: a composer to ask the model for.
        moods: one a phrase of `PHRASE_BARS` bars; empty if open.
        sections: the form; empty if open.
        recalls: per bar the distance recalled, 0 for new material, `None` if open.
        chords: per bar one or two chords, empty if open.
    """

    meter: TimeSignature
    tempo_qpm: float
    bars: int
    key: Key
    parts: tuple[EnsemblePart, ...]
    styles: tuple[str, ...]
    composer: str | None
    moods: tuple[Mood, ...]
    sections: tuple[Section, ...]
    recalls: tuple[int | None, ...]
    chords: tuple[tuple[Chord, ...], ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds to the end of the last bar."""
        return tempo_for(self.bars, 60.0, self.meter) * 60.0 / self.tempo_qpm

    @property
    def markers(self) -> tuple[Marker, ...]:
        """The sections as rehearsal marks."""
        return tuple(Marker(section.start_bar * self.meter.bar_ticks, section.name) for section in self.sections)

    def recall_choices(self, bar: int) -> tuple[int, ...]:
        """Values of `RECALL_BARS` that a bar (from 0) may take: the planned one, or all that keep to the form.

        New material looks back no further than the start of its own section; everything else, no further than the first bar.

        >>> plan = make_plan(Brief.from_dict({"form": "ABA", "bars": 12}))
        >>> [plan.recall_choices(bar) for bar in (0, 3, 4, 6, 8, 11)]
        [(0,), (0, 1, 2), (0,), (0, 1, 2), (8,), (0, 1, 2, 4, 8)]
        """
        planned = self.recalls[bar]
        if planned is not None:
            return (planned,)
        reach = bar - self._material_start(bar)
        return tuple(distance for distance in RECALL_BARS if distance <= reach)

    def _material_start(self, bar: int) -> int:
        """First bar that a bar may recall."""
        letters = set()
        for section in self.sections:
            if section.start_bar <= bar < section.start_bar + section.bars:
                return 0 if section.letter in letters else section.start_bar
            letters.add(section.letter)
        return 0

    def to_dict(self) -> dict[str, Any]:
        """The plan for people and sidecars: names and numbers only."""
        return {
            "meter": str(self.meter),
            "tempo_qpm": self.tempo_qpm,
            "bars": self.bars,
            "duration_s": self.duration_s,
            "key": str(self.key),
            "parts": [{"name": part.name, "program": part.program, "is_drum": part.is_drum} for part in self.parts],
            "styles": list(self.styles),
            "composer": self.composer,
            "moods": [{"valence": mood.valence, "arousal": mood.arousal} for mood in self.moods],
            "sections": [{"name": s.name, "start_bar": s.start_bar + 1, "bars": s.bars} for s in self.sections],
            "recalls": list(self.recalls),
            "chords": [[chord.symbol(self.key) for chord in bar] for bar in self.chords],
        }


def make_plan(brief: Brief) -> Plan:
    """Answers every open question of a brief.

    Raises:
        BadInputError: the brief cannot be met: no tempo gives its duration, or its chords or form do not fit the bars.

    >>> plan = make_plan(Brief.from_dict({"ensemble": "string-quartet", "meter": "3/4", "bars": 24, "form": "ABA"}))
    >>> len(plan.parts), plan.bars, [(section.name, section.bars) for section in plan.sections]
    (4, 24, [('A', 8), ('B', 8), ('A', 8)])
    """
    style: StyleChoice = choose_style(brief)
    mood = choose_mood(brief)
    meter = choose_meter(brief, style.preset)
    length = choose_length(brief, meter, style.preset.tempo_qpm, style.preset.bars, mood.arousal if mood else None)
    sections = choose_sections(brief, style.preset, length.bars)
    phrases = -(-length.bars // PHRASE_BARS)
    return Plan(
        meter=meter,
        tempo_qpm=length.tempo_qpm,
        bars=length.bars,
        key=choose_key(brief, mood),
        parts=choose_parts(brief, style.ensemble),
        styles=style.tokens,
        composer=style.composer,
        moods=(mood,) * phrases if mood else (),
        sections=sections,
        recalls=recalls_of(sections, length.bars) if sections else (None,) * length.bars,
        chords=spread_chords(brief.chords, length.bars),
    )
