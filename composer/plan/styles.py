"""From the styles of a brief to the one preset that fills its silences and the control tokens that ask the model for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from composer.brief import DRUMS, Brief
from composer.plan.chance import choose
from composer.presets import Composer, Style, composers, resolve_ensemble, styles

DEFAULT_ENSEMBLE = "piano"


@dataclass(frozen=True, slots=True)
class StyleChoice:
    """What the styles of a brief come to.

    Attributes:
        preset: the style whose usual metres, tempi, forms and lengths fill the brief's silences.
        tokens: names of learned styles, the heaviest first.
        composer: name of a composer, the heaviest of those named.
        ensemble: name of the ensemble to use if the brief is silent.
    """

    preset: Style
    tokens: tuple[str, ...]
    composer: str | None
    ensemble: str


def choose_style(brief: Brief) -> StyleChoice:
    """Reads the styles and composers of a brief.

    Of several styles one supplies the usual metre, tempo, form and length, by chance of its weight. A composer
    stands for an era; an arranged style for the learned ones that it builds on and for its drum pattern. A brief that names
    neither a style nor instruments gets one of the learned genres that suit its metre and tempo.
    """
    weighted = sorted(brief.styles, key=lambda item: -item[1])
    if not weighted and not brief.ensemble and not brief.instruments:
        weighted = [(_any_genre(brief), 1.0)]
    named = [(styles()[name], weight) for name, weight in weighted if name in styles()]
    people = [(composers()[name], weight) for name, weight in weighted if name not in styles()]
    eras = [(styles()[person.era], weight) for person, weight in people]
    pool = named or eras
    preset = choose(brief.seed, "style", [s for s, _ in pool], [w for _, w in pool]) if pool else _neutral()
    has_drums = DRUMS in brief.instruments or _has_drums(brief.ensemble or preset.ensemble)
    return StyleChoice(
        preset=preset,
        tokens=_tokens([style for style, _ in named], [person for person, _ in people], has_drums),
        composer=people[0][0].name if people else None,
        ensemble=preset.ensemble or DEFAULT_ENSEMBLE,
    )


def _any_genre(brief: Brief) -> str:
    """A learned genre with an ensemble that suits what the brief says of metre and tempo, or any if none does."""
    genres = [style for style in styles().values() if style.kind == "genre" and style.ensemble]
    fitting = [
        style
        for style in genres
        if (brief.meter is None or str(brief.meter) in style.meters)
        and (brief.tempo_qpm is None or style.tempo_qpm[0] <= brief.tempo_qpm <= style.tempo_qpm[1])
    ]
    return choose(brief.seed, "genre", fitting or genres).name


def _neutral() -> Style:
    """What fills the silences of a brief that names instruments and no style."""
    return Style("", "genre", "", "", "", meters=("4/4", "3/4", "2/4", "6/8"), forms=("ABA", "AABA", "binary"), bars=(16, 32))


def _has_drums(ensemble: str) -> bool:
    return bool(ensemble) and any(part.is_drum for part in resolve_ensemble(ensemble).parts)


def _tokens(named: Sequence[Style], people: Sequence[Composer], has_drums: bool) -> tuple[str, ...]:
    tokens: list[str] = []
    for style in named:
        tokens += [style.name] if style.is_learned else style.builds_on
        if style.groove and has_drums:
            tokens.append(style.groove)
    tokens += [person.era for person in people]
    return tuple(dict.fromkeys(tokens))
