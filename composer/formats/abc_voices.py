"""Gathers the voices of an ABC tune, because music21 takes each `V:` for another part and reads `[V:]` as one voice.

Source: C. Walshaw and others, "The ABC Music Standard 2.1" (2011), chapter 7.
"""

from __future__ import annotations

import re

_FIELD = re.compile(r"V:\s*(\S+)(.*)")
_INLINE = re.compile(r"\[V:\s*([^\s\]]+)([^\]\n]*)\]")
_NAME = re.compile(r"\b(?:name|nm)\s*=")


def gathered_voices(text: str) -> str:
    """A tune with several voices in which each voice is in one piece and has a number; other tunes as they are.

    A voice without a name that has an id other than a number gets that for its name.

    >>> print(gathered_voices("X:1\\nK:C\\n[V:T] c4|\\n[V:2 clef=bass] C4|\\n[V:T] d4|\\n").rstrip())
    X:1
    K:C
    V:1 name="T"
    c4|
    d4|
    V:2 clef=bass
    C4|
    """
    common: list[str] = []
    voices: dict[str, list[str]] = {}
    properties: dict[str, str] = {}
    here, in_header = common, True
    for line in text.splitlines():
        if found := _FIELD.match(line):
            here = voices.setdefault(found[1], [])
            properties[found[1]] = properties.get(found[1]) or found[2].strip()
        elif in_header:
            (here if line.startswith("%%MIDI") else common).append(line)
            if line.startswith("K:"):
                in_header, here = False, common
        else:
            before, *rest = _INLINE.split(line)
            here += [before] if before.strip() or not rest else []
            for name, given, music in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
                here = voices.setdefault(name, [])
                properties[name] = properties.get(name) or given.strip()
                here += [music.strip()] if music.strip() else []
    if len(voices) < 2:
        return text
    lines = list(common)
    for number, (name, music) in enumerate(voices.items(), 1):
        label = "" if name.isdigit() or _NAME.search(properties[name]) else f'name="{name}"'
        lines += [" ".join(filter(None, (f"V:{number}", properties[name], label))), *music]
    return "\n".join([*lines, ""])
