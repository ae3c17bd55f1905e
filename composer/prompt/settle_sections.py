"""What single sections do: "no drums in the intro", "starts with solo cello", "a slow introduction", "quiet verses"."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from composer.brief import DRUMS, EVERY, Hit, is_drums
from composer.brief.hits import parse_hits
from composer.controls import PLAYER_GROUPS
from composer.presets import (
    SECTION_KINDS,
    find_instrument,
    fold,
    instruments,
    programs_of,
    resolve_ensemble,
    resolve_form,
    styles,
)
from composer.prompt.figures.leads import HANDS, PEDAL
from composer.prompt.figures.patterns import number_of, number_pattern
from composer.prompt.findings import Finding
from composer.prompt.lexicon import lexicon, phrase_of, prompt_table
from composer.prompt.parts import (
    CHOIR,
    VOICES,
    is_band,
    is_lone_voice,
    kind_of,
    only_rhythm,
    option_of,
    players_of,
    players_of_part,
    staves_of,
    with_player,
)
from composer.prompt.section_spans import in_words, kind_of_section, spans_of
from composer.prompt.settle_styles import is_for_band, usual_ensembles
from composer.prompt.settled import NO_EFFECT, NOTHING_MORE, Settled
from composer.score import MODAL_NAMES

_EVERY_SWING = "all: swing"
_SWUNG_STYLES = ("swing", "jazz-ballad", "jazz-waltz", "blues")
_LEADS = ("melody", "lead")
_BETWEEN = {"break": "bridge", "breakdown": "bridge"}  # what a form without the one may have
_PASSING = ("break", "build")
_COUNTED = ("twelve-bar", "blues")  # forms of whole choruses, which a bar more would break
_SHORTEST_S = 40  # of a piece that gets an introduction
_ENDS = ("intro", "outro")
_BAND = 3  # players at least
_WITH_SOLO = {"verse-chorus": "verse-chorus-solo", "song": "song-solo", "short-song": "short-song-solo"}
# Families of General MIDI that a name means in a group of instruments.
_FAMILIES = {
    "strings": ("solo-strings", "string-section", "tremolo-strings", "pizzicato-strings", "synth-strings"),
    "brass": ("brass", "brass-section"), "horns": ("brass", "brass-section"), "woodwinds": ("reed", "pipe"),
    "winds": ("reed", "pipe"),
}  # fmt: skip
_PLACES = {"intro": "start", "outro": "end", "break": "middle", "breakdown": "middle"}  # of forms without such sections
_OF_TWO, _OF_THREE, _SONG, _VARIED = "AB", "ABA", "verse-chorus", "theme-and-variations"
_RONDO, _ROUND = "rondo", "AABA"  # a round of a theme of jazz
_SONATA, _SONATA_FORM = "sonata", "sonata-form"
_SECOND_CHORUS, _TWO_ROUNDS = "second chorus", "two-choruses"
_LAST_CHORUS, _TRIO = "last chorus", re.compile(r"\bTrio[0-9]*\b")
_LATE = "late "
MELODY = "melody "  # before the players that have it in a section
_MANNERS = ("no ", "only ", "+", "high ", "low ", "busy ", "sparse ", MELODY)  # before the players in settings of sections
_BETWEEN_NAMES = " and | then "
_ROLES = ("bass", DRUMS, "percussion", *_LEADS)  # names of players by what they do
_IN_TURN = ("fugue", "round")
_HORNS, _BAND_HORNS = "horns", "brass-section"
_NO_MELODY = ("percussion", "timpani", "snare", "snare drum", "kick", "kick drum")
_OF_BANDS, _LOWEST = ("intensity ", "complexity "), "contrabass"  # how a band plays, and the bass of an orchestra
_LETTERS, _REST_BARS = "ABCDEFGH", 16  # of sections in which players enter at bars, and the bars after them at least
# Kinds of players in the order in which they enter a band, most layers, and sections for them.
_LAYERS = {DRUMS: 0, "bass": 1}
_FEWEST_LAYERS, _MOST_LAYERS = 2, 5
_LAYERED = ("A", "A'", "B", "A''", "B'")
_FEWEST_CHORUSES = 2
_LONG_S, _LONG_BARS = 90.0, 48  # from which on a piece has the forms of its style
_DIVIDED, _NEAR = ("AABA", "ABA", "A A B B A' A'"), 0.06  # forms, and the share of a piece by which places may be missed


def with_swing_as_style(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with "swing" as a style where no band has settings, and without it where the style swings anyway."""
    if has_settings(findings):
        return [one for one in findings if not _is_usual_swing(one, findings)]
    return [
        replace(one, kind="style", value="swing")
        if one.kind == "sections" and one.value.startswith(_EVERY_SWING) and "swing" in one.phrase.lower()
        else one
        for one in findings
    ]


def has_settings(findings: Sequence[Finding]) -> bool:
    """Whether a style is named whose band can be set by section."""
    named = [styles()[name] for name in _styles_of(findings) if name in styles()]
    return any(row.kind == "arranged" or is_for_band(row.name) for row in named)


def _styles_of(findings: Sequence[Finding]) -> list[str]:
    """The styles that findings name or suggest."""
    named = [one.value for one in findings if one.kind in ("style", "hint")]
    return named + [one.value["style"] for one in findings if one.kind == "use" and one.value.get("style")]


def _is_usual_swing(finding: Finding, findings: Sequence[Finding]) -> bool:
    named = [
        one.value.get("style") if one.kind == "use" else one.value for one in findings if one.kind in ("style", "hint", "use")
    ]
    swings = any(name in _SWUNG_STYLES for name in named)
    return finding.kind == "sections" and finding.value == "all: swing 1" and swings


def with_bars_of_entries(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the bars up to which players rest: as an introduction, or as sections if several enter one by one."""
    bars = {
        place: _bars_before(one.phrase.lower())
        for place, one in enumerate(findings)
        if one.kind == "sections" and one.value.startswith(f"intro: {_LATE}")
    }
    starts = sorted({count for count in bars.values() if count})
    kinds = {one.kind for one in findings}
    is_open = not kinds & {"form", "section bars", "bars each"} and not kinds >= {"bpm", "duration"}  # which give the bars
    if not starts or not is_open or len(starts) > len(_LETTERS):
        return list(findings)
    first = next(place for place, count in bars.items() if count)
    if len(starts) == 1 and (has_settings(findings) or not any(one.kind == "bars" for one in findings)):
        count = starts[0]  # which the bars of the piece include
        found = [replace(one, value=one.value - count) if one.kind == "bars" and one.value > count else one for one in findings]
        return [*found, replace(findings[first], kind="section bars", value=("intro", count))]
    whole = next((one.value for one in findings if one.kind == "bars"), 0) - starts[-1]
    lengths = [after - before for before, after in pairwise([0, *starts])] + [
        whole if whole > 0 else max(starts[0], _REST_BARS)
    ]
    form = " ".join(f"{letter}{count}" for letter, count in zip(_LETTERS, lengths, strict=False))
    found = list(findings)
    for place, count in bars.items():
        items = findings[place].value.removeprefix("intro: ")
        waiting = [letter.lower() for letter, start in zip(_LETTERS, starts, strict=False) if start <= count]
        found[place] = replace(findings[place], value="; ".join(f"{letter}: {items}" for letter in waiting))
    kept = [replace(one, kind="phase", value=f"form {form}") if one.kind == "bars" else one for one in found]
    return [*kept, replace(findings[first], kind="form", value=form)]


def _bars_before(phrase: str) -> int:
    """The bars before an entry, 8 for "at bar 9" and for "after eight bars"; 0 where a phrase gives none."""
    at = re.search(r"\b(?:bar|measure) ([0-9]+)", phrase)
    after = re.search(rf"\bafter (?:[a-z]+ ){{0,5}}?({number_pattern()}) bars", phrase)
    return max(int(at[1]) - 1, 0) if at else round(number_of(after[1])) if after else 0


def _meet_hit(settled: Settled) -> None:
    """Two sections that meet at the only hit, as the others enter there: "starts with solo piano, full orchestra at 1:00"."""
    hits = parse_hits(settled.options["hits"]) if "hits" in settled.options else ()
    if len(hits) != 1 or "form" in settled.options:
        return
    settled.options["form"] = _OF_TWO
    if not {"duration", "bars"} & set(settled.options):
        settled.options["duration"] = 2 * hits[0].time_s


def settle_sections(findings: Sequence[Finding], settled: Settled) -> None:
    """What single sections do, all settings of a section after one colon; without a band, who plays and the tempo."""
    found = [(place, finding) for place, finding in enumerate(findings) if finding.kind == "sections"]
    style = settled.first_style
    if _TRIO.search(str(settled.options.get("form", ""))):
        found = [
            (place, replace(one, value=one.value.replace("middle:", "trio:")) if "trio" in one.phrase.lower() else one)
            for place, one in found
        ]
    if style in _IN_TURN:
        for place, _ in (each for each in found if MELODY in each[1].value):
            settled.explain(place, f"{NO_EFFECT}all voices of a {style} have the theme")
        found = [each for each in found if MELODY not in each[1].value]
    if not found:
        return
    if style in styles() and not styles()[style].forms:
        for place, _ in found:
            settled.explain(place, f"{NO_EFFECT}a {style} has no sections")
        return
    _fit_form({name for _, one in found for name in _sections_of(one)}, settled)
    before = settled.options.get("form")
    if has_settings(findings) and style in styles():
        form = str(settled.options.get("form", styles()[style].forms[0]))
        if form == _ROUND and any(_SECOND_CHORUS in _sections_of(one) for _, one in found):
            form = settled.options["form"] = _TWO_ROUNDS
        lifted = f"{_LAST_CHORUS}:"
        found = [(place, replace(one, value=one.value.replace("modulation:", lifted))) for place, one in found]
        if form in ("verse-chorus", "song"):
            found = [(place, replace(finding, value=_in_bridge(finding.value))) for place, finding in found]
        found = [(place, replace(finding, value=_in_rounds(finding.value, form))) for place, finding in found]
        names = {name for _, finding in found for name in _sections_of(finding)}
        for name in ("bridge", "build", "break"):
            if name in names and _lacking({name}, form) and "form" not in settled.options and not _is_short(settled):
                form = settled.options["form"] = _with_section(form, name)
        counted = {one.value[0] for one in findings if one.kind == "section bars"}
        missing = _with_ends(names, style, counted, settled)
        missing |= _lacking(names, str(settled.options.get("form", form)))
    else:
        found = [(place, replace(finding, value=_without_band(finding.value))) for place, finding in found]
        names = {name for _, finding in found for name in _sections_of(finding)}
        missing = {name for name in names if SECTION_KINDS.get(name) in (*_PASSING, *_ENDS)}
        if names == {"start"}:
            _meet_hit(settled)
        if names - missing - {EVERY}:
            others = {one.value[0] for one in findings if one.kind in ("place mood", "place energy")}
            waited = _waiting(found)
            wanted = names - waited | {one.place for _, one in found if one.place and waited.intersection(_sections_of(one))}
            form = settled.options.setdefault("form", form_with(wanted | others, style))
            missing |= {name for name in waited if "%" not in name and not spans_of(name, in_words(str(form)))}
    settings: dict[str, list[str]] = {}
    for place, finding in found:
        kept = []
        for text in filter(None, finding.value.split("; ")):
            name, _, items = text.partition(": ")
            played = [_once_joined(item, settled) for item in items.split(", ") if name not in missing]
            played = [_with_players(item, settled) for item in played if _seat(item, settled)]
            settings.setdefault(name, []).extend(played)
            kept += [f"{name}: {', '.join(played)}"] if played else []
        settled.explain(place, f"in section {'; '.join(kept)}" if kept else f"{NO_EFFECT}{_lacking_for(finding, missing)}")
    if text := "; ".join(f"{name}: {', '.join(dict.fromkeys(items))}" for name, items in settings.items() if items):
        settled.options["sections"] = text
        _leave_out_idle(settings, settled)
    elif before is None:
        settled.options.pop("form", None)


def form_with(names: Collection[str], style: str) -> str:
    """A form without a band that has sections of these names: in three parts, else the first one of the style that has, or any.

    >>> form_with(["middle"], ""), form_with(["bridge", "last chorus"], "lied"), form_with(["c"], "rondo")
    ('ABA', 'verse-chorus', 'rondo')
    """
    if style == _SONATA and {"first b", "last b", "c"} & {*names}:
        return _SONATA_FORM
    usual = styles()[style].forms if style in styles() else ()
    forms = (_OF_THREE, *usual, _SONG, _VARIED, _RONDO)
    return next((form for form in forms if all(spans_of(name, in_words(form)) for name in names)), _OF_THREE)


def _fit_form(names: Collection[str], settled: Settled) -> None:
    """A form with sections that begin near the shares of the piece that settings name, "until 50%", where it is open.

    A length in seconds gives their times.
    """
    places = sorted({int(share) / 100 for name in names for share in re.findall(r"([0-9]+)%", name)})
    if not places or "form" in settled.options:
        return
    _set_times(places, settled)
    is_short = settled.options.get("duration", _LONG_S) < _LONG_S or settled.options.get("bars", _LONG_BARS) < _LONG_BARS
    usual = styles()[settled.first_style].forms if settled.first_style in styles() and not is_short else ()

    def distance(name: str) -> float:
        form = resolve_form(name)
        starts = [start / sum(form.lengths) for start in accumulate(form.lengths)][:-1]
        return max(min(abs(start - place) for start in starts) for place in places) if starts else 1.0

    forms = [*usual, *_DIVIDED]
    settled.options["form"] = next((name for name in forms if distance(name) <= _NEAR), min(forms, key=distance))


def _leave_out_idle(settings: Mapping[str, Sequence[str]], settled: Settled) -> None:
    """Leaves out players who rest throughout, since each section says who plays alone in it."""
    alone = {name: item.removeprefix("only ") for name, items in settings.items() for item in items if item.startswith("only ")}
    form = resolve_form(str(settled.options["form"])) if "form" in settled.options else None
    turns = {share for name in alone for share in re.findall(r"[0-9]+%", name)}
    in_shares = bool(turns) and settings.keys() == alone.keys() and len(alone) == len(turns) + 1
    if form is None or not (in_shares or {letter.rstrip("'").lower() for letter in form.letters} <= set(alone)):
        return
    names = {name for text in alone.values() for name in text.split(" and ")}
    leads = (item.removeprefix(MELODY) for items in settings.values() for item in items if item.startswith(MELODY))
    names |= {name for text in leads for name in re.split(_BETWEEN_NAMES, text)}
    players = line_up(settled)
    kept = [player for player in players if any(_plays(name, [player]) for name in names)]
    if kept and len(kept) < len(players):
        settled.options.pop("ensemble", None)
        settled.options.pop("instruments", None)
        settled.options |= option_of(kept)


def settle_wanted(findings: Sequence[Finding], settled: Settled) -> None:
    """Sections that a piece shall have, "with a breakdown", "and a coda": in its form, where a long piece lacks them."""
    _place_solo_after(findings, settled)
    options, style = settled.options, styles().get(settled.first_style)
    wanted = [(place, one) for place, one in enumerate(findings) if one.kind == "section wanted"]
    bars = {one.value[0] for one in findings if one.kind == "section bars"}
    for place, one in wanted:
        name = one.value
        if name in bars and name in _ENDS:  # which its bars add to the form
            settled.explain(place, NOTHING_MORE)
            continue
        usual = style.forms if style and is_for_band(style.name) else (_OF_THREE,)
        forms = [str(options["form"])] if "form" in options else list(usual)
        has = [form for form in forms if name in _kinds_of(form)]
        if has:
            options |= {"form": has[0]} if len(forms) > len(has) else {}
            settled.explain(place, f"section {name} of the form {has[0]}")
        elif not _is_short(settled) and not resolve_form(forms[0]).is_counted:
            options["form"] = _with_section(forms[0], name)
            settled.explain(place, f"form {options['form']}")


def _is_short(settled: Settled) -> bool:
    """Whether a piece has no room for one more section, or is a loop."""
    options = settled.options
    return options.get("duration", _SHORTEST_S) < _SHORTEST_S or "bars" in options or bool(options.get("loop"))


def _kinds_of(form: str) -> list[str]:
    """The kinds of the sections of a form, of one in letters where it is a song the ones that they stand for."""
    return [kind_of_section(letter) for letter in in_words(form).letters]


def _with_section(form: str, name: str) -> str:
    """A form with one more section: an introduction or ending outside, a bridge before the last chorus, others in the middle.

    >>> _with_section("ABA", "outro"), _with_section("short-song", "bridge")
    ('A B A Outro', "Intro Verse Chorus Verse' Bridge Chorus Outro")
    >>> _with_section("short-song", "build")  # a pre-chorus
    "Intro Verse Build Chorus Verse' Build Chorus Outro"
    """
    letters = list(in_words(form).letters)
    if name == "build" and "Chorus" in letters:
        return " ".join(f"Build {letter}" if letter == "Chorus" else letter for letter in letters)
    places = {"intro": 0, "outro": len(letters)}
    if "Chorus" in letters:
        places["bridge"] = len(letters) - 1 - letters[::-1].index("Chorus")
    place = places.get(name, len(letters) // 2)
    return " ".join([*letters[:place], name.capitalize(), *letters[place:]])


def settle_layers(findings: Sequence[Finding], settled: Settled) -> None:
    """Players who enter one after the other: as the prompt names them, else the rhythm of a band first, or the lowest first."""
    place = next((place for place, one in enumerate(findings) if one.kind == "layers"), None)
    players = [player.partition(":")[0] for player in dict.fromkeys(line_up(settled))]
    before = str(settled.options.get("sections", ""))
    first = re.fullmatch(r"(?:start|intro): only (.+)", before)
    if place is None or len(players) < _FEWEST_LAYERS or (before and not first) or settled.options.get("loop"):
        return
    if first and not any(one.kind == "form" for one in findings):
        settled.options.pop("form", None)  # which only the start needed
    parts = [one for one in findings if one.kind == "part"]
    named = [name for one in parts for name in players_of_part(one, alone=False)]
    order = players[::-1]
    if set(named) == set(players) and len(parts) > 1:
        order = list(dict.fromkeys(named))
    elif is_for_band(settled.first_style):
        order.sort(key=lambda player: _LAYERS.get(kind_of(player), len(_LAYERS)))
    order.sort(key=lambda player: not (first and _plays(first[1], [player])))
    steps = min(len(order), _MOST_LAYERS)
    groups = [order[len(order) * step // steps : len(order) * (step + 1) // steps] for step in range(steps)]
    if "form" not in settled.options:
        settled.options["form"] = " ".join(_LAYERED[: steps if steps > _FEWEST_LAYERS else 2 * steps])
        _set_times([step / steps for step in range(1, steps)], settled)
    items = []
    for step in range(steps - 1):
        start, end = round(100 * step / steps), round(100 * (step + 1) / steps)
        playing = [player for group in groups[: step + 1] for player in group]
        items.append(f"{f'from {start}% ' if step else ''}until {end}%: only {' and '.join(playing)}")
    settled.options["sections"] = "; ".join(items)
    if not any(one.kind in ("arc", "peak") for one in findings):
        del settled.options["arc"], settled.meanings[place]  # more players are louder
    settled.explain(place, f"in section {settled.options['sections']}")


def _set_times(places: Sequence[float], settled: Settled) -> None:
    """Sections that begin at shares of the piece, 0 to 1, where its length in seconds is known."""
    if "duration" in settled.options and not {"hits", "loop"} & settled.options.keys():
        times = (Hit(round(place * settled.options["duration"], 1), "section") for place in places)
        settled.options["hits"] = ", ".join(map(str, times))


def settle_solos(findings: Sequence[Finding], settled: Settled) -> None:
    """A section for the solo of a song, in the place of its bridge or second verse: "rock with a guitar solo"."""
    _place_solos(findings, settled)
    _place_solo_of_song(findings, settled)
    _double_chorus(findings, settled)


def _place_solo_of_song(findings: Sequence[Finding], settled: Settled) -> None:
    """The section Solo of a song that has a solo without a place."""
    style, options = styles().get(settled.first_style), settled.options
    if any(one.kind == "solo after" for one in findings):
        return
    solos = [place for place, one in enumerate(findings) if one.kind == "part" and one.is_solo and not only_rhythm(one)]
    if not solos or style is None or not style.forms or _is_short(settled) or len(line_up(settled)) < _BAND:
        return
    usual = str(options.get("form", style.forms[0]))
    form = _WITH_SOLO.get(usual)
    if form and "bridge:" in str(options.get("sections", "")):  # beside a bridge that is set
        letters = in_words(usual).letters
        place = letters.index("Bridge") + 1 if "Bridge" in letters else len(letters)
        form = " ".join([*letters[:place], "Solo", *letters[place:]])
    if form and is_for_band(style.name):
        options["form"] = form
        for place in solos:
            settled.explain(place, "section Solo")


def _place_solo_after(findings: Sequence[Finding], settled: Settled) -> None:
    """A solo after a section that the prompt counts, "after the second chorus", in place of a bridge; a chorus follows."""
    place, said = next(((place, one) for place, one in enumerate(findings) if one.kind == "solo after"), (-1, None))
    form = _song_of(settled)
    if said is None or not form:
        return
    nth, name = said.value
    letters = list(form)
    places = [i for i, letter in enumerate(letters) if letter.rstrip("'") == name]
    if not places or not -len(places) <= nth < len(places):
        return
    after = places[nth] + 1
    letters[after : after + 1] = ["Solo", *(letter for letter in letters[after : after + 1] if letter != "Bridge")]
    if name == "Chorus" and "Chorus" not in letters[after:]:
        letters.insert(after + 1, "Chorus")
    settled.options["form"] = " ".join(letters)
    settled.explain(place, f"form {settled.options['form']}")


def _double_chorus(findings: Sequence[Finding], settled: Settled) -> None:
    """The last chorus of a song twice: "a double chorus at the end"."""
    place = next((place for place, one in enumerate(findings) if one.kind == "double chorus"), None)
    letters = _song_of(settled)
    if place is None or "Chorus" not in letters:
        return
    last = len(letters) - 1 - letters[::-1].index("Chorus")
    settled.options["form"] = " ".join([*letters[:last], "Chorus", *letters[last:]])
    settled.explain(place, f"form {settled.options['form']}")


def _song_of(settled: Settled) -> list[str]:
    """The sections of the song that a prompt asks for or that its style has; none of a form with bars or of a short piece."""
    style = styles().get(settled.first_style)
    form = str(settled.options.get("form") or next(iter(style.forms if style else ()), ""))
    is_open = bool(form) and not resolve_form(form).is_counted and not _is_short(settled)
    letters = list(in_words(form).letters) if is_open else []
    if len({letter.rstrip("'") for letter in letters}) == 1 < len(letters):
        return ["Verse"] * len(letters)  # of a hymn or a ballad
    return letters


def _place_solos(findings: Sequence[Finding], settled: Settled) -> None:
    """A solo in a place that the prompt gives, "three choruses, the second one a guitar solo": the section is called Solo."""
    form = resolve_form(str(settled.options["form"])) if "form" in settled.options else None
    for place, finding in enumerate(findings):
        if finding.kind == "solo place" and sections_of_chorus(findings, place, settled):
            settled.explain(place, "the chorus of the solo")
            continue
        if finding.kind != "solo place" or form is None:
            continue
        letters = list(form.letters)
        whole = [
            i for i, letter in enumerate(letters) if SECTION_KINDS.get(letter.lower()) not in (*_PASSING, *_ENDS, "bridge")
        ]
        if not -len(whole) <= finding.value < len(whole):
            continue
        letters[whole[finding.value]] = "Solo"
        bars = [f"{round(length)}" if form.is_counted else "" for length in form.lengths]
        settled.options["form"] = " ".join(map("".join, zip(letters, bars, strict=True)))
        settled.explain(place, f"form {settled.options['form']}")


def sections_of_chorus(findings: Sequence[Finding], place: int, settled: Settled) -> list[str]:
    """The sections of a later chorus that has several: "two choruses of AABA, the second one a piano solo"; else none."""
    count = next((one.value for one in findings if one.kind == "choruses"), 0)
    if findings[place].kind != "solo place" or count < _FEWEST_CHORUSES or "form" not in settled.options:
        return []
    letters = [letter for letter in resolve_form(str(settled.options["form"])).letters if len(letter.rstrip("'")) == 1]
    size, nth = len(letters) // count, findings[place].value % count
    return list(dict.fromkeys(letters[nth * size : (nth + 1) * size])) if size > 1 and nth else []


def _sections_of(finding: Finding) -> list[str]:
    return [text.partition(": ")[0] for text in finding.value.split("; ")]


def _with_ends(names: set[str], style: str, counted: set[str], settled: Settled) -> set[str]:
    """Gives the form an introduction or ending where settings name one that it lacks; returns those that it cannot have.

    Bars of a piece have no room for one, except for one with bars of its own, which is in `counted`.
    """
    form = str(settled.options.get("form", styles()[style].forms[0]))
    kinds = {SECTION_KINDS.get(letter.strip("'").lower()) for letter in resolve_form(form).letters}
    lacking = [name for name in _ENDS if name in names and name not in kinds]
    is_short = settled.options.get("duration", _SHORTEST_S) < _SHORTEST_S
    is_short = is_short or ("bars" in settled.options and not set(lacking) <= counted)
    is_whole = form in _COUNTED and not set(lacking) <= counted
    if lacking and (is_whole or settled.options.get("loop") or is_short):
        return {*lacking, *(name for name in names if SECTION_KINDS.get(name) in _PASSING)}
    if lacking and form == "verse-chorus":
        settled.options["form"] = "song"  # the same with an introduction and an ending
    elif lacking:
        ends = ["Intro"] * ("intro" in lacking), ["Outro"] * ("outro" in lacking)
        settled.options["form"] = " ".join([*ends[0], *resolve_form(form).letters, *ends[1]])
    return {name for name in names if (kind := SECTION_KINDS.get(name)) in _PASSING and kind not in kinds}


def _lacking_for(finding: Finding, missing: Collection[str]) -> str:
    """What a piece lacks for the settings of a section of which none is left."""
    if finding.value and {*_sections_of(finding)} <= {*missing}:
        return "the piece has no such section"
    items = [item for text in finding.value.split("; ") for item in text.partition(": ")[2].split(", ")]
    if all(item.startswith(_OF_BANDS) for item in items if item):
        return "only bands with a bass or drums have such a setting of a section"
    if all(item.startswith("key ") for item in items):
        return "beside chords and modes, no section has such a key"
    return "the piece has no such player"


def _without_band(value: str) -> str:
    """Settings of sections where no band plays: players, tempi and keys, at the start and the end instead of intro and outro.

    >>> _without_band("intro: only cello; outro: intensity 0.2, tempo 80%; chorus: swing 1")
    'start: only cello; end: tempo 80%'
    """
    kept = {}
    for text in value.split("; "):
        name, _, items = text.partition(": ")
        if name == "modulation":
            name, items = "middle", "key dominant"
        settable = [
            item for item in items.split(", ") if item.startswith(("no ", _LATE, "only ", "+", "tempo ", "key ", MELODY))
        ]
        if settable:
            kept[_PLACES.get(name, name)] = ", ".join(settable)
    return "; ".join(f"{name}: {items}" for name, items in kept.items())


def _in_bridge(value: str) -> str:
    """Settings of a break as those of the bridge.

    >>> _in_bridge("break: no drums; intro: no bass")
    'bridge: no drums; intro: no bass'
    """
    parts = [text.partition(": ") for text in value.split("; ")]
    return "; ".join(f"{_BETWEEN.get(name, name)}: {items}" for name, _, items in parts)


def _in_rounds(value: str, form: str) -> str:
    """Settings of the last chorus as those of the last round of a theme in AABA, which is a chorus in jazz, or of its end.

    >>> _in_rounds("last chorus: tempo 200%", "two-choruses"), _in_rounds("last chorus: tempo 200%", "song")
    ('from 50%: tempo 200%', 'last chorus: tempo 200%')
    """
    letters = "".join(letter.rstrip("'") for letter in resolve_form(form).letters)
    rounds = len(letters) // len(_ROUND)
    if not letters or letters != _ROUND * rounds:
        return value
    value = re.sub(r"\bbridge:", "b:", value)
    if rounds > 1:
        last = f" until {200 / rounds:.0f}%" if rounds > _FEWEST_CHORUSES else ""
        value = value.replace(f"{_SECOND_CHORUS}:", f"from {100 / rounds:.0f}%{last}:")
    return value.replace(f"{_LAST_CHORUS}:", f"from {100 * (rounds - 1) / rounds:.0f}%:" if rounds > 1 else "end:")


def _lacking(names: Collection[str], form: str) -> set[str]:
    """Names of sections that a form in words lacks, such as a drop of a song."""
    kinds = _kinds_of(form)
    is_in_words = all(kind in SECTION_KINDS for kind in kinds)
    return {
        name
        for name in names
        if is_in_words and name.rpartition(" ")[2] in SECTION_KINDS and not spans_of(name, in_words(form))
    }


def _waiting(found: Sequence[tuple[int, Finding]]) -> set[str]:
    """Names of sections in which players only wait for their entry in a later one."""
    items: dict[str, list[str]] = {}
    for _, one in found:
        for name, _, said in (text.partition(": ") for text in one.value.split("; ")):
            items.setdefault(name, []).extend(said.split(", "))
    return {name for name, said in items.items() if all(item.startswith(_LATE) for item in said)}


def _once_joined(item: str, settled: Settled) -> str:
    """A setting of a player that enters later, "late drums", as one without it there; the piece has the player."""
    name = item.removeprefix(_LATE)
    if name == item:
        return item
    _seat(f"+{name}", settled)
    return f"no {name}"


def _seat(item: str, settled: Settled) -> bool:
    """Whether a setting is possible: its players play, and its key suits that of the piece and given chords.

    A player that enters and that the band lacks joins it.
    """
    if item.startswith("key "):
        in_mode = any(mode in str(settled.options.get("key", "")) for mode in MODAL_NAMES)
        return not in_mode and ("chords" not in settled.options or item[4] in "+-")
    if item.startswith(_OF_BANDS):
        return has_levels(line_up(settled))
    manner = next((word for word in _MANNERS if item.startswith(word)), "")
    if not manner:
        return True
    for name in re.split(_BETWEEN_NAMES, item.removeprefix(manner)):
        players = line_up(settled)
        is_all = players and name not in _LEADS and all(_plays(name, [player]) for player in players)
        if is_all and manner in ("no ", "+"):
            return False  # who are all players cannot rest
        if _is_part(name, settled):
            continue
        singers = len(_singers(players))
        if name in VOICES and singers == len(VOICES):
            continue  # a voice of the choir
        if name in VOICES and singers > len(VOICES) and name not in players:
            return False  # voices of a larger choir have no names of their own
        if manner == MELODY and (is_drums(name) or name in _NO_MELODY):
            return False
        lacks_choir = name == CHOIR and manner == "+" and all(map(is_lone_voice, _singers(players)))
        if _plays(name, players) and not lacks_choir:
            continue
        is_horns = prompt_table()["roles"].get(name) == _HORNS and is_band(players)
        instrument = (_BAND_HORNS,) if is_horns else _instrument(name)
        if manner not in ("+", "only ", MELODY) or not instrument or name in _LEADS:
            return False
        settled.options.pop("ensemble", None)
        settled.options.pop("instruments", None)
        named = {each for names in settled.named.values() for each in names}
        settled.options |= option_of(with_player(players, instrument[0], named))
    return True


def has_levels(players: Sequence[str]) -> bool:
    """Whether players are a band whose sections have an intensity and a complexity: with drums or a bass, or not yet known."""
    return not players or any(is_drums(player) or (kind_of(player) == "bass" and player != _LOWEST) for player in players)


def _with_players(item: str, settled: Settled) -> str:
    """A setting with the names of those who play for a name that is not theirs: the sax of a band, which is a tenor."""
    manner = next((word for word in _MANNERS if item.startswith(word)), "")
    players = line_up(settled)
    for name in re.split(_BETWEEN_NAMES, item.removeprefix(manner)) if manner else ():
        is_group = name in (*HANDS, PEDAL, *_ROLES) or _is_part(name, settled)
        is_group = is_group or name in (_FAMILIES if manner == MELODY else PLAYER_GROUPS)
        is_known = find_instrument(name) and {_program(player) for player in players} & {*map(_program, _instrument(name))}
        singers = _singers(players) if name == CHOIR else []
        if len({*map(is_lone_voice, singers)}) > 1:  # of a choir and of one voice
            players = [player for player in singers if not is_lone_voice(player)]
            is_known, is_group = None, False
        if not (is_group or is_known):
            named = [player.partition(":")[0] for player in players if _plays(name, [player])]
            named = [player.replace("-", " ") for player in named[:1]] if manner == MELODY else list(dict.fromkeys(named))
            item = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " and ".join(named) or name, item) if named else item
    return item


def _singers(players: Sequence[str]) -> list[str]:
    """The voices and choirs among players."""
    return [player for player in players if kind_of(player) == CHOIR]


def _is_part(name: str, settled: Settled) -> bool:
    """Whether a name is that of a part of the ensemble, such as the tenor of a choir."""
    ensemble = str(settled.options.get("ensemble", ""))
    return bool(ensemble) and any(fold(name) == fold(part.name) for part in resolve_ensemble(ensemble).parts)


def line_up(settled: Settled) -> list[str]:
    """Who plays so far."""
    if "instruments" in settled.options:
        return list(settled.options["instruments"])
    ensemble = settled.options.get("ensemble") or next(iter(usual_ensembles(settled.options.get("style", ""))), "")
    return list(players_of(ensemble)) if ensemble else []


def _program(player: str) -> int | None:
    """The General MIDI program of an instrument; `None` for drums."""
    name = player.partition(":")[0]
    return instruments()[name].program if name in instruments() else None


def _instrument(name: str) -> tuple[str, ...]:
    """The instruments that a name means, also of several players or the second one: "tenors", "violin 2"."""
    texts = (name, name.removesuffix("s"), name.removesuffix(" 2"))
    senses = (sense for text in texts for sense in lexicon().senses.get(phrase_of(text), ()))
    return next((sense.value for sense in senses if sense.kind == "instrument"), ())


def _plays(name: str, players: Sequence[str]) -> bool:
    """Whether a player of a setting is among the instruments."""
    role = prompt_table()["roles"].get(name, name)
    if role in _LEADS:
        return True
    if role in (DRUMS, "percussion"):
        return any(map(is_drums, players))
    if role in (kinds := {kind_of(player) for player in players}):
        acoustic = "acoustic" in name and role == "guitar" and "electric" not in kinds
        return not acoustic or any(player.startswith("acoustic") for player in players)
    if programs := programs_of(*_FAMILIES.get(name, ())):
        return any(_program(player) in programs for player in players)
    if name in (*HANDS, PEDAL):
        return any(staves_of(player) > (2 if name == PEDAL else 1) for player in players)
    meant = (*_instrument(name), prompt_table()["saxes"]["words"].get(name, name))  # "tenor solo" beside a tenor saxophone
    return bool(set(meant) & set(players)) or (DRUMS in meant and any(map(is_drums, players)))
