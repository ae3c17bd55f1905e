"""`transfer`: keep melody and form; write harmony, texture and ensemble in another style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Unpack

from composer.analysis.melody import melody_line
from composer.analysis.phrasing import find_phrase_ends
from composer.analysis.structure import measure_recalls
from composer.analysis.texture import measure_polyphony
from composer.brief import Brief, SectionKey
from composer.composing.finishing import chord_symbols as planned_symbols
from composer.controls import Controls
from composer.errors import BadInputError
from composer.plan import Plan
from composer.plan.choices import choose_parts, mode_of
from composer.plan.mood_path import choose_mood
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart
from composer.rework.adding import LONGEST_REST_BARS, settle_harmony
from composer.rework.brief_controls import apply_chords, apply_dials, apply_mood, apply_style
from composer.rework.carried import carried, in_its_dynamics
from composer.rework.harmonizing import ENOUGH_FOR_CHORDS
from composer.rework.in_style import (
    Request,
    chords_by_bar,
    in_colors,
    measured_sections,
    refuse_themes,
    request_in_style,
    upbeat_ticks,
)
from composer.rework.material import Finished, Material, refuse_fields
from composer.rework.melodies import fit_octave, melody_remark
from composer.rework.partial_piece import PartialPiece, chord_symbols, notes_of, tokenized_piece
from composer.rework.stream_sampler import StreamSampler
from composer.rework.verb_session import Session, SessionOptions, VerbFunction, Work
from composer.score import Chord, ChordSymbol, KeySignature, Mode, Note, Part, Score
from composer.tokenizer import Tokenizer


@VerbFunction
def transfer(
    score: Score,
    brief: Brief,
    **session_options: Unpack[SessionOptions],
) -> Work:
    """Writes a piece in another style: melody, form, key, meter and tempo are kept, everything else is rewritten.

    Args:
        score: the piece.
        brief: the styles; chords, ensemble or instruments (by default the style's usual ones), mood; seed, temperature, top_p.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: no style is given, or one of rounds or fugues; or the piece has no melody.
    """
    refuse_fields(brief, "transfer")
    if not brief.style:
        raise BadInputError("transfer has no style to go to: name one with --style (`cantilena styles` lists them)")
    refuse_themes(brief, "transfer")
    session = Session.open(score, brief, session_options)
    material = session.material if session.assumptions.key else _in_mood(session.material, brief)
    players = choose_parts(brief, choose_style(brief).ensemble)
    if not melody_line(material.normal) or all(player.is_drum for player in players):
        raise no_melody()
    session = session.settled(material, players, len(material.normal.bars))
    brief = session.brief

    def write(sampler: StreamSampler) -> Finished:
        request = request_in_style(material, brief, choose_style(brief).preset.name, players, sampler)
        if request is not None:
            return _arranged(request, brief)
        piece, line, lead = lay_out(material, session.tokenizer, players)
        apply_style(piece, brief)
        apply_dials(piece, brief)
        apply_mood(piece, brief)
        chords = partial(apply_chords, piece, brief, range(piece.n_bars), material.shift)
        settle_harmony(sampler, piece, has_chords=has_chords(material), color=_color(material), state_chords=chords)
        sampler.write(piece)
        score = finished(material, piece, players, lead)
        moved = line.parts[lead].notes[0].pitch - melody_line(material.normal)[0].pitch
        return _finished(score, material, brief, players, (lead, moved))

    return partial(session.run, "transfer", {}, write)


def _arranged(request: Request, brief: Brief) -> Finished:
    """The melody with its harmony as the arranger sets it in the style of a request, which may be another than the brief's."""
    material, players = request.material, request.plan.parts
    melody = melody_line(material.understood.score)
    lead = request.lead()
    if lead is None:
        raise no_melody()
    tune = fit_octave(melody, players[lead].low, players[lead].high)
    plan = plan_around(request, tune)
    user = material.understood.score
    written = request.written(in_colors(request, plan, tune), start_ticks=upbeat_ticks(user, tune))
    score = _restyled(material, with_marks(written.parts, lead, user), written.chords)
    return _finished(score, material, brief, players, (lead, tune[0].pitch - melody[0].pitch))


def _finished(
    score: Score,
    material: Material,
    brief: Brief,
    players: tuple[EnsemblePart, ...],
    lead: tuple[int, int],
) -> Finished:
    """The result; it has the dynamics of the melody unless a mood is requested.

    Args:
        score: what was written.
        material: the user's piece.
        brief: the request.
        players: of the parts.
        lead: the part that was to have the melody, and the semitones by which it was moved.
    """
    melody = melody_line(material.understood.score)
    if choose_mood(brief) is None:
        score = in_its_dynamics(score, melody)
    warnings = (
        *_octave_warning(players[lead[0]], lead[1]),
        *_warnings(material, brief, players),
        *melody_remark(material.understood.score),
    )
    return Finished(score, score, edits=False, melody=carried(score, melody), warnings=warnings)


def plan_around(request: Request, tune: Sequence[Note]) -> Plan:
    """The plan of a request around a melody, with the form and the harmony of the user's piece."""
    score = request.score
    returns = _returns_of(score, tune)
    plan = replace(
        request.plan,
        sections=measured_sections(score),
        recalls=returns,
        returns=(),
        chords=request.plan.chords or _harmony_for(request),
        tune=tuple((note.start_ticks, note.duration_ticks, note.pitch) for note in tune),
    )
    return replace(plan, closes=find_phrase_ends(score, planned_symbols(plan), plan.key, returns))


def _returns_of(score: Score, tune: Sequence[Note]) -> tuple[int, ...]:
    """For each bar the distance in bars to the earlier bar with the same notes of a melody; 0 for others and the last bar.

    >>> from composer.score import Part
    >>> line = tuple(Note(480 * beat, (60, 64, 67, 64, 60, 62, 64, 65)[beat % 8], 480) for beat in range(24))
    >>> _returns_of(Score((Part("Flute", 73, line),)), line)
    (0, 0, 2, 2, 2, 0)
    """
    bars = [
        [
            (note.start_ticks - bar.start_ticks, note.pitch)
            for note in tune
            if bar.start_ticks <= note.start_ticks < bar.end_ticks
        ]
        for bar in score.bars
    ]
    recalls = measure_recalls(score)
    return (*(far if bars[bar] == bars[bar - far] else 0 for bar, far in enumerate(recalls[:-1])), 0)


def _harmony_for(request: Request) -> tuple[tuple[Chord | None, ...], ...]:
    """The chords of each bar: the piece's where it states them or its parts imply them, else the model's for its melody."""
    material, brief = request.material, request.brief
    if has_chords(material):
        return chords_by_bar(request.score, material.harmony)
    piece, _, _ = lay_out(material, request.sampler.tokenizer, request.plan.parts)
    apply_style(piece, brief)
    apply_mood(piece, brief)
    settle_harmony(request.sampler, piece, has_chords=False, color=_color(material))
    sounding = replace(material.normal, parts=(), keys=(), chords=chord_symbols(piece)).transposed(-material.shift)
    return chords_by_bar(request.score, sounding.chords)


def _in_mood(material: Material, brief: Brief) -> Material:
    """The piece; a melody alone in the relative key, with its own notes, if a mood asks for the other mode."""
    key, mode = material.key, mode_of(choose_mood(brief))
    if key is None or key.church or mode in (None, key.mode) or brief.chords or has_chords(material):
        return material
    return Material.in_key(material.user, material.understood, SectionKey(relation="relative").in_piece(key)[0])


def _color(material: Material) -> Mode | None:
    """The chords to prefer: those of the mode of a key that a mood has chosen."""
    return None if material.key is None or material.key == material.understood.key else material.key.mode


def _warnings(material: Material, brief: Brief, players: tuple[EnsemblePart, ...]) -> tuple[str, ...]:
    return (*_meter_warning(material, brief), *_mode_warning(material, brief), *_players_warning(material, brief, players))


def _octave_warning(player: EnsemblePart, semitones: int) -> tuple[str, ...]:
    """A remark where the melody is in another octave."""
    octaves = abs(semitones) // 12
    if not octaves:
        return ()
    distance = "an octave" if octaves == 1 else f"{octaves} octaves"
    where = "higher" if semitones > 0 else "lower"
    return (f"the melody is {distance} {where}, in the range of {player.name}: --instruments chooses another player",)


def _mode_warning(material: Material, brief: Brief) -> tuple[str, ...]:
    """A remark where a mood asks for the other mode than that of the piece."""
    key, main, mode = material.key, material.understood.key, mode_of(choose_mood(brief))
    if key != main:
        return (f"harmonized in {key} instead of {main}, to suit the mood: --assume-key decides it",)
    if key is None or mode in (None, key.mode) or brief.chords:
        return ()
    return (f"the piece stays in {key}, and with it much of its mood: --chords gives it another harmony",)


def _meter_warning(material: Material, brief: Brief) -> tuple[str, ...]:
    """A remark if the style is never in the piece's meter, which is kept."""
    meter, preset = str(material.understood.meter), choose_style(brief).preset
    if not preset.meters or meter in preset.meters:
        return ()
    usual = " or ".join(preset.meters)
    return (f"the piece stays in {meter} and will sound little like {preset.name}, which is usually in {usual}",)


def _players_warning(material: Material, brief: Brief, players: tuple[EnsemblePart, ...]) -> tuple[str, ...]:
    """A warning if the style brings other instruments than the piece has."""
    before, after = (sorted((part.is_drum, part.program) for part in parts) for parts in (material.parts, players))
    if brief.ensemble or brief.instruments or before == after:
        return ()
    return (f"now for {', '.join(player.name for player in players)}: choose with --instruments or --ensemble",)


def has_chords(material: Material) -> bool:
    """Whether a piece has its harmony: in chord symbols, or in parts that sound together."""
    return material.understood.states_chords or (measure_polyphony(material.normal) or 0.0) >= ENOUGH_FOR_CHORDS


def no_melody() -> BadInputError:
    """The refusal of a piece or an ensemble without a melody."""
    return BadInputError("there is no melody to keep: transfer needs a piece and an ensemble with pitched parts")


def lay_out(material: Material, tokenizer: Tokenizer, players: tuple[EnsemblePart, ...]) -> tuple[PartialPiece, Score, int]:
    """A piece of the new ensemble in which the first pitched part has the melody; the melody alone; and that part's index."""
    lead = next(index for index, player in enumerate(players) if not player.is_drum)
    melody = melody_line(material.normal)
    low, high = (pitch + material.shift for pitch in (players[lead].low, players[lead].high))
    parts = tuple(
        Part("", player.program, fit_octave(melody, low, high) if index == lead else (), player.is_drum)
        for index, player in enumerate(players)
    )
    line = replace(material.normal, parts=parts)
    piece = tokenized_piece(line, Controls(recalls=measure_recalls(line), transposition=-material.shift), tokenizer)
    piece.assign_players(players, material.shift)
    piece.church = material.church
    piece.longest_rest = LONGEST_REST_BARS
    piece.melody = parts[lead].notes
    piece.beneath = frozenset(part for part in piece.ranges if part != lead)
    piece.open |= {(bar, part) for bar in range(piece.n_bars) for part in piece.parts if part != lead}
    return piece, line, lead


def with_marks(parts: Sequence[Part], lead: int, user: Score) -> tuple[Part, ...]:
    """The parts, of which the lead has the lyrics and articulations of the user's notes that it plays, in any octave."""
    given = (note for part in user.parts for note in part.notes if note.marks)
    marks = {(note.start_ticks, note.pitch % 12): note.marks for note in given}
    sung = tuple(replace(note, marks=marks.get((note.start_ticks, note.pitch % 12))) for note in parts[lead].notes)
    return tuple(replace(part, notes=sung) if index == lead else part for index, part in enumerate(parts))


def finished(material: Material, piece: PartialPiece, players: tuple[EnsemblePart, ...], lead: int) -> Score:
    """The finished score in the original key, with the new ensemble's names."""
    notes = notes_of(piece, piece.segments)
    parts = tuple(
        Part(player.name, player.program, tuple(notes.get(index, ())), player.is_drum) for index, player in enumerate(players)
    )
    sounding = replace(material.normal, parts=parts, chords=chord_symbols(piece), keys=()).transposed(-material.shift)
    return _restyled(material, with_marks(sounding.parts, lead, material.understood.score), sounding.chords)


def _restyled(material: Material, parts: tuple[Part, ...], chords: tuple[ChordSymbol, ...]) -> Score:
    """The user's piece with other parts and chords, in the key in which it was worked on."""
    user = material.understood.score
    keys = user.keys if material.key in (None, user.key) else (KeySignature(0, material.key),)
    return replace(user, parts=parts, chords=chords, keys=keys, markers=material.understood.markers, title=material.user.title)
