"""`continue_`: a piece goes on in its key, metre, ensemble and material, and closes if it is to."""

from __future__ import annotations

from composer.brief import Brief
from composer.controls import PHRASE_BARS, Mood
from composer.plan.mood_path import choose_mood
from composer.rework.brief_controls import ask_chords, ask_style
from composer.rework.context import Assumptions, Progress, deliver, draft_of_material, refuse_fields
from composer.rework.desk import sit_down
from composer.rework.draft import Draft
from composer.rework.result import Collaboration
from composer.score import Chord, Score

DEFAULT_BARS = 16


def continue_(
    score: Score,
    brief: Brief | None = None,
    *,
    ending: bool = True,
    assumptions: Assumptions | None = None,
    model: str | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Collaboration:
    """Goes on where a piece stops.

    Args:
        score: the piece; all of it is kept.
        brief: how many bars to add (16), of what style and mood, over which chords; seed, temperature, top_p.
        ending: close on the tonic in the last bar; else stop there as if more followed.
        assumptions: the piece's metre and key, where its file is silent or wrong.
        model: name or path of a model; by default the packaged one.
        engine: a name among `engine.ENGINES`; by default as `engine.engine_name` says.
        progress: called with the share of bars written, 0 to 1.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the brief asks for what the piece decides, or the piece cannot be worked with.
    """
    brief = brief or Brief()
    refuse_fields(brief, "continue", ("bars", "style", "chords", "mood", "valence", "arousal", "intensity"))
    desk = sit_down(score, brief, assumptions, model, progress, engine)
    bars = brief.bars or DEFAULT_BARS
    draft = draft_of_material(desk.material, desk.tokenizer)
    add_bars(draft, bars, ending=ending, mood=choose_mood(brief))
    style = ask_style(draft, brief)
    ask_chords(draft, brief, range(draft.n_bars - bars, draft.n_bars), desk.material.shift)
    if ending and draft.has_harmony:
        draft.closes = True
        draft.chords.setdefault(draft.n_bars - 1, (tonic(draft),))
    desk.pen.write(draft)
    return desk.hand_back(deliver(desk.material, draft, ()), "continue", {"ending": ending}, style)


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
