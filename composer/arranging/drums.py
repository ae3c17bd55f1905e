"""Writes drums: the groove of a style bar by bar, with ghost notes, fills, build-ups, breaks and an ending."""

from __future__ import annotations

from collections.abc import Iterator

from composer.arranging.casting import Role
from composer.arranging.resting import manner_of, resting_bars
from composer.arranging.setting import LOUD, QUIET, BandBar, Setting
from composer.arranging.tables import DRUM_KEYS, Groove, touches
from composer.controls import FAINTEST
from composer.presets import EnsemblePart
from composer.score import Note

_LENGTH_TICKS = 120
_OPTIONAL = "abcdefghi"
_TOMS = ("tom_high", "tom_mid", "tom_floor", "tom_low")
_SIXTEENTH = 120
# Fills over the last two beats of a bar, as instruments by sixteenths: "s" snare, 1 to 4 toms from the top, "k" kick, "h" hat.
_FILLS = {
    "toms": ("ss1122k4", "s.s11224", "1.2.3.44", "ss.122.4", "s1s2s344"),
    "snare": ("s.s.ssss", "s.ss.sss", "..sss.ss", "ss.ss.ss"),
    "roll": ("s.s.ssss", "ssssssss"),
    "timbales": ("t.tu.ttu", "tt.tu.uu", "ttutuutu"),
    "taiko": ("11223312", "1.1.2323", "11213121"),
    "hat": ("h.hhssss", "hhhhs.ss", "hh.hsss4"),
    "swing": ("ss12", "s1s4", "1224", "sss4"),
    "rim": ("r.r.rr3.", "r.rr.r4.", ".rr.r.34"),
}
_VOICES = {"s": "snare", "k": "kick", "h": "hat", "r": "rim", "t": "timbale_high", "u": "timbale"} | {
    str(n + 1): name for n, name in enumerate(_TOMS)
}
_TOUCH = 0.35  # share of a drummer's accents and spread that a stroke gets: patterns already have accents
_CLASSES = {"kick": "kick", "snare": "snare", "rim": "snare", "hat": "time", "ride": "time", "pedal": "time", "open": "time"}


def write_drums(setting: Setting, part: EnsemblePart) -> list[Note]:
    """All strokes of the piece, in order."""
    groove = setting.groove
    if groove is None:
        return []
    resting = resting_bars(setting.plan, part, Role("drums"))
    strokes: dict[tuple[int, int], int] = {}
    for bar in setting.bars:
        if is_silent(setting, bar) and bar.index + 1 in resting:  # no fill leads into a section without drums
            continue
        for offset, name, velocity in _bar(setting, groove, bar, manner_of(bar, part, "drums").complexity):
            place = bar.start + offset, DRUM_KEYS[name]
            strokes[place] = max(strokes.get(place, 0), max(FAINTEST, min(127, velocity)))
    return sorted(Note(start, key, _LENGTH_TICKS, velocity) for (start, key), velocity in strokes.items())


def is_silent(setting: Setting, bar: BandBar) -> bool:
    """Whether the drums rest: in the first half of an introduction, or in an ending without drums."""
    groove = setting.groove
    if groove is None:
        return True
    if "drums" in bar.asked.playing:
        return False
    tacet = not groove.intro and bar.kind == "intro"
    return (tacet or bar.kind == "break") and not bar.is_last and not bar.hit


def _bar(setting: Setting, groove: Groove, bar: BandBar, complexity: float | None) -> Iterator[tuple[int, str, int]]:
    """Strokes of one bar as (offset, instrument, velocity)."""
    if is_silent(setting, bar):
        if bar.is_last_of_section:
            yield from _fill(setting, groove, bar)
        return
    if bar.is_last:
        yield from _ending(setting, groove)
        return
    if bar.kind == "build" and bar.left < 2 and not setting.band.orchestral and bar.fills:
        yield from _build_up(setting, bar)
        return
    filling = _fill_start(setting, bar)
    for offset, name, velocity in _rolled(setting, groove, bar, list(_groove(setting, groove, bar, complexity))):
        if offset < filling or name in ("kick", "claves") or (name == "pedal" and filling < setting.plan.meter.bar_ticks):
            yield offset, name, velocity
    if filling < setting.plan.meter.bar_ticks:
        yield from _fill(setting, groove, bar)
    opens = bar.is_first_of_section and bar.index > 0 and bar.energy >= QUIET
    if ((opens and groove.crash) or bar.hit) and not setting.band.orchestral:
        yield 0, "crash", 96 if bar.energy < LOUD else 110
        yield 0, "kick", 104
    elif bar.hit or (opens and setting.band.orchestral):
        yield 0, "kick", 118
        yield 0, "tom_low", 118


def _groove(setting: Setting, groove: Groove, bar: BandBar, complexity: float | None) -> Iterator[tuple[int, str, int]]:
    """The pattern of a bar as a person plays it: no two strokes are alike."""
    other = groove.high if bar.energy >= LOUD else groove.low if bar.energy < QUIET else {}
    chance = setting.chance("drums", bar.index)
    complexity = 0.25 + 0.5 * bar.energy if complexity is None else complexity
    for name, line in {**groove.lines, **other}.items():
        if not line:
            continue
        for cell in setting.cells(line, bar.place, groove.meter):
            drawn, spread = chance.random(), chance.random()
            if cell.sign in _OPTIONAL and drawn > complexity:
                continue
            level = _OPTIONAL.index(cell.sign) + 1 if cell.sign in _OPTIONAL else int(cell.sign)
            yield cell.start, name, _velocity(level, bar.energy, spread) + _accent(setting, groove, name, cell.start, spread)


def _rolled(
    setting: Setting, groove: Groove, bar: BandBar, strokes: list[tuple[int, str, int]]
) -> Iterator[tuple[int, str, int]]:
    """The strokes of a bar, half a beat of the groove's rolling instrument at times divided, louder to its end."""
    chance, beat = setting.chance("rolls", bar.index), setting.plan.meter.beat_ticks
    drawn, place, kind = chance.random(), chance.random(), chance.random()
    if not groove.rolls or drawn > 0.3 + 0.4 * bar.energy:
        yield from strokes
        return
    start = int(place * (setting.plan.meter.bar_ticks // beat)) * beat + beat // 2
    yield from (stroke for stroke in strokes if stroke[1] != groove.rolls or not start <= stroke[0] < start + beat // 2)
    count = 3 if kind < 0.5 else 4
    for index in range(count):
        yield start + index * (beat // 2) // count, groove.rolls, _velocity(3 + index, bar.energy, chance.random())


def _velocity(level: int, energy: float, spread: float) -> int:
    """Velocity of a level 1 to 9: louder in loud sections, with a spread of seven."""
    return round(18 + level * 10.5 + 14 * (energy - 0.5) + 7 * (spread - 0.5))


def _accent(setting: Setting, groove: Groove, name: str, offset: int, spread: float) -> int:
    """Accent and variation that drummers of the style give a stroke, by its sixteenth of the bar; 0 for machines."""
    kind = _CLASSES.get(name)
    if not groove.touch or kind is None or str(setting.plan.meter) != "4/4":
        return 0
    row = touches()[groove.touch]
    accents, varies = row[kind], int(row[f"{kind}_spread"])
    accent = int(accents[offset * len(accents) // setting.plan.meter.bar_ticks])
    return round(_TOUCH * (accent + varies * (spread - 0.5)))


def _fill_start(setting: Setting, bar: BandBar) -> int:
    """Offset from which a bar is a fill; the bar's end if it has none. A section ends with one, a phrase at times."""
    end = setting.plan.meter.bar_ticks
    beat = setting.plan.meter.beat_ticks
    if not bar.fills:
        return end
    if bar.is_fill:
        return end - min(2 * beat, end // 2)
    wanted = bar.place % 4 == 3 and bar.left > 0 and setting.chance("fill", bar.index).random() < 0.25 + 0.3 * bar.energy
    return end - beat if wanted else end


def _fill(setting: Setting, groove: Groove, bar: BandBar) -> Iterator[tuple[int, str, int]]:
    """A run over the last beats of a bar, rising in loudness."""
    end, start = setting.plan.meter.bar_ticks, _fill_start(setting, bar)
    shapes = _FILLS[groove.fill]
    shape = shapes[int(setting.chance("shape", bar.section.letter, bar.place).random() * len(shapes))]
    step = _SIXTEENTH
    if setting.plan.meter.is_compound or setting.band.swing:
        step = setting.plan.meter.beat_ticks // 3 if setting.plan.meter.is_compound else 2 * _SIXTEENTH
    cells = max(2, (end - start) // step)
    chance = setting.chance("run", bar.index)
    for index, sign in enumerate((shape * 4)[-cells:] if cells > len(shape) else shape[-cells:]):
        spread = chance.random()
        if sign == "." and index + 1 < cells:
            continue
        level = 5 + round(3 * index / cells) + (bar.energy >= LOUD)
        yield start + index * step, _VOICES.get(sign, "snare"), _velocity(level, bar.energy, spread)


def _build_up(setting: Setting, bar: BandBar) -> Iterator[tuple[int, str, int]]:
    """The last two bars before a drop: kicks on the beats and a snare roll, eighths and then sixteenths, that grows."""
    end, beat = setting.plan.meter.bar_ticks, setting.plan.meter.beat_ticks
    step = beat // 2 if bar.left else beat // 4
    chance = setting.chance("roll", bar.index)
    for offset in range(0, end, step):
        share = (offset / end + 1 - bar.left) / 2
        yield offset, "snare", _velocity(4 + round(4 * share), bar.energy, chance.random())
        if offset % beat == 0:
            yield offset, "kick", _velocity(8, bar.energy, chance.random())
            yield offset, "hat", _velocity(6, bar.energy, chance.random())


def _ending(setting: Setting, groove: Groove) -> Iterator[tuple[int, str, int]]:
    """The last bar: all drums on the first beat, and nothing after it."""
    yield 0, "kick", 108
    if setting.band.orchestral:
        yield 0, "tom_low", 112
    else:
        rides = not groove.crash or groove.lines.get("ride", "").strip(".")
        yield 0, "ride" if rides else "crash", 94
        yield 0, "snare" if "snare" in groove.lines else "rim", 62
