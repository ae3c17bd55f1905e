"""Does the harmony move as in human music? Compares chords of composed and held-out pieces.

    python -m benchmarks harmony --data cache/data                as chords are currently chosen
    python -m benchmarks harmony --data cache/data 0 0.25 1       with this fraction of the min-p cut on chords

Sixteen bars each: composed pieces in twelve styles, major and minor, and the openings of held-out pieces from the folder made
by `cantilena data build`. Chords of human music are the training labels, so both sides are comparable.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np

from composer.analysis.key import estimate_key
from composer.brief import Brief
from composer.composing.composition import compose_together
from composer.formats.midi.midi_score import write_midi
from composer.guide import guide
from composer.guide import guide as guiding
from composer.score import Key, Score
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import StreamOptions, assemble
from composer.training.data.shards import Shard

BARS = 16
STYLES = ("string-quartet", "nocturne", "lied", "hymn", "waltz", "symphony", "sonata", "film-cue", "folk")
STYLES += ("march", "motet", "prelude")
KEYS = ("D minor", "G major")
COLUMNS = ("changes", "different", "on the tonic", "back after one", "key: ours", "music21")


def figures(score: Score, key: Key, scratch: Path) -> tuple[float, ...]:
    """Chord changes, different chords, share on the tonic, share equal to the chord before the last; keys found as labeled."""
    import music21

    chords = [symbol.chord for symbol in score.chords if symbol.chord]
    write_midi(score, scratch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        analyzed = music21.converter.parse(scratch, forceSource=True).analyze("key")
    return (
        len(chords),
        len(set(chords)),
        float(np.mean([chord.root == key.tonic for chord in chords])),
        float(np.mean([one == other for one, other in zip(chords[2:], chords, strict=False)])) if len(chords) > 2 else 1.0,
        float(estimate_key(score).key == key),
        float(analyzed.tonic.pitchClass == key.tonic and analyzed.mode == key.mode),
    )


def human(folder: Path, count: int, scratch: Path) -> Iterator[tuple[float, ...]]:
    tokenizer, shard = Tokenizer.load(folder / "tokenizer.json"), Shard(folder / "valid")
    usable = [index for index in range(len(shard)) if shard[index].n_bars >= BARS]
    for index in usable[:: max(1, len(usable) // count)]:
        score, _ = tokenizer.decode(assemble(shard[index], tokenizer.vocabulary, StreamOptions(0, BARS)))
        if score.key and any(symbol.chord for symbol in score.chords):
            yield figures(score, score.key, scratch)


def composed(scratch: Path) -> Iterator[tuple[float, ...]]:
    for key in KEYS:
        briefs = [Brief.from_dict({"style": style, "key": key, "bars": BARS, "seed": n}) for n, style in enumerate(STYLES)]
        for piece in compose_together(briefs):
            if any(symbol.chord for symbol in piece.score.chords):
                yield figures(piece.score, piece.plan.key, scratch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cuts", nargs="*", type=float, default=[guide.HARMONY_CUT])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--human", type=int, default=96, help="held-out pieces")
    options = parser.parse_args()
    scratch = options.data / "harmony.mid"
    print("music | pieces | " + " | ".join(COLUMNS))
    print("--- | " * (len(COLUMNS) + 1) + "---")
    print(row("held-out", list(human(options.data, options.human, scratch))))
    for cut in options.cuts:
        with mock.patch.object(guiding, "HARMONY_CUT", cut):
            print(row(f"composed, cut {cut:g}", list(composed(scratch))), flush=True)
    scratch.unlink()


def row(name: str, pieces: list[tuple[float, ...]]) -> str:
    return f"{name} | {len(pieces)} | " + " | ".join(f"{value:.2f}" for value in np.mean(pieces, axis=0))
