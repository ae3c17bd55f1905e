"""The table of verbs: the name, the module, the help and the options of each.

The commands, `composer.Music.rework`, the jobs of the server, the tools for agents and replays derive from it. A verb is
imported when it is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Unpack

from composer.brief import Brief, Option
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.composing.record import PieceRecord
    from composer.rework.verb_session import SessionOptions, VerbFunction
    from composer.score import Score

Bars = tuple[int, int]  # a region: its first bar, from 0, and the bar after its last
KEEPS = ("rhythm", "pitches")  # what `infill` can keep of the old notes


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb for users' scores.

    Attributes:
        name: of the command, the job, the tool and the kind of its sidecars.
        function: "module.function" in `composer.rework`; it takes the score, `brief`, the options below by name and those of
            `SessionOptions`, and returns a `PieceRecord` whose `options` this table reads again.
        help: one line.
        options: those beside the options of a brief; `Option.verbs` says which of these it takes.
        takes_influence: whether styles and players may come from another piece.
    """

    name: str
    function: str
    help: str
    options: tuple[Option, ...] = ()
    takes_influence: bool = False

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of the function, from texts or JSON; the default for what is `None` or left out.

        Raises:
            BadInputError: a value is not understood or out of range, or an option is unknown.
        """
        known = {option.name: option for option in self.options}
        if unknown := next((name for name in given if name not in known), None):
            raise BadInputError(
                f"{self.name} does not take {unknown}: it takes {', '.join(known) or 'options of the brief only'}"
            )
        return {name: option.read(given.get(name)) for name, option in known.items()}

    def run(
        self, score: Score, brief: Brief, given: Mapping[str, Any], **session_options: Unpack[SessionOptions]
    ) -> PieceRecord:
        """Runs the verb.

        Args:
            score: the user's piece.
            brief: what is requested beside the verb's options.
            given: the verb's options, as texts or JSON.
            session_options: see `SessionOptions`.

        Raises:
            ModelNotFoundError, BadInputError: see the function.
        """
        return self._function(score, brief=brief, **self.read(given), **session_options)

    def check(self, score: Score, brief: Brief, given: Mapping[str, Any], **session_options: Unpack[SessionOptions]) -> None:
        """Refuses what `run` with the same arguments refuses before it opens the model.

        Raises:
            BadInputError: see the function.
        """
        self._function.prepare(score, brief=brief, **self.read(given), **session_options)

    @property
    def _function(self) -> VerbFunction[...]:
        module, _, name = self.function.partition(".")
        function: VerbFunction[...] = getattr(import_module(f"composer.rework.{module}"), name)
        return function


def bar_ranges(text: str) -> tuple[Bars, ...]:
    """The regions of "9-16" or "3-4,12", in order; neighbors are joined.

    Raises:
        BadInputError: no such range, or two with a common bar.

    >>> bar_ranges("9-16"), bar_ranges("12, 3-4,5")
    (((8, 16),), ((2, 5), (11, 12)))
    """
    joined: list[Bars] = []
    for first, end in sorted(map(_bar_range, text.split(","))):
        if joined and first < joined[-1][1]:
            raise BadInputError(f"bars {text[:100]!r} name bar {first + 1} twice: give ranges without common bars")
        if joined and first == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((first, end))
    return tuple(joined)


def _bar_range(text: str) -> Bars:
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise BadInputError(
            f"bars {text[:100]!r} is not a range: give the first and the last bar, counted from 1, such as 9-16"
        )
    return first - 1, last


def checked_keep(keep: str | None) -> str | None:
    """The name of what is to be kept, or `None`.

    Raises:
        BadInputError: an unknown name.
    """
    if keep is not None and keep not in KEEPS:
        raise BadInputError(f"keep {keep!r} is not known: choose from {', '.join(KEEPS)}, or leave it out")
    return keep


def _one_range(name: str, value: str | int) -> Bars:
    regions = bar_ranges(str(value))
    if len(regions) > 1:
        raise BadInputError(f"{name} {value!r} are {len(regions)} regions: this verb takes one")
    return regions[0]


def _names(name: str, value: str | Sequence[str | int]) -> tuple[str, ...]:
    """Names or numbers in a list, or in a text separated by commas."""
    if not isinstance(value, str | list | tuple):
        raise BadInputError(f"{name} {value!r} is not a list of names: give names separated by commas, or leave it out")
    items = tuple(str(item).strip() for item in (value.split(",") if isinstance(value, str) else value))
    if isinstance(value, str) and not any(items):
        raise BadInputError(f"--{name} {value!r} names nothing: give names separated by commas, or leave it out")
    return tuple(item for item in items if item)


def _instruments(name: str, value: str | Sequence[str | int]) -> tuple[str, ...]:
    """Names of instruments, see `_names`."""
    from composer.plan.choices import choose_parts

    names = _names(name, value)
    if names:
        choose_parts(Brief(instruments=names), "")
    return names


_PARTS = Option("parts", (), "LIST", 'Only these parts, by name or number: "violin 2,cello".', parse=_names)
_TABLE = (
    Verb(
        "continue",
        "continuing.continue_",
        "Add bars to a piece, by default 16, in its key, meter, ensemble and material.",
        (Option("ending", True, "", "Close with a cadence, or stop as if more came."),),
    ),
    Verb(
        "infill",
        "infilling.infill",
        "Write some bars of a piece again, or some parts of them, to fit what is on both sides.",
        (
            Option(
                "bars",
                (),
                "FIRST-LAST[,...]",
                "Bars to write again, counted from 1 with an upbeat: 9-16, or 3-4,12; by default all.",
                parse=lambda name, value: bar_ranges(str(value)),
            ),
            _PARTS,
            Option(
                "keep",
                None,
                "WHAT",
                f"What stays in each bar, {' or '.join(KEEPS)}.",
                parse=lambda name, value: checked_keep(value),
            ),
        ),
    ),
    Verb(
        "accompany",
        "accompanying.accompany",
        "Add parts to a melody or to whatever is given, up to a full arrangement; what is given stays.",
        (
            Option(
                "add", (), "LIST", 'Instruments to add: "bass,piano"; also drums.', completes="instruments", parse=_instruments
            ),
        ),
        takes_influence=True,
    ),
    Verb(
        "vary",
        "varying.vary",
        "Write a variation that keeps form and harmony.",
        (
            Option(
                "amount",
                0.5,
                "0..1",
                "0 is the piece itself, 1 keeps only form, harmony and ensemble; by default 0.5.",
                limits=(0.0, 1.0),
            ),
            Option("bars", None, "FIRST-LAST", "Only these bars, counted from 1 with an upbeat: 9-16.", parse=_one_range),
            _PARTS,
            Option(
                "mode",
                None,
                "MODE",
                "In major or in minor, on the same tonic; by default the mode of the piece.",
                choices=("major", "minor"),
            ),
        ),
    ),
    Verb(
        "transfer",
        "restyling.transfer",
        "Keep a piece's melody and form, and write harmony, texture and ensemble again in another style.",
        takes_influence=True,
    ),
)
VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _TABLE}
