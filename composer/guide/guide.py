"""The guide of one stream: known ids are forced, forbidden ids are masked, all others are sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from composer.guide.rule import Rule
from composer.guide.script import Script
from composer.guide.walk import Walk
from composer.model.sampling import Settings
from composer.tokenizer import Tokenizer
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import BAR_ORDER, HEADER_ORDER

# Types that only a script writes: the sampler chooses chords, parts, dynamics and notes.
_FORCED = (*HEADER_ORDER, *(kind for kind in BAR_ORDER if kind != "Chord"), "HOLE", "FILL", "Program")

HARMONY_CUT = 0.25  # share of `min_p` used for chords; with all of it only two chords are left (benchmarks/harmony.py)


class ScriptGuide:
    """Guides the sampling of one stream (`composer.model.sampling.Guide`).

    Args:
        tokenizer: the model's tokenizer.
        script: what is known of the stream.
        ranges: lowest and highest functional pitch by part; drums have none.
        rules: applied to the sampled parts; each narrows what the previous ones left.

    Attributes:
        ids: the stream so far, forced ids included.
    """

    def __init__(
        self, tokenizer: Tokenizer, script: Script, ranges: Mapping[int, tuple[int, int]], rules: Sequence[Rule] = ()
    ) -> None:
        grammar = tokenizer.grammar
        self._vocabulary, self._script, self._rules = tokenizer.vocabulary, script, tuple(rules)
        self._walk = Walk(grammar, script, ranges)
        self._is_chord = grammar.of_type["Chord"]
        self._ends = grammar.allowed_types(("Bar", "EOS", "Part", "HOLE", "FILL"))
        # Models may not know the markers of a hole.
        self._usual_ends = np.flatnonzero(grammar.allowed_types(("Bar", "EOS", "Part")))
        with_chords = ~grammar.allowed_types(_FORCED) & ~self._ends
        self._inside = {False: with_chords & ~self._is_chord, True: with_chords}  # by whether a chord may follow
        self._opening: list[tuple[int, ...]] = []  # rest of the bar's opening
        self._queue: list[int] = []
        self._last_mask: Mask = np.zeros(0, bool)
        self._passed_over = 0
        self.ids: list[int] = []
        self._ways: list[int] = []
        for token in (*script.header, *script.bars[0].begin):
            self._force(token)

    @property
    def rules_passed_over(self) -> int:
        """Choices at which a rule held only in part or not at all, because it would have left nothing."""
        return self._passed_over + sum(rule.passed_over for rule in self._rules)

    @property
    def finished(self) -> bool:
        """Whether the stream is complete."""
        return self._walk.over

    @property
    def bars_written(self) -> int:
        """Number of bars begun."""
        return self._walk.place + 1

    def forced(self) -> Sequence[int]:
        """Ids to append without sampling before the next choice."""
        while not self.finished and (known := self._known()):
            for token in known:
                self._force(token)
        queue, self._queue = self._queue, []
        return queue

    def _known(self) -> tuple[int, ...]:
        """The next ids if they are known, else none."""
        walk, bar = self._walk, self._walk.bar
        if self._opening:
            return self._opening.pop(0) if len(self._opening[0]) == 1 else ()
        if bar.repeats is not None:
            return (*self._repeated(bar.repeats), *self._script.following(walk.place))
        part = walk.state.part
        if part in bar.given and walk.state.last_type == "Part":
            return bar.given[part][1:]
        if part in bar.open_parts or (part < 0 and walk.state.last_type == "Chord" and bar.may_change_chord):
            return ()
        waiting = walk.waiting_parts()
        if not waiting:
            return self._script.following(walk.place)
        return bar.given.get(waiting[0], ())

    def _repeated(self, place: int) -> tuple[int, ...]:
        """The body of an earlier bar; where parts are given here, only its open parts."""
        bar = self._walk.bar
        if not bar.given:
            return tuple(self._walk.bodies[place])
        harmony, parts = self._walk.parts_of(place)
        bodies = (bar.given.get(part, parts.get(part, ()) if part in bar.open_parts else ()) for part in self._script.parts)
        return (*harmony, *(token for each in bodies for token in each))

    def _force(self, token: int) -> None:
        self._queue.append(token)
        self._take(token)

    def _take(self, token: int) -> None:
        """Appends an id, sampled or forced."""
        self.ids.append(token)
        self._walk.advance(token)
        if self._walk.over:
            return
        if self._walk.state.last_type == "Bar":
            self._opening = list(self._walk.bar.opening)
            for rule in self._rules:
                rule.begin_bar(self._walk)
        elif self._walk.place >= 0:
            for rule in self._rules:
                rule.accept(token, self._walk)

    def mask(self) -> Mask:
        """Allowed ids for the next choice, (V,) bool."""
        walk = self._walk
        mask: Mask
        if self._opening:
            mask = np.zeros(len(self._ends), bool)
            mask[list(self._opening[0])] = True
            self._restrict(mask)
            return mask
        mask = walk.state.mask()
        self._ways = self._ways_out()
        open_ways = [way for way in self._ways if mask[way]]
        if walk.state.part in walk.bar.given:
            mask[:] = False
        else:
            mask &= self._inside[walk.state.last_type == "Chord" and walk.bar.may_change_chord]
        mask[open_ways] = True
        self._restrict(mask)
        self._last_mask = mask
        return mask

    def _restrict(self, mask: Mask) -> None:
        """Applies the rules in turn. A rule that would leave nothing is skipped at this choice, and counted.

        Rules do not know each other or the contents of a user's piece. The grammar and the given parts always hold.
        """
        unruled = mask.copy()
        for rule in self._rules:
            rule.restrict(mask, self._walk)
        if mask.any():
            return
        mask[:] = unruled
        for rule in self._rules:
            before = mask.copy()
            rule.restrict(mask, self._walk)
            if not mask.any():
                mask[:] = before
                self._passed_over += 1

    def _ways_out(self) -> list[int]:
        """Ids that may follow a part: the parts still open, and the end of the bar once every required part is written."""
        walk = self._walk
        waiting = walk.waiting_parts()
        ways = [self._vocabulary.part(part) for part in waiting]
        must_come = bool(waiting) and (waiting[-1] in walk.bar.given or not walk.played)  # no bar is left empty
        return ways if must_come else [*ways, self._script.after(walk.place)]

    def pooled(self) -> tuple[int, NDArray[np.intp]] | None:
        """The id that ends a part's notes, and all ids that the model may predict for this end.

        These are every `Bar` (the model need not know the count), `EOS`, and the parts that cannot follow here.
        """
        if self._opening or self._walk.state.part < 0:
            return None
        target = self._ways[-1]
        if not self._last_mask[target]:
            return None
        others = self._usual_ends[~self._last_mask[self._usual_ends]]
        return target, np.concatenate((others, [target]))

    def settings(self, usual: Settings) -> Settings:
        """For chords, a smaller cut of unlikely ids than for notes, and no guidance: it makes harmony stray."""
        walk = self._walk
        if self._opening:
            harmony = bool(self._is_chord[self._opening[0][0]])
        else:
            harmony = walk.bar.may_change_chord and walk.state.last_type == "Chord" and len(walk.chords) == 1
        return replace(usual, min_p=usual.min_p * HARMONY_CUT, guided=False) if harmony else usual

    def accept(self, token: int) -> None:
        """Appends the sampled id."""
        if self._opening:
            self._opening.pop(0)
        self._take(token)
