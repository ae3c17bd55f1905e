"""The arranged parts of a piece as ids, given bar by bar, and the parts that the network writes.

A stream gives the arranged parts of a bar first, so that the network writes its parts to fit them. The ids hold one dynamic per
part and bar; the finished piece uses the arranged notes themselves, with the velocity of every note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from composer.arranging import Arrangement
from composer.guide.frame import skeleton
from composer.plan import Plan
from composer.score import Note
from composer.tokenizer import Tokenizer, functional_shift


@dataclass(frozen=True)
class Bed:
    """The given and the open parts of a band's stream.

    Attributes:
        order: parts in the order of the stream; those that the network writes come last.
        given: by bar and part, the ids of the part from its `Part` id on.
        open: by bar, the parts that the network writes.
        arrangement: the arranged notes.
        ranges: lowest and highest functional pitch of the parts that it writes, narrower than the instruments' ranges.
        tune: the melody that the open parts accompany, in functional pitch; empty if they write the melody.
        answers: by part, given notes with which it accompanies the melody, in functional pitch.
        kept: notes of a user's parts beside the melody, in functional pitch.
    """

    order: tuple[int, ...]
    given: Mapping[int, Mapping[int, tuple[int, ...]]]
    open: Mapping[int, frozenset[int]]
    ranges: Mapping[int, tuple[int, int]]
    arrangement: Arrangement
    tune: tuple[Note, ...] = ()
    answers: Mapping[int, tuple[Note, ...]] = field(default_factory=dict)
    kept: tuple[Note, ...] = ()


def bed_of(tokenizer: Tokenizer, plan: Plan, arrangement: Arrangement | None) -> Bed | None:
    """The bed of a plan with its arrangement; `None` for a plan without a band, which has none."""
    if arrangement is None:
        return None
    leads = sorted(arrangement.open_bars, key=lambda part: (part not in arrangement.carriers, part))
    order = (*(part for part in range(len(plan.parts)) if part not in leads), *leads)
    open_parts = {bar: frozenset(part for part in leads if bar in arrangement.open_bars[part]) for bar in range(plan.bars)}
    shift = functional_shift(plan.key)
    ranges = {part: (low + shift, high + shift) for part, (low, high) in arrangement.lead_ranges.items()}
    tune = arrangement.setting.tune if arrangement.carriers else ()
    tune = _moved(tune, shift)
    answers = {part: _moved(notes, shift) for part in leads if tune and (notes := _answers(arrangement, part))}
    kept = _moved([note for part in sorted(arrangement.kept) for note in arrangement.notes[part]], shift)
    return Bed(order, _bodies(tokenizer, plan, arrangement, order), open_parts, ranges, arrangement, tune, answers, kept)


def _answers(arrangement: Arrangement, part: int) -> list[Note]:
    """The given notes of a part where it does not have the melody."""
    ticks, carried = arrangement.setting.plan.meter.bar_ticks, arrangement.carriers.get(part, frozenset())
    return [note for note in arrangement.notes.get(part, ()) if note.start_ticks // ticks not in carried]


def _moved(notes: Sequence[Note], semitones: int) -> tuple[Note, ...]:
    return tuple(replace(note, pitch=note.pitch + semitones) for note in sorted(notes))


def _bodies(
    tokenizer: Tokenizer, plan: Plan, arrangement: Arrangement, order: tuple[int, ...]
) -> dict[int, dict[int, tuple[int, ...]]]:
    """The arranged parts of each bar in ids, in the order of the stream."""
    frame = skeleton(plan)
    parts = tuple(replace(part, notes=arrangement.notes.get(index, ())) for index, part in enumerate(frame.parts))
    piece, vocabulary = tokenizer.tokenize(replace(frame, parts=parts)), tokenizer.vocabulary
    in_force = dict.fromkeys(order, vocabulary.unmarked)
    bodies: dict[int, dict[int, tuple[int, ...]]] = {}
    for bar in range(piece.n_bars):
        segments = range(piece.bar_segments[bar], piece.bar_segments[bar + 1])
        by_part = {int(piece.segment_part[segment]): segment for segment in segments}
        bodies[bar] = {}
        for part in (part for part in order if part in by_part):
            segment = by_part[part]
            dynamic = int(piece.segment_dynamic[segment])
            notes = piece.notes[piece.segment_notes[segment] : piece.segment_notes[segment + 1]].tolist()
            changed = (dynamic,) if dynamic != in_force[part] else ()
            in_force[part] = dynamic
            bodies[bar][part] = (vocabulary.part(part), *changed, *notes)
    return bodies
