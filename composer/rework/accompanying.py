"""`accompany`: add parts to a melody or to other given parts, up to a full arrangement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Unpack

from composer.analysis.melody import melody_line, melody_parts
from composer.arranging.modal_harmony import modal_phrases
from composer.arranging.seats import is_orchestra
from composer.arranging.smoothing import SUSTAINED
from composer.brief import Brief
from composer.errors import BadInputError
from composer.guide.plan_script import functional_key
from composer.guide.rule import Within
from composer.plan import Section
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart
from composer.rework.adding import (
    above_basses,
    add_parts,
    is_descant,
    is_melody,
    parts_beneath,
    parts_to_add,
    reaching_below,
    settle_harmony,
    with_lead,
)
from composer.rework.brief_controls import apply_chords, apply_dials, apply_mood, apply_style
from composer.rework.carried import softer
from composer.rework.in_style import (
    BAND,
    in_colors,
    refuse_themes,
    request_in_style,
    style_in,
    style_of_ensemble,
    style_of_players,
    upbeat_ticks,
)
from composer.rework.material import Finished, Material, merge_into_user_score, partial_piece_of, refuse_fields, restored
from composer.rework.melodies import melody_remark
from composer.rework.partial_piece import PartialPiece
from composer.rework.restyling import has_chords, plan_around
from composer.rework.rules import BeginTogether
from composer.rework.stream_sampler import StreamSampler
from composer.rework.verb_session import Session, SessionOptions, VerbFunction, Work
from composer.score import Chord, Key, Mode, Score
from composer.understanding import Assumptions

LOOP_KEY = Key.parse("A minor")  # of drums alone, if the user names none
_LOOP_DENSITY = 1.5  # notes per quarter of a part over a drum loop
# Roots and qualities, in functional pitch, of the progressions over drums alone: i VI III VII and I V vi IV.
_LOOPS: Mapping[Mode, tuple[tuple[int, str], ...]] = {
    "minor": ((9, "min"), (5, "maj"), (0, "maj"), (7, "maj")),
    "major": ((0, "maj"), (7, "maj"), (9, "min"), (5, "maj")),
}


def _arranged(
    material: Material,
    brief: Brief,
    style: str,
    added: Sequence[EnsemblePart],
    sampler: StreamSampler,
) -> Finished | None:
    """The parts that the arranger of a style adds to a melody; `None` where the network writes them."""
    user, given = material.understood.score, material.parts
    melody = melody_line(user)
    if not melody or not is_melody(melody, 0):
        return None
    lead = melody_parts(user)[0]
    order = [lead, *(index for index in range(len(given)) if index != lead)]
    players = (*(given[index] for index in order), *added)
    request = request_in_style(material, brief, style, players, sampler, lead=0)
    if request is None:
        return None
    if len(given) > 1 and not is_orchestra(added) and (is_orchestra(players[1:]) or request.is_consort):
        return None  # an orchestra is arranged as a whole, not some of its players, and so are the voices of a chorale
    plan = plan_around(request, melody)
    kept = {place: user.parts[index].notes for place, index in enumerate(order)}
    written = request.written(in_colors(request, plan, melody), kept, start_ticks=upbeat_ticks(user, melody))
    frame = replace(user, parts=(*user.parts, *softer(written.parts[len(given) :], melody)), chords=written.chords)
    stated = material.understood.states_chords and not plan.chords_given
    done = restored(material, replace(frame, chords=user.chords) if stated else frame, reharmonized=not stated)
    return replace(done, style=request.plan.preset)


def _keep_apart(piece: PartialPiece, material: Material, added: Sequence[EnsemblePart]) -> None:
    """Keeps lines that are added to a piece for several from copying its parts beside the melody."""
    parts, melody = material.normal.parts, melody_parts(material.understood.score)[:1]
    given = [part.notes for index, part in enumerate(parts) if index not in melody and not part.is_drum]
    lines = {len(parts) + place for place, part in enumerate(added) if not part.is_drum and part.program in SUSTAINED}
    piece.kept, piece.apart = tuple(chain(*given)), frozenset(lines)


def _over_drums(
    material: Material, brief: Brief, style: str, added: Sequence[EnsemblePart], sampler: StreamSampler
) -> Finished | None:
    """The parts that the arranger of a style adds to drums: nobody leads; `None` where the network writes them."""
    user, key = material.understood.score, material.key
    drums = next(index for index, part in enumerate(user.parts) if part.is_drum)
    request = request_in_style(material, brief, style, (*material.parts, *added), sampler, lead=drums)
    if request is None or key is None:
        return None
    plan = request.without_ending().plan
    church = functional_key(key) if key.church else None
    loop = [chord.transposed(-material.shift) for chord in _loop(church, key.mode)]
    chords = plan.chords or tuple((loop[bar % len(loop)],) for bar in range(plan.bars))
    for name in ("verse", "chorus"):  # in which everybody plays
        written = request.written(replace(plan, chords=chords, sections=(Section(name, 0, plan.bars),)))
        new = written.parts[len(user.parts) :]
        if all(part.notes for part in new):
            break
    frame = replace(user, parts=(*user.parts, *new), chords=written.chords)
    return replace(restored(material, frame, reharmonized=True), style=request.plan.preset)


def _loop(church: Key | None, mode: Mode) -> list[Chord]:
    """A progression over drums alone, in functional pitch."""
    return [bar[0] for bar in modal_phrases(church.church)[0]] if church else [Chord(*row) for row in _LOOPS[mode]]


def state_loop_chords(piece: PartialPiece) -> bool:
    """States a progression for parts over drums alone; without one, the model holds a single note. Always true."""
    loop = _loop(piece.church, piece.mode)
    piece.chords |= {bar: (piece.tokenizer.vocabulary.chord(loop[bar % len(loop)]),) for bar in range(piece.n_bars)}
    return True


@VerbFunction
def accompany(
    score: Score,
    brief: Brief | None = None,
    *,
    add: Sequence[str] = (),
    **session_options: Unpack[SessionOptions],
) -> Work:
    """Adds parts to a piece; what is given stays as it is.

    A tune alone whose file names no instrument goes to the lead of an ensemble that has one: the soprano of a choir.
    Where several given parts sound together, the harmony is estimated from them; the model harmonizes a melody alone.

    Args:
        score: what is given.
        brief: style, mood, chords, and the ensemble or the instruments of the whole (parts that the piece has are not added
            again); seed, temperature, top_p. By default a piano is added.
        add: instruments to add, instead of an ensemble.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: nothing would be added, or too much, or the style is one of rounds or fugues, or the piece has no notes
            or too many bars.
    """
    brief = brief or Brief()
    refuse_fields(brief, "accompany")
    refuse_themes(brief, "accompany")
    if add and (brief.ensemble or brief.instruments):
        raise BadInputError("add names single instruments, ensemble and instruments the whole: give one of the two")
    only_drums = not any(part.notes for part in score.parts if not part.is_drum)
    if only_drums:
        stated = session_options.get("assumptions") or Assumptions()
        session_options["assumptions"] = replace(stated, key=stated.key or LOOP_KEY)
    players = brief if brief.style or brief.ensemble or brief.instruments else Brief(ensemble="piano")
    named = replace(brief, style=brief.style or style_of_ensemble(brief))
    seated, warnings = (score, ()) if add else with_lead(score, players, choose_style(named).preset.name if named.style else "")
    session = Session.open(seated, brief, session_options)
    material = session.material
    warnings += melody_remark(material.understood.score)
    melody = melody_line(material.understood.score)
    added = reaching_below(parts_to_add(players, material.parts, add), melody)
    added = above_basses(added, material.parts, melody)
    session = session.settled(material, (*material.parts, *added), len(material.normal.bars))
    brief = session.brief
    descants = frozenset(index for index, part in enumerate(added) if add and melody and is_descant(part, melody))

    style = style_in(material, named)
    style = style or (BAND if only_drums else style_of_players(added))

    def write(sampler: StreamSampler) -> Finished:
        arrange = _over_drums if only_drums else _arranged
        if not descants and (arranged := arrange(material, brief, style, added, sampler)):
            return replace(arranged, warnings=warnings)
        piece = partial_piece_of(material, session.tokenizer, texture=False)
        add_parts(piece, added, material.shift)
        tune = melody_line(material.normal)
        if is_melody(tune, material.shift):
            piece.melody, piece.beneath = tune, parts_beneath(piece, added, descants)
        _keep_apart(piece, material, added)
        if any(note.start_ticks == 0 for part in material.normal.parts for note in part.notes):
            piece.rules = (Within((0,), BeginTogether(session.tokenizer.grammar)),)
        apply_style(piece, brief)
        apply_dials(piece, brief)
        apply_mood(piece, brief)

        def state_chords() -> bool:
            return apply_chords(piece, brief, range(piece.n_bars), material.shift) or (only_drums and state_loop_chords(piece))

        if only_drums:
            piece.header.append(piece.tokenizer.vocabulary.control("Density", _LOOP_DENSITY))
        harmonized = settle_harmony(sampler, piece, has_chords=has_chords(material), state_chords=state_chords)
        sampler.write(piece)
        return replace(merge_into_user_score(material, piece, (), added, reharmonized=harmonized), warnings=warnings)

    return partial(session.run, "accompany", {"add": list(add)}, write)
