"""`transfer`: melody and form stay; harmony, texture, ensemble and mood are those of another style."""

from __future__ import annotations

from dataclasses import replace

from composer.analysis.melody import melody_line
from composer.analysis.structure import measure_recalls
from composer.brief import Brief
from composer.controls import Controls
from composer.errors import BadInputError
from composer.plan.choices import choose_parts
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart
from composer.rework.adding import LONGEST_REST_BARS, settle
from composer.rework.brief_controls import ask_mood, ask_style
from composer.rework.context import Assumptions, Finished, Material, Progress, refuse_fields
from composer.rework.desk import Desk, sit_down
from composer.rework.draft import Draft, chord_symbols, draft_of, notes_of
from composer.rework.octaves import fit_octave
from composer.rework.result import Collaboration
from composer.score import Part, Score


def transfer(
    score: Score,
    brief: Brief,
    *,
    assumptions: Assumptions | None = None,
    model: str | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Collaboration:
    """A piece in another style: its melody, form, key, metre and tempo with all else written anew.

    Args:
        score: the piece.
        brief: the styles; ensemble or instruments (by default the style's usual ones), mood; seed, temperature, top_p.
        assumptions: the piece's metre and key, where its file is silent or wrong.
        model: name or path of a model; by default the packaged one.
        engine: a name among `engine.ENGINES`; by default as `engine.engine_name` says.
        progress: called with the share of bars written, 0 to 1.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: no style is asked for, or the piece has no melody.
    """
    refuse_fields(brief, "transfer", ("style", "mood", "valence", "arousal", "intensity", "ensemble", "instruments"))
    if not brief.style:
        raise BadInputError("transfer has no style to go to: name one with --style (`cantilena styles` lists them)")
    desk = sit_down(score, brief, assumptions, model, progress, engine)
    wishes = choose_parts(brief, choose_style(brief).ensemble)
    draft, line = lay_out(desk, wishes)
    style = ask_style(draft, brief)
    ask_mood(draft, brief)
    settle(desk.pen, draft, line, rethink=True)
    desk.pen.write(draft)
    score = finished(desk.material, draft, wishes)
    done = desk.hand_back(Finished(score, score), "transfer", {}, style, edits=False)
    lead = next(index for index, wish in enumerate(wishes) if not wish.is_drum)
    notes = {**done.report["notes"], "melody": len(line.parts[lead].notes), "melody_part": lead}
    return replace(done, report={**done.report, "notes": notes, "warnings": _meter_warning(desk.material, brief)})


def _meter_warning(material: Material, brief: Brief) -> list[str]:
    """A remark where the styles are never in the piece's meter, which stays."""
    meter, preset = str(material.understood.meter), choose_style(brief).preset
    if not preset.meters or meter in preset.meters:
        return []
    return [f"the piece stays in {meter}; {preset.name} is usually in {' or '.join(preset.meters)}"]


def lay_out(desk: Desk, wishes: tuple[EnsemblePart, ...]) -> tuple[Draft, Score]:
    """A draft of the new ensemble in which the melody is given to the first part that has pitches; and the melody."""
    material = desk.material
    lead = next((index for index, wish in enumerate(wishes) if not wish.is_drum), None)
    melody = melody_line(material.normal)
    if lead is None or not melody:
        raise BadInputError("there is no melody to keep: transfer needs a piece and an ensemble with pitched parts")
    low, high = (pitch + material.shift for pitch in (wishes[lead].low, wishes[lead].high))
    parts = tuple(
        Part("", wish.program, fit_octave(melody, low, high) if index == lead else (), wish.is_drum)
        for index, wish in enumerate(wishes)
    )
    line = replace(material.normal, parts=parts)
    draft = draft_of(line, Controls(recalls=measure_recalls(line), transposition=-material.shift), desk.tokenizer)
    draft.cast(wishes, material.shift)
    draft.longest_rest = LONGEST_REST_BARS
    draft.melody = parts[lead].notes
    draft.beneath = frozenset(part for part in draft.ranges if part != lead)
    draft.open |= {(bar, part) for bar in range(draft.n_bars) for part in draft.parts if part != lead}
    return draft, line


def finished(material: Material, draft: Draft, wishes: tuple[EnsemblePart, ...]) -> Score:
    """The draft as a score in the piece's own key, with the new ensemble's names."""
    notes = notes_of(draft, draft.cells)
    parts = tuple(Part(wish.name, wish.program, tuple(notes.get(index, ())), wish.is_drum) for index, wish in enumerate(wishes))
    sounding = replace(material.normal, parts=parts, chords=chord_symbols(draft), keys=()).transposed(-material.shift)
    own = material.understood.score
    return replace(own, parts=sounding.parts, chords=sounding.chords, title=material.user.title)
