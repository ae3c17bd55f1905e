"""Tempi that change: "gradually faster", "slow, then fast", "from 80 to 140 bpm", "a slow introduction"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.brief import parse_tempo_curve
from composer.errors import BadInputError
from composer.prompt.findings import PACES, Finding
from composer.prompt.lexicon import prompt_table
from composer.prompt.settle_scalars import MODERATE_QPM, tempo_of_word
from composer.prompt.settled import Conflict, Settled

_COMPARED = {"slower": 0.75, "langsamer": 0.75, "faster": 1.3, "schneller": 1.3}  # than the rest of the piece
_SLOW, _FAST = 0.65, 1.4  # a section that is called slow or fast, where the rest has no tempo of its own
_LEAST_CHANGE = 1.15  # ratio of two tempi that are heard as different
_SHARES = (0.3, 2.5)


def settle_courses(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The course of the tempo, and the findings in which the tempo at its start is that of the piece; once styles are known."""
    left = list(findings)
    curve, won = "", ""
    for place, finding in enumerate(findings):
        if finding.kind == "course" and not isinstance(finding.value, str):
            first, last = finding.value
            said = _curve(last / first, is_sudden=False)
            left[place] = replace(finding, kind="bpm", value=first)
        elif finding.kind == "course":
            said = finding.value
        elif finding.kind in PACES and finding.is_change:
            before = next((each for each in reversed(left[:place]) if each.kind in PACES), None)
            said = _curve(_qpm(finding, settled) / _qpm(before, settled), finding.is_sudden) if before else ""
            left[place] = replace(finding, kind="course", value=said)
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


def settle_tempi_of_sections(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with tempi of sections as settings, shares of the tempo of the piece; once that is known."""
    left = list(findings)
    for place, finding in enumerate(findings):
        if finding.kind != "section tempo":
            continue
        if "tempo_curve" in settled.options:
            curve = next((one.phrase for one in findings if one.kind == "course"), settled.options["tempo_curve"])
            settled.conflicts.append(Conflict("tempo", curve, finding.phrase))
            continue
        section, word = finding.value
        left[place] = replace(finding, kind="sections", value=f"{section}: tempo {100 * _share(word, settled):.0f}%")
    return left


def _share(word: str, settled: Settled) -> float:
    """The tempo of a section as a share of that of the piece."""
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
