"""Parts that are added to given ones, and what is decided before they are written: harmony and repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from composer.analysis.playability import KEYBOARDS
from composer.analysis.texture import measure_polyphony
from composer.arranging import bands
from composer.arranging.casting import cast
from composer.brief import Brief
from composer.controls import MAX_PARTS
from composer.errors import BadInputError
from composer.plan.choices import choose_parts
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart, instrument_of
from composer.rework.harmonizing import ENOUGH_FOR_CHORDS, harmonize
from composer.rework.partial_piece import PartialPiece, literal_returns
from composer.rework.stream_sampler import StreamSampler
from composer.score import Mode, Note, Score
from composer.tokenizer.vocabulary import Vocabulary

LONGEST_REST_BARS = 1  # of a part that was requested by name
_LOWEST_TUNE = 57  # median pitch from which a line is a melody: the A below middle C
_ROOM_BELOW = 9  # semitones below a melody that its accompaniment always has
_DESCANT_LOWEST = 55  # lowest pitch of the violin


def parts_to_add(brief: Brief, given: Sequence[EnsemblePart], extra: Sequence[str]) -> tuple[EnsemblePart, ...]:
    """The parts to add to a piece: those named one by one, or those of the brief's ensemble that it lacks.

    Raises:
        BadInputError: nothing is missing, or there would be more than `MAX_PARTS` parts.

    >>> violin = EnsemblePart("Violin", 40, low=55, high=100)
    >>> [part.name for part in parts_to_add(Brief(ensemble="string quartet"), [violin], ())]
    ['Violin 2', 'Viola', 'Cello']
    """
    if extra:
        added = list(choose_parts(Brief(instruments=tuple(extra)), ""))
    else:
        added = list(choose_parts(brief, choose_style(brief).ensemble))
        if brief.style and not (brief.ensemble or brief.instruments):
            added = _without_lead(added, choose_style(brief).preset.name, given)
        for part in given:
            match = next((player for player in added if (player.program, player.is_drum) == (part.program, part.is_drum)), None)
            if match is not None:
                added.remove(match)
    if not added:
        raise BadInputError("every part of the ensemble is in the piece already: name instruments with --add")
    if len(given) + len(added) > MAX_PARTS:
        raise BadInputError(f"{len(given)} parts and {len(added)} more are too many: at most {MAX_PARTS} are written")
    return tuple(added)


def _without_lead(players: list[EnsemblePart], style: str, given: Sequence[EnsemblePart]) -> list[EnsemblePart]:
    """The usual players of a band or a choir without the one who has the melody, which another part has here."""
    if style not in bands():
        return players
    lead = next(
        (player for player, role in zip(players, cast(players, bands()[style]), strict=True) if role.kind == "lead"), None
    )
    plays = lead is None or lead.program in KEYBOARDS or any(part.program == lead.program for part in given)
    return players if plays else [player for player in players if player is not lead]


def reaching_below(players: Sequence[EnsemblePart], melody: Sequence[Note]) -> tuple[EnsemblePart, ...]:
    """The players, with hands on keyboards that reach below a low melody: the usual range of a right hand begins at G3.

    >>> hand = EnsemblePart("Piano (right hand)", 0, low=55, high=100)
    >>> reaching_below([hand], [Note(0, 57, 480)])[0].low
    48
    """
    floor = min((note.pitch for note in melody), default=128) - _ROOM_BELOW
    return tuple(
        replace(player, low=max(instrument_of(player.program).low, min(player.low, floor)))
        if player.program in KEYBOARDS and not player.is_drum
        else player
        for player in players
    )


def add_parts(piece: PartialPiece, added: Sequence[EnsemblePart], shift: int) -> None:
    """Parts after the given ones, open in every bar."""
    vocabulary = piece.tokenizer.vocabulary
    _ = piece.lines  # computed now, from everything that is given
    for player in added:
        part = len(piece.programs)
        piece.programs.append(program_id(player, vocabulary))
        piece.open |= {(bar, part) for bar in range(piece.n_bars)}
    piece.assign_players((*piece.players, *added), shift)
    piece.longest_rest = LONGEST_REST_BARS


def is_melody(line: Sequence[Note], shift: int) -> bool:
    """Whether a line in functional pitch is in the range of melodies, rather than of basses."""
    return bool(line) and median(note.pitch - shift for note in line) >= _LOWEST_TUNE


def is_descant(part: EnsemblePart, melody: Sequence[Note]) -> bool:
    """Whether a part is a high single line that has no room below a melody, and may go above it.

    >>> tune = [Note(0, 67, 480)]
    >>> [is_descant(EnsemblePart("", program, low=low), tune) for program, low in ((73, 60), (40, 55), (0, 60))]
    [True, False, False]
    """
    if part.is_drum or part.program in KEYBOARDS or part.low < _DESCANT_LOWEST:
        return False
    return part.low > median(note.pitch for note in melody) - _ROOM_BELOW


def parts_beneath(piece: PartialPiece, added: Sequence[EnsemblePart], descants: frozenset[int]) -> frozenset[int]:
    """The added parts to keep below the melody: all but drums and `descants`, by their place among those added."""
    first = len(piece.programs) - len(added)
    return frozenset(first + index for index, part in enumerate(added) if not part.is_drum and index not in descants)


def program_id(player: EnsemblePart, vocabulary: Vocabulary) -> int:
    """The Program id of a part."""
    return vocabulary.program(player.program, player.is_drum)


def settle_harmony(
    sampler: StreamSampler,
    piece: PartialPiece,
    given: Score,
    *,
    reharmonize: bool = False,
    color: Mode | None = None,
    state_chords: Callable[[], bool] = lambda: False,
) -> bool:
    """States the harmony and the repeats of a piece whose given parts play throughout.

    Args:
        sampler: whose model harmonizes.
        piece: chords and repeats are set.
        given: the given parts in normal form with the harmony estimated from them.
        reharmonize: harmonize even where the given parts are enough to estimate the harmony from.
        color: the chords that the model is to prefer; `None` for any.
        state_chords: states the chords that the user requests, and returns whether there are any.

    Returns:
        Whether the harmony is the model's.
    """
    piece.repeats = literal_returns(piece, {part for bar, part in piece.segments})
    if state_chords():
        return True
    if not piece.has_harmony or (not reharmonize and (measure_polyphony(given) or 0.0) >= ENOUGH_FOR_CHORDS):
        return False
    piece.chords.clear()
    harmonize(sampler, piece, range(piece.n_bars), color=color)
    for bar, origin in piece.repeats.items():
        piece.chords[bar] = piece.chords[origin]
    return True
