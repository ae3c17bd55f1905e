"""Puts the requests of a brief into a partial piece: style in its header, chords in bars, mood in phrases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.brief import Brief
from composer.brief.checks import check_chords_per_bar
from composer.controls import PHRASE_BARS
from composer.guide import stated_chords
from composer.plan.choices import choose_polyphony, spread_chords
from composer.plan.density import choose_density
from composer.plan.mood_path import choose_mood
from composer.plan.styles import choose_style
from composer.rework.partial_piece import PartialPiece


def apply_style(piece: PartialPiece, brief: Brief) -> None:
    """Puts the brief's styles and composer, if any, into the header."""
    if not brief.style:
        return
    choice, vocabulary = choose_style(brief), piece.tokenizer.vocabulary
    piece.header = without_style(piece).header
    piece.header += [vocabulary.style(name) for name in choice.tokens]
    if choice.composer is not None:
        piece.header.append(vocabulary.control("Composer", choice.composer))


def apply_dials(piece: PartialPiece, brief: Brief) -> None:
    """Replaces the measured density and polyphony in the header with those of the brief, if any.

    Raises:
        BadInputError: the parts cannot play as many notes at once.
    """
    requested = {"Density": choose_density(brief), "Polyphony": choose_polyphony(brief, piece.players)}
    for kind, value in requested.items():
        if value is not None:
            piece.header = [*_without(piece, kind).header, piece.tokenizer.vocabulary.control(kind, value)]
            piece.dials = True


def apply_chords(piece: PartialPiece, brief: Brief, bars: Sequence[int], shift: int) -> bool:
    """Puts the brief's chords, repeated, into some bars; returns whether it has any.

    Args:
        piece: its chords are set.
        brief: its chords are in sounding pitch.
        bars: of the piece.
        shift: semitones from sounding to functional pitch.

    Raises:
        BadInputError: there are more bars of chords than bars, or more chords in one than beats.
    """
    if not brief.chords or not piece.has_harmony:
        return False
    vocabulary = piece.tokenizer.vocabulary
    for meter in {piece.meters[bar] for bar in bars}:
        check_chords_per_bar(brief.chords, meter)
    for bar, given in zip(bars, spread_chords(brief.chords, len(bars)), strict=True):
        chords = tuple(chord and chord.transposed(shift) for chord in given)
        piece.chords[bar] = tuple(map(vocabulary.chord, stated_chords(chords, piece.meters[bar])))
        piece.harmony[bar] = chords
    return True


def without_style(piece: PartialPiece) -> PartialPiece:
    """The same piece without style and composer in its header."""
    return _without(piece, "Style", "Composer")


def without_dials(piece: PartialPiece) -> PartialPiece:
    """The same piece without density and polyphony in its header."""
    return _without(piece, "Density", "Polyphony")


def _without(piece: PartialPiece, *kinds: str) -> PartialPiece:
    types = piece.tokenizer.vocabulary.types
    return replace(piece, header=[token for token in piece.header if types[token] not in kinds])


def apply_mood(piece: PartialPiece, brief: Brief, bars: Sequence[int] | None = None) -> bool:
    """Puts the brief's mood, if any, on the phrases that begin in some bars (by default all); returns whether it has one."""
    mood, vocabulary = choose_mood(brief), piece.tokenizer.vocabulary
    if mood is None:
        return False
    for bar in bars if bars is not None else range(piece.n_bars):
        if bar % PHRASE_BARS == 0:
            piece.moods[bar] = (vocabulary.affect("Valence", mood.valence), vocabulary.affect("Arousal", mood.arousal))
    return True
