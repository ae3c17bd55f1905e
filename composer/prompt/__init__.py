"""From a free-text prompt to options of a brief: "a sad slow waltz for string quartet in D minor, about a minute".

A hand-written grammar and lexicon: no model, no network, no randomness. A prompt passes through these modules in turn:
`titles`, `prompt_text` (words), `segments` (the longest known phrase at each place, by `lexicon` and `figures`), `reading`
(what modifies what, by `surroundings`), `scopes` (of which place it is said), `story` and `roles_of_places` (who does what
when and where, by `clauses`), `bars_of_parts` (what lasts how long), `phases` (what holds from one time to the next),
`settle` (one value per option) with its modules for moods, styles, players and scalars, and `parts` (who plays).

Knows the terms of Western musicians and of the presets, not what a sentence means: phrases that it cannot use are listed in
`Understanding.ignored`. docs/prompts.md describes what it reads and how often it is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from composer.brief import DRUMS, Brief
from composer.errors import BadInputError
from composer.presets import resolve_form
from composer.prompt.account import account_of
from composer.prompt.bars_of_parts import with_bars_of_parts
from composer.prompt.ellipses import in_full
from composer.prompt.findings import Finding
from composer.prompt.levels_of_players import with_levels_of_players
from composer.prompt.lexicon import phrase_of
from composer.prompt.movements import with_first_movement
from composer.prompt.named_parts import without_listed_horns, without_single_strokes, without_techniques
from composer.prompt.nearest import impossible, notes_of, style_for, unknown_words
from composer.prompt.phases import with_phases
from composer.prompt.players_in_turn import with_players_in_turn
from composer.prompt.prompt_text import EXAMPLE, MAX_CHARACTERS, read_text
from composer.prompt.reading import read_findings
from composer.prompt.roles_of_places import with_roles_of_places
from composer.prompt.scopes import with_scopes
from composer.prompt.segments import without_compounds
from composer.prompt.settle import settle
from composer.prompt.settle_moods import with_gravity, with_moods_of_scenes
from composer.prompt.settle_places import with_places
from composer.prompt.settle_scalars import LOOP
from composer.prompt.settle_sections import with_swing_as_style
from composer.prompt.settle_styles import with_bands_of_drums, with_genres_of_players, with_sections_of_bands
from composer.prompt.settled import Conflict
from composer.prompt.song_lists import with_solo_of_each, with_solos_of_lists, with_song_list
from composer.prompt.story import with_story
from composer.prompt.titles import titled

__all__ = ["EXAMPLE", "MAX_CHARACTERS", "Conflict", "Understanding", "merge", "parse_prompt"]


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a prompt was read.

    Attributes:
        options: options for `Brief.from_dict`.
        understood: phrases of the prompt with their meaning, in reading order.
        ignored: clauses of the prompt, or parts of one, that have no effect.
        conflicts: phrases that contradict each other, and which one counts.
        notes: one line for each phrase that was replaced by the nearest style or instrument.
        title: of the piece, if the prompt gives one.
        redundant: phrases that set nothing because the other words do.
    """

    options: Mapping[str, Any]
    understood: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    notes: tuple[str, ...] = ()
    title: str = ""
    redundant: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """A description in a few lines."""
        said = "; ".join(f"{phrase} -> {meaning}" for phrase, meaning in self.understood)
        return [
            f"understood: {said}",
            *([f"no further effect: {', '.join(self.redundant)}"] if self.redundant else []),
            *([f"not done: {'; '.join(self.ignored)}"] if self.ignored else []),
            *(f"{item.lost!r} gives way to {item.won!r} ({item.option})" for item in self.conflicts),
            *self.notes,
        ]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "options": dict(self.options),
            "understood": [list(item) for item in self.understood],
            "redundant": list(self.redundant),
            "ignored": list(self.ignored),
            "conflicts": [item._asdict() for item in self.conflicts],
            "notes": list(self.notes),
            **({"title": self.title} if self.title else {}),
        }


def parse_prompt(text: str) -> Understanding:
    """Reads a prompt with the grammar and the lexicon.

    Values that a brief would refuse ("at 900 bpm") are passed on, so that the brief refuses them with its reasons.

    Raises:
        BadInputError: the prompt is too long, or nothing in it is understood.

    >>> parse_prompt("a sad slow waltz for string quartet in D minor, about a minute").options == {
    ...     "mood": ["sad"], "style": "waltz", "ensemble": "string-quartet", "key": "D minor", "tempo": 77.0, "duration": 60.0}
    True
    """
    given = titled(text)
    if not given.title:
        return _read(text)
    try:
        reading = _read(given.rest)
    except BadInputError:
        reading = _read(text)  # only the title says what the piece is like
    return replace(reading, title=given.title, understood=(*reading.understood, (given.phrase, f"title {given.title}")))


def _read(text: str) -> Understanding:
    """Reads a prompt without its title."""
    prepared = in_full(without_compounds(read_text(text)))
    reading = read_findings(prepared)
    findings = with_first_movement(with_scopes(without_techniques(reading.findings), prepared), prepared)
    findings = with_roles_of_places(with_story(findings, prepared), prepared)
    findings = with_levels_of_players(without_single_strokes(without_listed_horns(findings)), prepared)
    findings = with_song_list(with_sections_of_bands(with_genres_of_players(with_bands_of_drums(findings))), prepared)
    findings = with_bars_of_parts(
        with_players_in_turn(with_solos_of_lists(with_solo_of_each(findings, prepared)), prepared), prepared
    )
    findings = with_moods_of_scenes(with_phases(with_places(with_swing_as_style(findings)), prepared))
    settled = settle(with_gravity(findings, prepared))
    if not settled.options:
        shown = f"{text[:60]}..." if len(text) > 60 else text
        raise BadInputError(f"prompt {shown!r} has no phrase that is understood: write for example {EXAMPLE!r}")
    ignored = _outside_lists(reading.ignored, findings)
    notes = notes_of(findings, settled.options)
    if unknown_words(ignored) and not {"style", "ensemble", "instruments"} & settled.options.keys():
        style, note = style_for(settled.options, ignored)
        settled.options |= {"style": style} if style else {}
        notes.append(note)
    known = {conflict.lost for conflict in settled.conflicts}
    known |= {finding.phrase for place, finding in enumerate(findings) if place in settled.meanings}
    unsaid = [finding.phrase for finding in findings if finding.phrase not in known]
    account = account_of(text, prepared, findings, ignored, settled)
    lost = [phrase for phrase in ignored if phrase not in account.met]
    notes += [*impossible(findings, (*lost, *unsaid), settled), *account.reasons]
    return Understanding(
        settled.options,
        _joined(account.understood),
        account.not_done,
        tuple(settled.conflicts),
        tuple(notes),
        redundant=account.redundant,
    )


def _outside_lists(ignored: Sequence[str], findings: Sequence[Finding]) -> list[str]:
    """The phrases that are not in a list of sections or a place of a solo, which are read as a whole."""
    lists = [f" {' '.join(phrase_of(one.phrase))} " for one in findings if one.kind in ("form", "phase", "solo after")]
    return [phrase for phrase in ignored if not any(f" {' '.join(phrase_of(phrase))} " in said for said in lists)]


def _joined(understood: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The meanings of a phrase that says several things, as one."""
    groups = groupby(understood, key=lambda item: item[0])
    return tuple((phrase, ", ".join(dict.fromkeys(meaning for _, meaning in items))) for phrase, items in groups)


def merge(understanding: Understanding, explicit: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a prompt, overridden by those given explicitly and without the options that these replace.

    Args:
        understanding: of the prompt.
        explicit: options as for `Brief.from_dict`; `None` is ignored.

    >>> said = parse_prompt("sad waltz for flute, a minute")
    >>> sorted(merge(said, {"bars": 16, "instruments": "violin", "mood": None}).items())
    [('bars', 16), ('instruments', 'violin'), ('mood', ['sad']), ('style', 'waltz')]
    """
    given = {option: value for option, value in explicit.items() if value is not None}
    options = Brief.options()
    replaced = {*given, *(other for option in given.keys() & options.keys() for other in options[option].replaces)}
    if _only_drums(given):
        replaced |= {"scale", "polyphony", "chords"}
    if _states_tempi(given):
        replaced.add("tempo")
    if _rules_out(given, understanding.options.get("form")):
        replaced.add("form")
    kept = {option: value for option, value in understanding.options.items() if option not in replaced}
    lengths = {"tempo", "bars", "duration"}
    if lengths <= {*kept, *given} and not lengths <= {*given}:
        kept.pop(next(option for option in ("duration", "tempo", "bars") if option in kept))  # only two of the three are free
    return kept | given


def _only_drums(given: Mapping[str, Any]) -> bool:
    """Whether the explicit instruments are drums only."""
    try:
        return set(Brief.from_dict({"instruments": given.get("instruments")}).instruments) == {DRUMS}
    except BadInputError:  # for the brief to refuse
        return False


def _states_tempi(given: Mapping[str, Any]) -> bool:
    """Whether the explicit tempo curve is in quarter notes per minute, not in shares of the tempo."""
    try:
        curve = Brief.from_dict({"tempo_curve": given.get("tempo_curve")}).tempo_curve
    except BadInputError:  # for the brief to refuse
        return False
    return bool(curve) and not curve[0].pace.is_share


def _rules_out(given: Mapping[str, Any], form: str | None) -> bool:
    """Whether explicit bars are too few for the loop of a prompt, which stays a loop without its form, or hits end it."""
    bars = given.get("bars")
    return form == LOOP and ("hits" in given or (isinstance(bars, int) and bars < len(resolve_form(LOOP).letters)))
