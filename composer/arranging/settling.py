"""Which band a piece has, and the harmony that it plays."""

from __future__ import annotations

import random
from dataclasses import replace

from composer.analysis.playability import reach_of
from composer.arranging.band_harmony import written_out
from composer.arranging.casting import cast, has_buttons, plays_chords
from composer.arranging.exercises import exercise_of
from composer.arranging.fugue_layout import FUGUE, Layout, fits
from composer.arranging.leading import leads_by_section
from composer.arranging.progressions import progression_for
from composer.arranging.resting import check_settings
from composer.arranging.rounds import ROUND, round_chords
from composer.arranging.seats import is_orchestra
from composer.arranging.smoothing import SUSTAINED
from composer.arranging.staging import roles_of
from composer.arranging.tables import GRAMMAR, PHRASES, bands
from composer.arranging.textures import textured_chords
from composer.arranging.variations import on_theme, theme_of
from composer.brief import Brief
from composer.controls import BED, LEARNED_METERS
from composer.errors import BadInputError
from composer.plan import Plan
from composer.plan.set_chords import with_set_chords
from composer.plan.styles import is_plain
from composer.presets import styles
from composer.score import OTHER_SCALES

_SCORED, _PLAYED = "symphony", "chamber-music"  # bands of orchestras and of others for melodies that sections give to players
_FEWEST_PARTS = 2  # for a style that is arranged anyway; one that the network knows needs a drummer or a bass player


def band_of(brief: Brief, plan: Plan) -> str:
    """Name of the band for a plan's style; empty if it has none, or if there are too few players for a band.

    Where sections say who has the melody, other styles, and pieces without one, have melodies by phrases, too; so have pieces
    without a style in a pentatonic scale or the like, which the network does not know. A piece with a
    texture has a band only for a bed with a beat.
    """
    name = plan.preset or ""
    if plan.texture is not None:
        band = bands().get(name)
        has_beat = band is not None and band.has_beat and band.lead == GRAMMAR
        return name if plan.texture == BED and has_beat and _has_players(name, brief, plan) else ""
    if name in bands() and _has_players(name, brief, plan):
        return name
    is_unread = not name and (plan.key.church in OTHER_SCALES or _is_unread(plan))
    if is_unread or (any(setting.melody for setting in plan.settings) and name not in (ROUND, FUGUE)):
        usual = _SCORED if is_orchestra(plan.parts) else _PLAYED
        return usual if _has_players(usual, brief, plan) else ""
    return ""


def _has_players(name: str, brief: Brief, plan: Plan) -> bool:
    """Whether a plan has enough players for the band of a style, and its brief requests nothing that the band cannot do."""
    parts, lead = plan.parts, bands()[name].lead
    if lead == ROUND:
        return True  # else `round_chords` says so
    if lead == FUGUE:
        return fits(plan) and not (brief.form or brief.chords or brief.hits or brief.sections or brief.pauses)
    if lead == PHRASES:
        sings = len(parts) == 1 and not parts[0].is_drum and reach_of(parts[0].program).notes == 1
        is_tune = plan.level is not None or bool(exercise_of(brief.features)) or plan.key.church in OTHER_SCALES
        # An easy melody alone, or one in a scale, is written by phrases, too, and a theme, which the network does not vary.
        fewest = 1 if (is_tune and sings) or theme_of(plan) or _plays_both(name, plan) else _FEWEST_PARTS
        enough = len(parts) >= fewest and not all(part.is_drum for part in parts) and is_plain(brief)
        return enough and (not bands()[name].players or is_orchestra(parts))
    has_rhythm = any(part.is_drum or part.is_bass for part in parts)
    return has_rhythm or (styles()[name].kind == "arranged" and len(parts) >= _FEWEST_PARTS)


def _plays_both(name: str, plan: Plan) -> bool:
    """Whether the first player has chords below a melody: not at a level, in an orchestra or where voices move together."""
    band = bands()[name]
    return plays_chords(plan.parts[0]) and plan.level is None and not (band.chordal or band.melismatic or band.orchestral)


def _is_unread(plan: Plan) -> bool:
    """Whether the only player with pitches has an instrument of melody and chords, other than a keyboard of two staves.

    There the network repeats chords without a melody, or loses the one it has. Sections of strings and brass hold chords.
    """
    pitched = [part for part in plan.parts if not part.is_drum]
    is_lone = len(pitched) == 1 and plays_chords(pitched[0]) and pitched[0].program not in SUSTAINED
    return is_lone or any(map(has_buttons, pitched))


def is_outlined(brief: Brief, plan: Plan) -> bool:
    """Whether a brief's piece is written over harmony that is planned for it: melodies by phrases, or a texture."""
    name = band_of(brief, plan)
    by_phrases = bool(name) and bands()[name].lead == PHRASES and str(plan.meter) in LEARNED_METERS
    return by_phrases or (plan.texture is not None and not name)


def settle(plan: Plan, brief: Brief, take: int = 0) -> Plan:
    """The plan of a brief with its band and the harmony that the band plays; unchanged if its style has no band.

    Args:
        plan: of the brief; with chords in every bar if `is_outlined`.
        brief: the request.
        take: number of the candidate; each has another seed.

    Raises:
        BadInputError: a setting of sections names a section or a player that the piece does not have.
    """
    name, seed = band_of(brief, plan), seed_of_take(brief, take)
    by_phrases = bool(name) and bands()[name].lead == PHRASES
    if not name or (by_phrases and not is_outlined(brief, plan)):
        _check_without_band(plan)
    if not name:
        if not (plan.texture and plan.chords):
            return plan
        settled = replace(plan, band_seed=seed, features=brief.features)
        return with_set_chords(replace(settled, chords=textured_chords(settled)))
    if by_phrases and not is_outlined(brief, plan):
        return plan
    if bands()[name].lead == ROUND:
        _check_unled(plan)
    settled = replace(plan, band=name, band_seed=seed, features=brief.features)
    check_settings(settled, cast(plan.parts, bands()[name], plan.lead))
    if by_phrases and not plan.chords:
        return plan
    if by_phrases:
        written = settled if brief.chords or bands()[name].idiom or plan.key.church else written_out(settled)
        return with_set_chords(on_theme(written))
    if bands()[name].lead == ROUND:
        chords = round_chords(plan, bands()[name].idiom, seed)
    elif bands()[name].lead == FUGUE:
        if plan.key.church in OTHER_SCALES:
            raise BadInputError(
                f"a fugue in {plan.key} is not possible: give a major or minor key, a church mode or another style"
            )
        chords = Layout(settled).chords
    else:
        chords = plan.chords or progression_for(plan, bands()[name].idiom, seed, bands()[name].bare)
    return with_set_chords(replace(settled, chords=chords, returns=()))


def seed_of_take(brief: Brief, take: int) -> int:
    """The seed of what is arranged and drawn for a candidate: that of the brief for the first one."""
    return random.Random(f"{brief.seed}:take {take}").getrandbits(48) if take else brief.seed


def _check_without_band(plan: Plan) -> None:
    """Checks the settings of sections where no band plays: who plays and the tempo can be set, how a band plays cannot.

    Raises:
        BadInputError: one that needs a band, or as `check_settings`.
    """
    for setting in plan.settings:
        if needs := setting.of_bands:
            raise BadInputError(
                f"{needs} of section {setting.section!r} is set for styles that a band plays{_to_be_a_band(plan)}"
            )
    _check_unled(plan)
    check_settings(plan, roles_of(plan))


def _to_be_a_band(plan: Plan) -> str:
    """What a message says of a plan that has no band: what its players lack, or which styles have one."""
    band = bands().get(plan.preset or "")
    if band is None or band.lead != GRAMMAR or plan.texture is not None:
        return ", with drums or a bass: choose one, such as pop, or leave it out"
    players = ", ".join(part.name for part in plan.parts)
    return f", and {players} cannot play {plan.preset} as a band: add drums or a bass to the instruments, or leave it out"


def _check_unled(plan: Plan) -> None:
    """Checks that no section says who has the melody of a piece for several players that has no planned one.

    Raises:
        BadInputError: one does.
    """
    if (setting := next((one for one in plan.settings if one.melody), None)) and len(plan.parts) > 1:
        raise BadInputError(
            f"who has the melody of section {setting.section!r} cannot be set in {_unplanned(plan)}: leave out one of both"
        )


def _unplanned(plan: Plan) -> str:
    """What keeps a piece from having a planned melody."""
    if plan.texture:
        return f"the texture {plan.texture!r}"
    if plan.preset in (ROUND, FUGUE):
        return f"a {plan.preset}, whose voices all have it"
    return str(plan.meter) if str(plan.meter) not in LEARNED_METERS else "mixed styles, or at a set density or polyphony"


def leads_in(brief: Brief, plan: Plan) -> dict[int, tuple[tuple[int, ...], ...]]:
    """What `leads_by_section` gives for the plan of a brief that is not settled yet."""
    return leads_by_section(plan, roles_of(replace(plan, band=band_of(brief, plan), features=brief.features)))
