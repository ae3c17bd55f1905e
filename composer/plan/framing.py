"""Sections whose bars are settled beforehand: by counts in the form, or by the hit points that they begin on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from composer.errors import BadInputError
from composer.plan.sections import Section
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
        letters: names in order; more than there are spans share the longest spans. `None` for a new letter a span.

    Raises:
        BadInputError: there are fewer letters than spans, or more than bars.

    >>> [(s.name, s.start_bar) for s in sections_between([0, 8, 20], "ABA")]
    [('A', 0), ('B', 8), ('A', 14)]
    """
    spans = [end - start for start, end in pairwise(bounds)]
    names = letters or [chr(ord("A") + index % 26) + "'" * (index // 26) for index in range(len(spans))]
    if len(names) < len(spans):
        raise BadInputError(
            f"{len(spans) - 1} big hits begin {len(spans)} sections, the form {''.join(names)!r} has {len(names)}: "
            "make some hits soft, or give a longer form"
        )
    if len(names) > bounds[-1]:
        raise BadInputError(f"a form of {len(names)} sections does not fit {bounds[-1]} bars: ask for a longer piece")
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
