"""Formats a score's summary as text, in a musician's order of interest. Reads `composer.cli.summary` only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from composer.controls import PHRASE_BARS
from composer.score import UPBEAT_BAR, Key, spell_fifths

_NAMES_FROM_C = [spell_fifths((7 * pitch_class + 5) % 12 - 5) for pitch_class in range(12)]
_LEVELS = "▁▂▃▄▅▆▇█"
_WIDEST_CURVE = 64  # marks; longer pieces get several phrases per mark
_BARS_A_LINE = 8
_WIDEST_LINE = 100  # characters

Row = tuple[str, str]


def sheet(summary: dict[str, Any]) -> list[Row]:
    """The summary as rows of heading and text; further lines under a heading have an empty first cell."""
    return [
        *_outline(summary),
        *_headed("form", _form(summary["form"], summary["sections"])),
        *_headed("harmony", _chord_lines(summary)),
        *_headed("tones", _tones(summary["tones"])),
        ("cadence", summary["cadence"]),
        ("texture", _texture(summary)),
        *_headed("mood", _mood(summary)),
        *_headed("style", _style(summary["style"])),
        *_headed("parts", (_part(part) for part in summary["parts"])),
        *_headed("quality", (f"{name} {_figure(figure)}" for name, figure in summary["quality"].items())),
    ]


def subtitle(summary: dict[str, Any]) -> str:
    """Key, meter, tempo, length and mood in one line."""
    words = [summary["used_key"]] if summary["used_key"] else []
    words += [summary["meter"], f"{summary['tempo_qpm']:g} quarter notes per minute", _length(summary)]
    return " · ".join([*words, *summary["mood"]["words"][:2]])


def _outline(summary: dict[str, Any]) -> Iterator[Row]:
    """Key, meter, tempo and length."""
    written = f"written {summary['written_key']}" if summary["written_key"] else "none written"
    if summary["key"] is None:
        yield "key", f"none estimated ({written})"
    elif summary["key"] == summary["used_key"]:
        yield "key", f"{summary['key']} (confidence {summary['key_confidence']:.2f}; {written})"
    else:
        estimate = f"{summary['key']}, confidence {summary['key_confidence']:.2f}"
        among = "of major and minor keys, the notes" if Key.parse(summary["used_key"]).church else "the notes alone"
        yield "key", f"{summary['used_key']} ({written}; {among} suggest {estimate})"
    if len(summary["local_keys"]) > 1:
        yield from _headed("key plan", _filled(f"{each['key']} {_bars(each)}" for each in summary["local_keys"]))
    estimate = summary["estimated_meter"]
    sounds = (
        ""
        if estimate["meter"] == summary["meter"]
        else f"; the notes alone suggest {estimate['meter']} (margin {estimate['margin']:.2f})"
    )
    yield "meter", summary["meter"] + _changes(summary["meter_changes"]) + sounds
    yield "tempo", f"{summary['tempo_qpm']:g} quarter notes per minute" + _changes(summary["tempo_changes"])
    minutes, seconds = divmod(round(summary["duration_s"]), 60)
    yield "length", f"{_length(summary)}, {minutes}:{seconds:02} min, {summary['notes']} notes"


def _length(summary: dict[str, Any]) -> str:
    """The number of bars, the first one included that is silent up to an upbeat."""
    return f"{summary['bars']} bars{f' ({UPBEAT_BAR})' if summary['upbeat_bars'] else ''}"


def _headed(heading: str, lines: Iterable[str]) -> Iterator[Row]:
    """Lines under a heading."""
    for number, line in enumerate(lines):
        yield heading if number == 0 else "", line


def _filled(items: Iterable[str]) -> Iterator[str]:
    """Items side by side, up to the maximum line width."""
    line = ""
    for item in items:
        if line and len(line) + len(item) > _WIDEST_LINE:
            yield line
            line = ""
        line += f"   {item}" if line else item
    yield line


def _form(form: dict[str, Any], markers: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield from _filled(f"{section['letter']} {_bars(section)}" for section in form["sections"])
    if markers:
        yield from _filled(["marked:", *(f"{marker['name']} {marker['bar']}" for marker in markers)])


def _chord_lines(summary: dict[str, Any]) -> Iterator[str]:
    """The chords of each section, eight bars per line; written chords if the score has any."""
    bars: list[list[str]] = [[] for _ in range(summary["bars"])]
    for symbol in summary["written_chords"] or summary["harmony"]:
        bars[symbol["bar"] - 1].append(symbol["chord"] or "N.C.")
    if summary["key"] is None and not summary["written_chords"]:
        yield "none (no pitched notes)"
        return
    cells = _chart(bars)
    width = max(map(len, cells))
    seen: dict[tuple[str, ...], str] = {}
    for section in summary["form"]["sections"]:
        content = tuple(cells[section["bar"] - 1 : section["last_bar"]])
        if content in seen:
            yield f"{section['letter']} {section['bar']:>3}  as bars {seen[content]}"
            continue
        seen[content] = _bars(section)
        for start in range(0, len(content), _BARS_A_LINE):
            letter = section["letter"] if start == 0 else " " * len(section["letter"])
            yield (
                f"{letter} {section['bar'] + start:>3}  | "
                + " | ".join(cell.ljust(width) for cell in content[start : start + _BARS_A_LINE])
                + " |"
            )


def _chart(bars: Sequence[Sequence[str]]) -> list[str]:
    """One cell per bar: its chord changes, or the chord that continues.

    >>> _chart([["Dm", "Dm"], ["Gm", "A7"], [], ["Dm"]])
    ['Dm', 'Gm A7', 'A7', 'Dm']
    """
    cells, last = [], "N.C."
    for chords in bars:
        shown = [chord for number, chord in enumerate(chords) if number == 0 or chord != chords[number - 1]]
        cells.append(" ".join(shown) or last)
        last = shown[-1] if shown else last
    return cells


def _tones(tones: dict[str, Any] | None) -> Iterator[str]:
    """The functions of the notes relative to their chords, in textbook terms."""
    if tones:
        words = [f"{name} {_share(share)}" for name, share in tones["functions"].items() if share]
        if tones["strong_beats_in_chord"] is not None:
            words.append(f"of those on strong beats {_share(tones['strong_beats_in_chord'])} in the chord")
        yield ", ".join(words)


def _texture(summary: dict[str, Any]) -> str:
    texture, parts = summary["texture"], summary["parts"]
    names = [part["name"] or part["instrument"] for part in parts]
    if summary["polyphony"] is None:
        words = ["no pitched notes"]
    else:
        words = [f"{texture['name']}, mostly {texture['voices']} voice{'s' if texture['voices'] != 1 else ''}"]
        words.append(f"{summary['polyphony']:.1f} notes together on average")
    words.append(f"{summary['density']:.2f} notes per quarter note and sounding part")
    for role in ("melody", "bass"):
        index = texture[f"{role}_part"]
        if index is not None and len(parts) > 1:
            number = f" (part {index + 1})" if names.count(names[index]) > 1 else ""
            words.append(f"{role} in {names[index]}{number}")
    return "; ".join(words)


def _mood(summary: dict[str, Any]) -> Iterator[str]:
    """The mood of the piece, and both axes phrase by phrase."""
    mood = summary["mood"]
    if not mood["words"]:
        yield "none (no pitched notes)"
        return
    point = f"valence {mood['valence']:+.2f}, arousal {mood['arousal']:+.2f} (confidence {mood['confidence']:.2f})"
    yield f"{point}: nearest to {', '.join(mood['words'])}"
    phrases = -(-summary["bars"] // PHRASE_BARS)
    step = -(-phrases // _WIDEST_CURVE)
    for axis in ("valence", "arousal"):
        levels: list[list[float]] = [[] for _ in range(-(-phrases // step))]
        for phrase in summary["moods"]:
            levels[(phrase["bar"] - 1) // PHRASE_BARS // step].append(phrase[axis])
        values = [sum(level) / len(level) if level else None for level in levels]
        known = [value for value in values if value is not None]
        yield f"{axis}  {sparkline(values)}  {min(known):+.2f} to {max(known):+.2f}, {PHRASE_BARS * step} bars per mark"


def _style(style: dict[str, Any] | None) -> Iterator[str]:
    """The style of the band, or the three most likely genres, judged by the notes only; the most likely eras."""
    if style is None:
        return
    genres, eras = (
        ", ".join(f"{each['name']} {_share(each['chance'])}" for each in style[kind][:3]) for kind in ("genres", "eras")
    )
    if style["band"]:
        yield f"{style['band']}, by its drums and bass"
    elif style["band"] is None:
        yield f"sounds most like {genres}"
    else:
        yield f"a band whose style is not known by its drums; the notes resemble {genres}"
    yield f"era: most likely {eras}"


def sparkline(values: Sequence[float | None]) -> str:
    """A curve as one line of text from -1 to 1, with a dot for missing values.

    >>> sparkline([-1.0, 0.0, None, 1.0])
    '▁▅·█'
    """
    return "".join("·" if value is None else _LEVELS[min(7, max(0, int((value + 1) * 4)))] for value in values)


def _part(part: dict[str, Any]) -> str:
    name = part["name"] or part["instrument"]
    what = "" if name == part["instrument"] else f" ({part['instrument']})"
    facts = [f"{name}{what}: {part['notes']} note{'s' if part['notes'] != 1 else ''}"]
    if part["range"]:
        facts.append(" to ".join(dict.fromkeys(map(pitch_name, part["range"]))))
    if part["most_at_once"] > 1:
        facts.append(f"up to {part['most_at_once']} at once")
    if part["outside_range"]:
        facts.append(f"{_share(part['outside_range'])} outside the instrument's range")
    if part["unplayable_chords"]:
        facts.append(f"{_share(part['unplayable_chords'])} of the onsets too much for one player")
    return ", ".join(facts)


def _share(share: float) -> str:
    return "under 1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")


def _figure(figure: float | None) -> str:
    return "none" if figure is None else f"{figure:.2f}"


def _bars(stretch: dict[str, Any]) -> str:
    first, last = stretch["bar"], stretch["last_bar"]
    return str(first) if first == last else f"{first}-{last}"


def _changes(count: int) -> str:
    return f", {count} change{'s' if count > 1 else ''} later" if count else ""


def pitch_name(pitch: int) -> str:
    """Scientific name of a MIDI pitch, 0-127.

    >>> pitch_name(60), pitch_name(70)
    ('C4', 'Bb4')
    """
    return f"{_NAMES_FROM_C[pitch % 12]}{pitch // 12 - 1}"
