"""Presets: styles, composers, ensembles, forms, instruments and moods as rows of TOML, and their typed loader.

Every `resolve_*` takes user input ("String quartet", "lofi", "Frederic Chopin") and returns the row, or raises `BadInputError`
with the nearest known names. A new style, mood, ensemble, form or instrument needs a row of its file and nothing else.

This package knows names and plain numbers. It does not know the model's vocabulary (which takes its style and composer
tokens from here), the training data, or how a preset is turned into music.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Protocol, TypeVar, cast

from composer.errors import BadInputError
from composer.presets.ensemble_parts import EnsemblePart
from composer.presets.user_styles import UserStyle, read_styles

__all__ = [
    "BETWEEN_DRUMS",
    "COMPOUND_BEAT",
    "SECTION_KINDS",
    "Composer",
    "Ensemble",
    "EnsemblePart",
    "Feature",
    "Form",
    "Instrument",
    "Level",
    "MoodTag",
    "Percussion",
    "Style",
    "composer_names",
    "composers",
    "ensembles",
    "features",
    "find_instrument",
    "find_percussion",
    "fold",
    "forms",
    "instrument_of",
    "instruments",
    "key_words",
    "levels",
    "mood_words",
    "moods",
    "nearest",
    "nearest_mood",
    "percussion",
    "percussion_of",
    "programs_of",
    "reload_user_styles",
    "resolve_composer",
    "resolve_ensemble",
    "resolve_feature",
    "resolve_form",
    "resolve_instrument",
    "resolve_mood",
    "resolve_style",
    "section_players",
    "style_names",
    "styles",
    "user_style",
    "voice_beside",
]

DEFAULT_ENSEMBLE = "piano"  # where neither the request nor its style names one
MAX_SECTIONS = 64
COMPOUND_METERS = ("6/8", "9/8", "12/8")
COMPOUND_BEAT = 1.5  # quarters of the felt beat of these meters

# Words that name sections, and what kind of section each is.
SECTION_KINDS = {
    "intro": "intro", "verse": "verse", "head": "verse", "chorus": "chorus", "drop": "chorus", "hook": "chorus",
    "refrain": "chorus", "bridge": "bridge", "break": "break", "breakdown": "break", "build": "build", "outro": "outro",
    "coda": "outro", "solo": "chorus", "trio": "bridge", "theme": "verse", "climax": "chorus",
}  # fmt: skip
_SHORT_KINDS = ("intro", "bridge", "break", "build", "outro")  # half as long as verses and choruses if no bars are given
_SECTION = re.compile(rf"((?:(?i:{'|'.join(sorted(SECTION_KINDS, key=len, reverse=True))})|[A-Z])'*) ?(\d{{0,4}})")
_SECTIONS = re.compile(rf"(?:(?>{_SECTION.pattern}[\s,-]*))++")  # nothing is tried twice, so that the time is linear
_BESIDE_NAME = re.compile(r"(?: \d+)?(?: \([^()]*\))?$")  # the number of a player, a hand
BETWEEN_DRUMS = " & "  # in the name of a part that plays several
_SIMILAR = 0.65  # minimum similarity of a suggested name; fewer common letters are chance

StyleKind = Literal["genre", "era", "arranged", "user"]


@dataclass(frozen=True, slots=True)
class Style:
    """A style.

    Attributes:
        name: what users type and what the control token is called.
        kind: "genre" and "era" are learned from the corpus and have one control token each (a piece has at most one of
            each); "arranged" has none: it is built from the learned styles in `builds_on`, its ensemble and its groove;
            "user" was learned from the user's music and uses a spare token.
        family: the group in which it is listed.
        title: name for display.
        description: one line of text.
        ensemble: name of its usual ensemble; empty for eras.
        tempo_qpm: usual tempo, lowest and highest, quarter notes per minute.
        meters: usual meters, the most common first.
        only_meters: the only possible meters, such as those in three for a waltz; empty if any meter is possible.
        forms: usual forms, the most common first.
        bars: usual length of a user style in bars, shortest and longest; empty for shipped styles.
        minor: share of pieces in a minor key, 0 to 1.
        major_keys: usual tonics of pieces in major.
        minor_keys: usual tonics of pieces in minor.
        seconds: usual duration of a shipped style, shortest and longest.
        builds_on: learned styles that an arranged style mixes.
        groove: learned drum style whose patterns an arranged style borrows, or empty.
        aliases: other names for it.
        token: value of its control token if that is not its name.
    """

    name: str
    kind: StyleKind
    family: str
    title: str
    description: str
    ensemble: str = ""
    tempo_qpm: tuple[float, float] = (60.0, 140.0)
    meters: tuple[str, ...] = ("4/4",)
    only_meters: tuple[str, ...] = ()
    forms: tuple[str, ...] = ("ABA",)
    bars: tuple[int, int] | tuple[()] = ()
    minor: float = 0.4
    major_keys: tuple[str, ...] = ("C", "G", "D", "F", "Bb", "A", "Eb", "E", "Ab")
    minor_keys: tuple[str, ...] = ("A", "D", "E", "G", "C", "B", "F", "F#", "C#")
    seconds: tuple[float, float] = (60.0, 100.0)
    builds_on: tuple[str, ...] = ()
    groove: str = ""
    aliases: tuple[str, ...] = ()
    token: str = ""

    @property
    def is_learned(self) -> bool:
        """Whether the model has a control token for it."""
        return self.kind != "arranged"

    def tempi_in(self, *, is_compound: bool) -> tuple[float, float]:
        """Usual tempi in simple or compound meters, lowest and highest, quarter notes per minute.

        A style whose usual meters are simple has as many beats a minute in a compound one.

        >>> styles()["march"].tempi_in(is_compound=True), styles()["jig"].tempi_in(is_compound=True)
        ((99.0, 216.0), (150, 190))
        """
        if not is_compound or any(meter in COMPOUND_METERS for meter in self.meters):
            return self.tempo_qpm
        low, high = self.tempo_qpm
        return COMPOUND_BEAT * low, COMPOUND_BEAT * high


@dataclass(frozen=True, slots=True)
class Composer:
    """A composer with a control token.

    Attributes:
        name: what users type and what the control token is called.
        title: full name.
        born: year of birth.
        died: year of death.
        era: name of the era style that fits most of his or her music.
        genres: names of the styles of a piece for which nothing but the composer is named, the most typical first.
        aliases: other spellings in the sources.
        notes: number of notes in the training split.
    """

    name: str
    title: str
    born: int
    died: int
    era: str
    genres: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    notes: int = 0


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A named list of parts, top of the score first.

    `style` is that of its pieces where none is requested; empty for any.
    """

    name: str
    title: str
    parts: tuple[EnsemblePart, ...]
    aliases: tuple[str, ...] = ()
    style: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form: section letters in order and their relative lengths.

    A repeated letter repeats the section; with an apostrophe it varies the section. If `is_counted`, the lengths are bars.
    """

    name: str
    title: str
    description: str
    letters: tuple[str, ...]
    lengths: tuple[float, ...]
    aliases: tuple[str, ...] = ()
    is_counted: bool = False

    @property
    def bars(self) -> int:
        """Number of bars that the form fixes; 0 if it fixes none."""
        return round(sum(self.lengths)) if self.is_counted else 0


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument: General MIDI program (0-127), family, and usual sounding range (MIDI pitches, inclusive).

    `short` is its abbreviation in scores, empty if it has none; `parts` has those of players of its family by name. `sounds` is
    how many semitones above the written note it sounds. Words in `among_voices` mean it beside solo voices: see `voice_beside`.
    `strings` has the open strings of an instrument on which chords are strummed, in their order on the neck; `left` is the
    range of a left hand with buttons for basses and chords. A `single` one sounds one note at a time, unlike its program.
    `first_keys` are those that its players learn first, as written; empty where any easy key is as good.
    """

    name: str
    title: str
    program: int
    family: str
    low: int
    high: int
    aliases: tuple[str, ...] = ()
    short: str = ""
    sounds: int = 0
    parts: Mapping[str, str] = field(default_factory=dict, hash=False)
    among_voices: tuple[str, ...] = ()
    strings: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    single: bool = False
    first_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Percussion:
    """Untuned percussion in place of a drum kit: the General MIDI keys of its strokes, 0 for those that it leaves out.

    Attributes:
        name: what users type.
        title: name for display.
        low: key of what a kit plays on its kick and low toms.
        high: key of what it plays on its snare and high toms.
        time: key of what it plays on its hats and rides.
        aliases: other names for it.
    """

    name: str
    title: str
    low: int = 0
    high: int = 0
    time: int = 0
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """A performance instruction for a band in addition to its style.

    Attributes:
        name: what users type.
        title: name for display.
        bass: row of `composer/arranging/basses.toml` that the bass plays, or empty.
        figures: rows of `figures.toml` by instrument family.
        energy: added to the intensity of every section, -1 to 1.
        fills: whether the drums play fills.
        line: what the melody plays: "scales" or "chords" of an exercise, or empty.
        leaves_out: player who does not play, "drums", "bass" or the "pedal" of an organ or a pianist, or empty.
        aliases: other names for it.
    """

    name: str
    title: str
    bass: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)
    energy: float = 0.0
    fills: bool = True
    line: str = ""
    leaves_out: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """How hard a piece may be for its players.

    Attributes:
        name: what users type.
        title: name for display.
        reach: semitones from the lowest note of an instrument to the highest one that it plays.
        hand: semitones of the range of one hand on a keyboard.
        position: whether a hand keeps to the five notes from the tonic up in that range.
        span: semitones from the lowest to the highest note of a melody.
        leap: semitones between two notes of a melody, at most.
        unit: length of its shortest notes in quarter notes.
        dotted: whether a note may begin between beats without one on the beat.
        on_beats: whether an accompaniment strikes on beats only.
        pace: notes of a melody per quarter note, at most.
        chord: notes that a hand strikes together, at most.
        stops: whether players of bowed strings play two notes together.
        accidentals: of its key signature, at most.
        tempo: quarter notes per minute, slowest and fastest.
        bars: usual length, shortest and longest.
        meters: usual meters, the most common first.
        aliases: other names for it.
    """

    name: str
    title: str
    reach: int
    hand: int
    position: bool
    span: int
    leap: int
    unit: float
    dotted: bool
    on_beats: bool
    pace: float
    chord: int
    stops: bool
    accidentals: int
    tempo: tuple[float, float]
    bars: tuple[int, int]
    meters: tuple[str, ...]
    aliases: tuple[str, ...] = ()

    def together(self, program: int) -> int:
        """Notes that a player or hand strikes together on an instrument, at most."""
        return 1 if not self.stops and program in programs_of("solo-strings", "fiddle") else self.chord


@dataclass(frozen=True, slots=True)
class MoodTag:
    """A mood word as a point on the affective plane (valence and arousal, each -1..1), with its synonyms.

    `styles` are the names of the styles for a piece of which nothing but the mood is known; `opposite` is the tag that "not X"
    means.
    """

    name: str
    valence: float
    arousal: float
    source: str = ""
    aliases: tuple[str, ...] = ()
    opposite: str = ""
    styles: tuple[str, ...] = ()


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


Row = TypeVar("Row", bound=_Named)


def fold(text: str) -> str:
    """A name for comparison: lower case, no accents, one hyphen for any run of spaces and punctuation.

    >>> fold("Fauré, Gabriel"), fold("String  Quartet"), fold("Żeleński")
    ('faure-gabriel', 'string-quartet', 'zelenski')
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ø", "o").replace("ß", "ss"))
    return re.sub(r"[^\w']+|_+", "-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")


def _read(filename: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("composer.presets").joinpath(filename).read_text(encoding="utf-8"))


def _rows(filename: str, make: Callable[..., Row]) -> Mapping[str, Row]:
    """All rows of a file by name; lists become tuples so that rows stay frozen and hashable."""
    return {
        name: make(name=name, **{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
        for name, row in _read(filename).items()
    }


@cache
def _shipped_styles() -> Mapping[str, Style]:
    return _rows("styles.toml", Style)


@cache
def styles() -> Mapping[str, Style]:
    """All styles by name: genres, eras, arranged styles, then user styles (see `presets.user_styles`)."""
    learned = {name: _as_style(style) for name, style in _user_styles().items() if name not in _shipped_styles()}
    return {**_shipped_styles(), **learned}


@cache
def style_names() -> tuple[str, ...]:
    """Names of the shipped learned styles in the order of their control tokens. Append to the file, never reorder."""
    return tuple(style.name for style in _shipped_styles().values() if style.is_learned)


@cache
def _user_styles() -> Mapping[str, UserStyle]:
    """The user styles; unreadable ones are skipped."""
    return {name: style for name, style in read_styles().items() if isinstance(style, UserStyle)}


def user_style(name: str) -> UserStyle | None:
    """The record of a user style; `None` for any other name."""
    return None if name in _shipped_styles() else _user_styles().get(name)


def reload_user_styles() -> None:
    """Reads the user styles again after one was learned or removed."""
    for table in (_user_styles, styles, ensembles, _index):
        table.cache_clear()


def _as_style(record: UserStyle) -> Style:
    return Style(
        name=record.name,
        kind="user",
        family="user",
        title=record.name,
        description=record.description,
        ensemble=record.ensemble or record.name,
        tempo_qpm=record.tempo_qpm,
        meters=record.meters,
        forms=_shipped_styles()[record.nearest].forms if record.nearest in _shipped_styles() else ("ABA",),
        bars=record.bars,
        token=record.token,
    )


@cache
def composers() -> Mapping[str, Composer]:
    """All composers by name."""
    return _rows("composers.toml", Composer)


@cache
def composer_names() -> tuple[str, ...]:
    """Names of the composers in the order of their control tokens. Append to the file, never reorder."""
    return tuple(composers())


@cache
def ensembles() -> Mapping[str, Ensemble]:
    """All ensembles by name, including those of user styles that no preset has."""
    result: dict[str, Ensemble] = {}
    for record in _user_styles().values():
        if not record.ensemble:
            result[record.name] = Ensemble(record.name, f"as in {record.name}", record.parts)
    for name, row in _read("ensembles.toml").items():
        parts = tuple(EnsemblePart(**part) for part in row["parts"])
        result[name] = Ensemble(name, row["title"], parts, tuple(row.get("aliases", ())), row.get("style", ""))
    return result


@cache
def forms() -> Mapping[str, Form]:
    """All forms by name."""
    return _rows("forms.toml", Form)


@cache
def features() -> Mapping[str, Feature]:
    """Performance instructions for bands, by name."""
    return _rows("features.toml", Feature)


@cache
def levels() -> Mapping[str, Level]:
    """All levels of difficulty by name, the easiest first."""
    return _rows("levels.toml", Level)


@cache
def instruments() -> Mapping[str, Instrument]:
    """All instruments by name, the 128 of General MIDI in order of program; others share one of their programs."""
    return _rows("instruments.toml", Instrument)


@cache
def _by_program() -> Mapping[int, Instrument]:
    return {row.program: row for row in reversed([*instruments().values()])}  # the first row of a program counts


def instrument_of(program: int, name: str = "") -> Instrument:
    """The instrument of a program, 0-127: the one of that program that the name of a part says, else that of General MIDI.

    >>> instrument_of(40).title, instrument_of(71, "Bass Clarinet 2").title, instrument_of(71, "Ukulele").title
    ('Violin', 'Bass Clarinet', 'Clarinet')
    """
    named = find_instrument(_BESIDE_NAME.sub("", name)) if name else None
    return named if named and named.program == program else _by_program()[program]


@cache
def programs_of(*families: str) -> frozenset[int]:
    """General MIDI programs of the instruments of some families (`family` in instruments.toml).

    Raises:
        KeyError: there is no such family.

    >>> sorted(programs_of("voice", "timpani"))
    [47, 52, 53, 54]
    """
    members: dict[str, set[int]] = {}
    for row in instruments().values():
        members.setdefault(row.family, set()).add(row.program)
    return frozenset(program for family in families for program in members[family])


@cache
def percussion() -> Mapping[str, Percussion]:
    """Untuned percussion by name."""
    return _rows("percussion.toml", Percussion)


def find_percussion(text: str) -> Percussion | None:
    """The untuned percussion with a name, title or alias; `None` if it is unknown."""
    return _find(text, percussion)


def percussion_of(name: str) -> tuple[Percussion | None, ...]:
    """What a drum part with a name plays: untuned percussion, and `None` for a drum kit.

    >>> [row and row.name for row in percussion_of("Drums & Congas")]
    [None, 'congas']
    """
    return tuple(map(find_percussion, name.split(BETWEEN_DRUMS)))


@cache
def moods() -> Mapping[str, MoodTag]:
    """All mood tags by name."""
    return _rows("moods.toml", MoodTag)


def nearest_mood(valence: float, arousal: float) -> MoodTag:
    """The mood tag nearest to a point on the affective plane.

    >>> nearest_mood(0.8, 0.5).name, nearest_mood(-0.6, -0.3).name
    ('happy', 'sad')
    """
    return min(moods().values(), key=lambda tag: (tag.valence - valence) ** 2 + (tag.arousal - arousal) ** 2)


@cache
def mood_words() -> Mapping[str, tuple[float, float]]:
    """Character and tempo words of scores in several languages: word to (valence, arousal), each -1..1."""
    return {word: (float(row["valence"]), float(row["arousal"])) for word, row in _read("mood_words.toml").items()}


@cache
def key_words() -> Mapping[str, Any]:
    """Words for keys in several languages: tables "modes", "accidentals", "german" and "solmisation" of prompt.toml."""
    table = _read("prompt.toml")
    return {name: table[name] for name in ("modes", "accidentals", "german", "solmisation")}


@cache
def nearest() -> Mapping[str, Mapping[str, Any]]:
    """The nearest presets for names without one.

    The tables "genres" and "artists" have rows with `style`, `why` and further options, "instruments" has names of General MIDI
    instruments, and "in_drum_parts" styles by percussion.
    """
    tables = _read("nearest.toml")
    for kind, rows in (("genres", styles()), ("instruments", instruments())):
        names = {fold(text) for row in rows.values() for text in (row.name, row.title)}
        tables[kind] = {text: row for text, row in tables[kind].items() if fold(text) not in names}
    for act in cast(list[dict[str, Any]], tables.pop("acts")):
        for name in act["names"]:
            tables["artists"].setdefault(name, {option: value for option, value in act.items() if option != "names"})
    return tables


def _near(what: str, folded: str) -> list[str]:
    """Names of the nearest presets for a name without a preset; for a group of players, of its style and instruments."""
    tables = {"style": ("genres", "artists"), "instrument": ("instruments",), "ensemble": ("genres",)}.get(what, ())
    for row in (nearest()[table][text] for table in tables for text in nearest()[table] if fold(text) == folded):
        if what != "ensemble":
            return [row if isinstance(row, str) else row["style"]]
        if "group" in row:
            return [f"style {row['style']} with instruments {', '.join(row['instruments'])}"]
    return []


def _resolve(what: str, text: str, table: Callable[[], Mapping[str, Row]]) -> Row:
    """The row that `text` names, by name, title or alias."""
    if (row := _find(text, table)) is not None:
        return row
    names, folded = _index(table), fold(text)
    if kin := _near(what, folded):
        raise BadInputError(f"{what} {text!r} is not known: the nearest is {kin[0]} (`cantilena {what}s` lists all)")
    near = difflib.get_close_matches(folded, names, n=8, cutoff=_SIMILAR)
    hint = list(dict.fromkeys(names[name] for name in near))[:3]
    remedy = f"did you mean {', '.join(hint)}? (`cantilena {what}s` lists all)" if hint else f"`cantilena {what}s` lists all"
    raise BadInputError(f"{what} {text!r} is not known: {remedy}")


def _find(text: str, table: Callable[[], Mapping[str, Row]]) -> Row | None:
    """The row that `text` names, by name, title or alias, in the singular or plural; `None` if there is none."""
    names, folded = _index(table), fold(text)
    found = next((names[candidate] for candidate in (folded, folded.removesuffix("s")) if candidate in names), None)
    return None if found is None else table()[found]


@cache
def _index(table: Callable[[], Mapping[str, _Named]]) -> Mapping[str, str]:
    """Maps the folded name, title and aliases of every row to its name."""
    index: dict[str, str] = {}
    for row in table().values():
        for text in (getattr(row, "title", ""), *row.aliases):
            index.setdefault(fold(text), row.name)
    index.update({fold(name): name for name in table()})  # a row's name beats another row's alias
    index.pop("", None)
    return index


def resolve_style(text: str) -> Style:
    """Returns the style with a name, title or alias.

    Raises:
        BadInputError: the style is unknown.

    >>> resolve_style("String Quartet").name, resolve_style("lofi").kind
    ('string-quartet', 'arranged')
    """
    return _resolve("style", text, styles)


def resolve_composer(text: str) -> Composer:
    """Returns the composer with a name, title or alias.

    Raises:
        BadInputError: the composer is unknown.

    >>> resolve_composer("Chopin, Fryderyk").name, resolve_composer("J.S. Bach").name
    ('chopin', 'bach')
    """
    return _resolve("composer", text, composers)


def resolve_ensemble(text: str) -> Ensemble:
    """Returns the ensemble with a name, title or alias.

    Raises:
        BadInputError: the ensemble is unknown.

    >>> [part.name for part in resolve_ensemble("string quartet").parts]
    ['Violin 1', 'Violin 2', 'Viola', 'Cello']
    """
    return _resolve("ensemble", text, ensembles)


def resolve_form(text: str) -> Form:
    """Returns a named form, or one spelled in letters or words, optionally with bar counts.

    Raises:
        BadInputError: neither a known form nor two to sixty-four sections, or sections with and without counts.

    >>> resolve_form("rondo").letters, resolve_form("AABC").letters, resolve_form("A8 B8 A4").lengths
    (('A', 'B', 'A', 'C', 'A'), ('A', 'A', 'B', 'C'), (8, 8, 4))
    >>> resolve_form("intro, verse, chorus, verse', outro").letters, resolve_form("Intro 4 Verse 8 Outro 4").name
    (('Intro', 'Verse', 'Chorus', "Verse'", 'Outro'), 'Intro4 Verse8 Outro4')
    """
    if fold(text) in _index(forms) or not _SECTIONS.fullmatch(text.strip()):
        return _resolve("form", text, forms)
    sections = [(name.capitalize(), bars) for name, bars in _SECTION.findall(text)]
    if len(sections) > MAX_SECTIONS:
        raise BadInputError(f"form {text[:40]!r} has {len(sections)} sections: give at most {MAX_SECTIONS}")
    if any(bars for _, bars in sections):
        return _counted_form(text.strip(), sections)
    letters = tuple(name for name, _ in sections)
    if len(letters) == 1:
        return _resolve("form", text, forms)
    kinds = [SECTION_KINDS.get(letter.rstrip("'").lower(), "") for letter in letters]
    name = " ".join(letters) if any(kinds) else text.strip()
    return Form(name, name, "as spelled", letters, tuple(1.0 if kind in ("", *_SHORT_KINDS) else 2.0 for kind in kinds))


def _counted_form(text: str, sections: Sequence[tuple[str, str]]) -> Form:
    """A form with a number of bars after each section."""
    bare = next((name for name, bars in sections if not int(bars or 0)), None)
    if bare:
        raise BadInputError(f"section {bare!r} of form {text!r} has no bars: count all sections or none, as in 'A8 A8 B8 A8'")
    letters, lengths = tuple(name for name, _ in sections), tuple(int(bars) for _, bars in sections)
    return Form(" ".join(f"{name}{bars}" for name, bars in sections), text, "as counted", letters, lengths, is_counted=True)


def resolve_feature(text: str) -> Feature:
    """Returns the feature of a band with a name, title or alias.

    Raises:
        BadInputError: the feature is unknown.

    >>> resolve_feature("walking bass").name
    'walking-bass'
    """
    near = _index(features)
    name = fold(text)
    if name not in near:
        player = name.removeprefix("without-").removeprefix("no-")
        remedy = f'`--sections "all: no {player}"` lets a player rest, ' if player != name else ""
        raise BadInputError(f"feature {text[:40]!r} is not known: {remedy}features are {', '.join(features())}")
    return features()[near[name]]


def resolve_instrument(text: str) -> Instrument:
    """Returns the General MIDI instrument with a name, title or alias.

    Raises:
        BadInputError: the instrument is unknown.

    >>> resolve_instrument("violin").program, resolve_instrument("Double Bass").title
    (40, 'Contrabass')
    """
    return _resolve("instrument", text, instruments)


_SINGER = "solo-voice"  # family
_OF_BANDS = ("acoustic-guitar", "electric-guitar", "acoustic-bass", "electric-bass", "saxophone")  # families


_NOT_OF_ORCHESTRAS = frozenset(
    (*_OF_BANDS, "piano", "electric-piano", "electric-organ", "synth-lead", "synth-pad", "synth-brass")
)


def voice_beside(word: str, players: Iterable[str]) -> Instrument | None:
    """The voice that a word means in a list with other players, if one of them is a solo voice and none is of a band.

    Args:
        word: as the user wrote it.
        players: names of the other instruments; drums have a name without a row.

    >>> [voice.name for voice in [voice_beside("bass", ["alto", "tenor"])] if voice]
    ['bass-voice']
    >>> voice_beside("bass", ["tenor", "drums"]), voice_beside("bass", ["violin"])
    (None, None)
    """
    others = [instruments().get(name) for name in players]
    families = {row.family if row else "" for row in others}
    if _SINGER not in families or families & {"", *_OF_BANDS}:
        return None
    return next((row for row in instruments().values() if fold(word) in row.among_voices), None)


@cache
def _sections() -> Mapping[str, tuple[str, ...]]:
    """Players of the sections of an orchestra, by every word for them."""
    table = _read("sections.toml")
    return {fold(word): tuple(row["players"]) for name, row in table.items() for word in (name, *row["aliases"])}


def section_players(word: str, beside: Iterable[str]) -> tuple[str, ...]:
    """The players that a section of an orchestra means in a list; empty for other words, and beside several of them or bands.

    Args:
        word: as the user wrote it.
        beside: the other words of the list.

    >>> section_players("winds", ["strings", "timpani"]), section_players("strings", ["electric bass", "drums"])
    (('flute', 'oboe', 'clarinet', 'bassoon'), ())
    """
    players = _sections().get(fold(word), ())
    others = [row for other in beside if fold(other) not in _sections() and (row := find_instrument(other))]
    is_band = any(row.family in _NOT_OF_ORCHESTRAS for row in others)
    return () if is_band or sum(row.name in players for row in others) > 1 else players


def find_instrument(text: str) -> Instrument | None:
    """The General MIDI instrument with a name, title or alias; `None` if it is unknown."""
    return _find(text, instruments)


def resolve_mood(text: str) -> MoodTag:
    """Returns the mood tag with a name, title or alias.

    Raises:
        BadInputError: the mood is unknown.
    """
    return _resolve("mood", text, moods)
