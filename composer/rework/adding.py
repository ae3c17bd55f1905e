"""Parts that are added to given ones, and what has to be settled before they are written: harmony and returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from composer.analysis.texture import measure_polyphony
from composer.brief import MAX_PARTS, Brief
from composer.errors import BadInputError
from composer.plan.choices import choose_parts
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart
from composer.rework.draft import Draft
from composer.rework.harmonizing import ENOUGH_TO_HEAR, harmonise
from composer.rework.returns import literal_returns
from composer.rework.writing import StreamSampler
from composer.score import Note, Score
from composer.tokenizer.vocabulary import Vocabulary

LONGEST_REST_BARS = 1  # of a part that was asked for by name
_LOWEST_TUNE = 57  # median pitch from which a line is a melody: the A below middle C
_DESCANT_LOWEST = 55  # lowest pitch of the violin


def parts_to_add(brief: Brief, given: Sequence[EnsemblePart], extra: Sequence[str]) -> tuple[EnsemblePart, ...]:
    """The parts that a piece is to get: those named one by one, or those of the brief's ensemble that it lacks.

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
        for part in given:
            match = next((wish for wish in added if (wish.program, wish.is_drum) == (part.program, part.is_drum)), None)
            if match is not None:
                added.remove(match)
    if not added:
        raise BadInputError("every part of the ensemble is in the piece already: name instruments with --add")
    if len(given) + len(added) > MAX_PARTS:
        raise BadInputError(f"{len(given)} parts and {len(added)} more are too many: at most {MAX_PARTS} are written")
    return tuple(added)


def add_parts(draft: Draft, added: Sequence[EnsemblePart], shift: int) -> None:
    """Parts after the given ones, open in every bar."""
    vocabulary = draft.tokenizer.vocabulary
    _ = draft.lines  # computed now, from everything that is given
    for wish in added:
        part = len(draft.programs)
        draft.programs.append(program_id(wish, vocabulary))
        draft.open |= {(bar, part) for bar in range(draft.n_bars)}
    draft.cast((*draft.players, *added), shift)
    draft.longest_rest = LONGEST_REST_BARS


def is_melody(line: Sequence[Note], shift: int) -> bool:
    """Whether a line in functional pitch lies where tunes lie, rather than basses."""
    return bool(line) and median(note.pitch - shift for note in line) >= _LOWEST_TUNE


def parts_beneath(draft: Draft, added: Sequence[EnsemblePart], *, descants: bool) -> frozenset[int]:
    """The last parts of a draft, but drums and, where `descants` are asked for by name, instruments that play high only."""
    first = len(draft.programs) - len(added)
    return frozenset(
        first + index for index, part in enumerate(added) if not part.is_drum and not (descants and part.low >= _DESCANT_LOWEST)
    )


def program_id(wish: EnsemblePart, vocabulary: Vocabulary) -> int:
    """The Program id of a part."""
    return vocabulary.program(wish.program, wish.is_drum)


def settle(
    sampler: StreamSampler, draft: Draft, given: Score, *, rethink: bool = False, ask: Callable[[], bool] = lambda: False
) -> bool:
    """Settles the harmony and the returns of a draft whose given parts run through all of it.

    Args:
        sampler: whose model harmonises.
        draft: chords and repeats are set.
        given: the given parts in normal form with the harmony heard in them.
        rethink: harmonise anew even where the given parts tell their harmony.
        ask: states the chords that the user asks for, and says whether there are any.

    Returns:
        Whether the harmony is the model's.
    """
    draft.repeats = literal_returns(draft, {part for bar, part in draft.cells})
    if ask():
        return True
    if not draft.has_harmony or (not rethink and (measure_polyphony(given) or 0.0) >= ENOUGH_TO_HEAR):
        return False
    draft.chords.clear()
    harmonise(sampler, draft, range(draft.n_bars))
    for bar, origin in draft.repeats.items():
        draft.chords[bar] = draft.chords[origin]
    return True
