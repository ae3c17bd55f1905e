"""The key: names in several languages, signatures, church modes, and scales without signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from composer.prompt.figures.patterns import END, Rule, number_of, number_pattern
from composer.prompt.lexicon import either, prompt_table
from composer.score import CHURCH_MODES, OTHER_SCALES, Key, parse_pitch_name

_GERMAN = r"\b(?:für|und|mit|eine?|der|die|das|takte?n?|minuten?|sekunden?|schläge)\b"
_GERMAN_KEYS = "Es|As|Des|Ges|Fis|Cis|Gis|H|B"  # without a mode: "eine Gigue in Es"
_DUTCH_NOTES = {"b": "B", "bes": "Bb"}  # others are called as in German
PENTATONIC = "pentatonic"  # a scale that is major or minor as the key or the mood is
_BLACK_KEYS = "Gb major pentatonic"
_POSITION = r"[ -](?:major )?(?:five[ -]finger )?position\b"
OTHER_MODE = {"minor": "major", "major": "minor"}


@cache
def _signs() -> Mapping[str, str]:
    """Words for accidentals, to their signs."""
    return {word: sign for sign, words in prompt_table()["accidentals"].items() for word in words}


@cache
def sign_pattern() -> str:
    """A pattern for the accidental after a letter, in one group that may be missing."""
    return rf"([ -]?(?:{either(_signs())})|b)?"


def key_of(letter: str, accidental: str | None, mode: str) -> str:
    """The name of a key, for one with more than seven accidentals that of its enharmonic equivalent.

    >>> key_of("e", " flat", "major"), key_of("d", " flat", "minor")
    ('Eb major', 'C# minor')
    """
    name = f"{_note_of(letter, accidental)} {mode}"
    return name if mode == f"major {PENTATONIC}" else str(Key.parse_any_spelling(name))


def _note_of(letter: str, accidental: str | None) -> str:
    bare = (accidental or "").strip(" -").lower()
    return f"{letter.upper()}{_signs().get(bare, bare)}"


def key_rules() -> tuple[Rule, ...]:
    """Rules of kind "key", "mode", "plain key", "notes" and "alternative", a second key that is as good."""
    table, sign = prompt_table(), sign_pattern()
    modes = words_for_modes()
    german, solmisation = table["german"], table["solmisation"]
    dutch = {**german, **_DUTCH_NOTES}

    def full(match: re.Match[str]) -> str | None:
        """The key of "A minor"; `None` for "a minor key"."""
        names_mode = re.match(r"[ -](?:key|mode|tonality)\b", match.string[match.end() :])
        return None if names_mode and match[1] == "a" and not match[2] else key_of(match[1], match[2], modes[match[3]])

    def other_key(match: re.Match[str]) -> str | None:
        """A second key that is as good, "C major or G major"; `None` where none is before it."""
        before = re.search(rf"(?:major|minor|dur|moll|{romance}|\b[a-g]{sign}) $", match.string[: match.start()])
        return match[0] if before else None

    def in_major(match: re.Match[str]) -> str:
        return key_of(match[1], match[2], "major")

    def sung(match: re.Match[str]) -> str:
        return key_of(solmisation[match[1]], match[2], modes[match[3]])

    def in_german(match: re.Match[str]) -> str | None:
        """The key of "in Es"; B is Bb in a German prompt only."""
        is_german = match[1] != "B" or re.search(_GERMAN, match.string, re.IGNORECASE)
        return f"{german[match[1].lower()]} major" if is_german else None

    def church_key(match: re.Match[str]) -> str | None:
        """The key of "in A dorian"; `None` for "a dorian tune", which names a mode only."""
        is_article = match[2] == "a" and not match[1] and not match[3]
        return None if is_article else modal_key(match[2], match[3], match[4])

    def modal_key(letter: str, sign: str | None, words: str) -> str:
        scale = scale_of(words)
        return key_of(letter, sign, f"major {scale}" if scale == PENTATONIC else scale)

    def scale_of(words: str) -> str:
        return str(scales[re.sub("[ -]+", " ", words.lower())])

    end = r"(?![^\W_]|[#♯♭])"
    church = r"[a-z]*(?:dorian|phrygian|lydian|locrian|aeolian|ionian)"
    other = rf"(?![ -](?:{either((*modes, *_signs()))}|{church}|blues|harmonic|melodic|natural)\b)"
    scales = {mode: mode for mode in CHURCH_MODES} | {word: name for name, words in table["scales"].items() for word in words}
    modal, named = either(scales), "(?: (?:mode|scale)s?\\b)?"
    abroad = {word: mode for mode, words in table["church_modes"].items() for word in words}
    romance = r"mineur|majeur|minore|maggiore|menor|mayor|maior"
    return (
        *_written_key_rules(),
        Rule("alternative", re.compile(rf"(?:or|oder|ou|o) (?:in )?[a-g]{sign}[ -](?:{either(modes)}){END}"), other_key),
        Rule("alternative", re.compile(rf"(?:or|oder) (?:in )?(?:{either(german)})[ -]?(?:dur|moll){END}"), other_key),
        Rule(
            "alternative",
            re.compile(rf"(?:ou|o|oppure) (?:en |in |em )?(?:{either(solmisation)}){sign}[ -](?:{romance}){END}"),
            other_key,
        ),
        Rule(
            "key",
            re.compile(rf"(?:in )?([a-g]){sign}(?= or (?:in )?[a-g](?:[ -]?(?:{either(_signs())})|b)?[ -](major|minor){END})"),
            lambda m: key_of(m[1], m[2], m[3]),
        ),
        Rule("key", re.compile(rf"([a-g]){sign}[ -]?(?:(?:harmonic|melodic|natural)[ -])?(major|maj|minor|min){END}"), full),
        Rule("key", re.compile(rf"((?i:in) )?([A-Ga-g])(?i:{sign}[ -]?({modal}){END}{named})"), church_key, in_raw=True),
        Rule(
            "key",
            re.compile(rf"({either(solmisation)}){sign}[ -]({either(abroad)}){END}"),
            lambda m: key_of(solmisation[m[1]], m[2], abroad[m[3]]),
        ),
        Rule(
            "key",
            re.compile(rf"(?i:(?:in )?(?:the )?({modal}){named} (?:in|on|auf|sur|sobre|su) )([A-G])(?i:{sign}){end}{other}"),
            lambda m: modal_key(m[2], m[3], m[1]),
            in_raw=True,
        ),
        Rule("mode", re.compile(rf"(?:in )?(?:the )?({modal}){END}{named}"), lambda m: scale_of(m[1])),
        Rule(
            "key",
            re.compile(
                rf"(?:(?:in|with) )?(?:the )?(?:key (?:of|signature of) )?({number_pattern()}) (flat|sharp)s?{END}"
                rf"(?:,? (?:in )?(major|minor){END})?"
            ),
            _key_of_signs,
            needs=re.compile("flat|sharp"),
        ),
        Rule("key", re.compile(rf"({either(german)})[ -]?(dur|moll){END}"), lambda m: f"{german[m[1]]} {modes[m[2]]}"),
        Rule(
            "key",
            re.compile(rf"(?i:in )({_GERMAN_KEYS})(?=\s*(?:[,.;:!?)]|$))"),
            in_german,
            in_raw=True,
        ),
        Rule(
            "key",
            re.compile(rf"({either(dutch)})[ -](groot|klein|grote terts|kleine terts){END}"),
            lambda m: f"{dutch[m[1]]} {'minor' if 'klein' in m[2] else 'major'}",
        ),
        Rule("key", re.compile(rf"({either(solmisation)}){sign}[ -]({romance}){END}"), sung),
        Rule(
            "key",
            re.compile(rf"({either(solmisation)})([ -]?(?:{either(_signs())})){END}"),
            lambda m: key_of(solmisation[m[1]], m[2], "major"),
        ),
        Rule("key", re.compile(rf"key(?: of| is|:)? ([a-g]){sign}{end}{other}"), in_major),
        Rule("key", re.compile(r"([A-G])([#♯♭b]?)(?= (?i:blues|boogie|rag|bebop)\b)"), in_major, in_raw=True),
        Rule(
            "key",
            re.compile(rf"(?i:in) ([A-G])(?i:{sign}{end}{other}(?! (?:sections?|parts?|themes?)\b))"),
            in_major,
            in_raw=True,
        ),
        Rule("key", re.compile(rf"([A-G])([#♯♭b]?)m{END}"), lambda m: key_of(m[1], m[2], "minor"), in_raw=True),
        Rule("key", re.compile(rf"([A-G])([#♯♭b]){END}"), in_major, in_raw=True),
        Rule("key", re.compile(r"(?<=[,;] )([A-G])()(?=\s*(?:[,;.!]|$))"), in_major, in_raw=True),
        Rule("key", re.compile(r"([A-G])([ -](?i:sharp|flat))\b"), in_major, in_raw=True),
        Rule(
            "mode",
            re.compile(r"(?:avoid(?:ing)?|no|without)(?: (?:any|all|the))? (minor|major) chords\b"),
            lambda m: OTHER_MODE[m[1]],
        ),
        Rule("mode", re.compile(rf"(?:an? )?({either(modes)})[ -](?:key|mode|tonality)\b"), lambda m: modes[m[1]]),
        *_plain_key_rules(),
        *_note_rules(),
    )


@cache
def words_for_modes() -> Mapping[str, str]:
    """Major or minor, by the words for them."""
    return {word: mode for mode, words in prompt_table()["modes"].items() for word in words}


def _written_key_rules() -> tuple[Rule, ...]:
    """The key that a player of a transposing instrument reads: "G major for the player", "in written C"."""
    modes = words_for_modes()
    key = rf"([a-g]){sign_pattern()}(?:[ -]({either(modes)}))?{END}(?! ?(?:to|up|and|[0-9]))"
    reader = r"(?:player|reader|instrument|saxophonist|sax player|clarinetist|clarinettist|trumpeter|hornist)"
    part = r"(?:(?:his|her|their|its|the|my)(?: [a-z]+)? (?:part|music|sheet)|the page|paper)"
    said = r"as written|written(?! (?:for|by|in|to))|written pitch"
    after = rf" ?\(?(?:(?:for|to) (?:the|my|a|his|her) (?:[a-z]+ )?{reader}|(?:on|in) {part}|{said})\b\)?"
    before = r"(?:(?:in|the|a) )?(?:written|transposed|notated)(?: (?:key|pitch))?(?: of|:)?"

    def value(match: re.Match[str]) -> str:
        return key_of(match[1], match[2], modes.get(match[3] or "", "major"))

    def value_after(match: re.Match[str]) -> str | None:
        """A letter alone is a key only after "in" or "key": "below written C" is a note."""
        return value(match) if match[3] or re.search(r"^in\b|\bkey\b", match[0]) else None

    needs = re.compile(rf"\b(?:written|transposed|notated|{reader}|part|page|paper|music|sheet)\b")
    ranges = r"(?<!from )(?<!below the )(?<!above the )(?<!to )"
    return (
        Rule("written key", re.compile(rf"(?:in )?{key}{after}"), value, needs=needs),
        Rule("written key", re.compile(rf"{ranges}{before} {key}"), value_after, needs=needs),
    )


def _note_rules() -> tuple[Rule, ...]:
    """All the notes of a piece, "only the notes C D E G A": the key of a scale that has just these, else "notes"."""
    note = rf"[a-g](?:[ -]?(?:{either(_signs())})|b)?"
    words = rf"(?:(?:using|uses?|with|on|from|only|just|the|{number_pattern()}) ){{0,5}}"
    pattern = re.compile(rf"{words}notes?:? ({note}(?:(?:,? (?:and|or) |, ?|/| ){note}){{1,11}}){END}")

    def key(match: re.Match[str]) -> str | None:
        names = [_note_of(found[1], found[2]) for found in re.finditer(rf"([a-g]){sign_pattern()}{END}", match[1])]
        classes = {parse_pitch_name(name)[1] for name in names}
        keys = (Key.parse(f"{name} {scale}") for name in names for scale in OTHER_SCALES)
        return next((str(each) for each in keys if each.scale == classes), None)

    notes = re.compile("note")
    letter = rf"[A-G](?:(?i:[ -]?(?:{either(_signs())}))|b)?"
    alone = re.compile(
        rf"(?i:(?:(?:it|that|which|and) )?(?:(?:using|uses?|with|from|on|contains?|containing|has) )?"
        rf"(?:only|just|nothing but|no notes but)(?: (?:uses?|using|has|contains?|the|from|on|pitch(?:es)?))*:? )"
        rf"({letter}(?:(?:,? (?:and|or|&) |, ?|/| |-){letter}){{1,11}}){END}"
        r"(?!(?i: (?:chords?|major|minor|sections?|parts?|themes?)\b))"
    )
    return (
        Rule("key", pattern, key, needs=notes),
        Rule("notes", pattern, lambda match: match[1], needs=notes),
        Rule("notes", alone, lambda match: match[1], in_raw=True),
    )


def _plain_key_rules() -> tuple[Rule, ...]:
    """A key without signs, "no sharps or flats", with its scale alone, "white keys only"; "an easy key", "C position"."""
    signs = "(?:sharps?|flats?|accidentals)"
    more = rf"(?:(?:,? (?:or|and|nor) |, ?|/)(?:no )?{signs})*"
    white = "white (?:keys|notes)"
    black = r"(?:no|without)(?: any)? black (?:keys|notes)(?! (?:except|but))"
    none = rf"(?:no|without|zero|avoid(?:ing)?)(?: any)? {signs}{more}"
    only_black = "(?:(?:only|just|all)(?: on)?|on|for|using(?: only)?)(?: the)? black (?:keys|notes)|black (?:keys|notes) only"
    alone = rf"{black}|{none}|(?:only|just|all)(?: the)? {white}|{white} only"
    return (
        Rule("plain key", re.compile(rf"(?:{alone})\b"), lambda match: True),
        Rule("key", re.compile(rf"(?:{only_black})\b"), lambda match: _BLACK_KEYS),
        Rule(
            "hand position", re.compile(rf"(?:in )?(?:the )?(?:middle )?([cdfg]){_POSITION}"), lambda m: f"{m[1].upper()} major"
        ),
        Rule("plain key", re.compile(r"(?:(?:in|with) )?(?:an? )?(?:easy|simple) keys?\b"), lambda match: False),
    )


def _key_of_signs(match: re.Match[str]) -> str | None:
    """The key of "three flats", major unless minor is stated.

    >>> [_key_of_signs(re.match("(.*) (flat|sharp)s ?(minor)?", text)) for text in ("three flats ", "4 sharps minor")]
    ['Eb major', 'C# minor']
    """
    fifths = round(number_of(match[1])) * (1 if match[2] == "sharp" else -1)
    mode = match[3] or "major"
    place = fifths + (1 if mode == "major" else 4)  # of the tonic in the circle of fifths from F on
    if not -7 <= fifths <= 7:
        return None
    sign = place // 7
    return f"{'FCGDAEB'[place % 7]}{'#' * sign if sign > 0 else 'b' * -sign} {mode}"
