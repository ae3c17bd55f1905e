"""Findings to options of a brief: which of two that contradict each other wins, and what may be left unsaid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from composer.presets import styles
from composer.prompt.parts import players_of_part, settle_parts
from composer.prompt.reading import FIGURE, IMPLIED, Finding, senses_of_part
from composer.prompt.table import phrase_of, prompt_table

MODERATE_QPM = 100.0  # "very", "slightly" and "not too" push a tempo away from it, or pull it there
_STYLE_TEMPO_MARGIN = 1.25  # how far a plain word such as "slow" may leave the tempi of its style
_MAX_INTENSITY = 2.0
_SCALARS = ("key", "meter", "tempo", "bars", "duration", "form", "chords")


class Conflict(NamedTuple):
    """Two phrases that contradict each other in one option."""

    option: str
    won: str
    lost: str


@dataclass(slots=True)
class Settled:
    """Options, and which phrases led to them or gave way; `meanings` is by the finding's place in reading order."""

    options: dict[str, Any] = field(default_factory=dict)
    meanings: dict[int, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def explain(self, place: int, meaning: str) -> None:
        """Adds to what a finding means."""
        self.meanings[place] = f"{self.meanings[place]}, {meaning}" if place in self.meanings else meaning


def settle(findings: Sequence[Finding]) -> Settled:
    """The options that findings come to."""
    settled = Settled()
    _settle_moods(findings, settled)
    _settle_styles(findings, settled)
    _settle_parts(findings, settled)
    for option in _SCALARS:
        _settle_scalar(option, findings, settled)
    _settle_lengths(findings, settled)
    for place, finding in enumerate(findings):
        if finding.kind == "use" and place not in settled.meanings:
            settled.meanings[place] = "nothing that other words do not say"
    return settled


def _strength(finding: Finding) -> int:
    return IMPLIED if finding.kind == "use" else finding.strength


def _settle_moods(findings: Sequence[Finding], settled: Settled) -> None:
    """All moods named; if none is, the first that a use implies."""
    named = [(place, finding.value) for place, finding in enumerate(findings) if finding.kind == "mood"]
    implied = [(place, f.value["mood"]) for place, f in enumerate(findings) if f.kind == "use" and "mood" in f.value]
    for place, tags in named or implied[:1]:
        settled.options["mood"] = list(dict.fromkeys([*settled.options.get("mood", []), *tags]))
        settled.explain(place, f"mood {' and '.join(tags)}")
    degrees = [findings[place].degree for place, _ in named if findings[place].degree != 1]
    if degrees:
        settled.options["intensity"] = round(min(_MAX_INTENSITY, sum(degrees) / len(degrees)), 2)
        for place, _ in named:
            if findings[place].degree != 1:
                settled.explain(place, f"intensity {findings[place].degree:g}")


def _settle_styles(findings: Sequence[Finding], settled: Settled) -> None:
    """Every style and composer named; without a genre among them, the first that a weaker word suggests."""
    weak = {phrase_of(text) for text in prompt_table()["weak"]["styles"]}
    strong = [
        (place, finding.value)
        for place, finding in enumerate(findings)
        if finding.kind == "composer" or (finding.kind == "style" and phrase_of(finding.phrase) not in weak)
    ]
    names = [name for _, name in strong]
    if not any(name in styles() and styles()[name].kind != "era" for name in names):
        strong = sorted([*strong, *_suggested_styles(findings, weak)[:1]])
    shares: dict[str, float] = {}
    for place, name in strong:
        share = findings[place].share if findings[place].kind in ("style", "composer") else None
        shares[name] = shares.get(name) or share or 0.0
        settled.explain(place, f"style {name}" + (f", share {share:g}" if share else ""))
    if shares:
        settled.options["style"] = _style_text(shares)


def _suggested_styles(findings: Sequence[Finding], weak: set[tuple[str, ...]]) -> list[tuple[int, str]]:
    """Styles that everyday words, uses, or an ensemble that is also a genre suggest; the latter only if nothing else plays."""
    parts = [finding for finding in findings if finding.kind == "part"]
    found = []
    for place, finding in enumerate(findings):
        if finding.kind == "style" and phrase_of(finding.phrase) in weak:
            found.append((place, finding.value))
        elif finding.kind == "use" and "style" in finding.value:
            found.append((place, finding.value["style"]))
        elif finding.kind == "part" and finding.is_bare and len(parts) == 1 and "style" in senses_of_part(finding):
            found.append((place, senses_of_part(finding)["style"]))
    return found


def _style_text(shares: dict[str, float]) -> str:
    """The option's text; shares are relative to the largest one stated, and a style without one counts in full."""
    stated = [share for share in shares.values() if share]
    scale = 1 / max(stated) if len(stated) > 1 else 1.0
    weights = {name: share * scale if share else 1.0 for name, share in shares.items()}
    return ",".join(name if weight == 1 else f"{name}:{weight:.3g}" for name, weight in weights.items())


def _settle_parts(findings: Sequence[Finding], settled: Settled) -> None:
    parts = [finding for finding in findings if finding.kind == "part"]
    exclusions = [finding for finding in findings if finding.kind == "exclusion"]
    named = [name.partition(":")[0] for name in settled.options.get("style", "").split(",")]
    usual = next((styles()[name].ensemble for name in named if name in styles() and styles()[name].ensemble), "")
    chosen = settle_parts(parts, exclusions, usual)
    implied = [(place, f.value["ensemble"]) for place, f in enumerate(findings) if f.kind == "use" and "ensemble" in f.value]
    if implied and not chosen:
        chosen = {"ensemble": implied[0][1]}
        settled.explain(implied[0][0], f"ensemble {implied[0][1]}")
    settled.options |= chosen
    for place, finding in enumerate(findings):
        if finding.kind == "part":
            own = " ".join(players_of_part(finding, alone=len(parts) == 1))
            settled.explain(place, f"ensemble {chosen['ensemble']}" if "ensemble" in chosen else f"instruments {own}")
        elif finding.kind == "exclusion":
            settled.explain(place, "left out")


def _scalars_of(finding: Finding, settled: Settled) -> list[tuple[str, Any]]:
    """The options with a single value that a finding speaks of."""
    kind, value = finding.kind, finding.value
    if kind == "use":
        return [(option, value[option]) for option in ("tempo", "bars", "form") if option in value]
    if kind == "mode":
        return [("key", f"{prompt_table()['tonic_of'][value]} {value}")]
    if kind == "length":
        return [("bars", max(4, round(value * finding.degree) if value > 16 else round(value / finding.degree)))]
    if kind in ("tempo", "speed"):
        return [("tempo", _tempo(value, finding.degree, settled.options.get("style", "") if kind == "speed" else ""))]
    return [("tempo" if kind == "bpm" else kind, value)] if kind in (*_SCALARS, "bpm") else []


def _tempo(word_qpm: float, degree: float, style_text: str) -> float:
    """Quarter notes a minute of a tempo word: further from moderate by degree, kept near the tempi of the styles."""
    tempo = MODERATE_QPM * math.pow(word_qpm / MODERATE_QPM, degree)
    named = [item.partition(":")[0] for item in style_text.split(",")]
    ranges = [styles()[name].tempo_qpm for name in named if name in styles() and styles()[name].kind != "era"]
    if ranges:
        low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
        tempo = min(max(tempo, low / _STYLE_TEMPO_MARGIN), high * _STYLE_TEMPO_MARGIN)
    return float(round(tempo))


def _settle_scalar(option: str, findings: Sequence[Finding], settled: Settled) -> None:
    """The strongest claim; of equals the first, unless a later one corrects it."""
    claims = [
        (p, value) for p, finding in enumerate(findings) for name, value in _scalars_of(finding, settled) if name == option
    ]
    if not claims:
        return
    rank = {place: (findings[place].is_correction, _strength(findings[place]), -place) for place, _ in claims}
    place, value = max(claims, key=lambda claim: rank[claim[0]])
    settled.options[option] = value
    for other, claimed in claims:
        if other == place or claimed == value or _is_mode_of(findings[other], value):
            settled.explain(other, f"{option} {value:g}" if isinstance(value, float) else f"{option} {value}")
        elif _strength(findings[other]) > IMPLIED:
            settled.conflicts.append(Conflict(option, findings[place].phrase, findings[other].phrase))


def _is_mode_of(finding: Finding, key: object) -> bool:
    return finding.kind == "mode" and str(key).endswith(finding.value)


def _settle_lengths(findings: Sequence[Finding], settled: Settled) -> None:
    """Bars, seconds and tempo are two free choices: a word for one of them gives way to figures for the others."""
    strengths = dict.fromkeys(("tempo", "bars", "duration"), 0)
    for finding in findings:
        for option, _ in _scalars_of(finding, settled):
            if option in strengths:
                strengths[option] = max(strengths[option], _strength(finding))
    word_for_bars = 0 < strengths["bars"] < FIGURE
    for option, gives_way in (("bars", word_for_bars and strengths["duration"]), ("tempo", 0 < strengths["tempo"] < FIGURE)):
        others = [name for name in strengths if name != option and name in settled.options]
        if gives_way and (option == "bars" or len(others) == 2):
            settled.options.pop(option)
            _give_way(option, others, findings, settled)


def _give_way(option: str, others: Sequence[str], findings: Sequence[Finding], settled: Settled) -> None:
    """Moves the phrases that spoke for an option from what is understood to what lost."""

    def speaks_for(finding: Finding, name: str) -> bool:
        return any(found == name for found, _ in _scalars_of(finding, settled))

    winners = [finding.phrase for finding in findings if any(speaks_for(finding, name) for name in others)]
    for place, finding in enumerate(findings):
        if speaks_for(finding, option) and finding.kind != "use":
            settled.meanings.pop(place, None)
            settled.conflicts.append(Conflict(option, ", ".join(winners), finding.phrase))
