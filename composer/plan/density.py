"""The dial of density: notes per quarter note and sounding part, and from where on a brief asks for few notes."""

from __future__ import annotations

from composer.brief import Brief

# Notes per quarter and part at the dial's ends: all but the corpus's outermost hundredths.
_SPARSEST, _DENSITY_RATIO = 0.25, 25.0
_SPARSE_BELOW = 0.8


def choose_density(brief: Brief) -> float | None:
    """Notes per quarter and sounding part for the dial's 0 to 1, in equal ratios: 0.25, 0.56, 1.25, 2.8, 6.25.

    >>> [choose_density(Brief(density=dial)) for dial in (0.0, 0.5, 1.0)]
    [0.25, 1.25, 6.25]
    """
    return None if brief.density is None else round(_SPARSEST * _DENSITY_RATIO**brief.density, 4)


def is_sparse(density: float | None) -> bool:
    """Whether notes per quarter and sounding part are so few that players leave notes out.

    >>> [is_sparse(density) for density in (None, 0.56, 1.25)]
    [False, True, False]
    """
    return density is not None and density < _SPARSE_BELOW
