"""The declaration of an option in a dataclass field: its values, how they are read and written, and its help.

A field of `Brief` declares its option with `option`. The command line, the JSON schema, the table in docs/controls.md, the
fields of file names and the precedence of options over prompts derive from the declaration. Knows no particular option.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, Unpack

from composer.brief.limits import checked_number
from composer.errors import BadInputError

# Sections of the help.
CHARACTER, MUSIC, SHAPE = "Character", "Key, time and players", "Length and form"
EVERY_VERB = ("*",)

_METADATA = "option"

if TYPE_CHECKING:
    Read = TypeVar("Read", covariant=True)
    Given = TypeVar("Given", contravariant=True)

    class Parsed(Generic[Read, Given]):
        """Type of a field that accepts `Given`, such as a text, and holds `Read` (a descriptor in the sense of PEP 681)."""

        def __get__(self, instance: object, owner: type) -> Read: ...
        def __set__(self, instance: object, value: Given) -> None: ...

else:

    class Parsed:
        """`Parsed[Read, Given]`: a field that accepts `Given` and holds `Read`."""

        def __class_getitem__(cls, types):
            return types[0]


Reader = Callable[[str, Any], Any]  # the option's name and what is given, to its value


@dataclass(frozen=True, slots=True)
class Option:
    """The declaration of one option.

    Attributes:
        name: of the field and in JSON; on the command line with hyphens for underscores.
        default: the value if nothing is given; `None` or empty leaves the question open.
        metavar: what stands for the value in the help.
        help: one line.
        panel: section of the help; empty for the general one.
        limits: least and greatest number, whole if both are `int`; `None` for other values.
        choices: all texts that are accepted, where they are few.
        completes: the names that a shell completes, a key of `composer.cli.completion.TABLES`; or empty.
        replaces: options of a prompt that are dropped where this one is given explicitly.
        steers_sampling: whether it is about the sampling and not about the music.
        verbs: the verbs that take it, beside `compose`; `EVERY_VERB` for all. For the others, the user's piece determines it.
        takes_words: whether the command line also takes words for a number, which prompts know.
        parse: reads the value from a text and checks it; a value that is read already passes through. Not needed for a
            plain number, a flag or one of `choices`.
        write: the JSON form of the value, which `read` reads back.
    """

    name: str
    default: Any
    metavar: str
    help: str
    panel: str = ""
    limits: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    completes: str = ""
    replaces: tuple[str, ...] = ()
    steers_sampling: bool = False
    verbs: Collection[str] = ()
    takes_words: bool = False
    parse: Reader | None = None
    write: Callable[[Any], Any] | None = None

    def is_taken_by(self, verb: str) -> bool:
        """Whether a verb takes the option."""
        return self.verbs == EVERY_VERB or verb in self.verbs

    @property
    def flag(self) -> str:
        """The option on the command line; with its opposite for a flag that is set by default.

        >>> Option("top_p", None, "0..1", "").flag, Option("ending", True, "", "").flag
        ('--top-p', '--ending/--no-ending')
        """
        name = self.name.replace("_", "-")
        return f"--{name}/--no-{name}" if self.default is True else f"--{name}"

    @property
    def kind(self) -> type[bool] | type[int] | type[float] | type[str]:
        """Type of the value on the command line."""
        if isinstance(self.default, bool):
            return bool
        if self.limits is None:
            return str
        return int if isinstance(self.limits[0], int) else float

    def read(self, value: object) -> Any:
        """The value of the field: `value` parsed and checked; the default for `None`.

        Raises:
            BadInputError: it is not understood or out of range.
        """
        if value is None:
            return self.default
        if self.limits is not None:
            return checked_number(self.name, self.parse(self.name, value) if self.parse else value, self.limits)
        if self.kind is bool:
            return checked_flag(self.name, value)
        if self.parse:
            return self.parse(self.name, value)
        if value not in self.choices:
            raise BadInputError(f"{self.name} {value!r} is not known: choose one of {' '.join(self.choices)}")
        return value

    def to_json(self, value: Any) -> Any:
        """The JSON form of the field's value."""
        return self.write(value) if self.write else value


class Details(TypedDict, total=False):
    """What `option` takes by name; see `Option`."""

    metavar: str
    limits: tuple[float, float] | None
    choices: tuple[str, ...]
    completes: str
    replaces: tuple[str, ...]
    steers_sampling: bool
    verbs: Collection[str]
    takes_words: bool
    parse: Reader | None
    write: Callable[[Any], Any] | None


def option(default: Any, help: str, panel: str = "", **details: Unpack[Details]) -> Any:
    """A dataclass field that is an option; see `Option` for the arguments. Limits stand for a metavar that is left out."""
    limits = details.get("limits")
    shown = f"{limits[0]:g}..{limits[1]:g}" if limits else ""
    return field(default=default, metadata={_METADATA: {"metavar": shown, "help": help, "panel": panel, **details}})


def options_of(record: type) -> Mapping[str, Option]:
    """The options that a dataclass declares, by name in the order of its fields."""
    return {
        item.name: Option(item.name, None if item.default is MISSING else item.default, **item.metadata[_METADATA])
        for item in fields(record)
        if _METADATA in item.metadata
    }


def checked_flag(name: str, value: object) -> bool:
    """A flag.

    Raises:
        BadInputError: neither true nor false.
    """
    if not isinstance(value, bool):
        raise BadInputError(f"{name.replace('_', '-')} {value!r} is neither yes nor no: give true or false")
    return value
