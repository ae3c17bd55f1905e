"""`data`: lists a corpus, builds training data from it, and counts their content."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from composer.cli.console import muted, print_json, print_table, show_line
from composer.cli.numerals import within
from composer.cli.options import On, argument, folder_for, option, ray_crew

app = typer.Typer(help="Training data from a corpus or from any folder of scores.", rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command("list")
def list_(corpus: Annotated[Path, argument("CORPUS", "Folder of zips and manifests.")], as_json: AsJson = False) -> None:
    """List the sources of a corpus: usable pieces by split, and licenses."""
    from composer.training.data.corpus import list_items, sources

    rows = [("source", "train", "valid", "licenses")]
    for source in sources(corpus):
        items = list_items(corpus, [source])
        splits = Counter(item.row["split"] for item in items)
        licenses = sorted({item.row["license"] for item in items})
        if as_json:
            print_json({"source": source, "train": splits["train"], "valid": splits["valid"], "licenses": licenses})
        rows.append((source, str(splits["train"]), str(splits["valid"]), ", ".join(licenses)))
    if not as_json:
        print_table(rows)


@app.command()
def build(
    corpus: Annotated[Path, argument("FOLDER", "A corpus, or any folder of MIDI, MusicXML or kern files.")],
    out: Annotated[Path, option("DIR", "Folder for the training data.", names=("-o", "--output"))] = Path("cache/data"),
    source: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Use only this source; can be repeated.")] = None,
    merges: Annotated[
        int, typer.Option(metavar="N", parser=within("merges", int, 0, 60_000), help="Byte-pair merges to learn.")
    ] = 1024,
    tokenizer: Annotated[
        Path | None, option("MODEL", "Use the tokenizer of this model folder instead of learning merges.")
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", metavar="N", parser=within("jobs", int, 1, 64), help="Processes.")] = 2,
    on: On = None,
) -> None:
    """Read, label and tokenize a corpus into training data. Unchanged results of earlier builds are reused."""
    from composer.processes import ProcessCrew
    from composer.training.data.build import build as build_data

    hire = ray_crew(on) or (partial(ProcessCrew, jobs=jobs) if jobs > 1 else None)
    folder = corpus.resolve() if on else corpus  # workers may have a different working directory
    with muted(sys.stdout), folder_for(out):
        build_data(folder, out, merges=tokenizer or merges, only=source, hire=hire, report=show_line)
    print(out)


@app.command()
def stats(
    data: Annotated[Path, argument("DIR", "Folder made by `cantilena data build`.")] = Path("cache/data"),
    as_json: AsJson = False,
    moods: Annotated[bool, typer.Option("--moods", help="Count phrases by style and quadrant of mood instead.")] = False,
) -> None:
    """Count pieces, notes, ids and bars of training data, by split and source."""
    from composer.training.data.build import SPLITS
    from composer.training.data.shards import Shard

    if moods:
        _mood_stats(data, as_json)
        return
    rows = [("split", "source", "pieces", "notes", "ids", "bars", "sampling share")]
    for split in SPLITS:
        shard = Shard(data / split)
        counts: dict[str, Counter[str]] = {}
        shares: Counter[str] = Counter()
        for info, n_ids, n_bars in zip(shard.infos, shard.n_ids.tolist(), shard.n_bars.tolist(), strict=True):
            counts.setdefault(info.source, Counter()).update(pieces=1, notes=info.n_notes, ids=n_ids, bars=n_bars)
            shares[info.source] += info.weight * n_ids
        total = sum(shares.values()) or 1
        for name, count in sorted(counts.items()):
            if as_json:
                print_json({"split": split, "source": name, **count, "sampling_share": shares[name] / total})
            pieces, notes, ids, bars = (f"{count[column]:,}" for column in ("pieces", "notes", "ids", "bars"))
            rows.append((split, name, pieces, notes, ids, bars, f"{shares[name] / total:.1%}"))
    if not as_json:
        print_table(rows)


def _mood_stats(data: Path, as_json: bool) -> None:
    """Prints the number of phrases in the training split by style and quadrant."""
    from composer.tokenizer import Tokenizer
    from composer.training.data.mood_counts import NEUTRAL, QUADRANTS, count_moods
    from composer.training.data.shards import Shard

    columns = (*QUADRANTS.values(), NEUTRAL)
    counts = count_moods(Shard(data / "train"), Tokenizer.load(data / "tokenizer.json").vocabulary)
    rows = [("style", "phrases", *columns)]
    for style, count in sorted(counts.items()):
        total = count.total()
        if as_json:
            print_json({"style": style, "phrases": total, **{name: count[name] for name in columns}})
        shares = (f"{count[name]:,} ({count[name] / max(total, 1):.0%})" for name in columns)
        rows.append((style, f"{total:,}", *shares))
    if not as_json:
        print_table(rows)
