"""Splits a file into parts small enough to transfer, joins them again, and packs training data for another machine.

    python -m tools.shards pack cache/data data.tar.xz            # shards, tokenizer and selection; no corpus, no index
    python -m tools.shards split MODEL/model.safetensors parts    # parts/model.safetensors.00 ... and their checksums
    python -m tools.shards join parts MODEL/model.safetensors     # refuses parts that are missing or damaged

A joined file equals the original byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tarfile
from pathlib import Path

from composer.errors import BadInputError, CantilenaError
from composer.files import write_atomically

MIB = 1 << 20
LIST_FILE = "parts.json"
PACKED = ("tokenizer.json", "selected.json", "habits.json", "train", "valid")


def split(path: Path, folder: Path, mib: float = 15.0) -> list[Path]:
    """Writes the parts of a file, each at most `mib` MiB, and the list of their checksums, which comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    content, size = path.read_bytes(), int(mib * MIB)
    parts = {f"{path.name}.{start // size:02}": content[start : start + size] for start in range(0, max(1, len(content)), size)}
    for name, part in parts.items():
        write_atomically(folder / name, part)
    listed = {"name": path.name, "sha256": _hash(content), "parts": {name: _hash(part) for name, part in parts.items()}}
    write_atomically(folder / LIST_FILE, (json.dumps(listed, indent=1) + "\n").encode())
    return [folder / name for name in (*parts, LIST_FILE)]


def join(folder: Path, path: Path) -> None:
    """Writes the file whose parts are in a folder.

    Raises:
        BadInputError: a part is missing or damaged.
    """
    try:
        listed = json.loads((folder / LIST_FILE).read_text(encoding="utf-8"))
        parts = {name: (folder / name).read_bytes() for name in listed["parts"]}
    except (OSError, ValueError, KeyError) as error:
        raise BadInputError(f"{folder} does not hold all parts of a file ({error}): transfer it again") from None
    for name, part in parts.items():
        if _hash(part) != listed["parts"][name]:
            raise BadInputError(f"{folder / name} is damaged: transfer it again")
    content = b"".join(parts.values())
    if _hash(content) != listed["sha256"]:
        raise BadInputError(f"the parts in {folder} are of different files: transfer them again")
    write_atomically(path, content)


def pack(data: Path, archive: Path) -> None:
    """Writes a compressed archive of what training needs of a data folder; `tar -xJf` unpacks it."""
    temporary = archive.with_name(f".{archive.name}.part")
    with tarfile.open(temporary, "w:xz", preset=2) as out:
        for name in PACKED:
            if (data / name).exists():
                out.add((data / name).resolve(), arcname=name)
    temporary.replace(archive)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, source, target in (("pack", "DATA", "ARCHIVE"), ("split", "FILE", "DIR"), ("join", "DIR", "FILE")):
        command = commands.add_parser(name)
        command.add_argument("source", type=Path, metavar=source)
        command.add_argument("target", type=Path, metavar=target)
        if name == "split":
            command.add_argument("--mib", type=float, default=15.0, help="maximum size of a part")
    args = parser.parse_args()
    try:
        if args.command == "split":
            for part in split(args.source, args.target, args.mib):
                print(f"{part.stat().st_size / MIB:6.1f} MiB  {part}")
        elif args.command == "join":
            join(args.source, args.target)
        else:
            pack(args.source, args.target)
            print(f"{args.target.stat().st_size / MIB:.1f} MiB  {args.target}")
    except CantilenaError as error:
        parser.exit(3, f"{error}\n")


if __name__ == "__main__":
    main()
