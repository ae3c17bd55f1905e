"""The tempo after the end of a piece: that of its end, or the one before a final ritardando."""

from __future__ import annotations

from dataclasses import replace

from composer.score import Score, Tempo

_FINAL_BARS = 4  # in which a fall of the tempo is a ritardando
_LONGEST_BARS = 8  # of a gradual ritardando; a longer fall is the course of the piece


def resumed_qpm(score: Score) -> float:
    """The tempo at which a piece goes on: "a tempo" if it falls within its last four bars, else as it ends.

    >>> from composer.score import Note, Part
    >>> slower = tuple(Tempo(13440 + 480 * beat, 90.0 - 10 * beat) for beat in range(4))
    >>> resumed_qpm(Score((Part("Flute", 73, (Note(0, 60, 15360),)),), (Tempo(0, 92.0), *slower)))
    92.0
    """
    bars = score.bars
    final, longest = (bars[max(0, len(bars) - count)].start_ticks for count in (_FINAL_BARS, _LONGEST_BARS))
    gradual = (ramp for ramp in score.tempo_ramps if ramp.slows and ramp.end_ticks >= final and ramp.start_ticks >= longest)
    before = next((ramp.from_qpm for ramp in gradual), score.qpm_at(max(0, final - 1)))
    return max(before, score.qpm_at(bars[-1].end_ticks - 1))


def resumed(score: Score, last: int) -> Score:
    """A score with new bars from a tick on, which continue at the resumed tempo of the bars before.

    Args:
        score: the longer score, with the tempi of its old bars.
        last: tick of the first new bar.
    """
    old = tuple(tempo for tempo in score.tempos if tempo.start_ticks < last)
    before = replace(score, parts=(), tempos=old, end_ticks=last)
    qpm = resumed_qpm(before)
    return score if qpm == before.qpm_at(last) else replace(score, tempos=(*old, Tempo(last, qpm)))
