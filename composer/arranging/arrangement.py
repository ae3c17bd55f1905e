"""From a plan to an arrangement: chords, a role for every part, and the notes of parts that the network does not write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from composer.analysis.playability import KEYBOARDS
from composer.arranging.basslines import write_bass
from composer.arranging.blend import Blend
from composer.arranging.casting import Role, accompanies_itself, accompanying, family_of, is_player, keeps_figure, left_figure
from composer.arranging.comping import write_figure
from composer.arranging.consort import consort_lines, singers_below
from composer.arranging.drums import write_drums
from composer.arranging.easing import eased
from composer.arranging.fugue import write_fugue
from composer.arranging.fugue_layout import FUGUE
from composer.arranging.hand_closes import breathing, closing_chords
from composer.arranging.imitation import Line, answers
from composer.arranging.leading import bars_led, led, placed, softer, with_melody
from composer.arranging.orchestration import Orchestration
from composer.arranging.phrase_map import Phrase, phrases_of
from composer.arranging.registers import registers_of
from composer.arranging.resting import handed_over, without
from composer.arranging.rounds import ROUND, write_round
from composer.arranging.seats import is_orchestra, seated
from composer.arranging.setting import Setting
from composer.arranging.shared_keys import with_free_hands
from composer.arranging.smoothing import smoothed
from composer.arranging.soloist import as_left_hand, within_fingers
from composer.arranging.staging import (
    is_accompanied,
    is_choral,
    lower_singers,
    planned_tune,
    players_resting,
    roles_of,
    staged,
    with_drone,
)
from composer.arranging.tables import NO_BAND, PHRASES, bands, figures, row_in_meter
from composer.arranging.textures import write_texture
from composer.arranging.thinning import held, sparse_strokes, thinned
from composer.arranging.tunes import with_dynamics, write_tune
from composer.arranging.variations import variations_of
from composer.arranging.voicing import nearest_tone
from composer.errors import BadInputError
from composer.plan import Plan
from composer.plan.set_chords import bars_with_set_chords
from composer.presets import EnsemblePart, levels, programs_of
from composer.score import Note

_OCTAVE = 12  # semitones
_LEAST_RANGE = 19  # semitones that a part keeps above the lowest pitch of the bass
_LEAST_LEAP, _LEAPS = 4, 0.3  # semitones above which a melody leaps; share of its notes that do so where a hand doubles it
_JOINED = 0.25  # share of upbeats in which the accompaniment joins
# Mean share of a song in which the right hand plays the melody: human ones have .41 of its notes (119 songs), but readers find
# that it shadows the singer.
_ALONG = 0.3
_LOWEST_ALONG = 57  # lowest pitch of such a melody: the left hand needs room below it
_SUNG = 0.8  # share of the notes of a bar's melody, so that a bass that meets it is not taken for it


@dataclass(frozen=True)
class Arrangement:
    """The parts of a piece that are written by grammar.

    Attributes:
        setting: the piece as its players see it.
        roles: of each part, in the order of the plan.
        notes: by part, in the plan's key.
        open_bars: by part, the bars that the network writes.
        lead_ranges: lowest and highest pitch of the parts that the network writes, in the plan's key.
        carriers: by part, the bars in which it plays the melody if the network accompanies it. In a keyboard's staff, the
            network adds notes below the melody.
        kept: parts of a user's piece beside the melody, from which lines that the network writes keep apart.
    """

    setting: Setting
    roles: tuple[Role, ...]
    notes: Mapping[int, tuple[Note, ...]]
    open_bars: Mapping[int, frozenset[int]]
    lead_ranges: Mapping[int, tuple[int, int]]
    carriers: Mapping[int, frozenset[int]] = field(default_factory=dict)
    kept: frozenset[int] = frozenset()

    def parts(self, written: Sequence[tuple[Note, ...]]) -> list[tuple[Note, ...]]:
        """The parts of the finished piece, in the order of the plan, without keys that both hands of a keyboard sound at once.

        The voices of rounds and fugues and the layers of textures may meet on a key.

        Args:
            written: what the network wrote of each; bars that are not open are left out.
        """
        plan, notes = self.setting.plan, [self.part(index, part) for index, part in enumerate(written)]
        if not plan.band or self.setting.band.lead in (ROUND, FUGUE):
            return notes
        return with_free_hands(plan.parts, notes, self.kept if plan.lead is None else self.kept | {plan.lead})

    def part(self, index: int, written: tuple[Note, ...]) -> tuple[Note, ...]:
        """A part of the finished piece.

        Args:
            index: of the part.
            written: what the network wrote of it; bars that are not open are left out.
        """
        ticks, bars = self.setting.plan.meter.bar_ticks, self.open_bars.get(index, frozenset())
        free = with_dynamics(self.setting, [note for note in written if note.start_ticks // ticks in bars])
        given: Sequence[Note] = self.notes.get(index, ())
        if self.carriers:
            carried = self.carriers.get(index, frozenset())
            sung = [note for note in self.setting.tune if note.start_ticks // ticks in carried & bars]
            given = [note if self._leads(index, note.start_ticks // ticks) else softer(note) for note in (*given, *sung)]
            below = self._below(sung, [note for note in free if note.start_ticks // ticks in carried])
            free = self._accompanying(index, [note for note in free if note.start_ticks // ticks not in carried], given)
            free = [*map(softer, below), *free]
        return tuple(sorted([*given, *free]))

    def _leads(self, index: int, bar: int) -> bool:
        """Whether a part does not play along with another one that has the melody in a bar."""
        return index == self.setting.leads[bar][0] or bar not in self.carriers.get(index, ())

    def _below(self, sung: Sequence[Note], written: Sequence[Note]) -> list[Note]:
        """The notes of a part below those of the melody that it plays, as long as these."""
        above = {note.start_ticks: note for note in sung}
        return [
            replace(note, duration_ticks=above[note.start_ticks].duration_ticks)
            for note in written
            if note.start_ticks in above and note.pitch < above[note.start_ticks].pitch
        ]

    def _accompanying(self, index: int, written: Sequence[Note], given: Sequence[Note]) -> list[Note]:
        """The notes with which a part accompanies the melody."""
        found = _before(smoothed([*map(softer, written)], self.setting, self.setting.plan.parts[index]), given)
        if self.setting.is_thin:
            found = held(self.setting, self.setting.plan.parts[index].program, found)
        return breathing(found, self.setting) if self._is_left_hand(index) else found

    def _is_left_hand(self, index: int) -> bool:
        """Whether a part is the hand that accompanies the melody of a pianist alone, except in waltzes."""
        return _is_alone(self.setting) and index not in self.carriers


def _is_alone(setting: Setting) -> bool:
    """Whether a pianist plays alone with both hands a melody that is not given, and no waltz."""
    plan, programs = setting.plan, {part.program for part in setting.plan.parts}
    return plan.lead is None and programs <= KEYBOARDS and not accompanies_itself(plan.parts) and not setting.is_waltz


def arrange(plan: Plan) -> Arrangement | None:
    """The arrangement of a plan as `settle` gives it; `None` for one without a band.

    Raises:
        BadInputError: there is no such band, or a bar has no chord: the plan has been changed by hand.
    """
    if not plan.band and not plan.texture:
        return None
    if plan.band not in ("", *bands()) or len(plan.chords) != plan.bars or not all(plan.chords):
        raise BadInputError(f"this plan of band {plan.band[:40]!r} lacks a chord or a known style: it was changed by hand")
    if not plan.band:
        return _textured(plan)
    setting, roles = staged(plan)
    if is_accompanied(plan):
        return _accompanied(setting, roles)
    notes: dict[int, tuple[Note, ...]] = {}
    if plan.tune:
        setting = replace(setting, tune=planned_tune(setting))
    if setting.band.lead == ROUND:
        notes.update(write_round(setting))
    if setting.band.lead == FUGUE:
        return Arrangement(setting, roles, write_fugue(setting), {}, {})
    if setting.band.lead == PHRASES:
        lines = _in_voices(setting, roles) if is_choral(plan) else _orchestrated(setting, roles)
        notes.update(_with_upbeat(setting, lines, sung=is_choral(plan)) if plan.upbeat_bars else lines)
    blend, shared = Blend(plan.meter.bar_ticks), setting
    for index, (part, role) in sorted(
        enumerate(zip(plan.parts, roles, strict=True)), key=lambda item: item[1][1].kind != "lead"
    ):
        if index in notes:
            continue
        is_given = role.kind == "lead" and bool(setting.tune)
        beside = replace(setting, leads=shared.leads)
        written = list(setting.tune) if is_given else sorted(_WRITERS[role.kind](beside, part, role, blend))
        if role.kind == "lead":
            shared = with_melody(setting, written, index)
            blend.add_melody(shared.tune)
            written = _given_away(shared, index, role, blend)
        elif index in (carriers := bars_led(shared)):
            kept = without(written, carriers[index], plan.meter.bar_ticks)
            written = sorted([*kept, *led(shared, shared.tune, index)])
        if role.kind == "figure":
            blend.add_chords(written)
        notes[index] = tuple(written)
    notes = thinned(setting, roles, notes)
    _rest(setting, notes, {})
    kept_on_scale = {
        index: ns if plan.parts[index].is_drum else _on_scale(ns, setting, plan.parts[index]) for index, ns in notes.items()
    }
    if plan.level:
        level = levels()[plan.level]
        kept_on_scale = {index: eased(ns, level, plan.meter, plan.parts[index].program) for index, ns in kept_on_scale.items()}
    return Arrangement(setting, roles, kept_on_scale, {}, {})


def _textured(plan: Plan) -> Arrangement:
    """The texture that a plan asks for; players rest where settings of sections say so."""
    band, resting, ticks = bands().get(plan.preset or "", NO_BAND), players_resting(plan), plan.meter.bar_ticks
    setting = Setting(plan, replace(band, groove="", orchestral=True) if is_orchestra(plan.parts) else band)
    setting = replace(setting, tune=planned_tune(setting))
    notes = {index: without(part, resting[index], ticks) for index, part in write_texture(setting).items()}
    kept = {
        index: ns if (part := plan.parts[index]).is_drum else _on_scale(_in_range(ns, setting, part), setting, part)
        for index, ns in notes.items()
    }
    return Arrangement(setting, roles_of(plan), kept, {}, {})


def _accompanied(setting: Setting, roles: tuple[Role, ...]) -> Arrangement | None:
    """The melody of a plan, its drums and the players of figures.

    The network writes the other parts, and more notes into a keyboard's upper staff.
    """
    plan = setting.plan
    lead = next((index for index, role in enumerate(roles) if role.kind == "lead"), None)
    if lead is None:
        return None
    setting = with_melody(setting, planned_tune(setting), lead)
    bars, parts, ticks = frozenset(range(plan.bars)), plan.parts, plan.meter.bar_ticks
    notes, carriers = _steady(setting, roles), bars_led(setting)
    along = _with_singer(setting, lead, notes)
    others = bars - carriers.get(lead, frozenset())
    if not others and (singers := lower_singers(plan, lead)):
        notes.update(singers_below(setting, lead, singers))
    open_bars = {index: bars for index in range(len(parts)) if index not in notes and index != lead}
    if others and not _sings_alone(setting, lead):
        open_bars[lead] = others
    varied = frozenset(bar for each in variations_of(plan) for bar in each.bars)
    for index, written in _figured(setting, roles).items():
        notes[index] = (*without(notes.get(index, ()), varied, ticks), *written)
        if index in open_bars:
            open_bars[index] -= varied
    closes = _is_alone(setting) and not plan.level and not others
    for index, carried in carriers.items():
        thirds = carried & _doubled(setting) if _adds_thirds(setting, index) else frozenset[int]()
        if index in open_bars or thirds:
            open_bars[index] = open_bars.get(index, frozenset()) - carried | thirds
        bare = [note for note in led(setting, setting.tune, index) if note.start_ticks // ticks not in thirds]
        if bare:
            kept = without(notes.get(index, ()), carried, ticks)
            notes[index] = (*kept, *(closing_chords(bare, setting) if closes else bare))
    if accompanies_itself(parts):
        notes[lead] = (*notes[lead], *_below_melody(setting, parts[lead]))
    for index, sung in along.items():
        carriers[index] = carriers.get(index, frozenset()) | sung - others
    _rest(setting, notes, open_bars)
    if plan.upbeat_bars and setting.chance("upbeat").random() >= _JOINED:
        upbeat = [note for note in setting.tune if note.start_ticks < plan.meter.bar_ticks]
        for index, carried in carriers.items():
            notes[index] = (*(upbeat if 0 in carried & open_bars.get(index, frozenset()) else ()), *notes.get(index, ()))
        open_bars = {index: opened - {0} for index, opened in open_bars.items()}
    floor = registers_of(setting).bass
    ranges = {
        index: (max(parts[index].low, min(floor, parts[index].high - _LEAST_RANGE)), parts[index].high) for index in open_bars
    }
    if not setting.band.chordal:
        _imitate(setting, ranges, notes, open_bars)
    return Arrangement(setting, roles, notes, open_bars, ranges, carriers)


def _given_away(setting: Setting, lead: int, role: Role, blend: Blend) -> list[Note]:
    """The part of the usual lead of a band: the melody, and where others have it an accompaniment; singers rest there."""
    part, ticks, carried = setting.plan.parts[lead], setting.plan.meter.bar_ticks, bars_led(setting).get(lead, frozenset())
    sung = led(setting, setting.tune, lead)
    if len(carried) == setting.plan.bars or part.program in programs_of("voice"):
        return list(sung)
    figure = _figure(setting, part, accompanying(part, role, setting.band), blend)
    return sorted([*sung, *without(sorted(figure), carried, ticks)])


def _adds_thirds(setting: Setting, index: int) -> bool:
    """Whether a part that has the melody is the upper staff of a keyboard, which may add notes below it."""
    part, parts = setting.plan.parts[index], setting.plan.parts
    is_bare = setting.plan.level or setting.is_sparse or accompanies_itself(parts)
    return part.program in KEYBOARDS and family_of(part) != "left" and not is_bare


def _sings_alone(setting: Setting, lead: int) -> bool:
    """Whether a part is the only singer, who rests where players have the melody."""
    return [index for index, part in enumerate(setting.plan.parts) if part.program in programs_of("voice")] == [lead]


def _steady(setting: Setting, roles: Sequence[Role]) -> dict[int, tuple[Note, ...]]:
    """The drums, and below a melody by phrases the players of figures, who rest in an upbeat."""
    plan, blend = setting.plan, Blend(setting.plan.meter.bar_ticks)
    begins = plan.upbeat_bars * plan.meter.bar_ticks
    blend.add_melody(setting.tune)
    notes = dict[int, tuple[Note, ...]]()
    for index, (part, role) in enumerate(zip(plan.parts, roles, strict=True)):
        if role.kind == "drums":
            strokes = sorted(write_drums(setting, part))
            notes[index] = tuple(sparse_strokes(setting, strokes) if setting.is_sparse else strokes)
        elif keeps_figure(part, role, with_drone(bands()[plan.band], plan.features)):
            written = _WRITERS[role.kind](setting, part, role, blend)
            played = _on_scale(tuple(sorted(note for note in written if note.start_ticks >= begins)), setting, part)
            notes[index] = eased(played, levels()[plan.level], plan.meter, part.program) if plan.level else played
            blend.add_chords(notes[index])
    return notes


def _figured(setting: Setting, roles: Sequence[Role]) -> dict[int, tuple[Note, ...]]:
    """What left hands that accompany play in the variations of a theme."""
    plan, ticks = setting.plan, setting.plan.meter.bar_ticks
    blend, notes = Blend(ticks), dict[int, list[Note]]()
    blend.add_melody(setting.tune)
    for index, (part, role) in enumerate(zip(plan.parts, roles, strict=True)):
        if role.kind != "figure" or family_of(part) != "left":
            continue
        for varied in variations_of(plan):
            written = _figure(setting, part, replace(role, figure=varied.row.left, alone=True), blend)
            notes.setdefault(index, []).extend(note for note in written if note.start_ticks // ticks in varied.bars)
    return {index: tuple(sorted(written)) for index, written in notes.items()}


def _below_melody(setting: Setting, part: EnsemblePart) -> list[Note]:
    """What the only player with pitches plays below the melody, from the end of an upbeat on."""
    plan, ticks, blend = setting.plan, setting.plan.meter.bar_ticks, Blend(setting.plan.meter.bar_ticks)
    blend.add_melody(setting.tune)
    varied = {bar: each.row.alone for each in variations_of(plan) for bar in each.bars}
    usual = left_figure(setting.band)
    rows = [varied.get(bar, usual) for bar in range(plan.bars)]
    notes = list[Note]()
    for row in dict.fromkeys(rows):
        written = _figure(setting, as_left_hand(part), Role("figure", row, alone=True), blend)
        notes += [note for note in written if rows[bar := note.start_ticks // ticks] == row and bar >= plan.upbeat_bars]
    return within_fingers(_on_scale(tuple(sorted(notes)), setting, part), setting.tune, part)


def _with_singer(setting: Setting, lead: int, steady: Collection[int]) -> dict[int, frozenset[int]]:
    """The bars in which the right hand of a pianist plays the melody of a lone singer along; empty if it never does.

    Whole phrases, alike where they return; in each song another share of them. An upbeat is part of the first phrase. Hands
    that are `steady` play figures.
    """
    parts = setting.plan.parts
    voices = [index for index, part in enumerate(parts) if part.program in programs_of("voice")]
    hands = [index for index, part in enumerate(parts) if part.program in KEYBOARDS and index not in steady]
    lowest = min((note.pitch for note in setting.tune), default=0)
    if voices != [lead] or len(hands) < 2 or lowest < _LOWEST_ALONG:
        return {}
    along = _drawn(setting, "melody of a hand", 2 * _ALONG * setting.chance("melody of a hand").random())
    opened = {bar for phrase in along for bar in phrase.range}
    bars = frozenset(bar for bar in range(setting.plan.bars) if max(bar, setting.plan.upbeat_bars) in opened)
    return {hands[0]: bars} if bars else {}


def _drawn(setting: Setting, what: str, share: float) -> list[Phrase]:
    """Phrases drawn with a probability, alike where they return."""

    def is_drawn(phrase: Phrase) -> bool:
        return setting.chance(what, phrase.section.letter, phrase.start - phrase.section.start_bar).random() < share

    return [phrase for phrase in phrases_of(setting) if is_drawn(phrase)]


def _doubled(setting: Setting) -> frozenset[int]:
    """The bars in which a pianist's right hand adds thirds and sixths to the melody: whole phrases, alike where they return.

    Phrases that mostly leap have none; of the variations of a theme, those have them whose row says so.
    """
    ticks = setting.plan.meter.bar_ticks

    def leaps(phrase: Phrase) -> bool:
        tune = [note for note in setting.tune if note.start_ticks // ticks in phrase.range]
        return sum(abs(note.pitch - before.pitch) > _LEAST_LEAP for before, note in pairwise(tune)) > _LEAPS * len(tune)

    drawn = _drawn(setting, "thirds", registers_of(setting).doubled)
    found = frozenset(bar for phrase in drawn if not leaps(phrase) for bar in phrase.range)
    for varied in variations_of(setting.plan):
        found = found | frozenset(varied.bars) if varied.row.chords else found - frozenset(varied.bars)
    return found


def _imitate(
    setting: Setting,
    ranges: Mapping[int, tuple[int, int]],
    notes: dict[int, tuple[Note, ...]],
    open_bars: dict[int, frozenset[int]],
) -> None:
    """Adds answers to the melody in lines that the network writes, and closes their bars to it."""
    parts = setting.plan.parts
    order = sorted(
        (index for index in open_bars if parts[index].program not in KEYBOARDS),
        key=lambda index: -parts[index].low - parts[index].high,
    )
    bass = min((index for index, part in enumerate(parts) if not part.is_drum), key=lambda index: parts[index].low)
    for answer in answers(setting, [Line(index, *ranges[index], index == bass) for index in order]):
        closed = {answer.bar, answer.bar - 1} if answer.enters else {answer.bar}
        if closed <= open_bars[answer.line] - setting.plan.attack_bars:
            open_bars[answer.line] -= closed
            notes[answer.line] = (*notes.get(answer.line, ()), *answer.notes)


def _rest(
    setting: Setting,
    notes: dict[int, tuple[Note, ...]],
    open_bars: dict[int, frozenset[int]],
) -> None:
    """Removes notes in bars in which a part rests by the settings of sections, and closes these bars to the network.

    A melody that is lost with its player goes to another one.
    """
    plan, ticks = setting.plan, setting.plan.meter.bar_ticks
    if not plan.has_rests:
        return
    resting = players_resting(plan)
    for index, bars in enumerate(resting):
        if index in notes:
            notes[index] = without(notes[index], bars, ticks)
        if index in open_bars:
            open_bars[index] -= bars
    everywhere = frozenset(range(plan.bars))
    is_sung = _is_sung(setting, notes)
    sung = frozenset(
        bar
        for bar in everywhere
        if (any(bar not in resting[index] for index in setting.leads[bar]) if setting.leads[bar] else is_sung(bar))
    )
    for index, taken in handed_over(setting.tune, sung, resting, plan).items():
        bars = frozenset(note.start_ticks // ticks for note in taken)
        notes[index] = tuple(sorted([*without(notes.get(index, ()), bars, ticks), *taken]))
        if index in open_bars:
            open_bars[index] -= bars


def _is_sung(setting: Setting, notes: Mapping[int, tuple[Note, ...]]) -> Callable[[int], bool]:
    """Whether a part has nearly all notes of the melody in a bar, in any octave."""
    ticks = setting.plan.meter.bar_ticks
    tones = [{(note.start_ticks, note.pitch % _OCTAVE) for note in part} for part in notes.values()]

    def is_sung(bar: int) -> bool:
        tune = {(note.start_ticks, note.pitch % _OCTAVE) for note in setting.tune if note.start_ticks // ticks == bar}
        return any(len(tune & part) >= _SUNG * len(tune) for part in tones)

    return is_sung


def _before(notes: Sequence[Note], given: Sequence[Note]) -> list[Note]:
    """Notes of a line, none held into a given one."""
    starts = sorted(note.start_ticks for note in given)
    ends = [next((start for start in starts if start > note.start_ticks), note.end_ticks) for note in notes]
    return [
        replace(note, duration_ticks=min(note.end_ticks, end) - note.start_ticks) for note, end in zip(notes, ends, strict=True)
    ]


def _in_voices(setting: Setting, roles: Sequence[Role]) -> dict[int, tuple[Note, ...]]:
    """The voices of a chorale; where another player than the first has the melody, the first plays the other's line."""
    lead = next(index for index, role in enumerate(roles) if role.kind == "lead")
    plan, ticks, lines = setting.plan, setting.plan.meter.bar_ticks, consort_lines(setting, lead)
    shared, found = with_melody(setting, setting.tune, lead), dict(lines)
    for index, carried in bars_led(shared).items():
        if index == lead:
            continue
        found[index] = tuple(sorted([*without(lines[index], carried, ticks), *led(shared, shared.tune, index)]))
        left = frozenset(bar for bar in carried if lead not in shared.leads[bar])
        others = without(lines[index], frozenset(range(plan.bars)) - left, ticks)
        found[lead] = tuple(sorted([*without(found[lead], left, ticks), *placed(others, plan.parts[lead])]))
    return found


def _orchestrated(setting: Setting, roles: Sequence[Role]) -> dict[int, tuple[Note, ...]]:
    """The parts of an orchestra; where some rest by the settings of sections, those of the orchestra that is left."""
    plan, ticks = setting.plan, setting.plan.meter.bar_ticks
    everyone, resting = frozenset(range(len(plan.parts))), players_resting(plan)
    notes = _scored(setting, roles, everyone)
    playing = [everyone - {index for index in everyone if bar in resting[index]} for bar in range(plan.bars)]
    for group in set(playing) - {everyone}:
        if not is_orchestra([plan.parts[index] for index in sorted(group)]):
            continue
        inside = frozenset(bar for bar, players in enumerate(playing) if players == group)
        outside = frozenset(range(plan.bars)) - inside
        for index, written in _scored(setting, roles, group).items():
            kept = without(notes.get(index, ()), inside, ticks)
            notes[index] = tuple(sorted([*kept, *without(written, outside, ticks)]))
    seats = {seat.index for seat in seated(plan.parts)}
    for index, carried in bars_led(setting).items():
        if index not in seats:
            notes[index] = tuple(sorted([*without(notes[index], carried, ticks), *led(setting, setting.tune, index)]))
    return notes


def _joined(notes: Sequence[Note], upbeat: Sequence[Note], end: int) -> tuple[Note, ...]:
    """The notes of a voice that sings its first chord from an upbeat on, which begins before the tick `end`."""
    first = min(note.start_ticks for note in upbeat)
    opened = []
    for note in notes:
        start = note.start_ticks if note.start_ticks >= end else max(first, note.start_ticks)
        if note.end_ticks > start:
            opened.append(replace(note, start_ticks=start, duration_ticks=note.end_ticks - start))
    return tuple(opened)


def _led_in(notes: Sequence[Note], tune: Sequence[Note], upbeat: Sequence[Note], end: int) -> tuple[Note, ...]:
    """The notes of a player of an orchestra from the tick `end` on; one who has the melody there begins with its upbeat."""
    kept = [note for note in notes if note.start_ticks >= end]
    sung = {note.start_ticks: note.pitch for note in tune if end <= note.start_ticks < 2 * end}
    lifts = [note.pitch - sung[note.start_ticks] for note in kept if note.start_ticks in sung]
    if not sung or len(lifts) < _SUNG * len(sung) or any(lift % _OCTAVE for lift in lifts):
        return tuple(kept)
    return (*(replace(note, pitch=note.pitch + lifts[0]) for note in upbeat), *kept)


def _with_upbeat(setting: Setting, notes: Mapping[int, tuple[Note, ...]], *, sung: bool) -> dict[int, tuple[Note, ...]]:
    """The notes of a choir or an orchestra whose first bar is silent up to the upbeat of the melody."""
    end, tune = setting.plan.meter.bar_ticks, setting.tune
    if not (upbeat := [note for note in tune if note.start_ticks < end]):
        return dict(notes)
    if sung:
        return {index: _joined(part, upbeat, end) for index, part in notes.items()}
    return {index: _led_in(part, tune, upbeat, end) for index, part in notes.items()}


def _scored(setting: Setting, roles: Sequence[Role], players: frozenset[int]) -> dict[int, tuple[Note, ...]]:
    """The notes of some players; keyboards, harps and the like hold chords or play figures where the orchestra has room."""
    parts, ticks = setting.plan.parts, setting.plan.meter.bar_ticks
    orchestra = Orchestration(setting, [seat for seat in seated(parts) if seat.index in players])
    notes = dict(orchestra.write())
    for index, (part, role) in enumerate(zip(parts, roles, strict=True)):
        if index in notes or index not in players:
            continue
        family, kind = "drums" if part.is_drum else family_of(part), role.kind
        plain = role.kind in ("lead", "bass") or (
            role.kind == "figure" and figures()[role.figure.split("|")[0]].kind == "inner"
        )
        role = Role("figure", "low-pad") if plain else role
        written = _WRITERS[role.kind](setting, part, role, Blend(ticks))
        asked = frozenset(bar.index for bar in setting.bars if any(is_player(name, part, kind) for name in bar.asked.playing))
        kept = [note for note in written if (bar := note.start_ticks // ticks) in asked or not orchestra.rests(family, bar)]
        notes[index] = tuple(sorted(kept or written))
    return notes


def _figure(setting: Setting, part: EnsemblePart, role: Role, blend: Blend) -> list[Note]:
    """The figure of an accompanying part."""
    meter = setting.plan.meter
    return setting.by_section(
        role.figure, lambda name: write_figure(setting, part, row_in_meter(figures(), name, meter), role, blend)
    )


_WRITERS: dict[str, Callable[[Setting, EnsemblePart, Role, Blend], list[Note]]] = {
    "drums": lambda setting, part, role, blend: write_drums(setting, part),
    "bass": lambda setting, part, role, blend: write_bass(setting, part),
    "lead": lambda setting, part, role, blend: write_tune(setting, part),
    "figure": _figure,
}


def _in_range(notes: tuple[Note, ...], setting: Setting, part: EnsemblePart) -> tuple[Note, ...]:
    """Notes within the range of a part, where a narrow one lacks a tone: others move to the nearest tone of the chord."""
    moved = {}
    for note in notes:
        pitch = note.pitch
        if not part.low <= pitch <= part.high:
            bar, offset = divmod(note.start_ticks, setting.plan.meter.bar_ticks)
            tones = tuple(setting.bars[bar].chord_at(offset).pitch_classes)
            pitch = min(max(nearest_tone(tones, pitch, part.low, part.high), part.low), part.high)
        moved[note.start_ticks, pitch] = replace(note, pitch=pitch)
    return tuple(sorted(moved.values()))


def _on_scale(notes: tuple[Note, ...], setting: Setting, part: EnsemblePart) -> tuple[Note, ...]:
    """Notes on the key's scale where the plan asks for it: others move to it, down if possible; tones of set chords stay."""
    plan, moved = setting.plan, {}
    if plan.scale is None:
        return notes
    stated = bars_with_set_chords(plan)
    for note in notes:
        allowed = plan.key.scale
        bar, offset = divmod(note.start_ticks, plan.meter.bar_ticks)
        if bar in stated:
            allowed |= setting.bars[bar].chord_at(offset).pitch_classes
        pitch = note.pitch
        step = -1 if any(below % 12 in allowed for below in range(part.low, pitch + 1)) else 1
        while pitch % 12 not in allowed:
            pitch += step
        moved[note.start_ticks, pitch] = replace(note, pitch=pitch)
    return tuple(sorted(moved.values()))
