"""Options with one value, such as key, meter, tempo and length: of several findings the strongest counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from composer.brief.limits import BARS_RANGE
from composer.controls import PHRASE_BARS
from composer.presets import COMPOUND_BEAT, levels, moods, resolve_form, styles
from composer.prompt.figures.forms import PARALLEL
from composer.prompt.figures.keys import PENTATONIC
from composer.prompt.figures.tempi import MODERATE_QPM, names_note
from composer.prompt.findings import FIGURE, IMPLIED, NOT_QUITE, PACES, Finding
from composer.prompt.lexicon import phrase_of, prompt_table
from composer.prompt.named_parts import has_voices
from composer.prompt.settle_styles import is_ballad, is_counterpoint, is_for_band, is_thin
from composer.prompt.settled import NOTHING_MORE, Conflict, Settled, is_stated, strength
from composer.score import TICKS_PER_QUARTER, TimeSignature

_PACE_SHARE = 0.5  # of a word for speed beside a genre that has a tempo: "fast ska" is a little faster than ska
_FAST, _FAST_SHARE = 138, 0.8  # from this value of a word on, a tempo is at least in the upper fifth of its style
_MEDIUM = 104  # the value of "medium", in presets/prompt.toml
_MIDDLE_BARS, _SECONDS_A_BAR = 32, 2.5  # between short and long
_THIN = 0.25  # the density of a "minimal" piece in another style
_BARS_OF_MOVEMENT = 8  # at least
_MIDDLING = 0.5  # the density that they move away from or towards
_STYLE_TEMPO_MARGIN = 1.25  # how far a word such as "slow" may leave the tempi of its style, as a factor
_KEYED = ("mode", "plain key", "hand position", "sections")  # kinds of findings that may state a key
_SCALARS = ("key", "meter", "tempo", "bars", "duration", "form", "chords", "loudest")
_BALLAD_QPM = 72.0
_EIGHTHS_SHARE = 0.6  # tempo in quarters of a dance in 3/8, of that in 3/4
_IN_FOUR, _IN_THREE = "4/4", "3/4"
_TWO, _MOST_VOICES = 2, 4  # voices: too few for a fugue, and the most that two hands play
_BARS_OF_LINE = (2, 4)  # of a hymn, in 4/4 and in 3/4
_BLUES, _BARS_OF_CHORUS, _MOST_CHORUSES = "blues", 12, 8
_SHORT_BARS, _FEWEST_VARIED = 16, 3  # of a short piece; sections of one theme, from which on they are variations
_VARIED = "varia"  # begins the word for variations in most languages
_BARS_OF_VERSE = 8  # of a hymn with one verse
_HALF_NOTE, _FASTEST_HALVES = 2.0, 140  # in quarters; half notes per minute above which a number counts quarters
_SOUNDING = 0.9  # share of the voices that sound together on average
_OPEN_FORMS = ("theme-and-variations", "twelve-bar", "blues")  # how often their sections return may be said elsewhere
_TIMES, _ROUNDS = "times", ("times", "choruses")  # how often a form, or all, is played
_HEAD, _SOLO = "Head", "Solo"  # sections of jazz
LOOP = "loop"  # a form; a piece in it has no ending


def _scalars_of(finding: Finding, findings: Sequence[Finding], settled: Settled, beat: float) -> list[tuple[str, Any]]:
    """The options of one value that a finding sets; `beat` is the felt one in quarters."""
    kind, value = finding.kind, finding.value
    named = finding.phrase.lower()
    dance = prompt_table()["dances"].get(named) if kind in ("use", "style", "hint") else None
    if dance and named in styles() and styles()[named].meters != tuple(dance):
        dance = None  # the style of this name has other meters
    claimed = [("meter", dance[0])] if dance else []
    if kind == "use":
        return [*claimed, *_scalars_of_use(value, findings, settled)]
    if claimed:
        return claimed
    if is_thin(finding) and value not in settled.options.get("style", ""):
        return [] if any(one.kind == "density" for one in findings) else [("density", _THIN)]
    if kind == "meter":
        return [("meter", prompt_table()["nearest_meters"].get(value, value))]
    if kind == "denied meter":
        return [("meter", meter)] if (meter := _other_meter(value, settled.options.get("style", ""))) else []
    if kind in _KEYED:
        return _key_of(finding, findings, settled)
    if kind == "always soft":
        return list(zip(("dynamic", "loudest"), value, strict=True))
    if kind == "lines":
        return _verses_of(value, findings)
    if kind in _ROUNDS:
        return _choruses_of(value, settled)
    if kind == "strophes":
        verses = next(
            (_verses_of(one.value, findings)[1:] for one in findings if one.kind == "lines"),
            [("form", value if " " in value else f"{value}{_BARS_OF_VERSE}")],
        )
        return [] if is_for_band(settled.first_style) else verses
    if kind == "counts":
        counted = [one for one in findings if one.kind == kind]  # "16 counts intro, 64 counts main part" are 80
        is_sum = not any(one.is_correction for one in counted)
        return _bars_of_counts(sum(one.value for one in counted) if is_sum else value, findings, settled)
    if kind == "voices":
        is_open = value == _TWO or (value <= _MOST_VOICES and not has_voices(value, settled))
        return [("polyphony", round(_SOUNDING * value, 2))] if is_open and is_counterpoint(settled) else []
    if kind == "length":
        bars = value * finding.degree if value > 16 else value / finding.degree
        movements = next((len(one.value[1]) for one in findings if one.kind == "movements"), 0)
        bars = max(bars, _BARS_OF_MOVEMENT * movements)  # "a short trio in three movements"
        return [("bars", PHRASE_BARS * max(1, round(bars / PHRASE_BARS)))]
    if kind == "density":
        return [("density", min(1.0, max(0.0, round(_MIDDLING + (value - _MIDDLING) * finding.degree, 3))))]
    if kind in PACES:
        return _tempo_of(finding, findings, settled, beat)
    return [(kind, value)] if kind in (*_SCALARS, *prompt_table()["options"]) else []


def _scalars_of_use(use: Mapping[str, Any], findings: Sequence[Finding], settled: Settled) -> list[tuple[str, Any]]:
    """The options that a scene, a genre or an artist implies."""
    has_chords = any(one.kind in ("chords", "degrees") for one in findings)  # whose key counts
    style = settled.options.get("style", "")
    is_weak = use.get("weak") and use.get("style", "") not in style  # "a Japanese waltz"
    has_meter = not (is_weak or _is_out_of_dances(use, findings))
    names = ("tempo", "bars", "form", *(["meter"] if has_meter else []), "density", "level", *([] if has_chords else ["key"]))
    implied = {name: use[name] for name in names if name in use}
    if "tempo" in use and use.get("meter") == _IN_THREE and _is_in_eighths(findings):
        implied["tempo"] = round(use["tempo"] * _EIGHTHS_SHARE)
    elif "tempo" in use and "table" not in use:  # a lullaby in house keeps the tempo of house
        implied["tempo"] = _near(use["tempo"], style)
    return [*implied.items()]


def _key_of(finding: Finding, findings: Sequence[Finding], settled: Settled) -> list[tuple[str, Any]]:
    """The key that a mode, "any key", a position of hands or a part in the parallel mode states, with the scale or level."""
    kind, value = finding.kind, finding.value
    kinds = {one.kind for one in findings}
    if kind == "mode":
        return [_plain_key(f"{_mode_of_mood(settled)} {value}" if value == PENTATONIC else value)]
    if kind == "plain key":
        scale = [("scale", 1.0)] if value else []
        return scale if kinds & {"key", "mode", "chords", "degrees"} else [*scale, _plain_key(_mode_of_mood(settled))]
    if kind == "hand position":
        return [("level", "five-finger"), *([] if kinds & {"key", "mode", "plain key"} else [("key", value)])]
    if not value.endswith(PARALLEL) or kinds & {"key", "mode"}:
        return []
    return [_plain_key("major" if set(phrase_of(finding.phrase)) & set(prompt_table()["variations"]["minor"]) else "minor")]


def _plain_key(mode: str) -> tuple[str, str]:
    """The usual key of a mode."""
    return "key", f"{prompt_table()['tonic_of'][mode]} {mode}"


def _tempo_of(finding: Finding, findings: Sequence[Finding], settled: Settled, beat: float) -> list[tuple[str, Any]]:
    """The tempo of a word or a number, which counts felt beats."""
    kind, value, style = finding.kind, finding.value, settled.options.get("style", "")
    if kind == "bpm":
        in_beats = beat > 1 and not names_note(finding.phrase.lower())
        return [("tempo", _in_felt_beats(value, style, beat) if in_beats else value)]
    if kind == "tempo":
        return [("tempo", tempo_of_word(value, "", finding.degree, beat))]
    if finding.degree == NOT_QUITE and value > MODERATE_QPM and _is_calm(settled):
        return []  # "not fast: peaceful" does not raise a slow tempo
    has_meter = any(one.kind == "meter" and _beat_of(one.value) > 1 for one in findings)
    if not has_meter and (pace := _pace_of_genre(findings)):
        return [("tempo", float(round(pace * math.pow(value / MODERATE_QPM, finding.degree * _PACE_SHARE))))]
    return [("tempo", tempo_of_word(value, style, finding.degree, beat))]


def _mode_of_mood(settled: Settled) -> str:
    """Minor for moods of negative valence, else major."""
    tags = settled.options.get("mood", [])
    return "minor" if tags and sum(moods()[tag].valence for tag in tags) < 0 else "major"


def _verses_of(lines: int, findings: Sequence[Finding]) -> list[tuple[str, Any]]:
    """Meter and form of a hymn with lines of about eight syllables, one to a beat: two bars of 4/4 a line, four of 3/4."""
    meter = next((one.value for one in findings if one.kind == "meter"), _IN_FOUR)
    strophes = next((one.value for one in findings if one.kind == "strophes"), "A A'")
    bars = lines * _BARS_OF_LINE[meter == _IN_THREE]
    return [("meter", meter), ("form", " ".join(f"{letter}{bars}" for letter in strophes.split()))]


def _choruses_of(count: int, settled: Settled) -> list[tuple[str, Any]]:
    """The form of a blues of so many choruses: the first, varied ones for solos, and the first again."""
    if settled.first_style != _BLUES or not 1 <= count <= _MOST_CHORUSES:
        return []
    names = [f"A{chr(39) * place}" for place in range(max(1, count - 1))] + ["A"] * (count > 1)
    return [("form", " ".join(f"{name}{_BARS_OF_CHORUS}" for name in names))]


def _bars_of_counts(beats: int, findings: Sequence[Finding], settled: Settled) -> list[tuple[str, Any]]:
    """The whole bars of beats that dancers count, in the meter that is stated or in one of the style, if possible in four."""
    style = styles().get(settled.first_style)
    offered = (*style.meters, *style.only_meters) if style else ()
    usual = _IN_FOUR if not offered or _IN_FOUR in offered else offered[0]
    meter = next((one.value for one in findings if one.kind == "meter"), usual)
    bars = round(beats * _beat_of(meter) * TICKS_PER_QUARTER / TimeSignature.parse(meter).bar_ticks)
    return [("bars", max(BARS_RANGE[0], bars)), *([("meter", meter)] if meter == usual else [])]


def _is_out_of_dances(row: Mapping[str, Any], findings: Sequence[Finding]) -> bool:
    """Whether a style is named that is never in the meter of the row: "oompah, a waltz"."""
    named = [styles()[one.value] for one in findings if one.kind in ("style", "hint") and one.value in styles()]
    return "meter" in row and any(style.only_meters and row["meter"] not in style.only_meters for style in named)


def _is_in_eighths(findings: Sequence[Finding]) -> bool:
    """Whether 3/8 is the meter, whose bars would pass twice as fast as those of 3/4."""
    return next((finding.value for finding in findings if finding.kind == "meter"), "") == "3/8"


def _pace_of_genre(findings: Sequence[Finding]) -> float:
    """The tempo of the first genre whose row has one, not that of the nearest style; 0 without one."""
    genres = [one.value for one in findings if one.kind == "use" and one.value.get("table") == "genres"]
    return next((float(row["tempo"]) for row in genres if "tempo" in row), 0.0)


def _is_calm(settled: Settled) -> bool:
    tags = settled.options.get("mood", [])
    return bool(tags) and max(moods()[tag].arousal for tag in tags) <= 0


def _beat_of(meter: str) -> float:
    """The felt beat of a meter in quarters: a dotted quarter in 6/8, a half note in 2/2.

    >>> _beat_of("6/8"), _beat_of("3/4"), _beat_of("2/2")
    (1.5, 1.0, 2.0)
    """
    beats, _, unit = meter.partition("/")
    if unit == "8":
        return COMPOUND_BEAT if int(beats) > 3 and int(beats) % 3 == 0 else 1.0
    return _HALF_NOTE if unit == "2" else 1.0


def _meter_of(findings: Sequence[Finding], settled: Settled) -> str:
    """The meter of a dance with a tempo, or that the first style mostly has: 6/8 of a tarantella and of a jig."""
    dances = [one.value for one in findings if one.kind == "use" and {"meter", "tempo"} <= one.value.keys()]
    named = next((str(row["meter"]) for row in dances), "")
    style = styles().get(settled.first_style)
    return named or (style.meters[0] if style and style.meters else _IN_FOUR)


def _in_felt_beats(bpm: float, style_text: str, beat: float) -> float:
    """Quarters per minute of a plain number: of half notes in cut time unless these are too fast to be felt as beats.

    In compound meters they are of felt beats if the tempi of the style are nearer to these, "jig, 6/8, 120 bpm".

    >>> _in_felt_beats(120, "jig", 1.5), _in_felt_beats(90, "nocturne", 1.5), _in_felt_beats(120, "march", 2.0)
    (180.0, 90, 240.0)
    """
    if beat == _HALF_NOTE:
        return bpm * beat if bpm <= _FASTEST_HALVES else bpm
    name = style_text.partition(",")[0].partition(":")[0]
    low = styles()[name].tempo_qpm[0] if name in styles() else 0
    return bpm * beat if bpm < low <= bpm * beat else bpm


def _meter_of_dance(style_text: str) -> str | None:
    """The meter of a dance in a mixture with a genre in four that has no meter of it: "a waltz in pop style" is in 3/4."""
    rows = [styles()[name] for item in style_text.split(",") if (name := item.partition(":")[0]) in styles()]
    genres = [row for row in rows if row.kind not in ("era", "composer")]
    bound = next((row for row in genres if row.only_meters), None)
    if bound and len(genres) > 1:
        shared = (meter for meter in bound.meters if all(meter in row.meters for row in genres))
        return next(shared, bound.meters[0])
    dance = next((row for row in genres if row.meters and _IN_FOUR not in row.meters), None)
    in_four = any(row.meters == (_IN_FOUR,) for row in genres)
    return dance.meters[0] if dance and in_four else None


def _other_meter(denied: str, style_text: str) -> str | None:
    """A meter in place of a denied one: another of the style, `None` if it has no other; without a style, in four or three."""
    name = style_text.partition(",")[0].partition(":")[0]
    offered = (*styles()[name].meters, *styles()[name].only_meters) if name in styles() else ()
    if offered:
        return next((meter for meter in offered if meter != denied), None)
    return _IN_FOUR if int(denied.partition("/")[0]) % 3 == 0 else _IN_THREE


def tempo_of_word(word_beats: float, style_text: str, degree: float = 1.0, beat: float = 1.0) -> float:
    """Quarter notes per minute of a tempo word, which counts felt beats.

    It is further from moderate by degree, and kept near the tempi of the styles.
    """
    low, high = _tempi_of(style_text, beat)
    if low > 0 and word_beats == _MEDIUM and degree == 1:
        return float(round(math.sqrt(low * high)))  # "medium swing" is faster than a medium ballad
    named = beat * MODERATE_QPM * math.pow(word_beats / MODERATE_QPM, degree)
    if low > 0 and degree >= 1 and word_beats >= _FAST:
        named = max(named, low * math.pow(high / low, _FAST_SHARE))  # "fast punk" is fast for punk
    return float(round(_near(named, style_text, beat)))


def _near(tempo: float, style_text: str, beat: float = 1.0) -> float:
    """A tempo, moved to the nearest one that the styles have, with a margin."""
    low, high = _tempi_of(style_text, beat)
    return min(max(tempo, low / _STYLE_TEMPO_MARGIN), high * _STYLE_TEMPO_MARGIN)


def _tempi_of(style_text: str, beat: float = 1.0) -> tuple[float, float]:
    """The lowest and highest usual tempo of any of the styles in meters of a beat, eras apart; without one, any tempo."""
    named = [item.partition(":")[0] for item in style_text.split(",")]
    rows = [styles()[name] for name in named if name in styles() and styles()[name].kind != "era"]
    ranges = [row.tempi_in(is_compound=beat == COMPOUND_BEAT) for row in rows]
    return min((low for low, _ in ranges), default=0), max((high for _, high in ranges), default=math.inf)


def usual_tempo(style: str) -> float:
    """The middle of the tempi of a style in quarter notes per minute; 0 for an unknown one."""
    return math.sqrt(math.prod(styles()[style].tempo_qpm)) if style in styles() else 0.0


def settle_scalars(findings: Sequence[Finding], settled: Settled) -> None:
    """For each option the strongest finding; of equals the first, unless a later one corrects it."""
    claims: dict[str, dict[int, Any]] = {}
    near = prompt_table()["nearest_meters"]
    beat = _beat_of(
        next((near.get(one.value, one.value) for one in findings if one.kind == "meter"), _meter_of(findings, settled))
    )
    for place, finding in enumerate(findings):
        for option, value in _scalars_of(finding, findings, settled, beat):
            claims.setdefault(option, {})[place] = value
    if not any(strength(findings[place]) > IMPLIED for place in claims.get("tempo", ())):
        claims |= _slowed(findings, settled)

    _join_heads(claims, settled)
    _repeat_choruses(findings, claims, settled)
    forms = claims.get("form", {})
    if len(set(forms.values())) > 1:  # "theme and variations, four variations", "12-bar form, three choruses"
        claims["form"] = {place: form for place, form in forms.items() if form not in _OPEN_FORMS} or forms
        for place in forms.keys() - claims["form"].keys():
            settled.explain(place, NOTHING_MORE)
    if easiest := min(claims.get("level", {}).values(), key=list(levels()).index, default=None):
        claims["level"] = dict.fromkeys(claims["level"], easiest)
        for place in claims.pop("density", {}):  # an easy piece has few notes
            settled.explain(place, NOTHING_MORE)
    _settle_claims(claims, findings, settled)
    _give_room(findings, settled)
    if "meter" not in settled.options and (meter := _meter_of_dance(str(settled.options.get("style", "")))):
        settled.options["meter"] = meter
    if "tempo" not in settled.options and not {"bars", "duration"} <= settled.options.keys() and _is_in_eighths(findings):
        low, high = _tempi_of(str(settled.options.get("style", "")))
        if _IN_THREE in getattr(styles().get(settled.first_style), "meters", ()):
            settled.options["tempo"] = float(round(math.sqrt(low * high) * _EIGHTHS_SHARE))
    settled.conflicts[:] = dict.fromkeys(settled.conflicts)


def _settle_claims(claims: dict[str, dict[int, Any]], findings: Sequence[Finding], settled: Settled) -> None:
    """The strongest claim of each option, by the place of its finding; the others agree with it or give way."""

    def rank(place: int) -> tuple[bool, int, int]:
        return findings[place].is_correction, strength(findings[place]), -place

    best = {option: max(places, key=rank) for option, places in claims.items()}
    for option, winners in _outvoted({option: strength(findings[place]) for option, place in best.items()}):
        won = ", ".join(findings[best[name]].phrase for name in winners)
        seconds = claims["duration"][best["duration"]]
        for place in claims.pop(option):
            if findings[place].kind == "length" and _agree("length", findings[place].value, seconds / _SECONDS_A_BAR):
                settled.explain(place, NOTHING_MORE)
            elif is_stated(findings[place]):
                settled.conflicts.append(Conflict(option, won, findings[place].phrase))
        del best[option]
    for option, places in claims.items():
        winner = best[option]
        value = places[winner]
        if (option, value) == ("form", LOOP):
            settled.options["loop"] = True
            if "bars" in best and claims["bars"][best["bars"]] < len(resolve_form(LOOP).letters):
                settled.explain(winner, "loop")
                continue
        settled.options[option] = value
        for place, claimed in places.items():
            if claimed == value or _is_mode_of(findings[place], value):
                settled.explain(place, f"{option} {value:g}" if isinstance(value, float) else f"{option} {value}")
            elif value in prompt_table()["dances"].get(findings[place].phrase.lower(), ()) or _agree(option, value, claimed):
                settled.explain(place, NOTHING_MORE)
            elif is_stated(findings[place]):
                settled.conflicts.append(Conflict(option, findings[winner].phrase, findings[place].phrase))


def _give_room(findings: Sequence[Finding], settled: Settled) -> None:
    """More bars for a short piece in a form that needs room, "a short rondo"; eight each for a theme and its variations."""
    options, table = settled.options, prompt_table()["roomy_forms"]
    said = [place for place, one in enumerate(findings) if one.kind == "length" and "bars" in settled.meanings.get(place, "")]
    form = str(options.get("form") or settled.first_style)
    letters = resolve_form(form).letters if "form" in options else ()
    is_varied = len(letters) >= _FEWEST_VARIED and len({letter.rstrip("'") for letter in letters}) == 1 != len({*letters})
    bars = table.get(form, len(letters) * table["variation"] if is_varied else 0)
    if said and options["bars"] <= _SHORT_BARS and bars:
        options["bars"] = max(
            PHRASE_BARS * round(bars * options["bars"] / _SHORT_BARS / PHRASE_BARS), PHRASE_BARS * len(letters)
        )
        for place in said:
            settled.meanings[place] = f"bars {options['bars']}"
    elif (
        is_varied
        and ("level" in options or any(one.kind == "form" and _VARIED in one.phrase.lower() for one in findings))
        and not {"bars", "duration", "loop"} & options.keys()
        and not resolve_form(form).is_counted
    ):
        options["bars"] = bars


def _join_heads(claims: dict[str, dict[int, Any]], settled: Settled) -> None:
    """A list of heads and solos whose head has a form: in AABA with 32 bars, each solo varies the sections of the head."""
    forms = claims.get("form", {})
    listed = next((form for form in forms.values() if _HEAD in str(form).split()), "")
    of_head = next((form for form in forms.values() if form != listed and len(set(resolve_form(form).letters)) > 1), "")
    head = resolve_form(of_head).letters if listed and of_head else ()
    if not head or not all(len(letter.rstrip("'")) == 1 for letter in head):
        return
    bars = next(iter(claims.get("bars", {}).values()), 0)
    sections = resolve_form(listed).letters
    each = str(bars // len(head)) if bars and bars % len(head) == 0 and bars * len(sections) <= BARS_RANGE[1] else ""
    names: list[str] = []
    solos = 0
    for section in sections:
        solos += section.startswith(_SOLO)
        if section == _HEAD:
            names += head
        else:
            names += [f"{letter}{chr(39) * solos}" for letter in head] if section.startswith(_SOLO) else [section]
    joined = " ".join(f"{name}{each}" for name in names)
    claims["form"] = dict.fromkeys(forms, joined)
    if each:
        for place in claims.pop("bars"):
            settled.explain(place, "bars of the head")


def _repeat_choruses(findings: Sequence[Finding], claims: dict[str, dict[int, Any]], settled: Settled) -> None:
    """A form in letters as often as it is played, the later rounds varied: "two choruses of a 32-bar AABA" has 64 bars.

    What has no form is played again as it is: "an 8-bar hymn tune, three times through" is A8 A8 A8.
    """
    place, count = next(((place, one.value) for place, one in enumerate(findings) if one.kind in _ROUNDS), (-1, 0))
    forms, bars = claims.get("form", {}), claims.get("bars", {})
    each = max(bars.values(), default=0)
    if place < 0 or place in forms or LOOP in forms.values() or not 1 < count <= _MOST_CHORUSES or each * count > BARS_RANGE[1]:
        return
    letters = resolve_form(next(iter(forms.values()))).letters if len(set(forms.values())) == 1 else ()
    if len({*letters}) > 1 and all(len(letter.rstrip("'")) == 1 for letter in letters):
        joined = " ".join(f"{letter}{chr(39) * number}" for number in range(count) for letter in letters)
    elif not forms and findings[place].kind == _TIMES and (each or not is_for_band(settled.first_style)):
        joined = " ".join("A" * count)
    else:
        return
    claims["form"] = dict.fromkeys(forms or [place], joined)
    claims["bars"] = {where: count * value for where, value in bars.items()}
    if not bars:
        del claims["bars"]
    if forms:
        settled.explain(place, f"form {joined}")


def _agree(option: str, one: Any, other: Any) -> bool:
    """Whether two values are both above or both below the middle: "fast, 220 bpm".

    >>> _agree("tempo", 220, 144.0), _agree("tempo", 160, 77.0), _agree("key", "C major", "D major")
    (True, False, False)
    """
    middle = {"tempo": MODERATE_QPM, "density": _MIDDLING, "length": _MIDDLE_BARS}.get(option)
    return middle is not None and (one - middle) * (other - middle) > 0


def _slowed(findings: Sequence[Finding], settled: Settled) -> dict[str, dict[int, Any]]:
    """The tempo of a ballad in the style of a faster band: "a Metallica ballad"."""
    style = settled.first_style
    if not is_ballad(findings) or not is_for_band(style) or styles()[style].tempo_qpm[0] <= _BALLAD_QPM:
        return {}
    return {"tempo": {next(place for place, finding in enumerate(findings) if finding.kind == "hint"): _BALLAD_QPM}}


def _outvoted(strengths: dict[str, int]) -> list[tuple[str, tuple[str, ...]]]:
    """Which of bars, duration and tempo is overridden, and by which of the others: two determine the third.

    >>> _outvoted({"tempo": 2, "bars": 3, "duration": 3}), _outvoted({"bars": 2, "duration": 3})
    ([('tempo', ('bars', 'duration'))], [('bars', ('duration',))])
    """
    if "duration" not in strengths or "bars" not in strengths:
        return []
    if strengths["bars"] < FIGURE:
        return [("bars", ("duration",))]
    return [("tempo", ("bars", "duration"))] if 0 < strengths.get("tempo", 0) < FIGURE else []


def _is_mode_of(finding: Finding, key: object) -> bool:
    return finding.kind == "mode" and str(key).endswith(finding.value)
