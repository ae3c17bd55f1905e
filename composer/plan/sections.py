"""Form: from section letters to bars, and from bars to what each of them may recall.

A section that returns recalls the bars of its earlier self. That works at every distance, but the model can be told of it only
at those of `controls.RECALL_BARS`; so where the lengths of the sections are free, they are chosen for returns to fall on them:
24 bars of AABA become 4 + 4 + 8 + 4 and a coda of 4, not four times 6.

Pure arithmetic on letters and bars; nothing here knows briefs, presets, keys or ticks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from composer.controls import PHRASE_BARS, RECALL_BARS

CODA = "Coda"


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


def lay_sections(names: Sequence[str], lengths: Sequence[float], bars: int) -> tuple[Section, ...]:
    """Sections that fill exactly `bars` bars, in the proportions of `lengths` as far as returns stay representable.

    Sections of one letter are equally long. What the proportions leave over goes to sections that come only once, then to
    a coda (under four bars: to the last section). `bars` must be at least the number of names.

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
    for base in ([1] * len(names), *bases):  # a bar each is the last resort of very short pieces
        left = bars - sum(base)
        if left < 0:
            continue
        growths = range(0, left // sum(single) + 1) if any(single) else range(1)
        for growth in growths:
            sizes = [size + growth * once for size, once in zip(base, single, strict=True)]
            yield _assemble(names, sizes, bars - sum(sizes))


def _assemble(names: Sequence[str], sizes: list[int], left: int) -> tuple[Section, ...]:
    named = list(zip(names, sizes, strict=True))
    if left >= PHRASE_BARS:
        named.append((CODA, left))
    else:
        named[-1] = (named[-1][0], named[-1][1] + left)
    sections, start = [], 0
    for name, size in named:
        sections.append(Section(name, start, size))
        start += size
    return tuple(sections)


def _cost(layout: tuple[Section, ...], lengths: Sequence[float], bars: int) -> float:
    """Smaller is better. Returns that cannot be told cost most, then ragged phrases, long codas and bent proportions."""
    sources = [_source(layout, index) for index in range(len(layout))]
    untold = sum(s.bars for s, source in zip(layout, sources, strict=True) if source and not _is_told(s, source))
    ragged = sum(s.bars % PHRASE_BARS != 0 for s in layout) / len(layout)
    coda = layout[-1].bars if layout[-1].name == CODA else 0
    total = sum(lengths)
    bent = sum(abs(s.bars / bars - length / total) for s, length in zip(layout, lengths, strict=False))
    return 2 * untold / bars + 0.5 * ragged + 0.8 * coda / bars + bent


def _source(layout: Sequence[Section], index: int) -> Section | None:
    """The earlier section that a section brings back: of its letter, plain, as long, told to the model, near; in this order."""
    section = layout[index]

    def rank(earlier: Section) -> tuple[bool, bool, bool, int]:
        return earlier.is_varied, earlier.bars < section.bars, not _is_told(section, earlier), -earlier.start_bar

    return min((earlier for earlier in layout[:index] if earlier.letter == section.letter), key=rank, default=None)


def _is_told(section: Section, source: Section) -> bool:
    return section.start_bar - source.start_bar in RECALL_BARS


def recalls_of(sections: Sequence[Section], bars: int) -> tuple[int | None, ...]:
    """For each bar the distance it recalls, 0 where it opens new material, `None` where the composer is free.

    A return recalls every bar of its section; a varied one the first half of each phrase. The last two bars of the piece stay
    free, so that it can close with a cadence.

    >>> recalls_of(lay_sections("ABA", (1, 1, 1), 12), 12)
    (0, None, None, None, 0, None, None, None, 8, 8, None, None)
    >>> recalls_of((Section("A", 0, 3), Section("B", 3, 2), Section("A", 5, 5)), 10)
    (0, None, None, 0, None, 5, 5, 5, None, None)
    """
    recalls: list[int | None] = [None] * bars
    for index, section in enumerate(sections):
        source = _source(sections, index)
        if source is None:
            recalls[section.start_bar] = 0
            continue
        for offset in range(min(section.bars, source.bars)):
            if not (section.is_varied and offset % PHRASE_BARS >= PHRASE_BARS // 2):
                recalls[section.start_bar + offset] = section.start_bar - source.start_bar
    return (*recalls[:-2], *(0 if recall == 0 else None for recall in recalls[-2:]))
