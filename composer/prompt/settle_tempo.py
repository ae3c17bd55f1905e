"""Tempi that change: "gradually faster", "slow, then fast", "from 80 to 140 bpm", "a slow introduction"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from composer.brief import parse_tempo_curve
from composer.errors import BadInputError
from composer.presets import moods, styles
from composer.prompt.figures.tempi import MODERATE_QPM
from composer.prompt.findings import PACES, Finding
from composer.prompt.lexicon import prompt_table
from composer.prompt.section_spans import in_words, spans_of
from composer.prompt.settle_scalars import tempo_of_word, usual_tempo
from composer.prompt.settled import NOTHING_MORE, Conflict, Settled

_COMPARED = {"slower": 0.75, "langsamer": 0.75, "faster": 1.3, "schneller": 1.3}  # than the rest of the piece
_BEATS = {"double time": 2.0, "half time": 0.5}  # of a section, in shares of the tempo of the piece
_SLOW_MOVEMENT, _FAST_MOVEMENT = (48.0, 66.0), (108.0, 144.0)  # quarter notes per minute
_SLOW, _FAST = 0.65, 1.4  # a section that is called slow or fast, where the rest has no tempo of its own
_LEAST_CHANGE = 1.15  # ratio of two tempi that are heard as different
_THROUGHOUT = "100%@0 "  # beginning of a course over the whole piece
_SHARES = (0.3, 2.5)
_OF_THREE = "ABA"  # a form with a middle
_LIVELY, _STILL = 0.4, -0.2  # arousal of moods that are the opposite of slow and of fast
_FASTER = 1.4  # ratio of the usual tempo of a style to that of a slow beginning that turns into it


def pace_before_turn(findings: Sequence[Finding], place: int) -> int | None:
    """The place of a word for a tempo that turns into the opposite, "slow, then a lively reel"; `None` if there is none.

    The opposite is a mood, or after a slow beginning a style that is faster; a later word for a tempo says it itself.
    """
    one = findings[place]
    if not one.is_turn or any(each.kind in (*PACES, "course", "new pace") for each in findings[place + 1 :]):
        return None
    before = next((other for other in range(place - 1, -1, -1) if findings[other].kind in PACES), None)
    if before is None or findings[before].kind == "bpm":
        return None
    is_slow = findings[before].value < MODERATE_QPM
    if one.kind == "mood":
        arousal = moods()[one.value[0]].arousal
        return before if (arousal >= _LIVELY if is_slow else arousal <= _STILL) else None
    name = one.value.get("style", "") if one.kind == "use" else one.value
    is_faster = name in styles() and usual_tempo(name) >= _FASTER * findings[before].value
    return before if is_slow and is_faster else None


def settle_courses(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The course of the tempo, and the findings in which the tempo at its start is that of the piece; once styles are known."""
    left = list(findings)
    curve, won = "", ""
    for place in range(len(findings)):
        turned = pace_before_turn(findings, place)
        if turned is not None and left[turned].kind in PACES:
            left[turned] = replace(findings[turned], kind="sections", value=_first_half(findings, turned, settled))
    in_figures = any(one.kind == "course" and not isinstance(one.value, str) for one in findings)
    for place, finding in enumerate(findings):
        if in_figures and finding.kind == "course" and _THROUGHOUT in str(finding.value):
            settled.explain(place, NOTHING_MORE)  # "getting faster, from 90 to 150 bpm"
            continue
        if finding.kind == "course" and not isinstance(finding.value, str):
            first, last = finding.value
            said = _curve(last / first, is_sudden=False)
            left[place] = replace(finding, kind="bpm", value=first)
        elif finding.kind == "course":
            said = finding.value
        elif finding.kind == "new pace":
            before = next((each for each in reversed(left[:place]) if each.kind in PACES), None)
            said = _curve(finding.value / _qpm(before, settled), is_sudden=False) if before else ""
            left[place] = replace(finding, kind="course" if before else "bpm", value=said if before else finding.value)
        elif finding.kind in PACES and finding.is_change:
            before = next((each for each in reversed(left[:place]) if each.kind in PACES), None)
            said = _curve(_qpm(finding, settled) / _qpm(before, settled), finding.is_sudden) if before else ""
            said = _and_back(said) if _returns(findings, place) else said
            left[place] = replace(finding, kind="course", value=said)
        elif finding.kind == "return" and place and left[place - 1].kind == "course":
            said = curve
        else:
            continue
        if said and not curve:
            curve, won = said, finding.phrase
            settled.options["tempo_curve"] = curve
        if said == curve:
            settled.explain(place, f"tempo curve {curve}")
        else:
            settled.conflicts.append(Conflict("tempo_curve", won, finding.phrase))
    return left


def _first_half(findings: Sequence[Finding], place: int, settled: Settled) -> str:
    """A setting for the tempo of the first half, a share of that of the style or of the figure that the prompt gives."""
    value = findings[place].value
    stated = next((float(one.value) for one in findings if one.kind == "bpm"), usual_tempo(settled.first_style))
    share = value / stated if stated else 0.0
    usual = _SLOW if value < MODERATE_QPM else _FAST
    share = share if share and (share * _LEAST_CHANGE < 1 if value < MODERATE_QPM else share > _LEAST_CHANGE) else usual
    return f"until 50%: tempo {100 * min(max(share, _SHARES[0]), _SHARES[1]):.0f}%"


def _returns(findings: Sequence[Finding], place: int) -> bool:
    """Whether "and back" follows a tempo: "from Allegro to Andante and back"."""
    return place + 1 < len(findings) and findings[place + 1].kind == "return"


def _and_back(curve: str) -> str:
    """A change of tempo for the middle third, as in the form ABA."""
    last = curve.rpartition(" ")[2].partition("@")[0]
    return f"100%@33% {last}@33% {last}@67% 100%@67%" if curve else ""


def settle_tempi_of_sections(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with tempi of sections as settings, shares of the tempo of the piece; once that is known.

    Beside a course of the tempo in shares they are parts of it.
    """
    left = list(findings)
    for place, finding in enumerate(findings):
        if finding.kind == "movements":
            form, words = finding.value
            left[place] = replace(finding, kind="sections", value=_tempi_of_movements(form, words, settled))
        if finding.kind != "section tempo":
            continue
        section, word = finding.value
        in_figures = word[0].isdigit()
        stated = float(settled.options.get("tempo", 0))
        if in_figures and not (stated and "tempo_curve" in settled.options):
            left[place] = replace(finding, kind="sections", value=f"{section}: tempo {word}")
            continue
        share = float(word) / stated if in_figures else _share(word, settled)
        if "tempo_curve" not in settled.options:
            left[place] = replace(finding, kind="sections", value=f"{section}: tempo {100 * share:.0f}%")
        elif curve := _with_section(str(settled.options["tempo_curve"]), section, share, settled):
            settled.options["tempo_curve"] = curve
            settled.explain(place, f"in section {section} of the tempo curve {100 * share:.0f}%")
        else:
            curve = next((one.phrase for one in findings if one.kind == "course"), settled.options["tempo_curve"])
            settled.conflicts.append(Conflict("tempo", curve, finding.phrase))
    return left


def _tempi_of_movements(form: str, words: Sequence[str], settled: Settled) -> str:
    """Settings for the tempi of movements: of the sections of their form, else of equal shares of a form that is said.

    A tempo of the piece is that of the movements of its kind, slow or fast.
    """
    stated = float(settled.options.get("tempo", 0))
    style = str(settled.options.get("style", ""))
    named, speeds, tempi = prompt_table()["tempi"], prompt_table()["speeds"], list[float]()
    for word in words:
        is_slow = {**speeds, **named}[word] < MODERATE_QPM
        low, high = _SLOW_MOVEMENT if is_slow else _FAST_MOVEMENT
        usual = float(named[word]) if word in named else min(max(tempo_of_word(speeds[word], style), low), high)
        tempi.append(stated if stated and (stated < MODERATE_QPM) == is_slow else usual)
    row = styles().get(settled.first_style)
    if not (row and not row.forms) and settled.options.setdefault("form", form) == form:
        letters = dict(zip(form.replace(" ", "").lower(), tempi, strict=True))
        return "; ".join(f"{letter}: tempo {tempo:g}" for letter, tempo in letters.items())
    seams = [round(100 * number / len(tempi)) for number in range(1, len(tempi))]
    places = [f"until {seams[0]}%", *(f"from {a}% until {b}%" for a, b in pairwise(seams)), f"from {seams[-1]}%"]
    return "; ".join(f"{place}: tempo {tempo:g}" for place, tempo in zip(places, tempi, strict=True))


def _with_section(curve: str, section: str, share: float, settled: Settled) -> str:
    """A course of the tempo with another tempo in a section; empty where its places are not shares, or there is none."""
    form = str(settled.options.get("form") or _OF_THREE)
    spans = spans_of(section, in_words(form))
    points = parse_tempo_curve(curve)
    if not spans or not all(point.place.unit == "%" and point.pace.is_share for point in points):
        return ""
    places, paces = [point.place.at for point in points], [point.pace.value for point in points]
    for start, end in spans:
        ends = [float(np.interp(at, places, paces)) for at in (start, end)]
        before = [item for item in zip(places, paces, strict=True) if item[0] < start]
        inside = [(at, pace * share) for at, pace in zip(places, paces, strict=True) if start < at < end]
        after = [item for item in zip(places, paces, strict=True) if item[0] > end]
        edges = [[(start, ends[0])] if start else [], [(start, ends[0] * share)], [(end, ends[1] * share)], [(end, ends[1])]]
        points_now = [*before, *edges[0], *edges[1], *inside, *edges[2], *(edges[3] if after else []), *after]
        places, paces = [at for at, _ in points_now], [pace for _, pace in points_now]
    settled.options["form"] = form
    return " ".join(f"{100 * pace:.0f}%@{at:.4g}%" for at, pace in zip(places, paces, strict=True))


def _share(word: str, settled: Settled) -> float:
    """The tempo of a section as a share of that of the piece."""
    if word in _BEATS:
        return _BEATS[word]
    value = {**prompt_table()["speeds"], **prompt_table()["tempi"]}[word]
    usual = _COMPARED.get(word, _SLOW if value < MODERATE_QPM else _FAST)
    if word in _COMPARED or "tempo" not in settled.options:
        return usual
    share = tempo_of_word(value, str(settled.options.get("style", ""))) / float(settled.options["tempo"])
    is_other = share * _LEAST_CHANGE < 1 if value < MODERATE_QPM else share > _LEAST_CHANGE
    return min(max(share, _SHARES[0]), _SHARES[1]) if is_other else usual


def _qpm(finding: Finding, settled: Settled) -> float:
    """The tempo that a word or a figure names."""
    if finding.kind == "bpm":
        return float(finding.value)
    return tempo_of_word(finding.value, str(settled.options.get("style", "")), finding.degree)


def _curve(ratio: float, is_sudden: bool) -> str:
    """The curve to a share of the first tempo; empty where it hardly changes or is out of range.

    >>> _curve(1.75, is_sudden=False), _curve(0.5, is_sudden=True), _curve(1.0, is_sudden=False)
    ('100%@0 175%@end', '100%@50% 50%@50%', '')
    """
    last = f"{100 * ratio:.0f}%"
    curve = f"100%@50% {last}@50%" if is_sudden else f"100%@0 {last}@end"
    try:
        parse_tempo_curve(curve)
    except BadInputError:
        return ""
    return curve if max(ratio, 1 / ratio) > _LEAST_CHANGE else ""
