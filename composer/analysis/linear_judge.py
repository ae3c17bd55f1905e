"""A linear judge: a weighted sum of standardized cues per outcome, and its file format.

The common form of the models of meter, style and mood. Their fitters (`tools/fit/meter.py`, `styles.py`, `mood.py`) write
the file with `to_toml`, and each model reads it with `read`. Knows no music.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from composer.analysis.arrays import Floats


@dataclass(frozen=True)
class LinearJudge:
    """F cues, C outcomes.

    Attributes:
        cues: names of the cues (F,).
        names: names of the outcomes (C,).
        center: center of each cue (F,).
        scale: standard deviation of each cue (F,).
        weights: (F, C).
        offsets: (C,).
        clip: limit of a cue in standard deviations.
    """

    cues: tuple[str, ...]
    names: tuple[str, ...]
    center: Floats
    scale: Floats
    weights: Floats
    offsets: Floats
    clip: float

    @classmethod
    def read(cls, filename: str, cues: Sequence[str]) -> LinearJudge:
        """Reads a file of `composer/analysis` written by `to_toml`, with cues in the given order.

        >>> LinearJudge.read("meter_model.toml", ["length"]).weights.shape
        (1, 6)
        """
        table = read_table(filename)
        return cls.from_table(table, cues, np.array([table["cue"][name]["weights"] for name in cues]))

    @classmethod
    def from_table(cls, table: Mapping[str, Any], cues: Sequence[str], weights: Floats) -> LinearJudge:
        """A judge with the given weights, and everything else from a file's content.

        >>> LinearJudge.from_table(read_table("mood_model.toml"), ["tempo"], np.ones((1, 2))).clip
        2.5
        """
        rows = [table["cue"][name] for name in cues]
        return cls(
            cues=tuple(cues),
            names=tuple(table["names"]),
            center=np.array([row["center"] for row in rows]),
            scale=np.array([row["scale"] for row in rows]),
            weights=weights,
            offsets=np.array(table["offsets"]),
            clip=table["clip"],
        )

    def standard(self, values: Floats) -> Floats:
        """Cues in standard deviations from their center, clipped; missing ones (nan) become 0: (..., F).

        >>> judge = LinearJudge(("loud",), ("no", "yes"), np.zeros(1), np.ones(1), np.array([[-1.0, 1.0]]), np.zeros(2), 2.5)
        >>> judge.standard(np.array([[9.0], [np.nan]])).tolist(), judge.chances(np.array([0.0])).tolist()
        ([[2.5], [0.0]], [0.5, 0.5])
        """
        standard = np.clip((values - self.center) / self.scale, -self.clip, self.clip)
        return np.asarray(np.where(np.isnan(standard), 0.0, standard), np.float64)

    def odds(self, values: Floats) -> Floats:
        """The weighted sum for each outcome: (..., F) -> (..., C).

        >>> judge = LinearJudge.read("meter_model.toml", ["length"])
        >>> bool((judge.odds(judge.center) == judge.offsets).all())
        True
        """
        return np.asarray(self.standard(values) @ self.weights + self.offsets, np.float64)

    def chances(self, values: Floats) -> Floats:
        """Multinomial logistic regression: (..., F) -> (..., C), rows sum to 1.

        >>> judge = LinearJudge.read("meter_model.toml", ["length"])
        >>> round(float(judge.chances(judge.center).sum()), 6)
        1.0
        """
        odds = self.odds(values)
        odds = np.exp(odds - odds.max(axis=-1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float64)

    def to_toml(self, header: str, digits: int, columns: Mapping[str, Floats] | None = None, **settings: object) -> str:
        """The file's text.

        Args:
            header: comment at the top, in lines that start with "#".
            digits: of weights and offsets after the point; center and scale have four.
            columns: written for each cue instead of "weights", each (F, C).
            settings: further values, in TOML syntax.

        >>> print(LinearJudge.read("meter_model.toml", ["length"]).to_toml("# One cue.", digits=1).splitlines()[-2])
        scale = 0.8071
        """
        names = ", ".join(f'"{name}"' for name in self.names)
        lines = [header, "", f"clip = {self.clip}", f"names = [{names}]", f"offsets = {_row(self.offsets, digits)}"]
        lines += [f"{name} = {value}" for name, value in settings.items()]
        for index, name in enumerate(self.cues):
            lines += ["", f'[cue."{name}"]', f"center = {self.center[index]:.4f}", f"scale = {self.scale[index]:.4f}"]
            for column, values in (columns or {"weights": self.weights}).items():
                lines.append(f"{column} = {_row(values[index], digits)}")
        return "\n".join(lines) + "\n"


def read_table(filename: str) -> dict[str, Any]:
    """The content of a file of `composer/analysis`.

    >>> read_table("mood_model.toml")["names"]
    ['valence', 'arousal']
    """
    return tomllib.loads(resources.files("composer.analysis").joinpath(filename).read_text("utf-8"))


def _row(values: Floats, digits: int) -> str:
    return f"[{', '.join(f'{value:.{digits}f}' for value in values)}]"
