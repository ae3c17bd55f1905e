"""`transfer`: melody and form stay; harmony, texture, ensemble and mood are those of another style."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Unpack

from composer.analysis.melody import melody_line
from composer.analysis.structure import measure_recalls
from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.controls import Controls
from composer.errors import BadInputError
from composer.plan.choices import choose_parts
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart
from composer.rework.adding import LONGEST_REST_BARS, settle
from composer.rework.brief_controls import ask_chords, ask_mood, ask_style
from composer.rework.context import Finished, Material, refuse_fields
from composer.rework.draft import Draft, chord_symbols, draft_of, notes_of
from composer.rework.octaves import fit_octave
from composer.rework.session import Session, SessionOptions
from composer.rework.writing import StreamSampler
from composer.score import Part, Score
from composer.tokenizer import Tokenizer


def transfer(
    score: Score,
    brief: Brief,
    **session_options: Unpack[SessionOptions],
) -> PieceRecord:
    """A piece in another style: its melody, form, key, metre and tempo with all else written anew.

    Args:
        score: the piece.
        brief: the styles; chords, ensemble or instruments (by default the style's usual ones), mood; seed, temperature, top_p.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: no style is asked for, or the piece has no melody.
    """
    refuse_fields(brief, "transfer", ("style", "chords", "mood", "valence", "arousal", "intensity", "ensemble", "instruments"))
    if not brief.style:
        raise BadInputError("transfer has no style to go to: name one with --style (`cantilena styles` lists them)")
    session = Session.open(score, brief, session_options)
    material, players = session.material, choose_parts(brief, choose_style(brief).ensemble)

    def write(sampler: StreamSampler) -> Finished:
        draft, line, lead = lay_out(material, session.tokenizer, players)
        ask_style(draft, brief)
        ask_mood(draft, brief)
        chords = partial(ask_chords, draft, brief, range(draft.n_bars), material.shift)
        settle(sampler, draft, line, rethink=True, ask=chords)
        sampler.write(draft)
        score = finished(material, draft, players)
        melody = len(line.parts[lead].notes), lead
        return Finished(score, score, edits=False, melody=melody, warnings=_meter_warning(material, brief))

    return session.run("transfer", {}, write)


def _meter_warning(material: Material, brief: Brief) -> tuple[str, ...]:
    """A remark where the styles are never in the piece's meter, which stays."""
    meter, preset = str(material.understood.meter), choose_style(brief).preset
    if not preset.meters or meter in preset.meters:
        return ()
    return (f"the piece stays in {meter}; {preset.name} is usually in {' or '.join(preset.meters)}",)


def lay_out(material: Material, tokenizer: Tokenizer, players: tuple[EnsemblePart, ...]) -> tuple[Draft, Score, int]:
    """A draft of the new ensemble in which the first pitched part has the melody; the melody alone; and that part's index."""
    lead = next((index for index, player in enumerate(players) if not player.is_drum), None)
    melody = melody_line(material.normal)
    if lead is None or not melody:
        raise BadInputError("there is no melody to keep: transfer needs a piece and an ensemble with pitched parts")
    low, high = (pitch + material.shift for pitch in (players[lead].low, players[lead].high))
    parts = tuple(
        Part("", player.program, fit_octave(melody, low, high) if index == lead else (), player.is_drum)
        for index, player in enumerate(players)
    )
    line = replace(material.normal, parts=parts)
    draft = draft_of(line, Controls(recalls=measure_recalls(line), transposition=-material.shift), tokenizer)
    draft.cast(players, material.shift)
    draft.longest_rest = LONGEST_REST_BARS
    draft.melody = parts[lead].notes
    draft.beneath = frozenset(part for part in draft.ranges if part != lead)
    draft.open |= {(bar, part) for bar in range(draft.n_bars) for part in draft.parts if part != lead}
    return draft, line, lead


def finished(material: Material, draft: Draft, players: tuple[EnsemblePart, ...]) -> Score:
    """The draft as a score in the piece's own key, with the new ensemble's names."""
    notes = notes_of(draft, draft.cells)
    parts = tuple(
        Part(player.name, player.program, tuple(notes.get(index, ())), player.is_drum) for index, player in enumerate(players)
    )
    sounding = replace(material.normal, parts=parts, chords=chord_symbols(draft), keys=()).transposed(-material.shift)
    own = material.understood.score
    return replace(own, parts=sounding.parts, chords=sounding.chords, title=material.user.title)
