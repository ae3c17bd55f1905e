"""Ten pieces in ten styles and all formats, for inspection by eye and ear: `python -m benchmarks gallery FOLDER`.

    python -m benchmarks gallery out/gallery --model models/new --only hymn ragtime

Writes MIDI as scored and as performed, MusicXML, the engraved score (one PNG, and one PNG per A4 page), the piano roll,
DAWproject, WAV and its spectrogram. Each row has: seconds of composing, pages, bars with incomplete voices, music21's and
verovio's pitched notes minus ours, LUFS and dBTP of the WAV, clipped samples, share of 100 ms blocks below -70 dBFS, the level
at the end relative to the loudest quarter of a second, and the parts of the brief that the report says were missed.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import soundfile

from benchmarks.render import levels, spectrogram
from composer.brief import Brief
from composer.composing import PieceRecord, compose, write
from composer.formats.pictures.engraved import engrave
from composer.formats.pictures.raster import svg_to_png
from composer.render.loudness import measure

FORMATS = ("mid", "performance.mid", "musicxml", "png", "roll.png", "dawproject", "wav")
PIECES: dict[str, dict[str, object]] = {
    "string-quartet": {"style": "string-quartet", "mood": "melancholic", "key": "D minor", "meter": "3/4", "form": "ABA"},
    "nocturne": {"style": "nocturne", "mood": "calm", "key": "Db major", "meter": "6/8", "bars": 24},
    "ragtime": {"style": "ragtime", "mood": "playful", "key": "Eb major", "meter": "2/4", "bars": 32},
    "hymn": {"style": "hymn", "mood": "solemn", "key": "F major", "meter": "4/4", "bars": 16, "ensemble": "satb-choir"},
    "fugue": {"style": "fugue", "key": "G minor", "meter": "4/4", "bars": 24, "ensemble": "organ"},
    "lied": {"style": "lied", "mood": "tender", "key": "A major", "meter": "3/4", "bars": 24, "ensemble": "voice-piano"},
    "symphony": {"style": "symphony", "mood": "heroic", "key": "C minor", "bars": 24, "ensemble": "orchestra"},
    "wind-serenade": {"style": "wind-serenade", "mood": "happy", "key": "Bb major", "bars": 24, "ensemble": "wind-quintet"},
    "swing": {"style": "swing", "key": "F major", "meter": "4/4", "bars": 24, "ensemble": "jazz-trio"},
    "rock": {"style": "rock", "mood": "energetic", "key": "E minor", "meter": "4/4", "bars": 24, "ensemble": "rock-band"},
}
SEED = 101


def unfilled(musicxml: Path) -> int:
    """Number of bars in which a voice is shorter or longer than the bar."""
    wrong = 0
    for part in ElementTree.parse(musicxml).getroot().iterfind("part"):
        divisions, beats, beat_type = 1, 4, 4
        for measure_ in part.iterfind("measure"):
            divisions = int(measure_.findtext("attributes/divisions") or divisions)
            beats = int(measure_.findtext("attributes/time/beats") or beats)
            beat_type = int(measure_.findtext("attributes/time/beat-type") or beat_type)
            filled: Counter[str] = Counter()
            for note in measure_.iterfind("note"):
                if note.find("chord") is None:
                    filled[note.findtext("voice", "")] += int(note.findtext("duration", "0"))
            wrong += set(filled.values()) != {divisions * 4 * beats // beat_type}
    return wrong


def note_differences(composition: PieceRecord, musicxml: Path) -> str:
    """Numbers of pitched notes read by music21 and by verovio minus ours: "0/0" if all agree."""
    import verovio
    from music21 import converter

    pitched, struck = (
        sum(len(part.notes) for part in composition.score.parts if part.is_drum is is_drum) for is_drum in (False, True)
    )
    chords = [
        note for note in converter.parse(musicxml, format="musicxml").recurse().notes if "ChordSymbol" not in note.classes
    ]
    notes = [note for chord in chords for note in (chord.notes if chord.isChord else (chord,))]
    begun = sum(note.isNote and (note.tie is None or note.tie.type == "start") for note in notes)
    toolkit = verovio.toolkit()
    toolkit.loadFile(str(musicxml))
    printed = sum(len(event.get("on", ())) for event in toolkit.renderToTimemap())
    tied = musicxml.read_text(encoding="utf-8").count('<tie type="stop"')
    return f"{begun - pitched}/{printed - tied - pitched - struck}"


def row(name: str, folder: Path, model: str | None, seed: int) -> str:
    """Composes and writes one piece, and formats its line."""
    began = time.process_time()
    composition = compose(Brief.from_dict(PIECES[name] | {"seed": seed}), model=model)
    composing_s = time.process_time() - began
    write(composition, folder / name, FORMATS)
    pages = engrave(composition.score)
    for number, page in enumerate(pages, start=1):
        (folder / f"{name}.page{number}.png").write_bytes(svg_to_png(page, 1.3))
    sound = soundfile.read(folder / f"{name}.wav", dtype="float32")[0]
    spectrogram(sound, name, folder / f"{name}.spectrogram.png")
    loudness, quarter = measure(sound), levels(sound, 0.25)
    missed = [key for key, entry in composition.report.items() if isinstance(entry, dict) and entry.get("ok") is False]
    musicxml = folder / f"{name}.musicxml"
    return (
        f"{name:15} {len(composition.score.parts):5} {sum(len(p.notes) for p in composition.score.parts):5} "
        f"{composing_s:6.1f} {len(pages):5} {unfilled(musicxml):8} {note_differences(composition, musicxml):>7} "
        f"{len(sound) / 48_000:6.1f} {loudness.integrated_lufs:7.2f} {loudness.true_peak_dbtp:6.2f} "
        f"{int((np.abs(sound) >= 0.9999).sum()):5} {np.mean(levels(sound, 0.1) < -70):6.1%} "
        f"{quarter[-1] - quarter.max():5.0f}  {' '.join(missed) or '-'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="name or folder; by default the shipped one")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", nargs="*", choices=sorted(PIECES), default=[])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    heads = ("parts", "notes", "cpu s", "pages", "unfilled", "readers", "s", "LUFS", "dBTP", "clip", "silent", "end", " missed")
    widths = (5, 5, 6, 5, 8, 7, 6, 7, 6, 5, 6, 5, 7)
    print(f"{'piece':15}", *(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)))
    for name in options.only or PIECES:
        print(row(name, options.folder, options.model, options.seed), flush=True)
