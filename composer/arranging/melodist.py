"""Melodies of written-out styles: phrases of an idea, its answers and a close, each note found for all of its phrase at once.

Phrases follow Caplin (Classical Form, 1998): a period states an idea, closes half way and states it again to close; a sentence
states an idea twice, the second time where the harmony then is, breaks it up and closes. Rhythms are those of bars of the
corpus in the style and meter (`tools/fit/tunes.py`). Pitches minimize one cost over the phrase (dynamic programming over pairs
of neighbors): the style's own intervals, chord tones on strong beats, other tones only where they move on by step, an arch with
one summit, the likeness of an answer to its idea, and an outer voice that does not run in fifths or octaves with the bass.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from composer.arranging.setting import BandBar, Setting
from composer.controls import PHRASE_BARS
from composer.plan import Section
from composer.presets import EnsemblePart, programs_of
from composer.score import Chord, Note

_OCTAVE = 12
_SIXTEENTH = 120
_SPAN = 16  # semitones from the lowest to the highest note of a phrase's register
_NOISE = 0.5
_LONGEST_SENTENCE = 8
_LIVELIER = 0.45  # how much likelier arousal makes a rhythm with one note more
_ORNAMENTED = 0.45  # share of the notes of a beat or two that a varied return divides
_ENDS = {  # cost of chord degrees (root, third, fifth, others) as the last note of a phrase
    "authentic": (0.0, 2.5, 4.0, 8.0),
    "final": (0.0, 9.0, 9.0, 12.0),
    "open": (0.0, 0.0, 0.0, 3.0),
    "half": (1.0, 0.2, 0.6, 6.0),
    "deceptive": (1.0, 0.0, 1.5, 6.0),
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of bars that ends with a close.

    Attributes:
        start: its first bar.
        bars: their number.
        close: kind of close in its last bar.
        section: the section it is in.
        answers: start of the phrase whose idea it states again, `None` for a new one.
    """

    start: int
    bars: int
    close: str
    section: Section
    answers: int | None = None


@dataclass(slots=True)
class Slot:
    """A note of which the pitch is to be found."""

    bar: int
    start: int
    ticks: int
    strong: bool
    move: int | None = None  # scale steps from the note before that an answer keeps
    wanted: int | None = None  # pitch that a restatement keeps


@cache
def tune_styles() -> Mapping[str, Any]:
    """Rhythms and intervals by style, as `tools/fit/tunes.py` writes them."""
    content: dict[str, Any] = json.loads(files("composer.arranging").joinpath("tunes_of_styles.json").read_text("utf-8"))
    return content


@cache
def rhythms_of(style: str, meter: str) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Rhythms of a style's bars in a meter: "open", "go" and "close" bars with counts; of all styles where it has none."""
    rows = tune_styles()
    row = rows.get(style, {}).get("meters", {}).get(meter)
    if row:
        return dict(row)
    merged: dict[str, dict[str, int]] = {"open": {}, "go": {}, "close": {}}
    for other in rows.values():
        for kind, patterns in other["meters"].get(meter, {}).items():
            for pattern, count in patterns:
                merged[kind][pattern] = merged[kind].get(pattern, 0) + count
    return {kind: sorted(found.items(), key=lambda item: -item[1])[:24] for kind, found in merged.items()}


def has_rhythms(meter: str) -> bool:
    """Whether melodies in a meter are known."""
    return all(rhythms_of("", meter).values())


def phrases_of(setting: Setting) -> list[Phrase]:
    """The phrases of a piece: to each planned close, else four bars each, none across a section."""
    plan, found = setting.plan, []
    for section in plan.sections or (Section("A", 0, plan.bars),):
        start, end = section.start_bar, section.start_bar + section.bars
        ends = [bar for bar in range(start, end) if plan.closes and plan.closes[bar]]
        if not ends or ends[-1] != end - 1:
            ends.append(end - 1)
        for last in ends:
            while last - start + 1 > _LONGEST_SENTENCE:
                found.append(Phrase(start, PHRASE_BARS, "half", section))
                start += PHRASE_BARS
            close = (plan.closes[last] if plan.closes else None) or ("authentic" if last == plan.bars - 1 else "half")
            if last == plan.bars - 1 and not plan.loop:
                close = "final"
            found.append(Phrase(start, last - start + 1, close, section))
            start = last + 1
    return [replace(phrase, answers=_idea_of(found[:index], phrase)) for index, phrase in enumerate(found)]


def _idea_of(before: Sequence[Phrase], phrase: Phrase) -> int | None:
    """The earlier phrase of the section that this one answers: its first, but for every fourth group of a long section."""
    mine = [other for other in before if other.section.start_bar == phrase.section.start_bar]
    if not mine or len(mine) % 4 == 2:
        return None
    return mine[0].start


class Melodist:
    """Writes the melody of a piece."""

    def __init__(self, setting: Setting, part: EnsemblePart, style: str, low: int, high: int) -> None:
        self._setting, self._plan, self._style = setting, setting.plan, style
        self._low, self._high = max(part.low, low), min(part.high, high)
        self._rhythms = rhythms_of(style, str(setting.plan.meter))
        self._written: dict[int, list[Slot]] = {}  # by start of a phrase, with the pitches found
        self._pitches: dict[int, list[int]] = {}
        self._material: dict[str, dict[str, str]] = {}
        self._arousal = float(np.mean([mood.arousal for mood in setting.plan.moods])) if setting.plan.moods else 0.0
        self._sings = part.program in programs_of("voice")
        self._usual = 0  # notes in the first bar of the piece

    def write(self) -> list[Note]:
        """The melody."""
        notes: list[Note] = []
        returned: dict[tuple[str, int], Phrase] = {}
        for phrase in phrases_of(self._setting):
            if self._setting.bars[phrase.start].kind == "intro":
                continue
            key = (phrase.section.letter, phrase.start - phrase.section.start_bar)
            earlier = returned.get(key)
            slots = self._slots(phrase, earlier)
            if phrase.bars >= 6 and phrase.answers is None and earlier is None:
                self._develop(phrase, slots)
            pitches = self._found(phrase, slots)
            self._written[phrase.start], self._pitches[phrase.start] = slots, pitches
            returned.setdefault(key, phrase)
            notes += self._notes(slots, pitches)
        return notes

    def _develop(self, phrase: Phrase, slots: Sequence[Slot]) -> None:
        """Finds the idea of a sentence first, then asks its repetition for the same moves."""
        idea = [slot for slot in slots if slot.bar < phrase.start + 2]
        again = [slot for slot in slots if phrase.start + 2 <= slot.bar < phrase.start + 4]
        pitches = self._found(replace(phrase, bars=2, close="open"), idea)
        for slot, pitch in zip(idea, pitches, strict=True):
            slot.wanted = pitch
        if len(again) == len(idea):
            self._recall([again], idea, pitches, phrase.start, exact=False)

    def _notes(self, slots: Sequence[Slot], pitches: Sequence[int]) -> list[Note]:
        beat = 2 * self._plan.meter.beat_ticks
        result = []
        for slot, pitch in zip(slots, pitches, strict=True):
            bar = self._setting.bars[slot.bar]
            height = (pitch - self._low) / max(1, self._high - self._low)
            accent = 6 if (slot.start - bar.start) % beat == 0 else 0
            velocity = min(120, round(60 + 30 * bar.energy + accent + 10 * height))
            result.append(Note(slot.start, pitch, slot.ticks, velocity))
        return result

    # rhythm

    def _slots(self, phrase: Phrase, earlier: Phrase | None) -> list[Slot]:
        """The rhythm of a phrase, and what it takes from phrases before it."""
        roles = _roles(phrase.bars)
        shift = (phrase.start - earlier.start) * self._plan.meter.bar_ticks if earlier else 0
        if earlier and earlier.bars == phrase.bars:
            return self._restated(phrase, earlier, shift)
        letter = (
            phrase.section.letter
            if phrase.answers is not None or phrase.start == phrase.section.start_bar
            else f"{phrase.start}"
        )
        material = self._material_of(letter)
        slots: list[Slot] = []
        by_bar: list[list[Slot]] = []
        for place, role in enumerate(roles):
            bar = self._setting.bars[phrase.start + place]
            pattern = self._last_bar(phrase) if place == phrase.bars - 1 else material[role]
            mine = self._laid(pattern, bar)
            by_bar.append(mine)
            slots += mine
        if phrase.answers is not None and phrase.bars > 2:
            self._recall(by_bar[:2], self._written[phrase.answers], self._pitches[phrase.answers], phrase.answers, exact=True)
        return slots

    def _restated(self, phrase: Phrase, earlier: Phrase, shift: int) -> list[Slot]:
        """A phrase of a section that returns: its rhythm and, as far as the harmony allows, its pitches."""
        bars = phrase.start - earlier.start
        slots = []
        varied = self._plan.return_at(phrase.start) == "varied"
        kept = phrase.start + (-(-phrase.bars // 2) if varied else phrase.bars)
        for slot, pitch in zip(self._written[earlier.start], self._pitches[earlier.start], strict=True):
            if slot.bar + bars >= kept:
                break
            slots.append(Slot(slot.bar + bars, slot.start + shift, slot.ticks, slot.strong, None, pitch))
        if varied:
            slots = list(self._ornamented(phrase, slots)) if slots else []
            slots += self._continued(phrase, kept)
            return slots
        if phrase.close == "final" and earlier.close != "final":
            last = self._setting.bars[phrase.start + phrase.bars - 1]
            slots = [slot for slot in slots if slot.bar < last.index] + self._laid(self._last_bar(phrase), last)
        return slots

    def _continued(self, phrase: Phrase, first: int) -> list[Slot]:
        """The bars of a varied return after what it brings back: new ones that lead to its close."""
        chance, slots = self._setting.chance("varied", phrase.start), []
        for index in range(first, phrase.start + phrase.bars):
            is_close = index == phrase.start + phrase.bars - 1
            slots += self._laid(self._last_bar(phrase) if is_close else self._drawn("go", chance), self._setting.bars[index])
        return slots

    def _ornamented(self, phrase: Phrase, slots: Sequence[Slot]) -> Iterator[Slot]:
        """The notes of a varied return: some long ones are followed by a second note that leads on."""
        beat, chance = self._plan.meter.beat_ticks, self._setting.chance("ornaments", phrase.start)
        for slot in slots[:-1]:
            if slot.ticks in (beat, 2 * beat) and chance.random() < _ORNAMENTED:
                half = slot.ticks // 2 if slot.ticks // 2 % _SIXTEENTH == 0 else beat // 2
                yield replace(slot, ticks=slot.ticks - half)
                yield Slot(slot.bar, slot.start + slot.ticks - half, half, False)
            else:
                yield slot
        yield from slots[-1:]

    def _recall(
        self, bars: Sequence[list[Slot]], slots: Sequence[Slot], pitches: Sequence[int], start: int, exact: bool
    ) -> None:
        """Gives the notes of bars the pitches, or the moves, of the bars of an idea."""
        source = [(slot, pitch) for slot, pitch in zip(slots, pitches, strict=True) if slot.bar < start + 2]
        target = [slot for bar in bars for slot in bar]
        if [s.start % self._plan.meter.bar_ticks for s, _ in source] != [s.start % self._plan.meter.bar_ticks for s in target]:
            return
        for number, (slot, (_, pitch)) in enumerate(zip(target, source, strict=True)):
            if exact:
                slot.wanted = pitch
            if number:
                slot.move = self._steps(source[number - 1][1], pitch)

    def _material_of(self, letter: str) -> dict[str, str]:
        """The rhythms of a section: two bars of an idea, one that carries on, one that breaks it up, one before the close."""
        if letter not in self._material:
            chance = self._setting.chance("rhythm", letter)
            first = self._drawn("open", chance)
            second = self._drawn("go", chance) if chance.random() < 0.7 else self._drawn("open", chance)
            go = first if chance.random() < 0.35 else self._drawn("go", chance, busier=first)
            self._material[letter] = {
                "idea": first,
                "reply": second,
                "go": go,
                "drive": go,
                "lead": self._drawn("go", chance, busier=go),
            }
        return self._material[letter]

    def _last_bar(self, phrase: Phrase) -> str:
        count = self._plan.meter.bar_ticks // _SIXTEENTH
        if phrase.close == "final":
            return "x" + "-" * (count - 1)
        chance = self._setting.chance("close", phrase.section.letter, phrase.close, phrase.bars)
        return self._drawn("close", chance)

    def _drawn(self, kind: str, chance: random.Random, busier: str = "") -> str:
        """A rhythm of the style, about as lively as the section asks."""
        count = self._plan.meter.bar_ticks // _SIXTEENTH
        options = [(p, n) for p, n in self._rhythms[kind] if len(p) == count and not p.startswith("-")]
        if kind == "close":
            options = [(p, n) for p, n in options if p.startswith("x") and _longest(p) * 3 >= count] or options
        else:
            options = [(p, n) for p, n in options if p.count(".") * 3 <= count and p.count("x") > 1] or options
        if self._sings:
            options = [(p, n) for p, n in options if "xxx" not in p] or options
        options = options or [("x" + "-" * (count - 1), 1)]
        wanted = busier.count("x") if busier else None
        weights = []
        for pattern, number in options:
            weight = float(number) ** 0.75 * float(np.exp(_LIVELIER * self._arousal * pattern.count("x")))
            if wanted is not None:
                weight *= float(np.exp(-abs(pattern.count("x") - wanted) / 1.5))
            elif self._usual and kind != "close":
                weight *= float(np.exp(-abs(pattern.count("x") - self._usual) / 2.5))
            weights.append(weight)
        drawn = chance.choices([p for p, _ in options], weights)[0]
        if not self._usual and kind != "close":
            self._usual = drawn.count("x")
        return drawn

    def _laid(self, pattern: str, bar: BandBar) -> list[Slot]:
        strong = self._plan.meter.beat_ticks * (
            2 if self._plan.meter.numerator % 2 == 0 and not self._plan.meter.is_compound else 1
        )
        if str(self._plan.meter) in ("3/4", "3/8", "3/2"):
            strong = self._plan.meter.bar_ticks
        slots, at = [], 0
        while at < len(pattern):
            if pattern[at] == "x":
                end = at + 1
                while end < len(pattern) and pattern[end] == "-":
                    end += 1
                for offset, ticks in _divided(at * _SIXTEENTH, end * _SIXTEENTH, bar, self._plan.meter.beat_ticks):
                    long = ticks >= 2 * self._plan.meter.beat_ticks
                    slots.append(Slot(bar.index, bar.start + offset, ticks, offset % strong == 0 or long))
                at = end
            else:
                at += 1
        return slots

    # pitch

    def _scale_of(self, chord: Chord) -> frozenset[int]:
        """The key's scale as the chord bends it."""
        mine, natural = chord.pitch_classes, set(self._plan.key.scale)
        if self._plan.key.mode == "minor":
            natural.discard((self._plan.key.tonic + 11) % _OCTAVE)
        kept = {pc for pc in natural if not ({(pc + 1) % _OCTAVE, (pc - 1) % _OCTAVE} & (mine - natural))}
        return frozenset(kept | mine)

    def _steps(self, before: int, after: int) -> int:
        """Scale steps between two pitches, about."""
        return round((after - before) * 7 / _OCTAVE)

    def _found(self, phrase: Phrase, slots: Sequence[Slot]) -> list[int]:
        """The pitches of a phrase's notes at the least cost."""
        if not slots:
            return []
        center = self._center(phrase)
        low, high = max(self._low, center - _SPAN // 2 - 2), min(self._high, center + _SPAN // 2 + 2)
        pitches = np.arange(low, high + 1)
        count = len(pitches)
        chance = np.random.default_rng(self._setting.chance("line", phrase.section.letter, phrase.start).getrandbits(32))
        unary = np.stack([self._unary(phrase, slots, index, pitches, center) for index in range(len(slots))])
        unary += (
            chance.gumbel(0, _NOISE, unary.shape)
            * np.array([0.3 if slot.wanted is not None else 1.0 for slot in slots])[:, None]
        )
        foreign = np.stack([self._foreign(slot, pitches) for slot in slots])
        pairs = [self._binary(slots, index, pitches, foreign) for index in range(1, len(slots))]
        if len(slots) == 1:
            return [int(pitches[int(np.argmin(unary[0]))])]
        best = unary[0][:, None] + unary[1][None, :] + pairs[0]  # (before, last)
        back: list[np.ndarray[Any, Any]] = []
        curve = _curves(pitches)
        for index in range(2, len(slots)):
            total = best[:, :, None] + curve  # (a, b, c)
            back.append(np.argmin(total, axis=0))
            best = np.min(total, axis=0) + unary[index][None, :] + pairs[index - 1]
        last = int(np.argmin(best))
        b, c = divmod(last, count)
        path = [c, b]
        for table in reversed(back):
            path.append(int(table[path[-1], path[-2]]))
        return [int(pitches[index]) for index in reversed(path)]

    def _center(self, phrase: Phrase) -> int:
        middle = (self._low + self._high) // 2
        kind = self._setting.bars[phrase.start].kind
        return middle + {"chorus": 2, "bridge": 3}.get(kind, -1)

    def _unary(
        self, phrase: Phrase, slots: Sequence[Slot], index: int, pitches: np.ndarray[Any, Any], center: int
    ) -> np.ndarray[Any, Any]:
        slot = slots[index]
        bar = self._setting.bars[slot.bar]
        chord = bar.chord_at(slot.start - bar.start)
        scale = self._scale_of(chord)
        classes = pitches % _OCTAVE
        in_chord = np.isin(classes, list(chord.pitch_classes))
        cost = np.where(np.isin(classes, list(scale)), 0.0, 9.0)
        for span in bar.spans:  # a note that is held into the next chord belongs to it too
            if slot.start - bar.start < span.start <= slot.start - bar.start + slot.ticks - _SIXTEENTH:
                cost += np.where(np.isin(classes, list(span.chord.pitch_classes)), 0.0, 2.5)
        long = slot.ticks >= self._plan.meter.beat_ticks * 1.5
        cost += np.where(in_chord, 0.0, 7.0 if long else 3.0 if slot.strong else 0.5)
        if slot.strong:  # tones a semitone above one of the chord, or a tritone from its root, ask for another chord
            rubs = {(pc + 1) % _OCTAVE for pc in chord.pitch_classes} | {(chord.root + 6) % _OCTAVE}
            cost += np.where(~in_chord & np.isin(classes, list(rubs)), 3.0, 0.0)
        cost += 0.03 * (pitches - self._arch(phrase, slots, index, center)) ** 2
        if slot.wanted is not None:
            cost += np.minimum(4.0, 0.9 * np.abs(pitches - slot.wanted))
        if index == len(slots) - 1:
            table = _ENDS.get(phrase.close, _ENDS["authentic"])
            degrees = [(pc - chord.root) % _OCTAVE for pc in range(_OCTAVE)]
            kinds = [0 if d == 0 else 1 if d in (3, 4) else 2 if d == 7 else 3 for d in degrees]
            cost += np.array([table[kinds[pc]] for pc in classes])
        return cost

    def _arch(self, phrase: Phrase, slots: Sequence[Slot], index: int, center: int) -> float:
        """The height that a note is drawn to: from the middle up to a summit past the half, and down to the close."""
        place = (slots[index].start - slots[0].start) / max(1, slots[-1].start - slots[0].start)
        chance = self._setting.chance(
            "arch", phrase.section.letter, phrase.answers if phrase.answers is not None else phrase.start
        )
        summit, height = 0.45 + 0.3 * chance.random(), 5.0 + 4.0 * chance.random()
        if phrase.answers is not None:
            height += 1.5
        rise = place / summit if place < summit else (1 - place) / (1 - summit)
        return center - 2.0 + height * float(np.sin(rise * np.pi / 2))

    def _foreign(self, slot: Slot, pitches: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        bar = self._setting.bars[slot.bar]
        return ~np.isin(pitches % _OCTAVE, list(bar.chord_at(slot.start - bar.start).pitch_classes))

    def _binary(
        self, slots: Sequence[Slot], index: int, pitches: np.ndarray[Any, Any], foreign: np.ndarray[Any, Any]
    ) -> np.ndarray[Any, Any]:
        """Cost of each move into a note: (before, after)."""
        slot, before = slots[index], slots[index - 1]
        rests = slot.start - before.start - before.ticks >= self._plan.meter.beat_ticks
        move = pitches[None, :] - pitches[:, None]
        steps = np.rint(move * 7 / _OCTAVE).astype(int)
        table = _interval_costs(self._style)
        cost = table[np.clip(steps, -9, 9) + 9] * (0.5 if rests else 1.0)
        size = np.abs(move)
        cost = cost + np.where((size == 6) | (size == 10) | (size == 11) | (size > 12), 3.0, 0.0)
        unresolved = foreign[index - 1][:, None] & ((size > 2) | (size == 0))
        cost = cost + np.where(unresolved, 5.0, 0.0)
        leaped = foreign[index][None, :] & (size > 2)
        cost = cost + np.where(leaped, 1.2 if slot.strong else 3.0, 0.0)
        if slot.move is not None:
            cost = cost + np.minimum(4.0, 1.1 * np.abs(steps - slot.move))
        if index == len(slots) - 1:
            cost = cost + np.where(size > 4, 1.5, 0.0)
        return np.asarray(cost + self._with_bass(before, slot, pitches))

    def _with_bass(self, before: Slot, slot: Slot, pitches: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Parallel fifths and octaves of the outer voices where the bass moves."""
        bass = [self._setting.bars[s.bar].chord_at(s.start - self._setting.bars[s.bar].start).lowest for s in (before, slot)]
        if bass[0] == bass[1]:
            return np.zeros((len(pitches), len(pitches)))
        intervals = [(pitches - pc) % _OCTAVE for pc in bass]
        perfect = [np.isin(i, (0, 7)) for i in intervals]
        same = intervals[0][:, None] == intervals[1][None, :]
        return np.where(perfect[0][:, None] & perfect[1][None, :] & same, 3.0, 0.0)


def _divided(start: int, end: int, bar: BandBar, beat: int) -> list[tuple[int, int]]:
    """Offset and ticks of a note, or of the two into which a change of harmony divides a long one."""
    change = next((span.start for span in bar.spans[1:] if start + beat <= span.start <= end - beat), None)
    if change is None or end - start < 3 * beat:
        return [(start, end - start)]
    return [(start, change - start), (change, end - change)]


def _roles(bars: int) -> list[str]:
    """What each bar of a phrase does; the last one closes."""
    if bars >= _LONGEST_SENTENCE:
        return [*("idea", "reply", "idea", "reply", "drive", "drive", "lead"), *["lead"] * (bars - 8), "close"]
    return {
        1: ["close"], 2: ["idea", "close"], 3: ["idea", "reply", "close"], 4: ["idea", "reply", "go", "close"],
        5: ["idea", "reply", "go", "lead", "close"], 6: ["idea", "reply", "idea", "go", "lead", "close"],
        7: ["idea", "reply", "idea", "reply", "drive", "lead", "close"],
    }[bars]  # fmt: skip


def _longest(pattern: str) -> int:
    return max((len(run) + 1 for run in pattern.replace(".", "x").split("x")), default=1)


@cache
def _interval_costs(style: str) -> np.ndarray[Any, Any]:
    """Cost of moves from -9 to 9 scale steps: minus the logarithm of how often the style makes them, against a step."""
    rows = tune_styles()
    row = rows.get(style, {}).get("steps") or {}
    counts = np.full(19, 0.002)
    sources = [row] if row else [other["steps"] for other in rows.values()]
    for source in sources:
        for step, share in source.items():
            if abs(int(step)) <= 9:
                counts[int(step) + 9] += share / len(sources)
    counts[9] *= 0.4  # notes struck again are many in texts that are sung, and dull without one
    cost = -np.log(counts)
    return np.asarray(0.55 * (cost - cost.min()))


def _curves(pitches: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Cost of three notes in a row: leaps that go on leaping, no turn after a leap, a note struck three times: (a, b, c)."""
    first = pitches[None, :] - pitches[:, None]
    ab, bc = first[:, :, None], first[None, :, :]
    leap = np.abs(ab) >= 5
    cost = np.where(leap & (np.sign(bc) == np.sign(ab)) & (np.abs(bc) > 2), 1.8, 0.0)
    cost += np.where(leap & (bc != 0) & (np.sign(bc) == np.sign(ab)), 0.7, 0.0)
    cost += np.where((ab == 0) & (bc == 0), 1.2, 0.0)
    return np.asarray(cost + np.where((ab + bc == 0) & (ab != 0), 0.35, 0.0))
