"""From findings to options of a brief: which of two contradictory findings counts, and what others imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.brief.hits import parse_hits
from composer.brief.limits import BARS_RANGE, MAX_TEMPO_TRIM, TEMPO_RANGE_QPM, tempo_for
from composer.brief.tempo_curve import parse_tempo_curve
from composer.controls import DYNAMICS, PICARDY
from composer.presets import levels, resolve_form, styles
from composer.prompt.findings import Finding
from composer.prompt.named_parts import has_voices, with_basses, with_violas
from composer.prompt.parts import CHOIR, kind_of, players_in
from composer.prompt.settle_chords import settle_degrees, settle_grounds, settle_section_chords
from composer.prompt.settle_keys import settle_final_key, settle_home_key, with_keys_of_places, with_scales, with_sounding_keys
from composer.prompt.settle_leads import settle_leads
from composer.prompt.settle_lengths import settle_lengths, settle_lists
from composer.prompt.settle_moods import settle_arcs, settle_moods, with_loudness_of_menace, without_touches
from composer.prompt.settle_places import settle_places, with_energy_of_places
from composer.prompt.settle_players import explain_left_out, settle_features, settle_players, with_density_of_drums
from composer.prompt.settle_ranges import settle_ranges
from composer.prompt.settle_scalars import LOOP, settle_scalars
from composer.prompt.settle_section_moods import settle_section_moods, with_moods_of_sections
from composer.prompt.settle_sections import settle_layers, settle_sections, settle_solos, settle_wanted, with_bars_of_entries
from composer.prompt.settle_styles import settle_styles
from composer.prompt.settle_tempo import settle_courses, settle_tempi_of_sections
from composer.prompt.settle_textures import settle_textures, with_sections_of_pauses
from composer.prompt.settled import LEFT_OUT, NOTHING_MORE, Conflict, Settled
from composer.score import TICKS_PER_QUARTER, TimeSignature

_SECONDS_A_MINUTE = 60
_IN_FOUR = "4/4"
_BOUNDS = ("loudest", "always soft")  # kinds of findings that bound the loudness
_SOFTEST = "pp"
_LONG_NOTE, _FEW_NOTES = 1.0, 0.2  # quarters of a shortest note from which on few notes come near it; their density
_CLIMAX = "climax"  # an event, which an arc comes to
_SONG, _PART_SONG, _FEWEST_SINGERS = "lied", "part-song", 3
_ANY_METER = ("2/4", _IN_FOUR)  # of a piece without a style


def settle(findings: Sequence[Finding]) -> Settled:
    """The options that findings result in."""
    settled = Settled()
    findings = with_density_of_drums(with_basses(with_violas(findings)))
    findings = with_keys_of_places(without_touches(with_bars_of_entries(findings)))
    findings = settle_arcs(with_loudness_of_menace(with_moods_of_sections(findings)), settled)
    findings = _with_articulation(with_scales(findings))
    settle_moods(findings, settled)
    settle_styles(findings, settled)
    settle_players(findings, settled)
    _settle_songs_of_choirs(settled)
    settle_features(findings, settled)
    findings = with_sounding_keys(findings, settled)
    settle_ranges(findings, settled)
    findings = settle_courses(findings, settled)
    settle_scalars(findings, settled)
    _settle_bars_of_hits(findings, settled)
    _settle_dynamic(findings, settled)
    _settle_ending(findings, settled)
    _settle_meter_of_long_pieces(settled)
    _settle_loop(findings, settled)
    settle_degrees(findings, settled)
    _settle_tempo_of_short_pieces(findings, settled)
    settle_lists(findings, settled)
    findings = with_sections_of_pauses(findings)
    settle_wanted(findings, settled)
    findings = settle_final_key(findings, settled)
    findings = settle_tempi_of_sections(findings, settled)
    findings = with_energy_of_places(findings, settled)
    settle_sections(findings, settled)
    settle_layers(findings, settled)
    settle_solos(findings, settled)
    settle_leads(findings, settled)
    settle_lengths(findings, settled)
    settle_grounds(findings, settled)
    settle_section_chords(findings, settled)
    settle_home_key(settled)
    settle_section_moods(findings, settled)
    settle_places(findings, settled)
    _settle_shortest(findings, settled)
    _settle_counts(findings, settled)
    _settle_fastest(settled)
    settle_textures(findings, settled)
    explain_left_out(settled)
    for place, finding in enumerate(findings):
        if finding.kind == "phase":
            settled.explain(place, finding.value)
        if place not in settled.meanings and (meaning := _meaning_without_option(finding, settled)):
            settled.meanings[place] = meaning
    return settled


def _with_articulation(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with an articulation of some players or of one place as what no piece has: "legato strings, a flute"."""
    parts = [one for one in findings if one.kind == "part"]

    def is_of_piece(one: Finding) -> bool:
        of_players = [part for part in parts if part.first == one.last]
        return not one.place and (not of_players or of_players == parts)

    return [
        one if one.kind != "articulation" or is_of_piece(one) else replace(one, kind="beyond", value=one.phrase)
        for one in findings
    ]


def _meaning_without_option(finding: Finding, settled: Settled) -> str:
    """What a finding means that sets no option; empty if it is not met."""
    if finding.kind == "denied solo":
        return LEFT_OUT
    if finding.kind == "event" and finding.value == _CLIMAX and settled.options.get("arc"):
        return "the height of the arc"
    if finding.kind == "voices" and has_voices(finding.value, settled):
        return "as many voices as play"
    is_redundant = finding.kind in ("use", "hint", "alternative", "everybody")
    return NOTHING_MORE if is_redundant or (finding.kind == "speed" and finding.degree < 1) else ""


def _settle_bars_of_hits(findings: Sequence[Finding], settled: Settled) -> None:
    """A number of bars gives way to a hit that comes after them at the stated tempo."""
    options = settled.options
    if not {"hits", "bars", "tempo"} <= options.keys() or "duration" in options:
        return
    bar_ticks = TimeSignature.parse(str(options.get("meter", _IN_FOUR))).bar_ticks
    length_s = options["bars"] * bar_ticks / TICKS_PER_QUARTER * _SECONDS_A_MINUTE / float(options["tempo"])
    if parse_hits(options["hits"])[-1].time_s < length_s:
        return
    del options["bars"]
    won = next((one.phrase for one in reversed(findings) if one.kind in ("hits", "at", "peak")), "hits")
    for place, one in enumerate(findings):
        if one.kind == "bars":
            settled.meanings.pop(place, None)
            settled.conflicts.append(Conflict("bars", won, one.phrase))


def _settle_tempo_of_short_pieces(findings: Sequence[Finding], settled: Settled) -> None:
    """A tempo in figures gives way to the nearest one at which whole bars last as long as the piece is said to."""
    options = settled.options
    stated = next(((place, one) for place, one in enumerate(findings) if one.kind == "bpm"), None)
    if (
        stated is None
        or not {"tempo", "duration"} <= options.keys()
        or not TEMPO_RANGE_QPM[0] <= float(options["tempo"]) <= TEMPO_RANGE_QPM[1]  # which the brief refuses
        or {"bars", "hits", "form", "tempo_curve"} & options.keys()
    ):
        return
    style = styles().get(settled.first_style)
    meter = TimeSignature.parse(str(options.get("meter", style.meters[0] if style and style.meters else _IN_FOUR)))
    exact = float(options["tempo"]) / tempo_for(1, float(options["duration"]), meter)
    bars = max(BARS_RANGE[0], round(exact))
    if abs(bars / exact - 1) <= MAX_TEMPO_TRIM:
        return
    options["tempo"] = round(tempo_for(bars, float(options["duration"]), meter), 2)
    options["meter"] = str(meter)
    won = next((one.phrase for one in findings if one.kind == "duration"), "duration")
    settled.meanings[stated[0]] = f"tempo {options['tempo']:g}"
    settled.conflicts.append(Conflict("tempo", won, stated[1].phrase))


def _settle_dynamic(findings: Sequence[Finding], settled: Settled) -> None:
    """A soft dynamic is that of the beginning where loudness grows: "pianissimo, grows to fortissimo".

    A dynamic gives way to a softer loudest marking: "a loud march that never gets too loud".
    """
    mean, loudest = (DYNAMICS.get(settled.options.get(name, ""), 0) for name in ("dynamic", "loudest"))
    if 0 < loudest < mean:
        del settled.options["dynamic"]
        lost, won = (next(one.phrase for one in findings if one.kind in kinds) for kinds in (("dynamic",), _BOUNDS))
        settled.conflicts.append(Conflict("dynamic", won, lost))
    if settled.options.get("dynamic") == _SOFTEST and {"build", "swell"} & set(settled.options.get("arc", ())):
        del settled.options["dynamic"]


def _settle_ending(findings: Sequence[Finding], settled: Settled) -> None:
    """An ending gives way to a loop, and a Picardy third to a key in major."""
    options = settled.options
    in_major = options.get("ending") == PICARDY and str(options.get("key", "")).endswith("major")
    won = "loop" if options.get("loop") else "key" if in_major else ""
    if won and options.pop("ending", None):
        said = next(finding.phrase for finding in findings if finding.kind == "ending")
        settled.conflicts.append(Conflict("ending", won, said))


def _settle_shortest(findings: Sequence[Finding], settled: Settled) -> None:
    """ "Nothing faster than eighth notes" is met by a level whose notes are as long; few notes come near "only half notes"."""
    level = settled.options.get("level")
    for place, finding in enumerate(findings):
        if finding.kind != "shortest":
            continue
        if level and levels()[level].unit >= finding.value:
            settled.explain(place, f"level {level}")
        elif finding.value >= _LONG_NOTE and "density" not in settled.options:
            settled.options["density"] = _FEW_NOTES
            _settle_meter_of_long_notes(settled)
            settled.explain(place, f"density {_FEW_NOTES:g}")


def _settle_songs_of_choirs(settled: Settled) -> None:
    """The style of a song for a choir without other players, which is a part-song and not one for a voice and a piano."""
    players = players_in(settled.options)
    is_choir = len(players) >= _FEWEST_SINGERS and all(kind_of(name.partition(":")[0]) == CHOIR for name in players)
    if is_choir and settled.options.get("style") == _SONG:
        settled.options["style"] = _PART_SONG
        settled.meanings |= {
            place: meaning.replace(f"style {_SONG}", f"style {_PART_SONG}") for place, meaning in settled.meanings.items()
        }


def _settle_meter_of_long_notes(settled: Settled) -> None:
    """A bar of four beats, which has room for long notes, where the prompt and the style leave it open."""
    style = styles().get(settled.first_style)
    if "meter" not in settled.options and _IN_FOUR in (style.meters if style else _ANY_METER):
        settled.options["meter"] = _IN_FOUR


def _settle_counts(findings: Sequence[Finding], settled: Settled) -> None:
    """The bars of a piece give way to a form that counts others: "12 bars, three choruses"."""
    form = resolve_form(str(settled.options["form"])) if "form" in settled.options else None
    if form and form.is_counted and settled.options.get("bars", form.bars) != form.bars:
        bars = settled.options.pop("bars")
        for place, one in enumerate(findings):
            if one.kind == "bars" and {*form.lengths} == {bars}:
                settled.meanings[place] = f"form {form.name}"  # of each chorus
            elif one.kind == "bars":
                settled.conflicts.append(Conflict("bars", form.name, one.phrase))


def _settle_fastest(settled: Settled) -> None:
    """A tempo from which its course comes to no more than the fastest possible one."""
    options = settled.options
    if "tempo_curve" not in options or "tempo" not in options:
        return
    paces = [point.pace for point in parse_tempo_curve(str(options["tempo_curve"]))]
    most = max((pace.value for pace in paces if pace.is_share), default=1.0)
    if float(options["tempo"]) * most > TEMPO_RANGE_QPM[1]:
        options["tempo"] = float(int(TEMPO_RANGE_QPM[1] / most))


def _settle_meter_of_long_pieces(settled: Settled) -> None:
    """A bar of four beats where those of two, which the plan might draw, would be too many for a tempo and a duration."""
    options = settled.options
    if {"meter", "bars"} & options.keys() or not {"tempo", "duration"} <= options.keys():
        return
    style = styles().get(settled.first_style)
    meters = style.meters if style else _ANY_METER
    quarters = float(options["tempo"]) * float(options["duration"]) / _SECONDS_A_MINUTE
    shortest = min(TimeSignature.parse(meter).bar_ticks for meter in meters)
    if quarters * TICKS_PER_QUARTER > shortest * BARS_RANGE[1] and _IN_FOUR in meters:
        options["meter"] = _IN_FOUR


def _settle_loop(findings: Sequence[Finding], settled: Settled) -> None:
    """A loop ends as it begins: it may swell, and has no hits and no build, fade or change of its tempo."""
    if settled.options.get("loop") and settled.options.pop("hits", None):
        timed = (finding.phrase for finding in findings if finding.kind in ("hits", "at", "peak"))
        settled.conflicts += [Conflict("hits", LOOP, phrase) for phrase in timed]
    if settled.options.get("loop") and settled.options.pop("tempo_curve", None):
        changing = (finding.phrase for finding in findings if finding.kind == "course")
        settled.conflicts += [Conflict("tempo_curve", LOOP, phrase) for phrase in changing]
    arc = settled.options.get("arc", [])
    if not settled.options.get("loop") or set(arc) <= {"swell"}:
        return
    settled.options.pop("arc")
    won = next((f.phrase for f in findings if (f.kind, f.value) == ("form", LOOP)), LOOP)
    settled.conflicts += [Conflict("arc", won, finding.phrase) for finding in findings if finding.kind == "arc"]
