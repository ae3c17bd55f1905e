"""Form: from section letters to bars, and from bars to what each of them may recall.

A section that returns recalls the bars of an earlier one. Any distance works, but the model has control tokens only for those
in `controls.RECALL_BARS`; where the lengths of the sections are free, they are chosen so that returns fall on these distances:
24 bars of AABA become 4 + 4 + 8 + 4 and a coda of 4, not four times 6. The bars of sections may also be fixed, by counts in the
form or by hit points.

Sections come back literally, with their melody over a new accompaniment, or varied throughout. Dances, songs and hymns repeat
strains; elsewhere few bars repeat an earlier one exactly. In the last quarter of a short piece nothing returns literally: a
beginning that comes back unchanged just before the end sounds like a loop.

Pure arithmetic on letters and bars; knows no briefs, presets, keys or ticks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from composer.controls import PHRASE_BARS, RECALL_BARS
from composer.errors import BadInputError
from composer.plan.seeded import draw
from composer.presets import Form


def counted_sections(form: Form) -> tuple[Section, ...]:
    """The sections of a form with bar counts.

    >>> from composer.presets import resolve_form
    >>> [(s.name, s.start_bar, s.bars) for s in counted_sections(resolve_form("A8 B6 A8"))]
    [('A', 0, 8), ('B', 8, 6), ('A', 14, 8)]
    """
    return _laid(form.letters, [round(bars) for bars in form.lengths])


def sections_between(bounds: Sequence[int], letters: Sequence[str] | None) -> tuple[Section, ...]:
    """Sections that begin on all bounds but the last, which is the end.

    Args:
        bounds: bars from 0, rising, the first and the end of the piece included.
        letters: names in order; if there are more than spans, the longest spans are shared. `None` for a new letter per span.

    Raises:
        BadInputError: there are fewer letters than spans, or more than bars.

    >>> [(s.name, s.start_bar) for s in sections_between([0, 8, 20], "ABA")]
    [('A', 0), ('B', 8), ('A', 14)]
    """
    spans = [end - start for start, end in pairwise(bounds)]
    names = letters or [chr(ord("A") + index % 26) + "'" * (index // 26) for index in range(len(spans))]
    if len(names) < len(spans):
        raise BadInputError(
            f"{len(spans) - 1} hits begin {len(spans)} sections, the form {''.join(names)!r} has {len(names)}: "
            "make some hits soft, or give a longer form"
        )
    if len(names) > bounds[-1]:
        raise BadInputError(f"a form of {len(names)} sections does not fit {bounds[-1]} bars: give more bars")
    shares = [1] * len(spans)
    for _ in range(len(names) - len(spans)):  # the span with the longest sections takes the next one
        shares[max(range(len(spans)), key=lambda i: spans[i] / shares[i] if shares[i] < spans[i] else 0)] += 1
    sizes: list[int] = []
    for span, share in zip(spans, shares, strict=True):
        cuts = [round(span * place / share) for place in range(share + 1)]
        sizes += [after - before for before, after in pairwise(cuts)]
    return _laid(names, sizes)


def _laid(names: Sequence[str], sizes: Sequence[int]) -> tuple[Section, ...]:
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return tuple(Section(name, start, size) for name, start, size in zip(names, starts, sizes, strict=True))


Return = Literal["", "literal", "tune", "varied"]

_LITERAL_STYLES = frozenset(("ballroom-dance", "folk", "hymn", "mazurka", "ragtime", "waltz", "dance-suite"))
_LITERAL_IN_DANCES, _LITERAL = 0.3, 0.06  # chance that a return is literal: openings of 16 bars in the corpus
_TUNE = 0.3  # share of the other returns that keep the tune to the note
_SHORT_BARS = 32


def choose_returns(
    seed: int, sections: Sequence[Section], styles: Sequence[str], *, loop: bool, is_requested: bool = False
) -> tuple[Return, ...]:
    """For each section how it repeats an earlier one of its letter; "" for the first of its letter.

    Args:
        seed: of the piece.
        sections: of the piece, in order.
        styles: names of its styles.
        loop: whether the piece is a loop.
        is_requested: whether the user gives the form, in which a letter without an apostrophe keeps the tune.

    >>> form = [Section("A", 0, 8), Section("A", 8, 8), Section("B", 16, 8), Section("A'", 24, 8)]
    >>> choose_returns(1, form, ["fugue"], loop=False), choose_returns(5, form, ["fugue"], loop=False)
    (('', 'varied', '', 'varied'), ('', 'tune', '', 'varied'))
    >>> choose_returns(1, form, ["fugue"], loop=False, is_requested=True)
    ('', 'tune', '', 'varied')
    """
    chance = _LITERAL_IN_DANCES if loop or _LITERAL_STYLES & set(styles) else _LITERAL
    bars = sections[-1].start_bar + sections[-1].bars if sections else 0
    kinds: list[Return] = []
    letters: set[str] = set()
    for index, section in enumerate(sections):
        drawn = draw(seed, f"return {index}")
        late = not loop and bars <= _SHORT_BARS and 4 * section.start_bar >= 3 * bars
        keeps = is_requested and not section.is_varied
        if section.letter not in letters:
            kinds.append("")
        elif late:
            kinds.append("tune" if keeps else "varied")
        else:
            has_tune = keeps or drawn < chance + (1 - chance) * _TUNE
            kinds.append("literal" if drawn < chance else "tune" if has_tune else "varied")
        letters.add(section.letter)
    return tuple(kinds)


_FEWEST_VARIATIONS = 3
CODA = "Coda"
PAUSE = "Pause"  # bars in which all players rest
UPBEAT = "Upbeat"  # a bar before the first section, silent up to an upbeat
_CODA_SHARE = 6  # a coda is at most a sixth of a piece, or a phrase


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its name (a letter, with an apostrophe for each variation; or "Coda"), first bar (from 0) and bars."""

    name: str
    start_bar: int
    bars: int

    @property
    def letter(self) -> str:
        """The name without apostrophes: sections of one letter share their material."""
        return self.name.rstrip("'")

    @property
    def is_varied(self) -> bool:
        """Whether a return of the section changes it."""
        return self.name.endswith("'")


def varies_theme(names: Sequence[str]) -> bool:
    """Whether sections of these names, a coda left out, are a theme and its variations; three strophes are none.

    >>> varies_theme(["A", "A'", "A''", "A'''"]), varies_theme(["A", "A'", "A''"]), varies_theme(["A", "A'", "B", "A''"])
    (True, False, False)
    """
    return len(names) > _FEWEST_VARIATIONS and list(names) == [names[0] + "'" * number for number in range(len(names))]


def theme_and_variations(sections: Sequence[Section]) -> tuple[Section, ...]:
    """A theme and its variations among sections, without an upbeat and a coda; empty in other forms.

    >>> [each.name for each in theme_and_variations(lay_sections(["A", "A'", "A''", "A'''"], (1, 1, 1, 1), 34))]
    ['A', "A'", "A''", "A'''"]
    """
    inner = tuple(section for section in sections if section.letter not in (UPBEAT, CODA))
    return inner if varies_theme([section.name for section in inner]) else ()


def lay_sections(names: Sequence[str], lengths: Sequence[float], bars: int) -> tuple[Section, ...]:
    """Sections that fill exactly `bars` bars, in the proportions of `lengths` as far as returns stay representable.

    Sections of one letter are equally long. Bars left over go to sections that occur only once, then to a coda (under four
    bars: to the last section). `bars` must be at least the number of names.

    >>> [(s.name, s.bars) for s in lay_sections("AABA", (1, 1, 1, 1), 24)]
    [('A', 4), ('A', 4), ('B', 8), ('A', 4), ('Coda', 4)]
    >>> [(s.name, s.bars) for s in lay_sections("ABA", (1, 1, 1), 16)]
    [('A', 4), ('B', 8), ('A', 4)]
    """
    return min(_layouts(names, lengths, bars), key=lambda layout: _cost(layout, lengths, bars))


def _layouts(names: Sequence[str], lengths: Sequence[float], bars: int) -> Iterator[tuple[Section, ...]]:
    """Candidates: every unit length that fits, the remainder shared between single sections and a coda in every way."""
    letters = [name.rstrip("'") for name in names]
    single = [letters.count(letter) == 1 for letter in letters]
    shortest = min(lengths)
    bases = ([max(1, round(unit * length / shortest)) for length in lengths] for unit in range(1, bars + 1))
    for base in ([1] * len(names), *bases):  # one bar each is the last resort for very short pieces
        left = bars - sum(base)
        if left < 0:
            continue
        growths = range(0, left // sum(single) + 1) if any(single) else range(1)
        for growth in growths:
            sizes = [size + growth * once for size, once in zip(base, single, strict=True)]
            yield _assemble(names, sizes, bars - sum(sizes))


def _assemble(names: Sequence[str], sizes: list[int], left: int) -> tuple[Section, ...]:
    named = list(zip(names, sizes, strict=True))
    if left >= PHRASE_BARS and names[-1] != CODA:
        named.append((CODA, left))
    else:
        named[-1] = (named[-1][0], named[-1][1] + left)
    sections, start = [], 0
    for name, size in named:
        sections.append(Section(name, start, size))
        start += size
    return tuple(sections)


def _cost(layout: tuple[Section, ...], lengths: Sequence[float], bars: int) -> float:
    """The cost of a division; smaller is better.

    Returns without a control token cost most, then ragged phrases, long codas and changed proportions.
    """
    sources = [_source(layout, index) for index in range(len(layout))]
    unlabeled = sum(s.bars for s, source in zip(layout, sources, strict=True) if source and not _has_token(s, source))
    ragged = sum(s.bars % PHRASE_BARS != 0 for s in layout) / len(layout)
    coda = layout[-1].bars if layout[-1].name == CODA else 0
    total = sum(lengths)
    bent = sum(abs(s.bars / bars - length / total) for s, length in zip(layout, lengths, strict=False))
    return 2 * unlabeled / bars + 0.5 * ragged + (0.8 * coda + 4 * long_coda(layout)) / bars + bent


def long_coda(sections: Sequence[Section]) -> int:
    """By how many bars a form's coda is too long."""
    last = sections[-1]
    most = max(PHRASE_BARS, (last.start_bar + last.bars) // _CODA_SHARE)
    return max(0, last.bars - most) if last.name == CODA else 0


def _source(layout: Sequence[Section], index: int) -> Section | None:
    """The earlier section that a section repeats: of its letter, plain, as long, at a distance with a token, near."""
    section = layout[index]

    def rank(earlier: Section) -> tuple[bool, bool, bool, int]:
        return earlier.is_varied, earlier.bars < section.bars, not _has_token(section, earlier), -earlier.start_bar

    return min((earlier for earlier in layout[:index] if earlier.letter == section.letter), key=rank, default=None)


def _has_token(section: Section, source: Section) -> bool:
    return section.start_bar - source.start_bar in RECALL_BARS


def recalls_of(sections: Sequence[Section], bars: int) -> tuple[int | None, ...]:
    """For each bar the distance it recalls, 0 where it begins new material, `None` where the model is free.

    A return recalls every bar of its section; a varied one the first half of each phrase. The last two bars of the piece stay
    free, so that it can close with a cadence.

    >>> recalls_of(lay_sections("ABA", (1, 1, 1), 12), 12)
    (0, None, None, None, 0, None, None, None, 8, 8, None, None)
    >>> recalls_of((Section("A", 0, 3), Section("B", 3, 2), Section("A", 5, 5)), 10)
    (0, None, None, 0, None, 5, 5, 5, None, None)
    """
    recalls: list[int | None] = [None] * bars
    for index, section in enumerate(sections):
        if section.name == PAUSE:
            recalls[section.start_bar : section.start_bar + section.bars] = [0] * section.bars
            continue
        source = _source(sections, index)
        if source is None:
            recalls[section.start_bar] = 0
            continue
        for offset in range(min(section.bars, source.bars)):
            if not (section.is_varied and offset % PHRASE_BARS >= PHRASE_BARS // 2):
                recalls[section.start_bar + offset] = section.start_bar - source.start_bar
    return (*recalls[:-2], *(0 if recall == 0 else None for recall in recalls[-2:]))
