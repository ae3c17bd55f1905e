"""Assigns roles in an orchestra, stretch by stretch: melody, harmony, bass, counter-line, brass, and rests.

A stretch is a phrase or half of one. Its loudness follows the form; its texture is drawn from `textures.toml` and differs from
the one before; instruments without a solo so far come first (Rimsky-Korsakov, *Principles of Orchestration*, 1913: few players
in the opening, doublings kept for the climax, entries at the joints of phrases). Knows plans and registers, writes no notes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from composer.arranging.leading import octaves_to
from composer.arranging.phrase_map import phrases_of
from composer.arranging.seats import ABOVE_BASS, TENORS, Seat
from composer.arranging.setting import Setting, pick
from composer.arranging.tables import textures
from composer.score import Note

QUIET_LEVEL, MEDIUM_LEVEL, LOUD_LEVEL = range(3)
_LEVELS = ("quiet", "medium", "loud")
_QUIET_BELOW, _LOUD_FROM = 0.5, 0.69  # intensities, with the spread below: half of the openings are quiet, as in the corpus
_SPREAD, _OPENING, _ENDING = 0.13, 0.05, 0.1
_CALM, _EXCITED, _DARK, _BRIGHT = -0.25, 0.25, -0.05, 0.05  # arousal and valence
_HUSHED, _BLAZING = 0.35, 0.85  # intensities beyond which a piece needs no loud, or no soft, stretch
_LONGEST_STRETCH, _LONGEST_RISE = 5, 2
_MOST_VOICES = 4  # in one chord
_WOODWINDS = ("flute", "oboe", "clarinet", "bassoon")
_FEWEST_CHOIR = 3
_FEWEST_REEDS = 4
_SOLOS = {"oboe": 3.5, "clarinet": 2.6, "flute": 2.4, "horn": 1.0, "bassoon": 1.0, "violin": 1.0, "trumpet": 0.3, "piano": 9.0}
_OCTAVES = {  # shifts of a melody in semitones, the most usual first
    "flute": (12, 0), "violin": (0, 12), "horn": (-12, 0), "bassoon": (-12, -24), "cello": (-12, -24), "trombone": (-12, -24),
    "viola": (-12, 0), "piano": (0, 12), "bass": (-24, -36), "tuba": (-24,),
}  # fmt: skip
# Figures of the inner desks and of the bass, by mood and loudness.
_FIGURES = {
    ("", QUIET_LEVEL): ("held", "orchestra-pulse", "orchestra-off", "follow", "orchestra-soft"),
    ("", MEDIUM_LEVEL): ("orchestra-pulse", "orchestra-off", "orchestra-syncopes", "follow", "held"),
    ("", LOUD_LEVEL): ("orchestra-pulse", "orchestra-tremolo", "orchestra-syncopes", "orchestra-march"),
    ("calm", QUIET_LEVEL): ("held", "orchestra-soft", "follow"),
    ("tense", QUIET_LEVEL): ("orchestra-tremolo", "orchestra-pulse", "held"),
    ("tense", MEDIUM_LEVEL): ("orchestra-tremolo", "orchestra-ostinato", "orchestra-pulse"),
    ("tense", LOUD_LEVEL): ("orchestra-ostinato", "orchestra-tremolo", "orchestra-syncopes"),
    ("heroic", MEDIUM_LEVEL): ("orchestra-pulse", "orchestra-march", "orchestra-tremolo"),
    ("heroic", LOUD_LEVEL): ("orchestra-march", "orchestra-tremolo", "orchestra-ostinato"),
}  # fmt: skip
_BASSES = {
    ("", QUIET_LEVEL): ("plain", "plucked", "line", "plain"),
    ("", MEDIUM_LEVEL): ("line", "line", "plain", "plucked"),
    ("", LOUD_LEVEL): ("beats", "line", "beats"),
    ("calm", QUIET_LEVEL): ("plain", "line"),
    ("tense", QUIET_LEVEL): ("plain", "beats"),
    ("tense", MEDIUM_LEVEL): ("beats",),
    ("tense", LOUD_LEVEL): ("beats",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A seat that plays the melody: moved by semitones, from a bar of the stretch on."""

    seat: Seat
    shift: int = 0
    enters: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Seats from the highest down that share the harmony in one rhythm (a row of figures; "held"), from a bar on."""

    seats: tuple[Seat, ...]
    figure: str
    enters: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some bars of one texture.

    Attributes:
        start: its first bar.
        bars: their number.
        level: 0 quiet, 1 medium, 2 loud.
        texture: its name.
        tune: seats with the melody, the main one first.
        thirds: the seat that doubles the melody in thirds and sixths below.
        counter: the seat with a line that moves where the melody rests.
        broken: the seat that plays the chord in broken eighths.
        groups: seats with the harmony.
        bass: seats with the bass, from the highest down.
        bass_figure: the figure that the bass plays.
        brass: trumpets that mark strong bars.
        timpani: whether they play, and whether they roll into the next stretch.
        link: the seat that leads into the next stretch while the melody is held.
        choir: voices below the first.
    """

    start: int
    bars: int
    level: int
    texture: str
    tune: tuple[Line, ...] = ()
    thirds: Seat | None = None
    counter: Seat | None = None
    broken: Seat | None = None
    groups: tuple[Group, ...] = ()
    bass: tuple[Seat, ...] = ()
    bass_figure: str = "plain"
    brass: tuple[Seat, ...] = ()
    timpani: Seat | None = None
    rolls: bool = False
    link: Seat | None = None
    choir: tuple[Seat, ...] = ()

    def players(self) -> frozenset[int]:
        """Indices of the parts that have something to play."""
        seats = [line.seat for line in self.tune] + [seat for group in self.groups for seat in group.seats]
        seats += [*self.bass, *self.brass, *self.choir]
        seats += [seat for seat in (self.thirds, self.counter, self.broken, self.timpani, self.link) if seat]
        return frozenset(seat.index for seat in seats)


class OrchestraPlan:
    """Draws the stretches of a piece; equal settings give equal stretches."""

    def __init__(self, setting: Setting, seats: Sequence[Seat]) -> None:
        self._setting, self._seats, self._chance = setting, tuple(seats), setting.chance("orchestra")
        self._heard: dict[int, int] = {}  # solos by index of the part
        self._figures: list[str] = []  # of the stretch before
        kinds = {kind: [seat for seat in seats if seat.kind == kind] for kind in {seat.kind for seat in seats}}
        self._voices = kinds.get("voice", [])
        self._pianos = kinds.get("piano", [])
        self._chorus = kinds.get("choir", [])
        self._timpani = next(iter(kinds.get("timpani", [])), None)
        winds = [seat for kind in _WOODWINDS for seat in kinds.get(kind, [])]
        horns, trumpets, trombones = (kinds.get(kind, []) for kind in ("horn", "trumpet", "trombone"))
        lows = [seat for kind in ("cello", "bass", "tuba", "continuo") for seat in kinds.get(kind, [])]
        self._desk, self._mids, self._lows = kinds.get("violin", []), kinds.get("viola", []), lows
        self._has_strings = bool(self._desk) and len({seat.index for seat in (*self._desk, *self._mids)}) >= 2
        self._has_desks = self._has_strings
        reeds = [seat for seat in winds if seat.kind == "clarinet"]
        if not self._has_strings and len(reeds) >= _FEWEST_REEDS and trumpets and lows:  # the reeds of a band are its strings
            self._desk, self._mids, self._has_desks = reeds[:2], reeds[2:], True
            winds = [seat for seat in winds if seat not in reeds]
        if not self._has_desks:  # the highest winds are the first desk, the lowest one is the bass
            order = sorted(
                [*self._desk, *self._mids, *winds, *horns, *trumpets, *trombones], key=lambda s: (-s.high - s.low, s.index)
            )
            self._lows = lows or [order.pop()]
            self._desk, self._mids = order[:2], order[2:]
            winds, horns, trumpets, trombones = [], [], [], []
        self._winds, self._horns, self._trumpets, self._trombones = winds, horns, trumpets, trombones
        self._reeds = [seat for seat in winds if seat.kind == "bassoon"]
        self._textures: dict[str, Callable[[Stretch], Stretch]] = {
            "strings": self._with_desk, "solo": self._with_solo, "winds": self._with_winds, "low": self._with_low,
            "doubled": self._doubled, "tutti": self._tutti,
        }  # fmt: skip
        self._rows = textures().get(setting.band.name, textures()["usual"])

    def stretches(self) -> list[Stretch]:
        """The piece from its start to its end."""
        spans = list(self._spans())
        levels = self._levels(spans)
        sung = self._sung(len(spans))
        found: list[Stretch] = []
        for number, ((start, bars), level) in enumerate(zip(spans, levels, strict=True)):
            before = found[-1].texture if found else ""
            last = number == len(spans) - 1
            rising = self._rising_bars(start, bars)
            found += self._stretch(Stretch(start, bars - rising, level, ""), before, sung[number], last)
            if rising:
                found.append(self._rise(found[-1], rising))
        return [
            replace(one, rolls=one.timpani is not None and self._rolls(one, after))
            for one, after in zip(found, [*found[1:], None], strict=True)
        ]

    def _rolls(self, one: Stretch, after: Stretch | None) -> bool:
        """Whether the timpani roll: into the end of a loud piece, seldom into a louder stretch."""
        if after is None:
            return one.level == LOUD_LEVEL and self._chance.random() < 0.6
        return after.level > one.level and after.level == LOUD_LEVEL and self._chance.random() < 0.3

    def _rising_bars(self, start: int, bars: int) -> int:
        """The last bars of a stretch in which the orchestra rises to a big hit after it."""
        big = {planned.bar for planned in self._setting.plan.hits if planned.hit.strength == "big"}
        return min(_LONGEST_RISE, bars // 2) if start + bars in big and not self._voices else 0

    def _rise(self, before: Stretch, bars: int) -> Stretch:
        """The bars before a big hit: all strings in tremolo, winds and horns that join them; who has the melody keeps it."""
        bare = Stretch(before.start + before.bars, bars, max(before.level, MEDIUM_LEVEL), "rise", tune=before.tune[:1])
        taken = {line.seat.index for line in bare.tune}
        strings = _ordered([seat for seat in (*self._desk, *self._mids) if seat.index not in taken])
        winds = _ordered([seat for seat in (*self._winds[:2], *self._horns[:2]) if seat.index not in taken])
        figure = "orchestra-tremolo" if self._has_strings else "orchestra-pulse"
        groups = [Group(strings, figure)] if strings else []
        groups += [Group(winds, "held", bars // 2)] if winds else []
        lows = tuple(seat for seat in (*self._lows, *self._reeds) if seat.index not in taken)
        self._figures = [figure]
        return replace(bare, groups=tuple(groups), bass=lows, bass_figure="beats")

    # form and loudness

    def _spans(self) -> list[tuple[int, int]]:
        found = []
        for phrase in phrases_of(self._setting):
            first = phrase.bars if phrase.bars <= _LONGEST_STRETCH else (phrase.bars + 1) // 2
            found.append((phrase.start, first))
            if first < phrase.bars:
                found.append((phrase.start + first, phrase.bars - first))
        return found

    def _levels(self, spans: Sequence[tuple[int, int]]) -> list[int]:
        """Loudness of each stretch, by its intensity and chance, with at least one contrast in the piece."""
        energies = []
        if self._setting.follows_curve:
            means = [sum(bar.energy for bar in self._setting.bars[start : start + bars]) / bars for start, bars in spans]
            return [_level(mean) for mean in means]
        for number, (start, bars) in enumerate(spans):
            energy = sum(self._setting.bars[bar].energy for bar in range(start, start + bars)) / bars
            energy += self._chance.gauss(0, _SPREAD) - _OPENING * (number == 0) + _ENDING * (number == len(spans) - 1)
            energies.append(energy)
        levels = [_level(energy) for energy in energies]
        if len(levels) > 2:
            middle = sum(bar.energy for bar in self._setting.bars) / len(self._setting.bars)
            later = range(1, len(levels))
            if LOUD_LEVEL not in levels and middle > _HUSHED:
                levels[max(later, key=lambda n: energies[n])] = LOUD_LEVEL
            if min(levels) == LOUD_LEVEL and middle < _BLAZING:
                levels[min(range(len(levels) - 1), key=lambda n: energies[n])] = MEDIUM_LEVEL
            for number in range(len(levels) - 1):  # the first of two consecutive loud stretches is often softer
                if levels[number] == levels[number + 1] == LOUD_LEVEL and self._chance.random() < 0.6:
                    levels[number] = MEDIUM_LEVEL if middle < _BLAZING else levels[number]
        return levels

    def _sung(self, count: int) -> list[bool]:
        """Whether voices sing in each stretch: not in every prelude and interlude."""
        if not self._voices:
            return [False] * count
        sung = [True] * count
        if count > 2:
            sung[0] = self._chance.random() > 0.3
            middle = self._chance.randrange(1, count - 1)
            sung[middle] = self._chance.random() > 0.3 or not sung[0]
        return sung

    # textures

    def _stretch(self, bare: Stretch, before: str, sung: bool, last: bool) -> list[Stretch]:
        if self._setting.leads[bare.start]:
            return [self._led(bare)]
        if sung:
            return [self._over_voices(bare)]
        name = self._texture(bare, before)
        if name == "dialogue":
            half = bare.bars // 2
            other = "winds" if len(self._winds) > 2 and self._chance.random() < 0.6 else "solo"
            order = ("strings", other) if last or self._chance.random() < 0.65 else (other, "strings")
            first = self._drawn(replace(bare, bars=half, texture="dialogue"), order[0])
            second = self._drawn(replace(bare, start=bare.start + half, bars=bare.bars - half, texture="dialogue"), order[1])
            return [replace(first, link=None), second]
        return [self._drawn(replace(bare, texture=name), name)]

    def _texture(self, bare: Stretch, before: str) -> str:
        level = _LEVELS[bare.level]
        weights = dict(self._rows.get(f"{self._character(bare)} {level}", self._rows[level]))
        for name in list(weights):
            if not self._allows(name, bare):
                del weights[name]
            elif name == before and name != "tutti":
                weights[name] *= 0.1
        if not weights:
            return "strings"
        return self._chance.choices(list(weights), list(weights.values()))[0]

    def _character(self, bare: Stretch) -> str:
        """The mood of a stretch in one word: calm, tense or heroic; empty if it is none of them or open."""
        mood = self._setting.mood_at(bare.start + (bare.bars - 1) / 2)
        if mood.arousal <= _CALM:
            return "calm"
        if mood.arousal < _EXCITED or _DARK < mood.valence < _BRIGHT:
            return ""
        return "tense" if mood.valence <= _DARK else "heroic"

    def _allows(self, name: str, bare: Stretch) -> bool:
        if name == "winds":
            return len([seat for seat in self._winds if seat.kind != "bassoon"]) >= 2
        if name == "dialogue":
            return bare.bars >= 4
        if name == "solo":
            return bool(self._soloists(bare))
        if name == "low":
            return len(self._lows) + len(self._reeds) > 1 and any(self._fitted(seat, bare) for seat in self._low_soloists())
        return True

    def _drawn(self, bare: Stretch, name: str) -> Stretch:
        made = self._textures[name](bare)
        self._figures = [group.figure for group in made.groups]
        return made

    def _with_desk(self, bare: Stretch) -> Stretch:
        """The first desk has the melody; a few winds may hold the harmony in the second half."""
        made = self._accompanied(bare, [Line(self._desk[0])])
        colors = self._held_winds() if bare.bars >= 4 and self._chance.random() < 0.45 else None
        if colors:
            made = replace(made, groups=(*made.groups, replace(colors, enters=bare.bars // 2)))
        return replace(made, link=self._linker(made, 0.75))

    def _with_solo(self, bare: Stretch) -> Stretch:
        """A wind or the piano has the melody; the strings accompany, another wind may have a counter-line."""
        options = self._soloists(bare)
        if not options:
            return self._with_desk(bare)
        weights = [_SOLOS.get(seat.kind, 1.0) / (1 + 3 * self._heard.get(seat.index, 0)) for seat in options]
        seat = self._chance.choices(options, weights)[0]
        self._heard[seat.index] = self._heard.get(seat.index, 0) + 1
        made = self._accompanied(bare, [self._line(seat, bare)], self._desk[:1])
        others = [other for other in (*self._winds, *self._horns) if other is not seat and other.low < seat.low]
        if seat.kind != "piano" and others and self._chance.random() < 0.4:
            made = replace(made, counter=pick(self._chance, others))
        elif bare.bars >= 4 and self._horns and self._chance.random() < 0.4:
            horns = tuple(horn for horn in self._horns if horn.index != seat.index)[:2]
            made = replace(made, groups=(*made.groups, Group(horns, "held", bare.bars // 2)))
        return replace(made, link=self._linker(made, 0.45))

    def _with_winds(self, bare: Stretch) -> Stretch:
        """Winds alone: the highest with room for the melody plays it, others are below it."""
        upper = [seat for seat in self._winds if seat.kind != "bassoon"]
        fitting = [seat for seat in upper if self._fitted(seat, bare)]
        if not fitting:
            return self._with_desk(bare)
        top = min(fitting[:2], key=lambda seat: self._heard.get(seat.index, 0))
        self._heard[top.index] = self._heard.get(top.index, 0) + 1
        others = sorted((seat for seat in upper if seat is not top), key=lambda seat: seat.kind == "flute")
        tenors = self._horns[:1]  # without one, more than an octave would be empty above the bassoon
        below = [*others[: _MOST_VOICES - 1 - len(tenors)], *tenors]
        bass = tuple(self._reeds[:2]) or tuple(self._lows[:1])
        thirds = None
        if len(below) > 2 and self._chance.random() < 0.4:
            thirds = next((seat for seat in below if seat.low < top.low + 5), None)
            below = [seat for seat in below if seat is not thirds]
        figure = pick(self._chance, ("held", "held", "orchestra-after", "follow"))
        return replace(bare, tune=(self._line(top, bare),), thirds=thirds, groups=(Group(_ordered(below), figure),), bass=bass)

    def _with_low(self, bare: Stretch) -> Stretch:
        """The cello, a bassoon or a horn has the melody below the accompaniment."""
        options = [seat for seat in self._low_soloists() if self._fitted(seat, bare)]
        if not options:
            return self._with_desk(bare)
        seat = min(options, key=lambda one: (self._heard.get(one.index, 0), self._chance.random()))
        self._heard[seat.index] = self._heard.get(seat.index, 0) + 1
        made = self._accompanied(bare, [self._line(seat, bare)], self._desk[:1])
        double = next((one for one in (*self._reeds, *self._horns) if one is not seat and self._fitted(one, bare)), None)
        if double and bare.level > QUIET_LEVEL and made.tune and self._chance.random() < 0.5:
            made = replace(made, tune=(*made.tune, self._line(double, bare)))
        return replace(made, link=self._linker(made, 0.4))

    def _doubled(self, bare: Stretch) -> Stretch:
        """The first desk and one wind have the melody; horns, or winds, hold the harmony."""
        lines = [Line(self._desk[0])]
        if not self._has_desks:
            made = self._accompanied(bare, lines)
            second = next((seat for seat in self._desk[1:] if seat not in made.bass), None)
            if not second or made.thirds:
                return made
            broken = made.broken if made.broken is not second else None
            return replace(made, thirds=second, broken=broken, groups=_without(made.groups, second))
        options = [seat for seat in (*self._winds, *self._desk[1:]) if self._fitted(seat, bare)]
        if options:
            seat = min(options, key=lambda one: (self._heard.get(one.index, 0), self._chance.random()))
            self._heard[seat.index] = self._heard.get(seat.index, 0) + 1
            enters = bare.bars // 2 if bare.bars >= 4 and self._chance.random() < 0.4 else 0
            lines.append(replace(self._line(seat, bare), enters=enters))
        made = self._accompanied(bare, lines)
        held = self._held_winds(without=[line.seat for line in lines])
        if held and self._chance.random() < 0.65:
            enters = bare.bars // 2 if bare.bars >= 4 and self._chance.random() < 0.4 else 0
            made = replace(made, groups=(*made.groups, replace(held, enters=enters)))
        free = [seat for seat in self._reeds if seat.index not in made.players()]
        if free and self._chance.random() < 0.5:
            made = replace(made, bass=(*made.bass, free[0]))
        return replace(made, link=self._linker(made, 0.45))

    def _tutti(self, bare: Stretch) -> Stretch:
        """All: the melody in octaves, chords of the winds, brass and timpani on strong bars."""
        is_heroic = self._character(bare) == "heroic"
        lines = [Line(self._desk[0], self._lift(self._desk[0], bare) if is_heroic else 0)]
        flutes = [seat for seat in self._winds if seat.kind == "flute"]
        for number, flute in enumerate(flutes[:2]):
            shift = self._fitted(flute, bare)
            span = self._span(bare)
            if shift and number == 0 and self._chance.random() < 0.75:
                lines.append(Line(flute, shift[0]))
            elif span and lines[-1].shift and flute.part.low <= span[0]:  # the second flute joins the first or plays below it
                joins = self._chance.random() < 0.6 or span[0] < flute.low  # so low it is not heard
                lines.append(Line(flute, lines[-1].shift if joins else 0))
        if is_heroic:  # the horns, or trumpets, have the melody too
            brass = (*self._trumpets[:1], *self._horns[:1])
            lines += [self._line(seat, bare) for seat in brass if self._fitted(seat, bare)][:1]
        reed = next((seat for seat in self._winds if seat.kind in ("oboe", "clarinet") and self._fitted(seat, bare)), None)
        if reed and self._chance.random() < 0.75:
            lines.append(self._line(reed, bare))
        made = self._accompanied(bare, lines)
        if len(self._desk) > 1 and self._has_desks and self._chance.random() < 0.3:  # the second desk joins the melody
            second = self._desk[1]
            reach = self._span(bare)
            below = -12 if reach and reach[0] - 12 >= second.part.low else 0
            made = replace(made, tune=(*made.tune, Line(second, below)), groups=_without(made.groups, second))
        taken = made.players()
        tenors = self._reeds[:1] if self._chance.random() < 0.75 else []
        chord = [seat for seat in self._winds if seat.index not in taken and (seat.kind != "bassoon" or seat in tenors)]
        figure = pick(self._chance, ("held", "orchestra-accents", "orchestra-march", "orchestra-after"))
        groups = list(made.groups)
        if chord:
            groups.append(Group(_ordered(chord[:_MOST_VOICES]), figure))
        if any(seat.index not in taken for seat in self._horns):
            horns = tuple(seat for seat in self._horns if seat.index not in taken)[:_MOST_VOICES]
            groups.append(Group(horns, pick(self._chance, ("held", "held", "orchestra-march", "orchestra-accents"))))
        if self._chorus:
            groups.append(Group(_ordered(self._chorus[:_MOST_VOICES]), "held"))
        if self._trombones and (self._chance.random() < 0.7 or self._ends(bare)):
            groups.append(
                Group(tuple(self._trombones[:_MOST_VOICES]), "held", bare.bars // 2 if self._chance.random() < 0.5 else 0)
            )
        return replace(
            made,
            groups=tuple(groups),
            bass=(*made.bass, *(seat for seat in self._reeds if seat not in chord[:_MOST_VOICES] and seat.index not in taken)),
            brass=tuple(seat for seat in self._trumpets if seat.index not in taken),
            timpani=self._timpani,
        )

    def _led(self, bare: Stretch) -> Stretch:
        """Those to whom the section gives the melody have it, over the strings and, where it is louder, the other players."""
        leads = self._setting.leads[bare.start]
        seats = [seat for index in leads for seat in self._seats if seat.index == index and seat.desk == 0]
        if seats and seats[0] in self._voices[:1]:
            return self._over_voices(bare)
        tune = notes_in(self._setting, bare.start, bare.bars)
        lines = [Line(seat, next(iter(self._fitted(seat, bare)), octaves_to(tune, seat.part))) for seat in seats]
        made = self._accompanied(replace(bare, texture="led"), lines, self._desk[:1])
        held = self._held_winds(without=seats)
        if held and bare.level > QUIET_LEVEL:
            made = replace(made, groups=(*made.groups, held))
        if bare.level == LOUD_LEVEL:
            taken = made.players()
            trombones = tuple(seat for seat in self._trombones[:_MOST_VOICES] if seat.index not in taken)
            brass = tuple(seat for seat in self._trumpets if seat.index not in taken)
            groups = (*made.groups, *([Group(trombones, "held")] if trombones else []))
            made = replace(made, groups=groups, brass=brass, timpani=self._timpani)
        return replace(made, link=self._linker(made, 0.45))

    def _over_voices(self, bare: Stretch) -> Stretch:
        """Voices with an orchestra that leaves them room: it holds, pulses or doubles them, with more players when louder."""
        lead, choir = self._voices[0], self._voices[1:]
        made = self._accompanied(replace(bare, texture="voices"), [Line(lead)], self._desk[:1])
        made = replace(made, choir=tuple(choir) if len(self._voices) >= _FEWEST_CHOIR else ())
        if bare.level == LOUD_LEVEL:
            made = replace(made, tune=(*made.tune, Line(self._desk[0])), groups=_without(made.groups, self._desk[0]))
        held = self._held_winds()
        if held and bare.level > QUIET_LEVEL:
            enters = bare.bars // 2 if bare.bars >= 4 and self._chance.random() < 0.5 else 0
            made = replace(made, groups=(*made.groups, replace(held, enters=enters)))
        if bare.level == LOUD_LEVEL:
            double = next((seat for seat in self._winds if self._fitted(seat, bare) and seat.index not in made.players()), None)
            lines = (*made.tune, self._line(double, bare)) if double else made.tune
            brass = tuple(self._trumpets)
            made = replace(made, tune=lines, bass=(*made.bass, *self._reeds), brass=brass, timpani=self._timpani)
            groups = _without(made.groups, *(line.seat for line in lines), *self._reeds)
            return replace(made, groups=groups)
        return replace(made, link=self._linker(made, 0.6))

    def _lift(self, seat: Seat, bare: Stretch) -> int:
        """An octave where a seat can play the melody so high."""
        span = self._span(bare)
        return 12 if span and span[1] + 12 <= min(seat.high + 3, seat.part.high) else 0

    # their parts

    def _accompanied(self, bare: Stretch, tune: Sequence[Line], extra: Sequence[Seat] = ()) -> Stretch:
        """A melody over the inner desks and the bass; `extra` seats join the inner ones."""
        taken = {line.seat.index for line in tune}
        inner = [seat for seat in (*extra, *self._desk[1:], *self._mids) if seat.index not in taken]
        lows = [seat for seat in self._lows if seat.index not in taken]
        if not lows and self._reeds:
            lows = [seat for seat in self._reeds if seat.index not in taken][:1]
        if not lows and len(inner) > 1:
            lows = [inner.pop()]
        if bare.level == QUIET_LEVEL and len(lows) > 1 and self._chance.random() < 0.4:
            lows = lows[:1]
        if bare.level == QUIET_LEVEL and extra and len(inner) > 2 and self._chance.random() < 0.4:
            inner = inner[1:]
        if bare.level == QUIET_LEVEL and not self._has_desks and len(inner) > 2 and self._chance.random() < 0.5:
            inner = inner[:-1]
        thirds = broken = counter = None
        desk = next((seat for seat in inner if seat in self._desk or (not self._has_desks and seat in inner[:1])), None)
        drawn = self._chance.random()
        if desk and len(inner) > 1 and tune:
            if drawn < (0.22 if self._has_desks else 0.4) and tune[0].seat.low <= desk.low + 12 and tune[0].shift >= 0:
                thirds = desk
            elif drawn < 0.5 and bare.level < LOUD_LEVEL:  # the lowest of the desks: others play the chord above it
                broken = next(seat for seat in reversed(inner) if seat in self._desk or seat is desk)
            inner = [seat for seat in inner if seat is not thirds and seat is not broken]
        if bare.level > QUIET_LEVEL and len(lows) > 1 and self._has_desks and self._chance.random() < 0.2:
            counter, lows = lows[0], lows[1:]
        late = bare.bars // 2 if not self._has_desks and bare.level < LOUD_LEVEL and self._chance.random() < 0.45 else 0
        groups = [Group(part, self._figure(bare), late) for part in self._divided(inner)]
        return replace(
            bare, tune=tuple(tune), thirds=thirds, broken=broken, counter=counter, groups=tuple(groups), bass=tuple(lows),
            bass_figure=self._bass_figure(bare),
        )  # fmt: skip

    def _divided(self, inner: Sequence[Seat]) -> list[tuple[Seat, ...]]:
        """The inner seats as one group, or as an upper and a lower group with different rhythms."""
        order = _ordered(inner)
        if len(order) > _MOST_VOICES or (len(order) > 1 and self._chance.random() < 0.3):
            half = (len(order) + 1) // 2
            while half < len(order) and order[half].index == order[half - 1].index:  # a divided section stays together
                half += 1
            return [part for part in (order[:half], order[half:]) if part]
        return [order] if order else []

    def _figure(self, bare: Stretch) -> str:
        """A figure of the inner desks that the stretch before did not have."""
        character = self._character(bare)
        options = _FIGURES.get((character, bare.level), _FIGURES["", bare.level])
        options = options if self._has_strings else tuple(name for name in options if name != "orchestra-tremolo")
        fresh = [name for name in options if name not in self._figures]
        name = pick(self._chance, fresh or options)
        self._figures = [*self._figures, name]
        return name

    def _bass_figure(self, bare: Stretch) -> str:
        return pick(self._chance, _BASSES.get((self._character(bare), bare.level), _BASSES["", bare.level]))

    def _held_winds(self, without: Sequence[Seat] = ()) -> Group | None:
        """Two to four winds that hold the harmony: the horns, or oboes and clarinets."""
        reeds = [seat for seat in self._winds if seat.kind in ("oboe", "clarinet", "bassoon") and seat not in without]
        horns = [seat for seat in self._horns if seat not in without]
        options = [group for group in (horns[:2], reeds[:2], [*reeds[:2], *horns[:2]]) if len(group) >= 2]
        return Group(_ordered(pick(self._chance, options)), "held") if options else None

    def _linker(self, made: Stretch, chance: float) -> Seat | None:
        free = [seat for seat in self._winds if seat.index not in made.players()]
        if not free or self._chance.random() >= chance or self._ends(made):
            return None
        return min(free, key=lambda seat: (self._heard.get(seat.index, 0), self._chance.random()))

    def _ends(self, bare: Stretch) -> bool:
        return bare.start + bare.bars >= self._setting.plan.bars

    # registers

    def _soloists(self, bare: Stretch) -> list[Seat]:
        upper = [*self._winds, *self._horns, *self._desk[1:], *([] if self._has_desks else self._mids), *self._pianos]
        return [seat for seat in upper if self._fitted(seat, bare)]

    def _low_soloists(self) -> list[Seat]:
        return [*(seat for seat in self._lows if seat.kind == "cello"), *self._reeds, *self._horns, *self._mids[-1:]]

    def _span(self, bare: Stretch) -> tuple[int, int] | None:
        pitches = [note.pitch for note in notes_in(self._setting, bare.start, bare.bars)]
        return (min(pitches), max(pitches)) if pitches else None

    def _fitted(self, seat: Seat, bare: Stretch) -> tuple[int, ...]:
        """The shift of the melody that is in a seat's register, if there is one."""
        span = self._span(bare)
        if span is None:
            return ()
        low, high = span
        if seat.kind in TENORS:  # alone they go higher than in chords, but not where the bass is
            reach = min(seat.part.high, seat.high + TENORS[seat.kind])
            return tuple(s for s in _OCTAVES[seat.kind] if low + s >= max(seat.low, ABOVE_BASS) and high + s <= reach)[:1]
        return tuple(s for s in _OCTAVES.get(seat.kind, (0, 12)) if seat.holds(low + s, high + s))[:1]

    def _line(self, seat: Seat, bare: Stretch) -> Line:
        return Line(seat, next(iter(self._fitted(seat, bare)), 0))


def _level(energy: float) -> int:
    return QUIET_LEVEL if energy < _QUIET_BELOW else LOUD_LEVEL if energy > _LOUD_FROM else MEDIUM_LEVEL


def notes_in(setting: Setting, start: int, bars: int) -> list[Note]:
    """The notes of the melody that begin in some bars."""
    ticks = setting.plan.meter.bar_ticks
    return [note for note in setting.tune if start * ticks <= note.start_ticks < (start + bars) * ticks]


def _ordered(seats: Sequence[Seat]) -> tuple[Seat, ...]:
    """Seats from the highest register down."""
    return tuple(sorted(seats, key=lambda seat: (-seat.low - seat.high, seat.index)))


def _without(groups: Sequence[Group], *seats: Seat) -> tuple[Group, ...]:
    kept = (replace(group, seats=tuple(seat for seat in group.seats if seat not in seats)) for group in groups)
    return tuple(group for group in kept if group.seats)
