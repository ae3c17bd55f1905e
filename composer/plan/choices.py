"""The single choices of a plan: meter, key, parts, form, chords; from the brief or, where it leaves them open, by default."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from composer.brief import BARS_RANGE, DRUMS, METERS, TEMPO_RANGE_QPM, Brief, counted, instrument_range, is_drums, tempo_for
from composer.controls import (
    CLUSTERS,
    DIALOGUE,
    LEFT_HAND,
    MAX_PARTS,
    ONE_HAND,
    PHASING,
    PHRASE_BARS,
    PICARDY,
    RIGHT_HAND,
    UNISON,
    Mood,
)
from composer.errors import BadInputError
from composer.plan.phrases import stretched
from composer.plan.sections import UPBEAT, Section, counted_sections, lay_sections, long_coda, sections_between
from composer.plan.seeded import choose, draw
from composer.plan.styles import may_have_phrases
from composer.plan.upbeats import has_upbeat
from composer.presets import (
    BETWEEN_DRUMS,
    EnsemblePart,
    Form,
    Style,
    features,
    instrument_of,
    instruments,
    levels,
    percussion,
    programs_of,
    resolve_ensemble,
    resolve_form,
)
from composer.score import Chord, Key, Mode, TimeSignature

# Below the first valence an open key is minor, from the second on major. Between them it is random: valence multiplies the
# odds of minor in the style by exp(-8 valence). Mode is the strongest single cue of valence (Gabrielsson and Lindström 2010).
_MINOR_BELOW, _MAJOR_FROM, _VALENCE_ODDS = -0.3, 0.3, 8.0
_GROUPINGS = {
    "5/8": ((3, 2), (2, 3)),
    "7/8": ((2, 2, 3), (3, 2, 2), (2, 3, 2)),
    "11/8": ((3, 3, 3, 2), (2, 2, 3, 2, 2), (3, 2, 3, 3)),
}
_BLUES, _BLUES_BARS, _PAIR = "blues", 12, 2  # a style, the bars of its choruses, and of a head that returns at once
_SHORT_BARS = range(16, 24)  # in which a theme of eight bars and a middle leave no room for a return
_SHORT_FORMS = ("double-period", "binary")
# Share of pieces whose melody begins after the accompaniment. Among 40 human openings of each, 26 and 20 do.
_PRELUDES = {"lied": 0.6, "chamber-music": 0.4}
_OCTAVE = 12
_FEWEST_VOICES, _VOICES, _MOST_VOICES = 2, 3, 4  # of a fugue for a keyboard
_SOUNDING = 0.9  # share of its voices that sound together on average
_UPPER, _USUAL_LOWEST, _LOWEST_BELOW = "(right hand)", 55, 47  # the right hand of a piano reaches lower below another player
_LOWER = "(left hand)"
_LOWEST_IN_POSITION, _FIFTH = {_UPPER: 60, _LOWER: 48}, 7  # lowest tonics from which a hand has five notes
_LOWEST_OF_HANDS = {_UPPER: 60, _LOWER: 43}  # lowest pitch of the hands of an easy piece
_ALONE = {LEFT_HAND: (28, 79), RIGHT_HAND: (48, 100)}  # range of a hand that plays alone
_FOR_SEVERAL = (UNISON, DIALOGUE, PHASING)
# Winds and voices sound one note at a time.
_SINGLE_LINE = programs_of("voice", "brass", "brass-section", "synth-brass", "saxophone", "reed", "pipe")
_ONE_TONE = _SINGLE_LINE | programs_of("solo-strings", "fiddle")
_NOTES_A_STAFF = 4  # that one hand or one bow can hold
_CHOIR, _MIXED_CHOIR, _MEN_OF_ONE_PART = "choir-aahs", "satb-choir", "baritone"
_DIVIDES = (0, 3, 1, 2)  # the order in which the voices of a mixed choir divide: soprano, bass, alto, tenor
_DRUM_PART = EnsemblePart("Drums", 0, is_drum=True)
# Instruments with several staves, by General MIDI program, and the ensemble that has those staves.
_LEFT_OUT: Mapping[str, Callable[[EnsemblePart], bool]] = {  # players whom features leave out
    "drums": lambda part: part.is_drum,
    "bass": lambda part: part.is_bass,
    "pedal": lambda part: part.name.endswith("(pedal)"),
}
_STAVES_OF = dict.fromkeys(range(6), "piano") | {6: "harpsichord", 7: "harpsichord", 19: "organ", 46: "harp"}


def choose_meter(brief: Brief, preset: Style) -> TimeSignature:
    """The brief's meter, or one of the style's in which the duration is possible; common ones are likelier."""
    if brief.meter:
        return brief.meter
    most = max(map(len, brief.chords), default=1)
    fitting = [meter for meter in METERS if most <= 2 or most <= _beats(TimeSignature.parse(meter))]
    offered = [meter for meter in preset.meters if meter in fitting] or ["4/4"]
    offered = [meter for meter in offered if _has_room(brief, TimeSignature.parse(meter))] or offered
    if brief.tempo is not None and offered[0].endswith("/4"):  # 77 quarters are a slow 3/4, but a fast 3/8
        offered = [meter for meter in offered if meter != "3/8"]
    return TimeSignature.parse(choose(brief.seed, f"{preset.name} metre", offered, _by_rank(offered)))


def _has_room(brief: Brief, meter: TimeSignature) -> bool:
    """Whether bars of a meter can last as long as requested: the requested number, or the most at the requested tempo."""
    if brief.duration is None:
        return True
    slowest, fastest = TEMPO_RANGE_QPM
    if bars := brief.bars or (resolve_form(brief.form).bars if brief.form else 0):
        return slowest <= tempo_for(bars, brief.duration, meter) <= fastest
    return tempo_for(BARS_RANGE[1], brief.duration, meter) >= (brief.tempo or slowest)


def _beats(meter: TimeSignature) -> int:
    return meter.bar_ticks // meter.beat_ticks


def choose_grouping(brief: Brief, preset: Style, meter: TimeSignature) -> tuple[int, ...]:
    """How the beats of an uneven meter group; common ways are likelier; empty in other meters.

    >>> choose_grouping(Brief(), Style("", "genre", "", "", ""), TimeSignature.parse("4/4"))
    ()
    """
    ways = _GROUPINGS.get(str(meter), ())
    return choose(brief.seed, f"{preset.name} grouping", ways, _by_rank(ways)) if ways else ()


def _by_rank(items: Sequence[object]) -> list[float]:
    """Weights 1, 1/2, 1/3 ... of items, the most common first."""
    return [1 / rank for rank in range(1, len(items) + 1)]


def choose_key(brief: Brief, preset: Style, mood: Mood | None) -> Key:
    """The brief's key; else the one its chords spell; else one of the style's, minor for dark moods and major for bright ones.

    The draw depends on the seed and the style, so that one seed gives different styles different keys.
    """
    if brief.key:
        return brief.key
    given = brief.chords or tuple(bar for setting in brief.sections for bar in setting.chords)
    if given:
        return _key_of_chords([chord for bar in given for chord in bar if chord])
    mode = "minor" if brief.ending == PICARDY else mode_of(mood)
    if mode is None:
        odds = preset.minor / (1 - preset.minor) * math.exp(-_VALENCE_ODDS * (mood.valence if mood else 0.0))
        mode = "minor" if draw(brief.seed, f"{preset.name} mode") < odds / (1 + odds) else "major"
    tonics = preset.minor_keys if mode == "minor" else preset.major_keys
    return Key.parse(f"{choose(brief.seed, f'{preset.name} {mode} key', tonics)} {mode}")


def mode_of(mood: Mood | None) -> Mode | None:
    """The mode of a clearly dark or bright mood; `None` for other moods.

    >>> mode_of(Mood(-0.5, 0.2)), mode_of(Mood(0.5, 0.2)), mode_of(Mood(0.0, 0.9)), mode_of(None)
    ('minor', 'major', None, None)
    """
    if mood is None or _MINOR_BELOW <= mood.valence < _MAJOR_FROM:
        return None
    return "minor" if mood.valence < _MINOR_BELOW else "major"


def _key_of_chords(chords: Sequence[Chord]) -> Key:
    """The key whose scale has most of the chord tones, whose dominants resolve, and on whose tonic the chords begin or end.

    A resolved dominant counts wherever it occurs: `Dm7 G7 Cmaj7 A7` is C major.
    """

    def fit(key: Key) -> tuple[float, int]:
        on_scale = sum(len(chord.pitch_classes & key.scale) / len(chord.pitch_classes) for chord in chords) / len(chords)
        third = (key.tonic + (4 if key.mode == "major" else 3)) % 12
        home = [chord.root == key.tonic and {key.tonic, third} <= chord.pitch_classes for chord in chords]
        resolved = not blues and sum(
            comes and _dominant_of(chord, key.tonic) for chord, comes in zip(chords, home[1:], strict=False)
        )
        seventh = [chord.reduced.quality == "7" for chord in (chords[-1], chords[0])]
        ends = [at_home and (blues or not sharp) for at_home, sharp in zip((home[-1], home[0]), seventh, strict=True)]
        return on_scale + 0.25 * ends[0] + 0.3 * ends[1] + 0.35 * min(1, resolved), -abs(key.fifths)

    modes: tuple[Mode, Mode] = ("major", "minor")
    blues = all(chord.reduced.quality == "7" for chord in chords)  # every chord is a dominant seventh, so none resolves
    if not chords:
        return Key(0, "major")
    return max((Key.from_tonic(tonic, mode) for mode in modes for tonic in range(12)), key=fit)


def _dominant_of(chord: Chord, tonic: int) -> bool:
    """Whether a chord is the dominant of a tonic, or its leading-note chord."""
    step = (chord.root - tonic) % 12
    quality = chord.reduced.quality
    return (step == 7 and quality in ("maj", "7", "sus4")) or (step == 11 and quality in ("dim", "dim7", "hdim7"))


def choose_parts(brief: Brief, default_ensemble: str) -> tuple[EnsemblePart, ...]:
    """The parts of the brief's ensemble or instruments, else of the default ensemble.

    A keyboard or a harp has one part per staff; so has an accordion beside drums only. Instruments that occur more than once
    are numbered. Untuned percussion is one part, with the drum kit if there is one.

    Raises:
        BadInputError: the instruments have more than `MAX_PARTS` parts, or features leave out all of them.

    >>> [part.name for part in choose_parts(Brief(instruments=("violin", "violin", "piano")), "")]
    ['Violin 1', 'Violin 2', 'Piano (right hand)', 'Piano (left hand)']
    >>> [part.name for part in choose_parts(Brief(instruments=("flute", "bongos", "shaker")), "")]
    ['Flute', 'Bongos & Shaker']
    >>> [part.name for part in choose_parts(Brief(instruments=("accordion", "drums")), "")]
    ['Accordion (right hand)', 'Accordion (left hand)', 'Drums']
    """
    if not brief.instruments:
        return _staying(_eased(resolve_ensemble(brief.ensemble or default_ensemble).parts, brief.level), brief.features)
    parts: list[EnsemblePart] = []
    limited = list[EnsemblePart]()
    seen = Counter[str]()
    named = [instrument_range(text) for text in brief.instruments]
    drums = _drum_part([name for name, _ in named])
    alone = sum(not is_drums(name) for name, _ in named) == 1
    for name, limits in named:
        if drums and is_drums(name):
            parts += [] if drums in parts else [drums]
            continue
        seen[name] += 1
        count = [other for other, _ in named].count(name)
        number = f" {seen[name]}" if count > 1 else ""
        is_choir = name == _CHOIR and count > 1 and limits is None
        staves = [_choir_of(count)[seen[name] - 1]] if is_choir else _parts_of(name, number, alone=alone)
        staves = _narrowed(staves, limits) if limits else staves
        limited += staves if limits else []
        parts += staves
    if len(parts) > MAX_PARTS:
        raise BadInputError(
            f"the instruments have {len(parts)} staves, more than the limit of {MAX_PARTS}: name fewer instruments"
        )
    return _staying(_eased(parts, brief.level, limited), brief.features)


def in_voices(parts: Sequence[EnsemblePart], polyphony: float | None) -> tuple[EnsemblePart, ...]:
    """A keyboard in open score, with a staff for each voice of a fugue: three, unless polyphony says how many.

    Other players stay as they are.
    """
    title, bracket, _ = parts[0].name.partition(" (")
    count = _VOICES if polyphony is None else min(max(_FEWEST_VOICES, round(polyphony / _SOUNDING)), _MOST_VOICES)
    if not bracket or not all(part.name.startswith(title + bracket) for part in parts):
        return tuple(parts)
    low, high = min(part.low for part in parts), max(part.high for part in parts)
    return tuple(replace(parts[0], name=f"{title} (voice {number + 1})", low=low, high=high) for number in range(count))


def for_texture(parts: Sequence[EnsemblePart], texture: str | None) -> tuple[EnsemblePart, ...]:
    """The parts that play a texture: the staff of the hand that plays alone, else all.

    Raises:
        BadInputError: too few players for the texture, or for one hand others than one keyboard.

    >>> [part.name for part in for_texture(resolve_ensemble("piano").parts, "left-hand")]
    ['Piano (left hand)']
    """
    players = ", ".join(part.name for part in parts)
    pitched = [part for part in parts if not part.is_drum and part.program not in programs_of("timpani")]
    for_several = texture in _FOR_SEVERAL or (texture == CLUSTERS and all(part.program in _ONE_TONE for part in pitched))
    if texture is not None and len(pitched) < 1 + for_several:
        least = "two parts with pitches" if for_several and pitched else "a part with pitches"
        raise BadInputError(f"texture {texture!r} needs {least}, not {players}: add an instrument")
    if texture not in ONE_HAND:
        return tuple(parts)
    staves = [part for part in parts if part.name.endswith(f"({texture.replace('-', ' ')})")]
    if len(staves) != 1 or len({part.name.partition(" (")[0] for part in parts}) != 1:
        raise BadInputError(f"texture {texture!r} is for one keyboard, not for {players}: give instruments piano")
    low, high = _ALONE[texture]
    lowest, highest = min(part.low for part in parts), max(part.high for part in parts)
    return (replace(staves[0], low=max(low, lowest), high=min(high, highest)),)


def _choir_of(count: int) -> list[EnsemblePart]:
    """The voices of a choir in two parts or more: high ones, then men, then four voices of which the outer ones divide first.

    >>> [part.name for part in _choir_of(2)], [part.name for part in _choir_of(5)][:3]
    (['Choir Soprano', 'Choir Alto'], ['Choir Soprano 1', 'Choir Soprano 2', 'Choir Alto'])
    """
    soprano, alto, tenor, bass = resolve_ensemble(_MIXED_CHOIR).parts
    men = instruments()[_MEN_OF_ONE_PART]
    voices = [soprano, alto, EnsemblePart(men.title, men.program, low=men.low, high=men.high)]
    if count >= len(_DIVIDES):
        voices = [soprano, alto, tenor, bass]
    found = []
    for place, voice in enumerate(voices[:count]):
        singers = count // len(_DIVIDES) + (_DIVIDES.index(place) < count % len(_DIVIDES)) if count > len(_DIVIDES) else 1
        numbers = [f" {number + 1}" for number in range(singers)] if singers > 1 else [""]
        found += [replace(voice, name=f"Choir {voice.name}{number}") for number in numbers]
    return found


def _staying(parts: Sequence[EnsemblePart], names: Sequence[str]) -> tuple[EnsemblePart, ...]:
    """The parts without players that features leave out.

    Raises:
        BadInputError: no part is left.
    """
    out = {features()[name].leaves_out for name in names}
    staying = tuple(part for part in parts if not any(_LEFT_OUT[name](part) for name in out if name))
    if not staying:
        players = ", ".join(part.name for part in parts)
        raise BadInputError(f"features {', '.join(names)!r} leave out all parts, {players}: drop a feature, or add players")
    return staying


def _drum_part(names: Sequence[str]) -> EnsemblePart | None:
    """The part of all untuned percussion, and of the drum kit with it; `None` without percussion."""
    titles = {name: percussion()[name].title if name in percussion() else _DRUM_PART.name for name in names if is_drums(name)}
    return replace(_DRUM_PART, name=BETWEEN_DRUMS.join(titles.values())) if titles.keys() & percussion().keys() else None


def _parts_of(name: str, number: str, *, alone: bool) -> list[EnsemblePart]:
    """The staves of one instrument; `number` distinguishes it from others of its name.

    The left hand of an accordionist has a staff where he or she is `alone` with drums.
    """
    if name == DRUMS:
        return [replace(_DRUM_PART, name=_DRUM_PART.name + number)]
    row = instruments()[name]
    if alone and row.left:
        low, high = row.left
        return [
            EnsemblePart(f"{row.title} {_UPPER}", row.program, low=row.low, high=row.high),
            EnsemblePart(f"{row.title} {_LOWER}", row.program, low=low, high=high),
        ]
    if row.program not in _STAVES_OF:
        return [EnsemblePart(row.title + number, row.program, low=row.low, high=row.high)]
    staves = resolve_ensemble(_STAVES_OF[row.program]).parts
    title = (
        staves[0].name.partition(" (")[0]
        if row.program == staves[0].program and row == instrument_of(row.program)
        else row.title
    )
    return [
        replace(
            staff,
            name=f"{title}{number} ({staff.name.partition(' (')[2]}",
            program=row.program,
            low=max(staff.low, row.low),
            high=min(staff.high, row.high),
        )
        for staff in staves
    ]


def _eased(parts: Sequence[EnsemblePart], level: str | None, limited: Collection[EnsemblePart] = ()) -> list[EnsemblePart]:
    """The parts in the registers in which they play; those that the brief limits, drums and voices stay as they are.

    The right hand of a piano that accompanies other players, but no band, reaches below their melody. At a level, parts have
    the lower part of their range, hands the middle one, as far as it reaches.
    """
    hands = [part for part in parts if part.name.endswith(tuple(_LOWEST_OF_HANDS))]
    accompanies = len(hands) < len(parts)
    in_band = any(part.is_drum or part.is_bass for part in parts)
    eased = []
    for part in parts:
        if part in limited:
            eased.append(part)
            continue
        if accompanies and not in_band and part.name.endswith(_UPPER) and part.low == _USUAL_LOWEST:
            part = replace(part, low=_LOWEST_BELOW)
        if level is not None and not part.is_drum and part.program not in programs_of("voice"):
            row = levels()[level]
            hand = next((low for name, low in _LOWEST_OF_HANDS.items() if part.name.endswith(name)), None)
            low = part.low if hand is None else max(part.low, min(hand, _LOWEST_BELOW) if accompanies else hand)
            reach = row.reach if hand is None else row.hand
            part = replace(part, low=low, high=max(low, min(part.high, low + reach)))
        eased.append(part)
    return eased


def in_position(parts: Sequence[EnsemblePart], level: str | None, key: Key) -> tuple[EnsemblePart, ...]:
    """The parts where the hands of a level keep a position: the five notes from a tonic up, those of both an octave apart.

    A hand whose limits leave no room for it keeps its range.

    >>> hands = resolve_ensemble("piano").parts
    >>> [(part.low, part.high) for part in in_position(hands, "five-finger", Key.parse("G major"))]
    [(67, 74), (55, 62)]
    """
    if level is None or not levels()[level].position:
        return tuple(parts)
    found = []
    for part in parts:
        least = next((low for name, low in _LOWEST_IN_POSITION.items() if part.name.endswith(name)), None)
        low = part.low if least is None else least + (key.tonic - least) % _OCTAVE
        is_within = least is not None and part.low <= low <= part.high - _FIFTH
        found.append(replace(part, low=low, high=low + _FIFTH) if is_within else part)
    return tuple(found)


def _narrowed(staves: list[EnsemblePart], limits: tuple[int, int]) -> list[EnsemblePart]:
    """The staves within limits; a staff that is left with less than an octave is dropped if another one has more."""
    narrow = [replace(staff, low=max(staff.low, limits[0]), high=min(staff.high, limits[1])) for staff in staves]
    widest = max(staff.high - staff.low for staff in narrow)
    return [staff for staff in narrow if staff.high - staff.low >= min(widest, _OCTAVE)]


def choose_polyphony(brief: Brief, parts: Sequence[EnsemblePart]) -> float | None:
    """The average number of notes that sound together.

    Raises:
        BadInputError: the parts cannot play as many.
    """
    if brief.polyphony is None:
        return None
    most = sum(1 if part.program in _SINGLE_LINE else _NOTES_A_STAFF for part in parts if not part.is_drum)
    if brief.polyphony > most:
        raise BadInputError(
            f"polyphony {brief.polyphony:g} is more than {len(parts)} part{'s' * (len(parts) > 1)} of this ensemble can sound: "
            f"give at most {most}, or add instruments"
        )
    return brief.polyphony


def choose_scale(brief: Brief, key: Key) -> float | None:
    """The least share of the notes on the key's scale.

    By default 1 for a church mode or other scale, which only its notes distinguish from major and minor, and for an easy piece.

    Raises:
        BadInputError: a smaller share of the chords is mostly on the scale.
    """
    chords = [chord for bar in brief.chords for chord in bar if chord]
    if brief.scale is None or not chords:
        is_plain = bool(key.church or brief.level)
        return 1.0 if brief.scale is None and is_plain and not chords else brief.scale
    off = sum(2 * len(chord.pitch_classes & key.scale) < len(chord.pitch_classes) for chord in chords)
    share = 1 - off / len(chords)
    if share < brief.scale:
        raise BadInputError(
            f"scale {brief.scale:g} and the chords clash: {off} of {len(chords)} are mostly off the scale of {key}: "
            f"give at most {math.floor(100 * share) / 100:g}, or other chords"
        )
    return brief.scale


def choose_sections(brief: Brief, preset: Style, bars: int, hit_bars: Sequence[int] = ()) -> tuple[Section, ...]:
    """Sections of the brief's form, or of one of the style's forms if every section is at least a phrase; else none.

    A section begins at each of `hit_bars`; without a form in the brief these are all the sections.

    Raises:
        BadInputError: the form has more sections than the piece has bars, or fewer than the hits need.
    """
    if brief.form and resolve_form(brief.form).is_counted:
        return counted_sections(resolve_form(brief.form))
    if hit_bars:
        letters = resolve_form(brief.form).letters if brief.form else None
        return sections_between([0, *hit_bars, bars], letters)
    if brief.form:
        form = resolve_form(brief.form)
        if len(form.letters) > bars:
            raise BadInputError(
                f"form {brief.form!r} has {len(form.letters)} sections, the piece {counted(bars, 'bar', 'bars')}: "
                "give more bars"
            )
        return lay_sections(form.letters, form.lengths, bars)
    is_open = not brief.loop and not brief.chords
    if is_open and preset.name == _BLUES and bars % _BLUES_BARS == 0:
        letters = _choruses(bars // _BLUES_BARS)
        return lay_sections(letters, (1,) * len(letters), bars)
    before = Section("Intro", 0, PHRASE_BARS) if is_open and _has_prelude(brief, preset, bars) else None
    if bars % PHRASE_BARS == 1 and has_upbeat(brief, preset):
        before = Section(UPBEAT, 0, 1)
    bars -= before.bars if before else 0
    fitting = [row for row in map(resolve_form, preset.forms) if len(row.letters) * PHRASE_BARS <= bars]
    if not fitting:
        return (before, Section("A", before.bars, bars)) if before else ()
    if bars in _SHORT_BARS:
        fitting = [row for row in fitting if not _is_cramped(row, bars)] or [resolve_form(name) for name in _SHORT_FORMS]
    fitting = [row for row in fitting if not long_coda(lay_sections(row.letters, row.lengths, bars))] or fitting
    form = choose(brief.seed, f"{preset.name} form", fitting, _by_rank(fitting))
    sections = lay_sections(form.letters, form.lengths, bars)
    is_strophic = len({letter.rstrip("'") for letter in form.letters}) == 1
    if is_open and not is_strophic:
        sections = stretched(sections, [preset.name], random.Random(f"{brief.seed}:sections"))
    if before is None:
        return sections
    return (before, *(replace(section, start_bar=section.start_bar + before.bars) for section in sections))


def _choruses(count: int) -> tuple[str, ...]:
    """The choruses of a blues: a head, solos and the head, of two a varied head.

    >>> _choruses(2), _choruses(4)
    (('Head', "Head'"), ('Head', 'Solo', "Solo'", 'Head'))
    """
    solos = ("Solo" + "'" * place for place in range(count - _PAIR))
    return ("Head", *solos, "Head" if count > _PAIR else "Head'")[:count]


def _has_prelude(brief: Brief, preset: Style, bars: int) -> bool:
    """Whether the accompaniment begins alone, with a phrase before the melody: only where the melody is written by phrases."""
    share = _PRELUDES.get(preset.name, 0.0)
    usual = not brief.instruments and brief.ensemble in (None, "", preset.ensemble)
    return usual and may_have_phrases(brief) and bars >= _SHORT_BARS.start + PHRASE_BARS and draw(brief.seed, "prelude") < share


def _is_cramped(form: Form, bars: int) -> bool:
    """Whether a theme comes back for a single phrase, since a short piece has no room for more, or nothing else does."""
    plain = [letter.rstrip("'") for letter in form.letters]
    if len(set(plain)) == 1:
        return True
    changes = [letter for index, letter in enumerate(plain) if index == 0 or letter != plain[index - 1]]
    return len(set(changes)) < len(changes) and len(plain) * 2 * PHRASE_BARS > bars


def spread_chords(chords: tuple[tuple[Chord | None, ...], ...], bars: int) -> tuple[tuple[Chord | None, ...], ...]:
    """The bars of chords, repeated; a shorter last round is the end of the progression, so that it closes as written.

    Raises:
        BadInputError: more bars of chords than bars.

    >>> C, F, G = (Chord.parse(symbol) for symbol in "CFG")
    >>> [bar[0].symbol() for bar in spread_chords(((C,), (F,), (G,), (C,)), 6)]
    ['C', 'F', 'G', 'C', 'G', 'C']
    """
    if not chords:
        return ()
    if len(chords) > bars:
        raise BadInputError(
            f"{len(chords)} bars of chords do not fit {counted(bars, 'bar', 'bars')}: give fewer chords or more bars"
        )
    rounds, left = divmod(bars, len(chords))
    return chords * rounds + (chords[-left:] if left else ())
