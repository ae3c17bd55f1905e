"""Forms: letters, lists of sections, strophes, variations; and the bars of sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise, zip_longest

from composer.presets import SECTION_KINDS, resolve_form
from composer.prompt.figures.band_sections import PLAYER
from composer.prompt.figures.patterns import CLAUSE, END, Rule, needing, number_of, number_pattern, whole
from composer.prompt.lexicon import either, prompt_table

_BETWEEN = r"(?: ?[,>→–-]+ ?(?:then |and )?| then | and | )"  # sections of a list
_LAST = "(?:last|final)"
_THEMES = "themes|waltzes|themen|temi|temas"
_RETURN = r"\b(?:return|reprise|repeat) (?:of|to) (?:the )?(?:opening|beginning|start|first (?:section|part|theme))\b"
_FEWEST_THEMES, _MOST_THEMES = 3, 6  # of a chain of dances
_MOST_STROPHES, _MOST_VARIATIONS = 8, 12
_LINES_OF_VERSE = 4
_VARIATIONS = "theme-and-variations"
_VARIED = "variations|variationen|variazioni|variaciones|variacoes"
LAST = ("last", "final", "letzte", "derniere", "ultima")  # of several variations or sections
PARALLEL = "key parallel"  # what is set for a variation in the other mode
_BARS_OF_PHRASE = 4
_AT_END = r"(?:at the (?:very )?end|to (?:finish|close|end))\b"  # where bars are said to be
_LISTED, _FEWEST_BARS = 3, 4  # sections with bare numbers, which are bars from this one on
PLAYED = ("intro", "introduction", "outro", "solo", "break", "bridge", "interlude")  # sections with a player before the name
_WITHIN = r"\b(?:with|then|and|plus|has|after|before|features?|including|followed by),? (?:an? |the )?$"
_SHORT_ENDS = "(?:short|brief|little|quick) (?:coda|outro|ending|close)"
_TAGS = "short tag(?: ending)?|little tag|quick tag|tag ending|tag at the end"
_NAMES = {
    **{kind: kind.capitalize() for kind in SECTION_KINDS},
    "choruses": "Chorus", "verses": "Verse", "solos": "Solo", "heads": "Head", "drops": "Drop",
    "buildup": "Build", "build-up": "Build", "build up": "Build",
}  # fmt: skip
_COUNTS = {"two": 2, "2": 2, "double": 2, "three": 3, "3": 3, "four": 4, "4": 4}
_SONG, _SHORT_SONG = "Verse Chorus Verse' Chorus Bridge Chorus", "Verse Chorus Verse' Chorus"
# Sections that are each named once say what a song has, not their order: it ends with its chorus.
_LISTED_SONGS, _SONGS_WITH_BUILD = (
    {f"{before}{named}{after}": f"{before}{song}{after}" for before in ("", "Intro ") for after in ("", " Outro")}
    for named, song in (("Verse Chorus Bridge", _SONG), ("Verse Chorus", _SHORT_SONG))
)
_BUILD, _CHORUS, _SOLO, _TRIO = "Build", "Chorus", "Solo", "Trio"  # a pre-chorus is a build
_PARTS_OF_SONATAS = (
    "exposition",
    "development",
    "recapitulation",
    "recap",
    "reprise",
    "durchfuhrung",
    "first theme",
    "second theme",
)
_SONATA, _SONATA_FORM = r"\bsonat[aei]n?a?\b", "sonata-form"
_FEWEST_PARTS = 2  # parts of a sonata that a prompt names, from which on they are the form
_ORDINALS = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "middle": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "last": -1}
_SOLO_AT = rf"(?:the )?({either(_ORDINALS)})(?: (?:one|chorus|time(?: through)?))?(?:,(?= an? ))?"
_SOLO_AT += r"(?: (?:is|being|as|for|with|features|featuring))*"
_SOLO_AT += r" (?:an? )?(?=(?:[a-z]+ ){0,2}solo\b)"
_AFTER_NTH = {"first": 0, "second": 1, "third": 2, "last": -1}
_MARCH, _MARCHES = "A A B B Trio Trio", r"\b(?:march|marche|marsch|marcia|quickstep|two-step)\b"
_REPEATED_STRAINS = (
    r"(?:with )?(?:(?:all |the )*(?:repeated|repeating) strains|(?:all |the )*strains(?: are)?(?: all| each)? repeated"
)
_REPEATED_STRAINS += (
    r"|(?:each|every) (?:of the )?strains?,?(?: (?:is|being))? (?:repeated|played twice|twice)|with (?:all |the )*repeats)\b"
)
_OTHER_STRAINS = rf"\b(?:a+b+c*d*|(?:{'|'.join(_COUNTS)}|first) (?:[a-z-]+ )?strains?)\b"  # counted, listed or in letters
_DOUBLE_CHORUS = r"(?:an? |the )?(?:double (?:last |final )?chorus(?: at the end)?|(?:last|final) chorus (?:(?:that|which) )?"
_DOUBLE_CHORUS += r"(?:is )?(?:twice(?: as long| the length)?|doubled?(?: the)?(?: in)?(?: length)?|played twice|repeated))\b"
_SOLO_AFTER = rf"solo (?:comes |enters |is )?(?:right |directly )?after (?:the |each )?(?:({either(_AFTER_NTH)}) )?"
_SOLO_AFTER += r"(verse|chorus|bridge)\b"
_SUNG_SECTIONS = "chorus|refrain|bridge|pre-chorus"
TRADES = (
    r"(?:(?:a |one )?chorus of )?tra(?:de|ding) (?:[a-z]+ )?(?:twos|fours|eights|solos)(?: (?:between|with) (?:the )?[a-z]+)?"
)
_TIMES = {"twice": 2, "thrice": 3, "zweimal": 2, "dreimal": 3, "viermal": 4, "once": 1}  # how often a piece is played
_THROUGH = r"through|over|around|round|in a row|in all|in total"
_PLAYED = "played|sung|repeated|looped|heard|gespielt|wiederholt|jouee?|joue|tocado|tocada|suonato|suonata"
_OF_PART = (
    r"\b(?:sections?|strains?|parts?|verses?|chorus(?:es)?|bridge|phrases?|theme|motif|hook|figure|halves|half|intro|outro|trio"
)
_OF_PART += r"|each|every|both|it)\b[^,.;:]*$"  # what returns within a piece
_COUNTED_BEFORE = r"(?:\b(?:bars?|measures?|takte|mesures|compases|battute)|\bform|\b[a-h]{3,8}|\bchorus)"
_COUNTED_BEFORE += r"(?: long| of [a-z ]+)?,? (?:all |and )?$"
_IN_JAZZ = r"\b(?:jazz|swing|bebop|bop|blues|changes|head)\b"


def form_rules() -> tuple[Rule, ...]:
    """Rules of kind "form", "lines", "strophes", "choruses" and "bars"."""
    number = number_pattern()

    def letters(match: re.Match[str]) -> str | None:
        """The letters, if they first appear in order: ABACA, not BAD."""
        text = re.sub(r"[\s-]", "", match[1]).upper()
        order = "".join(dict.fromkeys(re.sub(r"['0-9]", "", text)))
        if text == "ABBA" and not re.match(r"[ -]form\b", match.string[match.end(1) :]):
            return None  # the band
        return text if "ABCDEFGH".startswith(order) else None

    def listed(match: re.Match[str]) -> str:
        """The sections that are named one after another: "intro, head, two solo choruses, head out"."""
        letters: list[str] = []
        text = re.sub(TRADES, "solo", re.sub(r" \([^)]*\)|(?<=solo) chorus(?:es)?", "", match[1]))
        text = re.sub(r"build[ -]?up|pre-chorus", "build", text)
        words = re.findall(r"[a-z0-9]+", text)
        times = 1
        for before, word in pairwise(["", *words]):
            if word in _COUNTS and not (word.isdigit() and before in _NAMES):  # not "verse 2"
                times = _COUNTS[word]
            elif word in _NAMES:
                letters += [_NAMES[word]] * times
                times = 1
        described = re.match(rf"(?:{_BETWEEN})?(?:the )?{_LAST} ({either(_NAMES)}) [a-z]", match.string[match.end() :])
        if described and letters[-1] != _NAMES[described[1]]:
            letters.append(_NAMES[described[1]])  # "bridge, last chorus a whole step higher"
        return listed_song(with_varied_solos(letters))

    def repeated(match: re.Match[str]) -> str | None:
        """ "Two eight-bar parts, each repeated": A8 A8 B8 B8."""
        count, bars = round(number_of(match[1])), round(number_of(match[2]))
        names = _with_trio([*"ABCDEFGH"[:count]], match)
        return " ".join(f"{name}{bars} {name}{bars}" for name in names) if 0 < count <= 8 and bars else None

    def strophes(match: re.Match[str]) -> str | None:
        count = round(number_of(match[1]))
        return " ".join("A" * count) if 2 <= count <= _MOST_STROPHES else None

    def varied(match: re.Match[str]) -> str | None:
        """A theme and as many variations: "five variations"."""
        count = round(number_of(match[1]))
        usual = resolve_form(_VARIATIONS)
        if count + 1 == len(usual.letters):
            return _VARIATIONS
        return " ".join(_theme_with(count)) if 2 <= count <= _MOST_VARIATIONS else None

    def varied_in_bars(match: re.Match[str]) -> str | None:
        """ "Two variations of 8 bars": A8 A'8 A''8, with a theme as long as each unless the prompt gives its bars."""
        count, bars = round(number_of(match[1])), round(number_of(match[2] or match[3]))
        theme = re.search(_bars_of_theme(), match.string)
        lengths = [round(number_of(theme[1] or theme[2])) if theme else bars, *[bars] * count]
        if not (2 <= count <= _MOST_VARIATIONS and all(lengths)):
            return None
        return " ".join(f"{name}{length}" for name, length in zip(_theme_with(count), lengths, strict=True))

    def in_other_mode(match: re.Match[str]) -> str | None:
        """One variation in the other mode than the theme: "the fourth one in minor"."""
        if not re.search(r"\bvaria[tzc]i", match.string):
            return None
        name = "end" if match[1] in LAST else "A" + "'" * words["ordinals"][match[1]]
        return f"{name}: {PARALLEL}"

    def repeats(match: re.Match[str]) -> str:
        """ "Verse and chorus twice"."""
        return " ".join(["Verse Chorus"] * (3 if "3" in match[1] or "three" in match[1] else 2))

    def counted_songs(match: re.Match[str]) -> str | None:
        """ "Two verses, three choruses"."""
        counts = [round(number_of(text)) for text in match.groups()]
        turns = in_turn([["Verse"] * counts[0], [_CHORUS] * counts[1]])
        return " ".join(turns) if min(counts) > 1 and sum(counts) <= 2 * _MOST_STROPHES else None

    def refrains(match: re.Match[str]) -> str | None:
        """ "Four verses with chorus"."""
        count = round(number_of(match[1]))
        return " ".join(["Verse Chorus"] * count) if 2 <= count <= _MOST_STROPHES else None

    def parted(match: re.Match[str]) -> str | None:
        """ "Three sections of 8 bars each": A8 B8 C8; verses have one letter."""
        count, bars = round(number_of(match[1])), round(number_of(match[3]))
        names = [*"A" * count] if re.fullmatch(verses, match[2]) else _with_trio([*"ABCDEFGH"[:count]], match)
        if match[2] == "choruses":
            between = ["Solo"] * max(1, count - 2)
            names = ["Head", *between, *["Head"] * (count > 2)] if re.search(_IN_JAZZ, match.string) else ["Chorus"] * count
        times = 2 if match[4] else 1
        return (
            " ".join(f"{name}{bars}" for name in names for _ in range(times)) if 1 < count <= _MOST_STROPHES and bars else None
        )

    def strains(match: re.Match[str]) -> str | None:
        """The strains of a march, each of which is repeated: "two strains and a trio" are A A B B Trio Trio."""
        count = round(number_of(match[1]))
        names = _with_trio([*"ABCDEFGH"[:count]], match)
        return " ".join(name for name in names for _ in range(2)) if 1 < count <= _MOST_THEMES else None

    def repeated_strains(match: re.Match[str]) -> str | None:
        """The usual strains of a march, of which the prompt only says that they return: "a march with repeated strains"."""
        return _MARCH if re.search(_MARCHES, match.string) and not re.search(_OTHER_STRAINS, match.string) else None

    def said_again(match: re.Match[str]) -> str | None:
        """Repeats of strains that the prompt counts or lists, which it says twice: "two strains and a trio, each repeated"."""
        return match[0] if re.search(_MARCHES, match.string) and re.search(_OTHER_STRAINS, match.string) else None

    def listed_strains(match: re.Match[str]) -> str:
        """ "A first strain, a second strain and a trio"."""
        count = len(re.findall("strain", match[0]))
        return " ".join(name for name in _with_trio([*"ABCDEFGH"[:count]], match) for _ in range(2))

    def sections(match: re.Match[str]) -> str | None:
        """ "In two sections": A B; the last of several may be a return of the opening."""
        count = round(number_of(match[1]))
        letters = [*"ABCDEFGH"[:count]]
        if count >= _FEWEST_THEMES and re.search(_RETURN, match.string):
            letters[-1] = letters[0]
        return " ".join(letters) if 1 < count <= _MOST_THEMES else None

    def chained(match: re.Match[str]) -> str | None:
        """ "Three waltz themes": A B C."""
        count = round(number_of(match[1]))
        is_chain = _FEWEST_THEMES <= count <= _MOST_THEMES and not re.search(rf"{_SONATA}|\bfug", match.string)
        return " ".join("ABCDEFGH"[:count]) if is_chain else None

    lengths = prompt_table()["section_lengths"]
    named = prompt_table()["variations"]["ordinals"]  # of variations, which are feminine
    ordinals = named | {f"{word[:-1]}o": number for word, number in named.items() if word.endswith("a")}
    solo_abroad = (
        r"(?:nach|apres|despues|tras|dopo|depois) (?:(?:dem|der|le|la|de|del|il|el|do|da|l') ?){0,2}"
        rf"({either(ordinals)})[nrs]? ({either(lengths['names']['chorus'])}|{either(lengths['names']['verse'])})\b"
    )

    def solo_after(match: re.Match[str]) -> tuple[int, str] | None:
        """ "Assolo di chitarra dopo il secondo ritornello"."""
        name = _CHORUS if match[2] in lengths["names"]["chorus"] else "Verse"
        return (int(ordinals[match[1]]) - 1, name) if re.search(r"solo\b", match.string[: match.start()]) else None

    def wanted(match: re.Match[str]) -> str:
        return str(names[match[1]])

    names = {
        word: name for name, words in lengths["names"].items() if name not in ("verse", "chorus", "solo") for word in words
    }
    parts, apiece = either(lengths["parts"]), either(lengths["apiece"])
    verses = either([*lengths["names"]["verse"], "stanzas", "strophes", "couplets", "estrofas"])
    units, units_of_bars = "parts|sections|phrases|strains|halves", either(prompt_table()["bars"]["units"])
    counts = "(?:of|with|zu|mit|de|di|a|com|con) (?:je |jeweils )?"
    with_theme = "(?:(?:theme|thema|tema) (?:and|with|&|con|mit|et|e|y|com) )?"
    which = (
        rf"(?:(?:an?|the|then|another|again|final|last|first|second|third|short|long|quiet|big|loud|{either(_COUNTS)}) ){{0,3}}"
    )
    described = rf"(?!(?:the )?{_LAST} (?:{either(_NAMES)}) (?!then\b|and\b)[a-z])"  # not a section by itself
    kinds = rf"{described}(?:(?:an? )?pre-chorus|{TRADES}|"
    kinds += rf"{which}(?:[a-z]+ )?solos?(?: chorus(?:es)?)?|{which}(?:head (?:out|in)|(?:{either(_NAMES)}))"
    kinds += rf"(?: [1-9]{END}(?! ?(?:bars?|measures?)\b))?)(?: \([^)]*\))?"
    repeats_of_strains = (
        rf"({number}) ({number})[ -]bar (?:{units}),? (?:each |both |all )(?:part |section |strain )?(?:is |are )?"
        r"(?:repeated|played twice|twice)"
    )
    songs = (
        r"(?:intro,? )?(?:an? )?verses?(?:,? and |,|/| and)? ?(?:an? )?(?:pre-chorus,? )?(?:an? )?chorus(?:es)?"
        r"(?:(?:,? and |, ?|/)(?:an? )?(?:bridge|middle eight|outro))*\b(?! form)"
    )
    words = prompt_table()["variations"]
    modes = either([*words["minor"], *words["major"]])
    counted = needing(
        rf"(?:{parts}|{verses}|{apiece}|varia[tzc]i|repeated|twice|strain|halves|phrases|chorus|strof|strophe|couplet|[0-9])",
        Rule(
            "form",
            re.compile(rf"{with_theme}({number}) (?:{_VARIED})\b"),
            varied,
        ),
        Rule(
            "form",
            re.compile(
                rf"{with_theme}({number}) (?:({number})[ -](?:{units_of_bars}) (?:{_VARIED})\b"
                rf"|(?:{_VARIED}),? {counts}({number})[ -]?(?:{units_of_bars})(?: (?:{apiece}))?{END})"
            ),
            varied_in_bars,
        ),
        Rule(
            "form",
            re.compile(
                rf"({number}) (?!{_VARIED})({verses}|{parts}|choruses) {counts}({number})[ -]?"
                rf"(?:{units_of_bars})(?: (?:{apiece}))?"
                rf"(,? (?:all |both |each )?(?:is |are )?repeated)?{END}"
            ),
            parted,
        ),
        Rule("form", re.compile(repeats_of_strains), repeated),
        Rule(
            "form",
            re.compile(
                rf"({number}) (?:{verses}),? (?:with|and|each (?:one )?followed by|mit|und|et|avec|y|con|e|com) "
                r"(?:an? |the |einem |un |le |el |il )?(?:chorus|refrain|estribillo|ritornello|refrao)(?:es|s)?\b"
            ),
            refrains,
        ),
        Rule(
            "strophes",
            re.compile(
                rf"({number}) (?:verses|strophes|stanzas|strophen|couplets|strofe|estrofas|estrofes)\b"
                rf"(?! (?:and|with) (?:an? |the )?(?:{_SUNG_SECTIONS})|, (?:an? )?(?:{_SUNG_SECTIONS}))"
            ),
            strophes,
        ),
        Rule("form", re.compile(rf"({number}) verses(?:,? and |, )({number}) choruses\b(?! (?:of|with)\b)"), counted_songs),
        Rule("choruses", re.compile(rf"({number}) choruses\b"), lambda match: round(number_of(match[1]))),
        Rule("bars", re.compile(rf"({number}) {number}[ -]bar (?:{units})"), lambda match: _product(match[0])),
        Rule("bars", re.compile(rf"({number}) phrases\b"), lambda match: round(_BARS_OF_PHRASE * number_of(match[1]))),
    )
    times = rf"({number} (?:times|fois|veces|volte|vezes)|{either(_TIMES)})"
    in_all = needing(
        rf"\b(?:times|fois|veces|volte|vezes|repeated|{either(_TIMES)})\b",
        Rule("times", re.compile(rf"(?:(?:{_PLAYED}) )?{times} (?:{_THROUGH})\b"), _times),
        Rule("times", re.compile(rf"(?:is |to be )?(?:{_PLAYED}) {times}{CLAUSE}"), _times),
        Rule("times", re.compile(rf"{times} (?:{_PLAYED}){CLAUSE}"), _times),
        Rule("times", re.compile(rf"(?:play|sing|repeat|loop) (?:it|all|this|the whole (?:thing|piece|tune)) {times}"), _times),
        Rule(
            "times",
            re.compile(rf"(?:goes|going|go|runs?|running|plays?|playing) (?:through )?the (?:tune|melody) {times}"),
            _times,
        ),
        Rule("times", re.compile(rf"{times}{CLAUSE}"), _times_of_counted),
        Rule("times", re.compile(rf"repeated{CLAUSE}"), _times_of_counted),
    )
    return (
        *in_all,
        Rule(
            "sections",
            re.compile(
                rf"(?:and )?(?:with )?(?:the |die |la |le |l')?({either([*words['ordinals'], *LAST])})"
                r"(?: one| variation| variazione| variacion)?"
                r"(?: (?:is|being|should be|must be|goes|turns|changes|ist|est|e))?"
                rf" (?:in|into|to|en|im) (?:the |le |el )?(?:{modes})\b"
            ),
            in_other_mode,
        ),
        Rule(
            "form",
            re.compile(rf"(A'*[0-9]{{1,2}}(?:[ -]?[A-H]'*[0-9]{{1,2}}){{1,15}}){END}(?:[ -]form\b)?"),
            letters,
            in_raw=True,
        ),
        Rule("form", re.compile(rf"(A'*(?:[ -]?[A-H]'*){{2,15}}){END}(?![#♯♭])(?:[ -]form\b)?"), letters, in_raw=True),
        Rule("form", re.compile(rf"(A'*[B-H]'*){END}(?:[ -]form\b)"), letters, in_raw=True),
        Rule("form", re.compile(r"(a[a-h]{1,15})[ -]form\b"), letters),
        Rule("form", re.compile(rf"(intro(?:{_BETWEEN}{kinds}){{2,15}}){END}"), listed),
        Rule("form", re.compile(rf"(verse(?: 1)?(?:{_BETWEEN}{kinds}){{3,15}}){END}"), listed),
        Rule("form", re.compile(rf"((?:build[ -]?up|drop)(?:{_BETWEEN}{kinds}){{2,15}}){END}"), listed),
        Rule("form", re.compile(rf"(head(?: in)?(?:{_BETWEEN}{kinds}){{2,15}}){END}"), listed),
        Rule("form", re.compile(rf"(?:the )?(?:{either(_PARTS_OF_SONATAS)})(?: section)?\b"), _sonata),
        Rule(
            "form", re.compile(r"verses?(?:,? and |, |/| )chorus(?:es)?,? (twice|two times|x ?2|three times|x ?3)\b"), repeats
        ),
        Rule(
            "form",
            re.compile(rf"({number}) (?:[a-z]+ ){{0,2}}(?:{_THEMES})\b"),
            chained,
            needs=re.compile(rf"\b(?:{_THEMES})\b"),
        ),
        Rule(
            "form",
            re.compile(rf"(?:with )?({number}) (?:[a-z]+ )?strains\b(?:,? (?:each |both |all )?(?:repeated|twice))?"),
            strains,
            needs=re.compile(r"\bstrains\b"),
        ),
        *needing(
            r"\b(?:strains?|repeats)\b",
            Rule("form", re.compile(_REPEATED_STRAINS), repeated_strains),
            Rule("filler", re.compile(_REPEATED_STRAINS), said_again),
        ),
        Rule(
            "form",
            re.compile(
                rf"(?:an? |the )?first strain(?:{_BETWEEN}(?:an? |the )?(?:second|third|fourth) strain)+"
                rf"(?:{_BETWEEN}(?:an? |the )?trio\b)?"
            ),
            listed_strains,
            needs=re.compile(r"\bstrain\b"),
        ),
        Rule(
            "form",
            re.compile(rf"in ({number}) (?:[a-z]+ )?(?:sections|phases|abschnitten|sezioni|secciones|secoes)\b"),
            sections,
        ),
        Rule(
            "section wanted",
            re.compile(
                rf"(?<=[a-z,;] )(?:(?:with|plus|mit|avec|con|com) (?=(?:intro|introduction|coda|outro)\b(?!,))"
                r"|(?:and|und|et|y|e) (?=(?:coda|outro)\b)"
                r"|(?:with |and |has |have |mit |avec |con |com )*(?:an?|one|einer?|einem|une?|una) )"
                rf"(?:(?:short|long|brief|little|proper|classic) )?({either(names)})"
                r"(?: section)?(?: (?:in the middle|at the end|at the (?:beginning|start)))?"
                r"(?=\s*(?:[,.;!]|$)| (?:and|then|before)\b)"
            ),
            wanted,
        ),
        Rule("form", re.compile(songs), lambda match: "verse-chorus"),
        Rule(
            "lines",
            re.compile(r"((?:[1-9][0-9]?\.){3,7}[1-9][0-9]?)(?: ?d\b)?(?: (?:meter|metre)\b)?"),
            lambda match: match[1].count(".") + 1,
        ),
        Rule("lines", re.compile(r"(?:common|long|short|ballad|hymn) met(?:er|re)\b"), lambda match: _LINES_OF_VERSE),
        Rule(
            "strophes",
            re.compile(
                r"(?:(?:just|only) |(?<=just )|(?<=only ))(?:one|1|a single) (?:verse|strophe|stanza)\b(?! (?:and|with|,))"
            ),
            lambda _: "A",
        ),
        Rule("solo after", re.compile(_SOLO_AFTER), lambda match: (_AFTER_NTH[match[1] or "last"], _NAMES[match[2]])),
        Rule("solo after", re.compile(solo_abroad), solo_after, needs=re.compile("solo")),
        Rule("double chorus", re.compile(_DOUBLE_CHORUS), whole),
        Rule("solo place", re.compile(_SOLO_AT), lambda match: _ORDINALS[match[1]]),
        *counted,
    )


def _times(match: re.Match[str]) -> int | None:
    """How often a piece is played, "three times through"; `None` for once and for a part of it."""
    text = match[1]
    if re.search(_OF_PART, match.string[: match.start()]):
        return None
    count = _TIMES.get(text) or round(number_of(text.rpartition(" ")[0]))
    return count if 1 < count <= _MOST_STROPHES else None


def _times_of_counted(match: re.Match[str]) -> int | None:
    """How often bars or a form are played, "AABA, 32 bars twice", "8 bars repeated"; `None` where a part of a piece returns."""
    if not re.search(_COUNTED_BEFORE, match.string[: match.start()]):
        return None
    is_part = re.search(_OF_PART, match.string[: match.start()])
    return _times(match) if match.groups() else None if is_part else _TIMES["twice"]


def _theme_with(variations: int) -> list[str]:
    """The letters of a theme and its variations: A, A', A''."""
    return ["A" + "'" * place for place in range(variations + 1)]


def _with_trio(names: list[str], match: re.Match[str]) -> list[str]:
    """The strains of a march or dance with its trio, if the prompt has one."""
    words = set(re.findall("[a-z]+", match.string))
    return [*names, _TRIO] if _TRIO.lower() in words and words & {*prompt_table()["sections"]["with_trio"]} else names


def in_turn(groups: Sequence[Sequence[str]]) -> list[str]:
    """The sections of a list, of which verses and choruses that are only counted take turns.

    >>> in_turn([["Intro"], ["Verse"] * 2, ["Chorus"] * 3]), in_turn([["Verse"], ["Chorus"] * 2])
    (['Intro', 'Verse', 'Chorus', 'Verse', 'Chorus', 'Chorus'], ['Verse', 'Chorus', 'Chorus'])
    """
    found: list[str] = []
    for before, group in zip([[], *groups], groups, strict=False):
        if len(before) > 1 and len(group) > 1:
            turns = zip_longest(before, group)
            found[-len(before) :] = [name for turn in turns for name in turn if name]
        else:
            found += group
    return found


def with_varied_solos(letters: Sequence[str]) -> list[str]:
    """The sections of a list, in which each later solo varies the first.

    >>> with_varied_solos(["Head", "Solo", "Solo", "Head"])
    ['Head', 'Solo', "Solo'", 'Head']
    """
    solos = accumulate(letter == _SOLO for letter in letters)
    return [letter + "'" * (count - 1) * (letter == _SOLO) for letter, count in zip(letters, solos, strict=True)]


def listed_song(letters: Sequence[str]) -> str:
    """The form of sections that a prompt lists: each named once, they are those of a song, not its order.

    >>> listed_song(["Verse", "Chorus", "Bridge"]), listed_song(["Verse", "Chorus", "Verse"])
    ("Verse Chorus Verse' Chorus Bridge Chorus", 'Verse Chorus Verse')
    >>> listed_song(["Verse", "Build", "Chorus"])
    "Verse Build Chorus Verse' Build Chorus"
    """
    plain = [letter for letter in letters if letter != _BUILD]
    songs = _LISTED_SONGS if plain == [*letters] else _LISTED_SONGS | _SONGS_WITH_BUILD
    form = songs.get(" ".join(plain))
    if form is None or len(set(letters)) < len(letters):
        return " ".join(letters)
    return form.replace(_CHORUS, f"{_BUILD} {_CHORUS}") if _BUILD in letters else form


def _sonata(match: re.Match[str]) -> str | None:
    """The form of a sonata whose parts are named: "development", beside "recapitulation" or "second theme"."""
    named = {part for part in _PARTS_OF_SONATAS if re.search(rf"\b{part}\b", match.string)}
    is_theme = match[0].endswith("theme")
    return _SONATA_FORM if not is_theme and len(named) >= _FEWEST_PARTS and re.search(_SONATA, match.string) else None


def _product(text: str) -> int:
    """Bars of "four 8-bar sections"."""
    count, bars = re.findall(number_pattern(), text)[:2]
    return round(number_of(count) * number_of(bars))


def _bars_of_theme() -> str:
    """A pattern of a theme with its bars, "theme of 8 bars", "8-bar theme", with two groups for their number."""
    bars = rf"({number_pattern()})[ -]?(?:{either(prompt_table()['bars']['units'])}){END}"
    return rf"(?:(?:theme|thema|tema),? \(?(?:of |is |has |von |de |di )?{bars}\)?|{bars} theme){END}"


def section_length_rules() -> tuple[Rule, ...]:
    """Bars of sections: "8 bars each", "each part 8 bars", "an intro of 8 bars", "16-bar chorus"."""
    number = number_pattern()
    table = prompt_table()["section_lengths"]
    bars = rf"({number})[ -]?(?:{either(prompt_table()['bars']['units'])}){END}"
    parts, every, apiece = (either(table[key]) for key in ("parts", "every", "apiece"))
    names = {word: name for name, words in table["names"].items() for word in words}
    name = rf"({either(names)}){END}"
    of_each = rf"(?:{apiece})(?: (?:{parts}))?|(?:(?:in|for|per|por|a|pro) )?(?:{every}) (?:{parts})"
    link = r"(?:,? (?:\()?(?:(?:of|with|has|have|is|are|lasts?|lasting|being|de|di|von|mit|con|com|avec) )?|: ?)"

    def section(match: re.Match[str]) -> tuple[str, int]:
        word, count = sorted(match.groups(), key=lambda text: text not in names)
        return names[word], round(number_of(count))

    def bare(match: re.Match[str]) -> tuple[str, int] | None:
        """A section of a list in which several have bare numbers of bars: "verse 8, chorus 8, bridge 8"."""
        listed = re.findall(rf"{name} [0-9]{{1,2}}\b", match.string)
        return (names[match[1]], int(match[2])) if len(listed) >= _LISTED and int(match[2]) >= _FEWEST_BARS else None

    def short_end(match: re.Match[str]) -> tuple[str, int] | None:
        """A short coda where sections have bars."""
        return ("outro", _BARS_OF_PHRASE) if re.search(r"[0-9] ?-?bars?\b|\bbars each\b", match.string) else None

    def of_theme(match: re.Match[str]) -> int | None:
        """The bars of a theme, which its variations have, too."""
        return round(number_of(match[1] or match[2])) if re.search(r"\bvariations?\b", match.string) else None

    def of_intro(match: re.Match[str]) -> tuple[str, int] | None:
        """Bars right after who plays the introduction: "intro with clean guitar only, 8 bars"."""
        before = re.search(rf"{name}[^,.;:]* (?:only|alone), $", match.string[: match.start()])
        return (names[before[1]], round(number_of(match[1]))) if before else None

    def played(match: re.Match[str]) -> tuple[str, int] | None:
        """Bars of a section with its player: "a 4-bar piano intro", "with an 8-bar sax solo"; a solo may be the whole piece."""
        if match[3] == "solo" and not re.search(_WITHIN, match.string[: match.start()]):
            return None
        return names[match[3]], round(number_of(match[1]))

    def doubled(match: re.Match[str]) -> tuple[str, int]:
        """A section of twice the usual bars of others: "chorus twice as long as the verse"."""
        return names[match[1]], 4 * _BARS_OF_PHRASE

    def at_end(match: re.Match[str]) -> tuple[str, int]:
        """Bars of what ends a piece: "eight bars of dub at the end"."""
        return ("outro", round(number_of(match[1])))

    def each(match: re.Match[str]) -> int:
        return round(number_of(match[1]))

    def of_strain(match: re.Match[str]) -> tuple[str, int]:
        """ "First strain 16, second strain 16, trio 32"."""
        name = "abcd"[_ORDINALS[match[1]]] if match[1] else match[2] or _TRIO.lower()
        return "intro" if match[0].startswith("intro") else name, round(number_of(match[3]))

    units = either(prompt_table()["bars"]["units"])
    in_bars = needing(
        rf"(?:{units})\b",
        Rule("bars each", re.compile(rf"{bars} (?:long )?(?:{of_each}){END}"), each),
        Rule("bars each", re.compile(rf"(?:{every}) (?:of the )?(?:{parts}){link}{bars}(?: long\b)?"), each),
        Rule("bars each", re.compile(rf"(?:{either(table['shares'])}) {bars}"), each),
        Rule("bars each", re.compile(rf"(?:in )?(?:regular |even |square )?phrases of ({number})(?: bars?)?{END}"), each),
        Rule("bars each", re.compile(rf"(?:in|mit|with|of) ({number})[ -]bar (?:{parts}){END}"), each),
        Rule("section bars", re.compile(rf"{name}(?: \(?| (?:of|de|di|von|mit|lasting|lasts|for|over) ){bars}"), section),
        Rule("section bars", re.compile(rf"{bars} (?:(?:of|de|di|d'|as) )?(?:an? )?{name}(?! (?:for|music|to)\b)"), section),
        Rule("section bars", re.compile(rf"{bars} (?:of )?(?=(?:solo |short )?{PLAYER} ({either(PLAYED)}){END})"), played),
        Rule("section bars", re.compile(bars), of_intro),
        Rule("section bars", re.compile(rf"(?:with |and )?{bars} (?:of )?(?=(?:[a-z-]+ ){{1,3}}{_AT_END})"), at_end),
        Rule("bars each", re.compile(rf"(?:an? )?{_bars_of_theme()}"), of_theme),
    )
    bare_bars = re.compile(rf"(?:final |last )?{name} ([0-9]{{1,2}}){END}(?! (?:seconds?|s|bpm)\b)")
    return (
        *in_bars,
        Rule("section bars", re.compile(rf"{name} (?:is )?twice (?:as long as|the length of) (?:the |a )?{name}"), doubled),
        Rule("section bars", bare_bars, bare, needs=re.compile("[0-9]")),
        Rule("section bars", re.compile(rf"(?:with |and )?(?:an? )?(?:{_TAGS}){END}"), lambda _: ("outro", _BARS_OF_PHRASE)),
        Rule("section bars", re.compile(rf"(?:with |and )?(?:an? )?{_SHORT_ENDS}{END}"), short_end),
        Rule(
            "section bars",
            re.compile(
                rf"(?:the )?(?:(first|second|third|fourth) strain|strain ([a-d])|trio|intro)"
                rf"(?: of|:)? ({number})(?: (?:{units})\b)?{END}"
            ),
            of_strain,
            needs=re.compile(r"\bstrain\b"),
        ),
        *_letter_rules(bars, re.compile(rf"(?:{units})\b")),
        Rule("section bars", re.compile(rf"({number})[ -]?takt\w* {name}"), section, needs=re.compile("takt")),
    )


def _letter_rules(bars: str, units: re.Pattern[str]) -> tuple[Rule, ...]:
    """Sections with letters: "the A section should be 16 bars", "8-bar B section", "section A", "back to A"."""
    noun = r"(?:[Ss]ection|[Pp]art|[Tt]heme|[Ss]train)s?"
    bars = rf"(?i:{bars})"
    verbs = r"(?:of|is|are|has|have|should|must|be|to|lasts?|lasting|with|will|being)"
    letter = rf"(?:(?![Aa] [Tt]heme (?:and|with)\b)(?:[Tt]he |[Aa]n? )?([A-D])[ -](?:{noun}|Teil)\b"
    letter += r"|(?:[Tt]he )?[Ss]ection ([A-D])\b)"

    def named(match: re.Match[str]) -> str:
        return next(group for group in match.groups() if group and group in "ABCD").lower()

    def counted(match: re.Match[str]) -> tuple[str, int]:
        count = next(group for group in match.groups() if group and group not in "ABCD")
        return named(match), round(number_of(count.lower()))

    return (
        Rule("section bars", re.compile(rf"{letter}(?: ?\(| {verbs}|,|:)* ?{bars}"), counted, in_raw=True, needs=units),
        Rule("section bars", re.compile(rf"(?:[Aa]n? |[Tt]he )?{bars} (?:long )?{letter}"), counted, in_raw=True, needs=units),
        Rule(
            "section back",
            re.compile(
                rf"(?:(?:and|then|dann|und|finally) )*{letter} (?:again|returns?|comes back|once more|wieder|noch einmal)\b"
            ),
            named,
            in_raw=True,
        ),
        Rule("section named", re.compile(letter), named, in_raw=True),
        Rule("section named", re.compile(r"(?:the )?(first|main|opening|second|contrasting) (?:theme|subject)\b"), _theme),
        Rule(
            "section back",
            re.compile(
                r"(?:(?:and|then|finally|before) )*"
                r"(?:(?:goes? |going |comes? |coming )?back to|returns? to|return of|repeats?)"
                rf" (?:the )?([A-D])\b(?: {noun})?(?: again)?"
            ),
            lambda match: match[1].lower(),
            in_raw=True,
        ),
    )


def _theme(match: re.Match[str]) -> str:
    """The letter of a theme: "second theme" is b."""
    return "b" if match[1] in ("second", "contrasting") else "a"
