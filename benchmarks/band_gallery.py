"""Ten pieces for ten bands as score, piano roll and sound: the pictures and recordings of docs/bands.md.

    python -m benchmarks band_gallery docs

Writes `images/band-STYLE.png` (the first page), `images/band-STYLE-roll.png` and `audio/band-STYLE.ogg` into a folder. The
seeds were numbered before anything was composed and stay: none of the pieces is picked. Prints for each piece its key, tempo,
length and the size of its files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import soundfile

from composer.brief import Brief
from composer.composing import compose
from composer.formats.pictures.engraved import engrave
from composer.formats.pictures.piano_roll import write_roll_png
from composer.formats.pictures.raster import svg_to_png
from composer.render import render_score

PIECES: dict[str, str] = {  # by style, the form: a verse and a chorus, or one chorus of the blues
    "pop": "A8 B8", "rock": "A8 B8", "metal": "A8 B8", "blues": "A12", "swing": "A8 B8",
    "bossa": "A8 B8", "salsa": "A8 B8", "funk": "A8 B8", "house": "A8 B8", "cinematic": "A8 B8",
}  # fmt: skip
FIRST_SEED = 201
_PIXELS = 0.8  # per unit of the page
_SMALL = 1.0  # compression of the recordings, 0 to 1: about 55 kbit/s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", choices=sorted(PIECES), default=[])
    options = parser.parse_args()
    for number, (style, form) in enumerate(PIECES.items()):
        if not options.only or style in options.only:
            print(write_piece(style, form, FIRST_SEED + number, options.folder), flush=True)


def write_piece(style: str, form: str, seed: int, folder: Path) -> str:
    """Composes a piece, writes its three files and describes it in a line."""
    piece = compose(Brief.from_dict({"style": style, "form": form, "seed": seed}))
    score = piece.score
    images, audio = folder / "images", folder / "audio"
    images.mkdir(parents=True, exist_ok=True)
    audio.mkdir(parents=True, exist_ok=True)
    page, roll, sound = images / f"band-{style}.png", images / f"band-{style}-roll.png", audio / f"band-{style}.ogg"
    page.write_bytes(svg_to_png(engrave(score)[0], _PIXELS))
    write_roll_png(score, roll)
    wav = sound.with_suffix(".wav")
    render_score(score, wav, style=piece.style, seed=seed)
    with (
        soundfile.SoundFile(wav) as played,
        soundfile.SoundFile(
            sound, "w", played.samplerate, played.channels, "VORBIS", format="OGG", compression_level=_SMALL
        ) as out,
    ):
        for block in played.blocks(1 << 14, dtype="float32"):  # libsndfile crashes on long blocks of Vorbis
            out.write(block)
    wav.unlink()
    sizes = " ".join(f"{path.stat().st_size // 1024:5d}" for path in (page, roll, sound))
    return f"{style:10s} seed {seed}  {score.key!s:9s} {score.qpm_at(0):5.0f} {score.duration_s:6.1f} s  {sizes} kB"


if __name__ == "__main__":
    main()
