"""`continue_`: a piece goes on in its key, metre, ensemble and material, and closes if it is to."""

from __future__ import annotations

from typing import Unpack

from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.controls import PHRASE_BARS, Mood
from composer.plan.mood_path import choose_mood
from composer.rework.brief_controls import ask_chords, ask_style
from composer.rework.context import Finished, deliver, draft_of_material, refuse_fields
from composer.rework.draft import Draft
from composer.rework.session import Session, SessionOptions
from composer.rework.writing import StreamSampler
from composer.score import Chord, Score

DEFAULT_BARS = 16


def continue_(
    score: Score,
    brief: Brief | None = None,
    *,
    ending: bool = True,
    **session_options: Unpack[SessionOptions],
) -> PieceRecord:
    """Goes on where a piece stops.

    Args:
        score: the piece; all of it is kept.
        brief: how many bars to add (16), of what style and mood, over which chords; seed, temperature, top_p.
        ending: close on the tonic in the last bar; else stop there as if more followed.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the brief asks for what the piece decides, or the piece cannot be worked with.
    """
    brief = brief or Brief()
    refuse_fields(brief, "continue", ("bars", "style", "chords", "mood", "valence", "arousal", "intensity"))
    session = Session.open(score, brief, session_options)
    material, bars = session.material, brief.bars or DEFAULT_BARS

    def write(sampler: StreamSampler) -> Finished:
        draft = draft_of_material(material, session.tokenizer)
        add_bars(draft, bars, ending=ending, mood=choose_mood(brief))
        ask_style(draft, brief)
        ask_chords(draft, brief, range(draft.n_bars - bars, draft.n_bars), material.shift)
        if ending and draft.has_harmony:
            draft.closes = True
            draft.chords.setdefault(draft.n_bars - 1, (tonic(draft),))
        sampler.write(draft)
        return deliver(material, draft, ())

    return session.run("continue", {"ending": ending}, write)


def add_bars(draft: Draft, bars: int, *, ending: bool, mood: Mood | None) -> None:
    """Open bars after the last one, in its metre and tempo; phrases of no stated mood go on in the last one's."""
    first = draft.n_bars
    draft.meters += [draft.meters[-1]] * bars
    draft.tempos += [draft.tempos[-1]] * bars
    draft.bars_after = 0 if ending else None
    draft.open |= {(bar, part) for bar in range(first, draft.n_bars) for part in draft.parts}
    vocabulary = draft.tokenizer.vocabulary
    last = draft.moods[max(draft.moods)] if draft.moods else None
    asked = mood and (vocabulary.affect("Valence", mood.valence), vocabulary.affect("Arousal", mood.arousal))
    for bar in range(-(-first // PHRASE_BARS) * PHRASE_BARS, draft.n_bars, PHRASE_BARS):
        if wish := asked or last:
            draft.moods[bar] = wish


def tonic(draft: Draft) -> int:
    """The id of the chord that a piece closes on."""
    vocabulary = draft.tokenizer.vocabulary
    return vocabulary.chord(Chord(9, "min") if draft.mode == "minor" else Chord(0, "maj"))
