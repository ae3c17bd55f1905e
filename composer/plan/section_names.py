"""What names of sections mean: "B", "chorus", "drop", "middle", "end", "last chorus", "all". Knows forms, not what is set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce

from composer.brief import EVERY, SectionSetting
from composer.errors import BadInputError
from composer.plan.sections import PAUSE, UPBEAT, Section, theme_and_variations
from composer.presets import SECTION_KINDS

_ENDS = ("intro", "outro")
_COUNTED = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}  # before a name: "last chorus"
_SHARES = re.compile(r"(?:from ([0-9]{1,2})%)? ?(?:until ([0-9]{1,2})%)?")


def kinds_of(sections: Sequence[Section]) -> dict[str, str]:
    """The kind of section of each letter: by its name, or by the order in which letters appear and return.

    >>> kinds_of([Section("A", 0, 8), Section("B", 8, 8), Section("A", 16, 8), Section("Coda", 24, 4)])
    {'A': 'verse', 'B': 'bridge', 'Coda': 'outro'}
    """
    kinds: dict[str, str] = {}
    letters = list(dict.fromkeys(section.letter for section in sections))
    for silent in {UPBEAT, PAUSE} & set(letters):
        letters.remove(silent)
        kinds[silent] = "verse"
    plain = [letter for letter in letters if letter.lower() not in SECTION_KINDS]
    names = [section.letter for section in sections]
    by_order = ["verse", "chorus", "bridge"]
    if len(plain) > 1 and names.count(plain[1]) == 1 and names.count(plain[0]) > 1:
        by_order = ["verse", "bridge", "chorus"]  # a middle section that does not return
    for letter in letters:
        kinds[letter] = SECTION_KINDS.get(letter.lower()) or by_order[min(plain.index(letter), 2)]
    return kinds


def sections_named(name: str, sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections that a name means, no pauses; none if the form has no such section.

    "start" and "end" are the first and the last one; "middle" is what differs from the beginning between them. "from 50%"
    are the sections from the one on that begins nearest to the half, "until 50%" those before it, "from 33% until 67%" those
    between. In a theme with variations, "theme", "variation 2" and "variations" name them. A "solo" is a section of that
    name, or any chorus where none has it.

    >>> form = [Section(name, 8 * place, 8) for place, name in enumerate(["Intro", "A", "B", "A", "B", "C", "B"])]
    >>> [[each.start_bar for each in sections_named(name, form)] for name in ("chorus", "last chorus", "middle", "end")]
    [[16, 32, 48], [48], [16, 32, 40], [48]]
    >>> [[each.start_bar for each in sections_named(name, form)] for name in ("until 33%", "from 67%", "second chorus")]
    [[0, 8], [40, 48], [32]]
    >>> form = [Section(name, 8 * place, 8) for place, name in enumerate(["Verse", "Chorus", "Solo", "Chorus"])]
    >>> [[each.start_bar for each in sections_named(name, form)] for name in ("solo", "chorus", "drop")]
    [[16], [8, 24], [8, 16, 24]]
    >>> form = [Section("A" + "'" * number, 8 * number, 8) for number in range(4)]
    >>> [[each.name for each in sections_named(name, form)] for name in ("theme", "variation 1", "last variation")]
    [['A'], ["A'"], ["A'''"]]
    """
    sections = [section for section in sections if section.name != PAUSE]
    word, _, rest = name.partition(" ")
    if of_theme := _variations_named(name, sections):
        return of_theme
    if word in _COUNTED and rest:
        found = sections_named(rest, sections)
        return found[_COUNTED[word] :][:1]
    if name and (shares := _SHARES.fullmatch(name)):
        first, last = (_turn(sections, share) for share in shares.groups())
        return tuple(one for one in sections if (first or 0) <= one.start_bar and (last is None or one.start_bar < last))
    kinds = kinds_of(sections)
    if name in ("start", "end"):
        return (sections[0 if name == "start" else -1],)
    if name == "middle":
        inner = [section for section in sections if kinds[section.letter] not in _ENDS]
        others = [section for section in inner[1:-1] if section.letter != inner[0].letter]
        return tuple(others or inner[1:-1])
    if name == EVERY:
        return tuple(sections)
    called = tuple(section for section in sections if name in (section.name.lower(), section.letter.lower()))
    if called and name not in _ENDS:
        return called
    return tuple(section for section in sections if kinds[section.letter] in (name, SECTION_KINDS.get(name)))


def _variations_named(name: str, sections: Sequence[Section]) -> tuple[Section, ...]:
    """The theme or the variations that a name means; none in other forms."""
    if not (inner := theme_and_variations(sections)):
        return ()
    named = {"theme": inner[:1], "variation": inner[1:], "variations": inner[1:]}
    named |= {f"variation {number}": (section,) for number, section in enumerate(inner[1:], 1)}
    return named.get(name, ())


def _turn(sections: Sequence[Section], share: str | None) -> int | None:
    """The bar of the section, other than the first, that begins nearest to a share of the piece in per cent."""
    if share is None:
        return None
    wanted = int(share) / 100 * (sections[-1].start_bar + sections[-1].bars)
    return min((section.start_bar for section in sections[1:]), key=lambda start: abs(start - wanted), default=0)


def check_names(settings: Sequence[SectionSetting], sections: Sequence[Section]) -> None:
    """Checks that the sections exist. A kind of section that the piece lacks is not an error.

    Raises:
        BadInputError: one does not.
    """
    for setting in settings:
        word, _, rest = setting.section.partition(" ")
        name = rest if word in _COUNTED else setting.section
        if name not in (EVERY, *SECTION_KINDS) and not sections_named(setting.section, sections):
            names = ", ".join(dict.fromkeys(section.name for section in sections))
            raise BadInputError(f"the piece has no section {setting.section!r}: it has {names}")


def settings_by_section(settings: Sequence[SectionSetting], sections: Sequence[Section]) -> Mapping[int, SectionSetting]:
    """All settings of each section, by its first bar; those of every section first, which others override."""
    found: dict[int, list[SectionSetting]] = {section.start_bar: [] for section in sections}
    for setting in sorted(settings, key=lambda one: one.section != EVERY):
        for section in sections_named(setting.section, sections):
            found[section.start_bar].append(setting)
    return {
        section.start_bar: reduce(SectionSetting.merged, found[section.start_bar], SectionSetting(section.name))
        for section in sections
    }
