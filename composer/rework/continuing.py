"""`continue_`: continue a piece in its key, meter, ensemble and material, with or without an ending."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.controls import PHRASE_BARS, Mood
from composer.plan.mood_path import choose_mood
from composer.rework.brief_controls import apply_chords, apply_dials, apply_style
from composer.rework.material import Finished, merge_into_user_score, partial_piece_of, refuse_fields
from composer.rework.partial_piece import PartialPiece
from composer.rework.stream_sampler import StreamSampler
from composer.rework.verb_session import Session, SessionOptions
from composer.score import Chord, Score

DEFAULT_BARS = 16


def continue_(
    score: Score,
    brief: Brief | None = None,
    *,
    ending: bool = True,
    **session_options: Unpack[SessionOptions],
) -> PieceRecord:
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
    material = session.material

    def write(sampler: StreamSampler) -> Finished:
        piece = partial_piece_of(material, session.tokenizer)
        add_bars(piece, bars, ending=ending, mood=choose_mood(brief))
        apply_style(piece, brief)
        apply_dials(piece, brief)
        apply_chords(piece, brief, range(piece.n_bars - bars, piece.n_bars), material.shift)
        if ending and piece.has_harmony:
            piece.closes = True
            piece.chords.setdefault(piece.n_bars - 1, (tonic(piece),))
        sampler.write(piece)
        return merge_into_user_score(material, piece, ())

    return session.run("continue", {"ending": ending}, write)


def add_bars(piece: PartialPiece, bars: int, *, ending: bool, mood: Mood | None) -> None:
    """Adds open bars in the meter and tempo of the last one; new phrases have `mood`, or by default the last phrase's."""
    first = piece.n_bars
    piece.meters += [piece.meters[-1]] * bars
    piece.tempos += [piece.tempos[-1]] * bars
    piece.bars_after = 0 if ending else None
    piece.open |= {(bar, part) for bar in range(first, piece.n_bars) for part in piece.parts}
    vocabulary = piece.tokenizer.vocabulary
    last = piece.moods[max(piece.moods)] if piece.moods else None
    requested = mood and (vocabulary.affect("Valence", mood.valence), vocabulary.affect("Arousal", mood.arousal))
    for bar in range(-(-first // PHRASE_BARS) * PHRASE_BARS, piece.n_bars, PHRASE_BARS):
        if affect := requested or last:
            piece.moods[bar] = affect


def tonic(piece: PartialPiece) -> int:
    """The id of the tonic chord."""
    vocabulary = piece.tokenizer.vocabulary
    return vocabulary.chord(Chord(9, "min") if piece.mode == "minor" else Chord(0, "maj"))
