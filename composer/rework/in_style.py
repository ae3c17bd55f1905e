"""Parts that the arranger writes for a user's piece: a band, an orchestra or a choir plays it as in composed pieces.

Knows the styles whose accompaniments are written by grammar; in others the network writes them (`stream_sampler`).
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType

from composer.analysis.playability import KEYBOARDS
from composer.analysis.structure import find_sections
from composer.arranging import PHRASES, Arrangement, arrange, bands, is_accompanied, is_outlined, lead_of, settle
from composer.arranging.casting import is_strummed
from composer.arranging.coloring import colored
from composer.arranging.fugue_layout import FUGUE
from composer.arranging.outer_voices import with_inversions
from composer.arranging.recognizing import recognized_band
from composer.arranging.rounds import ROUND
from composer.arranging.smoothing import SUSTAINED
from composer.arranging.staging import is_consort
from composer.arranging.tables import tunes
from composer.brief import BARS_RANGE, METERS, TEMPO_RANGE_QPM, Brief
from composer.composing.finishing import finish
from composer.composing.outlines import with_melody
from composer.errors import BadInputError
from composer.guide.frame import skeleton
from composer.harmony import with_harmony
from composer.plan import Plan, Section, make_plan
from composer.plan.mood_path import choose_mood
from composer.plan.sections import UPBEAT
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart, programs_of, resolve_ensemble, styles
from composer.rework.band_bars import CLOSE_BARS, BandBars, models_around, models_of, theme_bars
from composer.rework.material import Material
from composer.rework.melodies import like_given
from composer.rework.resuming import resumed_qpm
from composer.rework.stream_sampler import StreamSampler
from composer.score import Chord, ChordSymbol, Note, Score, TimeSignature

_CHOIR, BAND = "hymn", "pop"  # the styles of four voices that move together, and of drums
# Of keyboards, of guitars, of keyboards or guitars and lines, of lines alone.
_SONG, _FOLK, _CHAMBER, _LINES = "lied", "folk", "chamber-music", "string-quartet"
_CHORDAL = KEYBOARDS | programs_of("acoustic-guitar", "harp", "plucked")
_FOUR = 4
_TOGETHER = 0.6  # share of the onsets that the voices of a hymn have in common


def style_in(material: Material, brief: Brief) -> str:
    """The style that a brief names, else that of the piece if a band or four voices play it; else empty."""
    if brief.style:
        return choose_style(brief).preset.name
    return recognized_band(material.understood.score) or (_CHOIR if _is_chorale(material) else "")


def refuse_themes(brief: Brief, verb: str) -> None:
    """Refuses styles whose voices all have a theme of their own, beside which no given melody stays.

    Raises:
        BadInputError: the style is one of rounds or fugues.
    """
    style = choose_style(brief).preset.name if brief.style else ""
    if style in bands() and bands()[style].lead in (ROUND, FUGUE):
        raise BadInputError(
            f"{verb} keeps the given melody, and in a {style} all voices have the theme of the {style}: "
            "give another style, or compose with this one"
        )


def style_of_ensemble(brief: Brief) -> tuple[tuple[str, float], ...]:
    """The first style whose players, with or without their lead, are the ensemble of a brief; empty if there is none.

    >>> style_of_ensemble(Brief(ensemble="jazz-quartet")), style_of_ensemble(Brief(ensemble="jazz-trio"))
    ((('swing', 1.0),), (('swing', 1.0),))
    """
    if not brief.ensemble:
        return ()
    players = _programs(brief.ensemble)
    known = (name for name, band in bands().items() if band.lead != PHRASES or band.chordal)  # not those for any players
    usual = ((name, _programs(styles()[name].ensemble)) for name in known if styles()[name].ensemble)
    return next((((name, 1.0),) for name, theirs in usual if players in (theirs, theirs[1:])), ())


def style_of_players(players: Sequence[EnsemblePart]) -> str:
    """The style in which players accompany a melody if nobody names one; empty for players who have no part in one.

    Drums, and a bass alone, play as in a pop band. Voices alone sing as a choir. Keyboards and harps accompany a song, guitars
    alone a folk song; with winds, strings, voices and basses they play chamber music.
    """
    if any(part.is_drum for part in players) or all(part.is_bass for part in players):
        return BAND
    if not all(part.is_bass or part.program in _CHORDAL | SUSTAINED or is_strummed(part) for part in players):
        return ""
    if all(part.program in programs_of("voice") for part in players):
        return _CHOIR
    if all(is_strummed(part) for part in players):
        return _FOLK
    chordal = [part.program in _CHORDAL for part in players]
    return _SONG if all(chordal) else _CHAMBER if any(chordal) else _LINES


def _programs(ensemble: str) -> list[tuple[int, bool]]:
    return [(part.program, part.is_drum) for part in resolve_ensemble(ensemble).parts]


def _is_chorale(material: Material) -> bool:
    """Whether four single lines move together."""
    parts = [part for part in material.understood.score.parts if part.notes]
    if len(parts) != _FOUR or any(part.is_drum for part in parts):
        return False
    onsets = [{note.start_ticks for note in part.notes} for part in parts]
    if any(len(starts) < len(part.notes) for starts, part in zip(onsets, parts, strict=True)):
        return False
    return len(set.intersection(*onsets)) >= _TOGETHER * len(set.union(*onsets))


@dataclass(frozen=True)
class Request:
    """A piece, or more of it, to be written in a style.

    Attributes:
        material: the user's piece.
        brief: what is requested, with style, key, meter, tempo and bars.
        plan: the plan of the bars to write, for the players who play them; its chords and sections are those of the style.
        sampler: of the candidate; samples what the network writes.
    """

    material: Material
    brief: Brief
    plan: Plan
    sampler: StreamSampler

    def without_ending(self) -> Request:
        """The same bars as if more followed."""
        return replace(self, plan=replace(self.plan, loop=True))

    @property
    def score(self) -> Score:
        """The understood score in the bars of the plan."""
        return replace(self.material.understood.score, time_signatures=(self.plan.meter,))

    @property
    def idiom(self) -> str:
        """The progressions of the style; empty if its harmony is planned."""
        return bands()[self.brief.style[0][0]].idiom if self.brief.style[0][0] in bands() else ""

    def written(
        self, plan: Plan, given: Mapping[int, tuple[Note, ...]] = MappingProxyType({}), *, start_ticks: int = 0
    ) -> Score:
        """The notes of a plan with harmony and, where it has one, a melody, at sounding pitch from tick 0.

        Args:
            plan: of the bars to write.
            given: by part, notes that are there already, the melody included.
            start_ticks: where the upbeat begins, before which nobody plays; 0 without one.
        """
        settled = self.settled(plan)
        arrangement = arrange(settled)
        if arrangement is not None:
            arrangement = _from(arrangement, start_ticks)
        if arrangement is None or not is_accompanied(settled):
            return finish(skeleton(settled), settled, arrangement)
        left = {part: bars for part, bars in arrangement.open_bars.items() if part not in given}
        kept = frozenset(index for index in given if index != plan.lead and not plan.parts[index].is_drum)
        arrangement = replace(arrangement, notes={**arrangement.notes, **given}, open_bars=left, kept=kept)
        return finish(self.sampler.write_plan(settled, arrangement), settled, arrangement)

    def settled(self, plan: Plan) -> Plan:
        """A plan with the band and the harmony of the style, unless it has a harmony that the user states."""
        settled = settle(plan, self.brief, self.sampler.take)
        if plan.tune:
            settled = replace(settled, tune=plan.tune)
        if plan.chords and self.material.understood.states_chords:
            settled = replace(settled, chords=plan.chords, chords_given=True)
        return with_inversions(settled)

    def lead(self) -> int | None:
        """The part that plays the melody; `None` if no part does."""
        found = lead_of(self._probe())
        return None if found is None else self.plan.parts.index(found.part)

    @property
    def is_consort(self) -> bool:
        """Whether the players share the four voices of a chorale."""
        return is_consort(self._probe())

    def _probe(self) -> Plan:
        """The plan with its band; where the style plans its harmony, over the tonic."""
        given = self.plan if self.plan.chords else replace(self.plan, chords=((self.plan.key.tonic_triad,),) * self.plan.bars)
        return settle(given, self.brief, self.sampler.take)

    @property
    def has_band(self) -> bool:
        """Whether the style has an arranger for these players in this meter and key."""
        return bool(self._probe().band)

    @property
    def is_written_by_grammar(self) -> bool:
        """Whether the arranger writes all parts but the melody; in other styles the network accompanies the melody."""
        return not is_accompanied(self._probe())


def _from(arrangement: Arrangement, start_ticks: int) -> Arrangement:
    """An arrangement in which nobody plays before an upbeat; in a plan with an upbeat, the network rests until then anyway."""
    plan, carriers = arrangement.setting.plan, arrangement.carriers
    notes = {
        part: tuple(note for note in notes if note.start_ticks >= start_ticks) for part, notes in arrangement.notes.items()
    }
    early = range(0 if plan.upbeat_bars else -(-start_ticks // plan.meter.bar_ticks))
    opened = {
        part: bars.difference(bar for bar in early if bar not in carriers.get(part, ()))
        for part, bars in arrangement.open_bars.items()
    }
    return replace(arrangement, notes=notes, open_bars=opened)


def upbeat_ticks(score: Score, melody: Sequence[Note]) -> int:
    """Where a melody begins if the score begins with an upbeat, else 0."""
    return melody[0].start_ticks if score.upbeat_bars else 0


def request_in_style(
    material: Material,
    brief: Brief,
    style: str,
    players: Sequence[EnsemblePart],
    sampler: StreamSampler,
    lead: int | None = None,
) -> Request | None:
    """The request for bars in a style; `None` if the arranger does not write them: the network does.

    Args:
        material: the user's piece; key, meter and the tempo after its end are taken from it.
        brief: what is requested beside the style; bars by default as many as the piece has.
        style: name of the style; may be empty.
        players: of all parts, in the order of the score.
        sampler: of the candidate.
        lead: the part that has the melody, if one of the given parts has it; drums alone, where nobody is to lead.
    """
    score, key = material.understood.score, material.key
    meters = {str(bar.time_signature) for bar in score.bars}
    if not style or style not in bands() or key is None or len(meters) != 1 or not meters <= set(METERS):
        return None
    stated = score.bars[0].time_signature
    style = _played_in(stated, style)
    meter, usual = meter_in_style(stated, style), styles()[style].only_meters
    bars = (brief.bars or len(score.bars)) * (stated.bar_ticks // meter.bar_ticks)
    if not BARS_RANGE[0] <= bars <= BARS_RANGE[1]:
        return None
    low, high = TEMPO_RANGE_QPM
    tempo = min(max(resumed_qpm(score), low), high)
    planned = meter if not usual or str(meter) in usual else TimeSignature.parse(usual[0])  # a brief refuses a waltz in 4/4
    try:
        asked = replace(brief, style=((style, 1.0),), key=key, meter=planned, tempo=tempo, bars=bars, form=None)
        plan = replace(make_plan(asked), meter=meter, parts=tuple(players), lead=lead)
    except BadInputError:  # more chords than bars, or a texture that the usual players of the style cannot have
        return None
    request = Request(material, asked, plan, sampler)
    return request if request.has_band and (lead is not None or request.lead() is not None) else None


def _played_in(stated: TimeSignature, style: str) -> str:
    """The style, or for a dance whose groove is in other meters the first one with the same progressions in that of the piece.

    >>> [_played_in(TimeSignature.parse("4/4"), style) for style in ("jazz-waltz", "waltz", "bossa")]
    ['swing', 'waltz', 'bossa']
    """
    row, usual = bands()[style], styles()[style].only_meters
    if row.lead == PHRASES or not usual or str(meter_in_style(stated, style)) in usual:
        return style
    alike = (name for name, other in bands().items() if other.idiom == row.idiom and str(stated) in styles()[name].meters)
    return next(alike, style)


def meter_in_style(stated: TimeSignature, style: str) -> TimeSignature:
    """The meter in which a style plays a piece: one of its own of which one or two bars are as long as one of the piece.

    The beats of one divide those of the other. Without such a meter the piece keeps its meter.

    >>> [str(meter_in_style(TimeSignature.parse(meter), "jazz-waltz")) for meter in ("3/2", "3/4", "4/4", "6/8")]
    ['3/4', '3/4', '4/4', '6/8']
    """
    usual = [TimeSignature.parse(meter) for meter in styles()[style].meters]
    if not usual or str(stated) in map(str, usual):
        return stated
    alike = [
        meter for meter in usual if not max(meter.beat_ticks, stated.beat_ticks) % min(meter.beat_ticks, stated.beat_ticks)
    ]
    return next((meter for count in (1, 2) for meter in alike if count * meter.bar_ticks == stated.bar_ticks), stated)


def measured_sections(score: Score) -> tuple[Section, ...]:
    """The form of a piece; an upbeat is a section of its own, after which the first one begins."""
    upbeat = score.upbeat_bars
    starts = [(one.letter, max(upbeat, one.start_bar), one.end_bar) for one in find_sections(score)]
    sections = tuple(Section(letter, start, end - start) for letter, start, end in starts)
    return (Section(UPBEAT, 0, upbeat), *sections) if upbeat else sections


def chords_by_bar(score: Score, symbols: Sequence[ChordSymbol]) -> tuple[tuple[Chord | None, ...], ...]:
    """The chords of each bar, as many as its changes on beats need (see `TimeSignature.chord_ticks`); none before the first.

    >>> from composer.score import Note, Part
    >>> piece = Score((Part("Flute", 73, (Note(0, 60, 5760),)),))
    >>> marks = [ChordSymbol(tick, Chord.parse(symbol)) for tick, symbol in ((0, "C"), (960, "F"), (3360, "G"))]
    >>> [[chord.symbol() for chord in bar] for bar in chords_by_bar(piece, marks)]
    [['C', 'F'], ['F', 'F', 'F', 'G'], ['G']]
    """
    bars = []
    for bar in score.bars:
        meter = bar.time_signature
        places = sorted({*range(0, meter.bar_ticks, meter.beat_ticks), meter.middle_ticks})
        chords = {place: _chord_at(symbols, bar.start_ticks + place) for place in places}
        changes = {place for before, place in pairwise(places) if chords[place] != chords[before]}
        counts = range(1, max(2, meter.bar_ticks // meter.beat_ticks) + 1)
        starts = next((found for count in counts if changes <= {*(found := meter.chord_ticks(count))}), meter.chord_ticks(2))
        bars.append(tuple(chords[start] for start in starts))
    return tuple(bars)


def _chord_at(symbols: Sequence[ChordSymbol], tick: int) -> Chord | None:
    return next((symbol.chord for symbol in reversed(symbols) if symbol.start_ticks <= tick), None)


def in_colors(request: Request, plan: Plan, melody: Sequence[Note]) -> Plan:
    """The plan with the colors of the style's chords, unless the brief gives its chords."""
    if plan.chords_given or not request.idiom:
        return plan
    return replace(plan, chords=colored(plan, request.idiom, melody))


def continued(request: Request, *, with_theme: bool, in_figures: bool) -> Score:
    """New bars in the style of a request, with a harmony of their own.

    A melody by phrases is new. The lead of a band goes on in the rhythm of the bars that it follows, with their motifs. If a
    mood, a density or a number of voices is requested, it has a melody of the style, and all play its figures.

    Args:
        request: of the new bars.
        with_theme: end with the theme of the piece, its first phrases, over its chords.
        in_figures: whether players keep their figures rather than play those of the style.
    """
    plan, brief, score = request.plan, request.brief, request.score
    if is_outlined(brief, plan):
        plan = with_harmony(plan, brief)
        settled = settle(plan, brief, request.sampler.take)
        lead = lead_of(settled)
        settled = with_melody(settled, brief.draws.melodies, lead=lead and like_given(lead, score, settled))
        return finish(skeleton(settled), settled, arrange(settled))
    place = request.lead() or 0
    theme = theme_bars(score, place) if with_theme and not brief.chords else range(0)
    given = tuple(
        tuple(chord or plan.key.tonic_triad for chord in bar) for bar in chords_by_bar(score, request.material.harmony)
    )
    settled = _over_theme(request, given, theme) if theme else request.settled(plan)
    bars = BandBars(score, given, settled, models_of(score, plan.bars, theme), theme, place)
    is_new = is_free(brief)
    melody = (
        bars.around_theme(finish(skeleton(settled), settled, arrange(settled)).parts[place].notes)
        if is_new
        else bars.melody(tunes()[bands()[settled.band].tune])
    )
    settled = _with_tune(settled, melody)
    arrangement = arrange(settled)
    if arrangement is not None and in_figures and not is_new:
        arrangement = replace(arrangement, notes=bars.played(melody, arrangement.notes))
    return finish(skeleton(settled), settled, arrangement)


def is_free(brief: Brief) -> bool:
    """Whether a mood, a density or a number of voices is requested, so that new bars follow no given ones."""
    return choose_mood(brief) is not None or brief.density is not None or brief.polyphony is not None


def rewritten(
    request: Request, lead: int, region: range, parts: Collection[int], *, whole: bool
) -> dict[int, tuple[Note, ...]]:
    """What players of a band play in some bars over their chords, in the rhythm and the figures of those around them.

    At the end of a piece without stated chords a whole band closes as in the style.

    Args:
        request: of as many bars.
        lead: the part that leads.
        region: the bars of the score.
        parts: the players who are written again, the lead among them.
        whole: whether they are all who play there.

    Returns:
        By part, notes from the beginning of the region; empty if the part leads nowhere else.
    """
    score, tonic = request.score, request.plan.key.tonic_triad
    settled = request.settled(request.plan)
    models = models_around(score, lead, region, random.Random(f"{settled.band_seed}:models"))
    if not models:
        return {}
    given = tuple(tuple(chord or tonic for chord in bar) for bar in chords_by_bar(score, request.material.harmony))
    chords = given[region.start : region.stop]
    if whole and not (settled.loop or request.material.understood.states_chords):  # all close as in the style
        last = max(0, len(region) - CLOSE_BARS)
        chords = (*chords[:last], *(tuple(chord or tonic for chord in bar) for bar in settled.chords[last:]))
    settled = replace(settled, chords=chords)
    bars = BandBars(score, given, settled, models, range(0), lead, region)
    melody = bars.melody(tunes()[bands()[settled.band].tune])
    if set(parts) == {lead} or not melody:
        return {lead: melody} if melody else {}
    arrangement = None if settled.loop else arrange(_with_tune(settled, melody))
    written = bars.played(melody, arrangement.notes if arrangement else {})
    return {part: notes for part, notes in written.items() if part in parts}


def _with_tune(plan: Plan, melody: Sequence[Note]) -> Plan:
    """The plan of a piece with a melody."""
    return replace(plan, tune=tuple((note.start_ticks, note.duration_ticks, note.pitch) for note in melody))


def _over_theme(request: Request, given: Sequence[Sequence[Chord]], theme: range) -> Plan:
    """The plan of a middle section followed by the theme of the piece over its chords, with the close of the style."""
    first = request.plan.bars - len(theme)
    sections = (Section("B", 0, first), Section("A", first, len(theme)))
    settled = request.settled(replace(request.plan, sections=sections))
    last = len(theme) - CLOSE_BARS
    chords = (*settled.chords[:first], *(tuple(given[bar]) for bar in theme[:last]), *settled.chords[first + last :])
    return replace(settled, chords=chords)
