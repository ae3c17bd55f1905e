"""`accompany`: parts are added to a melody, or to whatever is given, up to a full arrangement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

from composer.analysis.melody import melody_line
from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.errors import BadInputError
from composer.rework.adding import add_parts, is_melody, parts_beneath, parts_to_add, settle
from composer.rework.brief_controls import ask_chords, ask_mood, ask_style
from composer.rework.context import Finished, deliver, draft_of_material, refuse_fields
from composer.rework.draft import Draft
from composer.rework.session import Session, SessionOptions
from composer.rework.writing import StreamSampler
from composer.score import Chord, Key, Mode, Score
from composer.understanding import Assumptions

LOOP_KEY = Key.parse("A minor")  # of drums whose user names none
_LOOP_DENSITY = 1.5  # notes a quarter of a part over a drum loop
# Roots and qualities, in functional pitch, of the progressions that drums alone are given: i VI III VII and I V vi IV.
_LOOPS: Mapping[Mode, tuple[tuple[int, str], ...]] = {
    "minor": ((9, "min"), (5, "maj"), (0, "maj"), (7, "maj")),
    "major": ((0, "maj"), (7, "maj"), (9, "min"), (5, "maj")),
}


def state_loop(draft: Draft) -> bool:
    """A progression for parts over drums alone, which tell no harmony: without one, a model holds a single note."""
    loop = _LOOPS[draft.mode]
    draft.chords |= {bar: (draft.tokenizer.vocabulary.chord(Chord(*loop[bar % len(loop)])),) for bar in range(draft.n_bars)}
    return True


def accompany(
    score: Score,
    brief: Brief | None = None,
    *,
    add: Sequence[str] = (),
    **session_options: Unpack[SessionOptions],
) -> PieceRecord:
    """Adds parts to a piece; what is given stays as it is.

    Where the given parts sound together they tell the harmony; a melody alone is harmonised by the model.

    Args:
        score: what is given.
        brief: style, mood, chords, and the ensemble or the instruments of the whole (parts that the piece has are not added
            again); seed, temperature, top_p. By default a piano plays along.
        add: instruments to add, instead of an ensemble.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: nothing would be added, or too much, or the piece cannot be worked with.
    """
    brief = brief or Brief()
    refuse_fields(brief, "accompany", ("style", "chords", "mood", "valence", "arousal", "intensity", "ensemble", "instruments"))
    if add and (brief.ensemble or brief.instruments):
        raise BadInputError("add names single instruments, ensemble and instruments the whole: give one of the two")
    only_drums = not any(part.notes for part in score.parts if not part.is_drum)
    if only_drums:
        stated = session_options.get("assumptions") or Assumptions()
        session_options["assumptions"] = replace(stated, key=stated.key or LOOP_KEY)
    session = Session.open(score, brief, session_options)
    material = session.material
    wanted = brief if brief.style or brief.ensemble or brief.instruments else Brief(ensemble="piano")
    added = parts_to_add(wanted, material.parts, add)

    def write(sampler: StreamSampler) -> Finished:
        draft = draft_of_material(material, session.tokenizer, texture=False)
        add_parts(draft, added, material.shift)
        tune = melody_line(material.normal)
        if is_melody(tune, material.shift):
            draft.melody, draft.beneath = tune, parts_beneath(draft, added, descants=bool(add))
        ask_style(draft, brief)
        ask_mood(draft, brief)

        def ask() -> bool:
            return ask_chords(draft, brief, range(draft.n_bars), material.shift) or (only_drums and state_loop(draft))

        if only_drums:
            draft.header.append(draft.tokenizer.vocabulary.control("Density", _LOOP_DENSITY))
        harmonised = settle(sampler, draft, material.normal, ask=ask)
        sampler.write(draft)
        return deliver(material, draft, (), added, reharmonised=harmonised)

    return session.run("accompany", {"add": list(add)}, write)
