"""`continue_`: continue a piece in its key, meter, ensemble and material, with or without an ending."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Unpack

from composer.arranging import bands
from composer.arranging.recognizing import kindred_band
from composer.brief import Brief
from composer.controls import PHRASE_BARS, Mood
from composer.plan.mood_path import choose_mood
from composer.rework.band_bars import leading_part
from composer.rework.brief_controls import apply_chords, apply_dials, apply_style
from composer.rework.broken_chords import broken_chords
from composer.rework.closing import close
from composer.rework.following import copy_followed, followed_bars, followed_notes, rules_to_follow
from composer.rework.in_style import continued, request_in_style, style_in
from composer.rework.material import Finished, Material, merge_into_user_score, partial_piece_of, refuse_fields, restored
from composer.rework.melodies import continued_tune
from composer.rework.partial_piece import PartialPiece
from composer.rework.resuming import resumed_qpm
from composer.rework.stream_sampler import StreamSampler
from composer.rework.verb_session import Session, SessionOptions, VerbFunction, Work
from composer.score import LOOP_END, TICKS_PER_QUARTER, Note, Part, Score

DEFAULT_BARS = 16
_DRUM_BARS = 2 * PHRASE_BARS
_PEDAL_LIFT = TICKS_PER_QUARTER // 8  # ticks after a change of chord until the pedal is pressed again
_ROOM_FOR_THEME = 12  # bars from which the last ones bring the theme back


@VerbFunction
def continue_(
    score: Score,
    brief: Brief | None = None,
    *,
    ending: bool = True,
    **session_options: Unpack[SessionOptions],
) -> Work:
    """Adds bars after the last one.

    Args:
        score: the piece; it is kept as it is.
        brief: number of bars to add (16), style, mood, chords; seed, temperature, top_p.
        ending: close on the tonic in the last bar; otherwise stop there as if more followed.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the brief requests what the piece decides, or the piece cannot be continued.
    """
    brief = brief or Brief()
    bars = brief.bars or DEFAULT_BARS
    brief = replace(brief, bars=bars)
    refuse_fields(brief, "continue")
    session = Session.open(score, brief, session_options)
    material = session.material.at_end
    session = session.settled(material, material.parts, bars)
    brief = session.brief

    def write(sampler: StreamSampler) -> Finished:
        return _looped(material, _pedaled(material, _led_in(material, written(sampler)), bars - ending))

    def written(sampler: StreamSampler) -> Finished:
        style = style_in(material, brief) or kindred_band(material.understood.score)
        lead = leading_part(material.understood.score) if style in bands() and bands()[style].groove else None
        request = request_in_style(material, brief, style, material.parts, sampler, lead)
        if request is not None and request.is_written_by_grammar:
            in_main_key = material.key == session.material.key
            asked = request if ending else request.without_ending()
            written = continued(asked, with_theme=in_main_key and bars >= _ROOM_FOR_THEME, in_figures=not brief.style)
            return replace(_with_new_bars(material, written), style=request.plan.preset)
        if (tune := continued_tune(material, brief, sampler.take, ending=ending)) is not None:
            return _with_new_bars(material, tune)
        piece = partial_piece_of(material, session.tokenizer)
        qpm = resumed_qpm(material.understood.score)
        add_bars(piece, bars, qpm, ending=ending, mood=choose_mood(brief))
        apply_style(piece, brief)
        apply_dials(piece, brief)
        apply_chords(piece, brief, range(piece.n_bars - bars, piece.n_bars), material.shift)
        if ending:
            close(piece, piece.drums)
        models = copy_followed(piece, piece.n_bars - bars)
        piece.binds_new = True
        copies = followed_notes(piece)
        piece.rules = rules_to_follow(piece)
        piece.keeps_dynamics = choose_mood(brief) is None
        sampler.write(piece)
        return merge_into_user_score(material, piece, (), copies=copies, figures=broken_chords(material, piece, models))

    return partial(session.run, "continue", {"ending": ending}, write)


def _with_new_bars(material: Material, written: Score) -> Finished:
    """The piece with bars after it."""
    user = material.understood.score
    shift = user.bars[-1].end_ticks

    def later(part: Part) -> tuple[Note, ...]:
        return tuple(replace(note, start_ticks=note.start_ticks + shift) for note in part.notes)

    parts = tuple(replace(part, notes=(*part.notes, *later(new))) for part, new in zip(user.parts, written.parts, strict=True))
    chords = tuple(replace(symbol, start_ticks=symbol.start_ticks + shift) for symbol in written.chords)
    frame = replace(user, parts=parts, chords=(*user.chords, *chords), end_ticks=shift + written.end_ticks)
    return restored(material, frame)


def _led_in(material: Material, done: Finished) -> Finished:
    """The piece with the upbeat of its beginning before the new bars, if the last given bar has room for it."""
    score, frame = material.understood.score, done.notation
    first, last = score.bars[0], score.bars[-1]
    if not score.upbeat_bars or first.time_signature.bar_ticks != last.time_signature.bar_ticks:
        return done
    later = last.start_ticks - first.start_ticks
    upbeats = [[note for note in part.notes if note.start_ticks < first.end_ticks] for part in score.parts]
    begins = later + min(note.start_ticks for upbeat in upbeats for note in upbeat)
    lines = [part for part, upbeat in zip(frame.parts, upbeats, strict=True) if upbeat]
    if any(note.start_ticks < last.end_ticks and note.end_ticks > begins for part in lines for note in part.notes):
        return done
    moved = [[replace(note, start_ticks=note.start_ticks + later) for note in upbeat] for upbeat in upbeats]
    parts = (replace(part, notes=tuple(sorted([*part.notes, *new]))) for part, new in zip(frame.parts, moved, strict=True))
    again = restored(material, replace(frame, parts=tuple(parts)))
    return replace(done, score=again.score, notation=again.notation)


def _pedaled(material: Material, done: Finished, bars: int) -> Finished:
    """The piece with the pedal of the bars that new ones follow, lifted where the chord changes.

    Args:
        material: the user's piece.
        done: its continuation.
        bars: number of the new bars that follow given ones.
    """
    user, score, to_user = material.user, material.understood.score, material.understood.warp.to_user
    models, new = followed_bars(len(score.bars), bars, score.upbeat_bars), done.notation.bars[len(score.bars) :]
    changes = [to_user(symbol.start_ticks) for symbol in done.notation.chords]
    parts = list(done.score.parts)
    for index, part in enumerate(user.parts):
        spans = list(part.pedals)
        for model, bar in zip(models, new, strict=False):
            first, end = to_user(score.bars[model].start_ticks), to_user(score.bars[model].end_ticks)
            later = to_user(bar.start_ticks) - first
            for down, up in ((down, up) for down, up in part.pedals if first <= down < end):
                lifts = [tick for tick in changes if down + later < tick < up + later - _PEDAL_LIFT]
                starts = [down + later, *(tick + _PEDAL_LIFT for tick in lifts)]
                spans += zip(starts, [*lifts, up + later], strict=True)
        apart = [(down, min(up, after[0])) for (down, up), after in pairwise(sorted(spans))]
        parts[index] = replace(parts[index], pedals=(*apart, *sorted(spans)[-1:]))
    return replace(done, score=replace(done.score, parts=tuple(parts)))


def _looped(material: Material, done: Finished) -> Finished:
    """The piece, as a loop to its new end if it is a loop to the end of the given bars, with a remark."""

    def moved(before: Score, after: Score) -> Score:
        ends = {mark for mark in before.markers if mark.text == LOOP_END and mark.start_ticks == before.bars[-1].end_ticks}
        end = after.bars[-1].end_ticks
        return replace(after, markers=tuple(replace(m, start_ticks=end) if m in ends else m for m in after.markers))

    score = moved(material.user, done.score)
    if score == done.score:
        return done
    remark = f"the loop has the new bars, too: {LOOP_END} is now after bar {len(score.bars)}"
    notation = moved(material.understood.score, done.notation)
    return replace(done, score=score, notation=notation, warnings=(*done.warnings, remark))


def add_bars(piece: PartialPiece, bars: int, qpm: float, *, ending: bool, mood: Mood | None) -> None:
    """Adds open bars in the meter of the last one and a tempo; new phrases have `mood`, or by default the last phrase's."""
    first = piece.n_bars
    piece.meters += [piece.meters[-1]] * bars
    piece.tempos += [piece.tempos[-1] and piece.tokenizer.vocabulary.tempo(qpm)] * bars
    piece.bars_after = 0 if ending else None
    piece.open |= {(bar, part) for bar in range(first, piece.n_bars) for part in piece.parts if part not in piece.drums}
    for part in piece.drums:
        _repeat(piece, part, first)
    vocabulary = piece.tokenizer.vocabulary
    last = piece.moods[max(piece.moods)] if piece.moods else None
    requested = mood and (vocabulary.affect("Valence", mood.valence), vocabulary.affect("Arousal", mood.arousal))
    for bar in range(-(-first // PHRASE_BARS) * PHRASE_BARS, piece.n_bars, PHRASE_BARS):
        if affect := requested or last:
            piece.moods[bar] = affect


def _repeat(piece: PartialPiece, part: int, first: int) -> None:
    """Continues a drum part from bar `first` on with its last two phrases, without their last bar, which may be an ending."""
    period = max(1, min(_DRUM_BARS, (first - 1) // PHRASE_BARS * PHRASE_BARS or first - 1))
    start = max(0, first - 1 - period)
    for bar in range(first, piece.n_bars):
        segment = piece.segments.get((start + (bar - first) % period, part))
        if segment is not None:
            piece.segments[bar, part] = segment
