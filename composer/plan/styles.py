"""From the styles of a brief to the preset that supplies defaults and the control tokens that request them of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.brief import MOST_BLENDED, Brief, instrument_range, is_drums
from composer.controls import LEARNED_METERS
from composer.errors import BadInputError
from composer.plan.converters import StyleShare
from composer.plan.density import choose_density, is_sparse
from composer.plan.mood_path import choose_mood
from composer.plan.sections import varies_theme
from composer.plan.seeded import choose
from composer.presets import (
    DEFAULT_ENSEMBLE,
    Composer,
    EnsemblePart,
    Style,
    composers,
    ensembles,
    features,
    instrument_of,
    instruments,
    levels,
    moods,
    nearest_mood,
    programs_of,
    resolve_ensemble,
    resolve_form,
    styles,
)
from composer.score import Key

_KEYBOARDS = (DEFAULT_ENSEMBLE, "harpsichord")
_POP, _POP_BALLAD, _FILM = "pop", "pop-ballad", "film-cue"
_OF_ORCHESTRAS = ("solo-strings", "string-section", "pipe", "reed", "brass", "brass-section")  # families
_FEWEST_LINES = 5
_FEWEST_SINGERS, _GUITARS = 3, ([24], [25])  # of a choir; General MIDI programs of a guitar alone
_TUNEFUL = "folk"  # the style of easy pieces without one
_VARIATIONS = "variations"  # the style of a theme and variations without one
_STUDIES = frozenset(("etude", "prelude"))  # styles of which an easy piece has only the players
_POPULAR = frozenset((25, *range(27, 32), *range(33, 40)))  # steel-string and electric guitars, electric and synth basses


@dataclass(frozen=True, slots=True)
class StyleChoice:
    """What the styles of a brief resolve to.

    Attributes:
        preset: the style whose usual meters, tempi, forms and lengths are the defaults.
        tokens: names of learned styles to request, of the heaviest condition.
        composer: name of a composer, of the same condition.
        blend: the other conditions with their weights; the heaviest one has the rest of 1.
        ensemble: name of the default ensemble.
    """

    preset: Style
    tokens: tuple[str, ...]
    composer: str | None
    blend: tuple[StyleShare, ...]
    ensemble: str


def choose_style(brief: Brief) -> StyleChoice:
    """Resolves the styles and composers of a brief.

    One of several styles, drawn by weight, supplies the usual meter, tempo, form and length. A composer without a genre
    writes one of his or her own that suits the meter and the ensemble, several composers one that they share; an arranged
    style represents the learned ones that it builds on and its drum pattern. A brief with neither a style nor instruments
    gets one of the styles of its mood (presets/moods.toml), never a band: no word asks for one. One with instruments of
    popular music is arranged as pop; the network, which seldom read such parts, repeats single notes in them. A theme with
    variations for others is in the style of these. An orchestra whose mood changes plays a film cue, since the network
    follows no such curve in its texture and loudness. A string quartet, a choir, a wind or a brass quintet and a lone
    guitar have the style of their ensemble (presets/ensembles.toml), whose textures the network keeps. An easy piece
    without a style, or an easy study, is like a folk tune.

    Genres are mixed with genres, composers (and eras) with composers. "Waltz, chopin" is one condition, a waltz by Chopin;
    "bach:0.6, chopin:0.4, waltz" is two, a waltz by each. No training music had two genres or two composers, so they are not
    requested in one header; their predictions are mixed instead, by classifier-free guidance.
    """
    weighted, usual = list(brief.style), list[str]()
    is_popular = any(name in _popular() for name in brief.instruments)
    is_study = brief.level is not None or any(features()[name].line for name in brief.features)
    if is_study and {name for name, _ in weighted} <= _STUDIES and not (is_popular and not weighted):
        usual = [styles()[name].ensemble for name, _ in weighted] or [DEFAULT_ENSEMBLE]
        weighted = [(_TUNEFUL, 1.0)]
    elif not weighted and not is_popular and brief.form and varies_theme(resolve_form(brief.form).letters):
        weighted = [(_VARIATIONS, 1.0)]
    elif not weighted and not brief.ensemble and not brief.instruments:
        weighted = [(_default_style(brief), 1.0)]
    elif not weighted and (players := _style_of_players(brief)):
        weighted = [(players, 1.0)]
    elif not weighted and is_popular:
        weighted = [(_POP if any(map(is_drums, brief.instruments)) else _POP_BALLAD, 1.0)]
    elif not weighted and brief.mood_curve and _is_orchestra(brief):
        weighted = [(_FILM, 1.0)]
    genres = [(styles()[name], weight) for name, weight in weighted if name in styles() and styles()[name].kind != "era"]
    eras = [(styles()[name], weight) for name, weight in weighted if name in styles() and styles()[name].kind == "era"]
    people = [(composers()[name], weight) for name, weight in weighted if name not in styles()]
    if people and not genres and not eras:
        genres = _genre_of([person for person, _ in people], brief)
    pool = genres or eras or [(styles()[person.era], weight) for person, weight in people]
    preset = choose(brief.seed, "style", [s for s, _ in pool], [w for _, w in pool]) if pool else _neutral()
    has_drums = any(map(is_drums, brief.instruments)) or _has_drums(brief.ensemble or preset.ensemble)
    first, *others = _conditions(genres, eras, people, has_drums)
    ensemble = next(iter(usual), preset.ensemble) or DEFAULT_ENSEMBLE
    return StyleChoice(preset, first.styles, first.composer, tuple(others), ensemble)


def at_level(preset: Style, brief: Brief, parts: Sequence[EnsemblePart] = ()) -> Style:
    """A style with the tempi, meters, keys and lengths that the level of a brief allows.

    The keys are those that players of the first part learn first, if its instrument has any.

    >>> at_level(styles()["folk"], Brief(level="beginner")).tempo_qpm
    (76, 100)
    """
    if brief.level is None:
        return preset
    level = levels()[brief.level]
    low, high = level.tempo
    meters = tuple(meter for meter in preset.meters if meter in level.meters) or preset.only_meters or level.meters
    slowest, fastest = (min(max(tempo, low), high) for tempo in preset.tempo_qpm)
    rows = [instrument_of(part.program, part.name) for part in parts if not part.is_drum]
    sounding = [Key.parse(key).transposed(row.sounds) for row in rows[:1] for key in row.first_keys]
    major, minor = (
        tuple(str(key).partition(" ")[0] for key in sounding if key.mode == mode)
        or tuple(tonic for tonic in tonics if abs(Key.parse(f"{tonic} {mode}").fifths) <= level.accidentals)
        or (plain,)
        for mode, tonics, plain in (("major", preset.major_keys, "C"), ("minor", preset.minor_keys, "A"))
    )
    return replace(preset, tempo_qpm=(slowest, fastest), meters=meters, bars=level.bars, major_keys=major, minor_keys=minor)


def _style_of_players(brief: Brief) -> str:
    """The style of an ensemble that has one, of three singers or more, or of a guitar alone; empty for others."""
    if brief.ensemble:
        return resolve_ensemble(brief.ensemble).style
    names = [instrument_range(text)[0] for text in brief.instruments]
    programs = [instruments()[name].program for name in names if name in instruments()]
    if len(programs) < len(names):
        return ""
    for ensemble in ensembles().values():
        if ensemble.style and sorted(programs) == sorted(part.program for part in ensemble.parts):
            return ensemble.style
    if len(programs) >= _FEWEST_SINGERS and all(program in programs_of("voice") for program in programs):
        return resolve_ensemble("satb-choir").style
    return resolve_ensemble("guitar").style if programs in _GUITARS else ""


def _is_orchestra(brief: Brief) -> bool:
    """Whether a brief names as many strings, winds and brass as an orchestra has at least."""
    if brief.ensemble:
        programs = [part.program for part in resolve_ensemble(brief.ensemble).parts if not part.is_drum]
    else:
        names = [instrument_range(text)[0] for text in brief.instruments]
        programs = [instruments()[name].program for name in names if name in instruments()]
    return sum(program in programs_of(*_OF_ORCHESTRAS) for program in programs) >= _FEWEST_LINES


def _popular() -> frozenset[str]:
    """Names of the guitars and basses of popular music."""
    return frozenset(name for name, row in instruments().items() if row.program in _POPULAR)


def _conditions(
    genres: Sequence[tuple[Style, float]],
    eras: Sequence[tuple[Style, float]],
    people: Sequence[tuple[Composer, float]],
    has_drums: bool,
) -> list[StyleShare]:
    """Every genre with every composer or era, the heaviest first; weights add up to 1.

    Raises:
        BadInputError: there are too many.
    """
    covered = {person.era for person, _ in people}  # an era beside its composer adds nothing
    whos: list[tuple[tuple[str, ...], str | None, float]] = [((p.era,), p.name, weight) for p, weight in people]
    whos += [((era.name,), None, weight) for era, weight in eras if era.name not in covered]
    whats = [(_tokens(style, has_drums), weight) for style, weight in genres]
    pairs = [
        ((*what, *who), person, of_what * of_who)
        for what, of_what in whats or [((), 1.0)]
        for who, person, of_who in whos or [((), None, 1.0)]
    ]
    if len(pairs) > MOST_BLENDED:
        raise BadInputError(
            f"{len(whats)} styles by {len(whos)} composers are {len(pairs)} mixtures at a time: mix at most {MOST_BLENDED}"
        )
    total = sum(weight for *_, weight in pairs)
    shares = [StyleShare(tuple(dict.fromkeys(names)), person, weight / total) for names, person, weight in pairs]
    return sorted(shares, key=lambda share: -share.weight)


def _genre_of(people: Sequence[Composer], brief: Brief) -> list[tuple[Style, float]]:
    """One of the genres of a composer, or of those that several composers share, that suits a brief; none if none does.

    The first ones are likelier.
    """
    first, *others = people
    shared = [styles()[name] for name in first.genres if all(name in other.genres for other in others)]
    fitting = [
        style
        for style in shared
        if (brief.meter is None or str(brief.meter) in style.meters)
        and not brief.instruments
        and (brief.ensemble is None or _alike(brief.ensemble) == _alike(style.ensemble))
    ]
    weights = [1 / rank for rank in range(1, len(fitting) + 1)]
    return [(choose(brief.seed, f"{first.name} genre", fitting, weights), 1.0)] if fitting else []


def _alike(ensemble: str) -> str:
    """An ensemble, a piano for all keyboards that play its music."""
    return DEFAULT_ENSEMBLE if ensemble in _KEYBOARDS else ensemble


def _default_style(brief: Brief) -> str:
    """One of the styles of the tag nearest to the brief's mood, of those that suit its meter and tempo if there are any."""
    mood = choose_mood(replace(brief, intensity=1.0))
    offered = [styles()[name] for name in (nearest_mood(mood.valence, mood.arousal) if mood else moods()["neutral"]).styles]
    fitting = [
        style
        for style in offered
        if (brief.meter is None or str(brief.meter) in style.meters)
        and (brief.tempo is None or style.tempo_qpm[0] <= brief.tempo <= style.tempo_qpm[1])
    ]
    return choose(brief.seed, "genre", fitting or offered).name


def _neutral() -> Style:
    """The defaults of a brief that names instruments and no style."""
    return Style("", "genre", "", "", "", meters=("4/4", "3/4", "2/4", "6/8"), forms=("ABA", "AABA", "binary"))


def _has_drums(ensemble: str) -> bool:
    return bool(ensemble) and any(part.is_drum for part in resolve_ensemble(ensemble).parts)


def _tokens(style: Style, has_drums: bool) -> tuple[str, ...]:
    """The learned styles to request: itself, or what an arranged style builds on; and a drum pattern if there are drums."""
    names = (style.token or style.name,) if style.is_learned else style.builds_on
    return (*names, style.groove) if style.groove and has_drums else tuple(names)


def may_have_phrases(brief: Brief) -> bool:
    """Whether a brief allows a melody written by phrases: it is plain, in a meter that the planners know."""
    return is_plain(brief) and (brief.meter is None or str(brief.meter) in LEARNED_METERS)


def is_plain(brief: Brief) -> bool:
    """Whether a brief requests nothing that only the network can follow: many notes, polyphony, several styles or composers."""
    genres = [name for name, _ in brief.style if name in styles()]
    has_density = brief.density is None or is_sparse(choose_density(brief))
    return len(genres) < 2 and len(brief.style) - len(genres) < 2 and has_density and brief.polyphony is None
