"""Humdrum kern and ABC to score, through music21.

music21 parses; the result is converted to the measures of `composer.formats.musicxml.measures`. Its parsers are slow, and
some malformed texts make them loop forever. They therefore run in a separate process with time and memory limits, which
returns the score as MIDI. Knows no other format.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from composer.errors import BadInputError, MissingExtraError, pip_line
from composer.formats.abc_keys import read_key_field
from composer.formats.abc_voices import gathered_voices
from composer.formats.capped import read_bytes
from composer.formats.midi.midi_score import midi_bytes, read_midi
from composer.formats.midi.smf import Limits, decode_text
from composer.formats.musicxml.measures import Measure, RawNote, ReadPart, Sound, assemble
from composer.formats.musicxml.musicxml_directions import QUALITIES
from composer.presets import instrument_of
from composer.records import single_line
from composer.score import CHURCH_MODES, TICKS_PER_QUARTER, Chord, Key, Score, TimeSignature

MAX_TEXT_BYTES = 1_000_000
_MOST_ABC_BARS = 1_000  # in a voice: music21 takes time by the square of their number, 2 s for these
_MOST_OF_AN_ABC_BAR = 4_000  # characters: music21 takes time by the square of the notes, chords and slurs of a bar
_LONGEST_ABC_NOTE = 256  # units: music21 looks for a meter of the whole bar, without an end in those of longer notes
_MOST_ABC_BEATS = 99  # of a meter, whose parts music21 lists
_COMPOSER = {"abc": re.compile(r"(?m)^C:([^%\n]*)"), "humdrum": re.compile(r"(?m)^!!!COM:(.*)$")}
_MAX_MEMORY = 512 * 1024 * 1024
_STATED, _OPEN = b"T", b"-"  # before the MIDI of the child: whether the text states a tempo at its start
_CHURCH_KEY = re.compile(rf"\*([A-Ga-g])([#-]?):({'|'.join(name[:3] for name in CHURCH_MODES)})")  # of kern; it is ABC's, too
_QUALITIES = {kind: quality for (kind, degrees), quality in QUALITIES.items() if not degrees} | {
    "dominant-seventh": "7",
    "half-diminished-seventh": "hdim7",
    "minor-major-seventh": "minmaj7",
    "suspended-fourth-seventh": "7sus4",
    "seventh-flat-five": "7b5",
    "augmented-major-seventh": "maj7#5",
}


def read_kern(source: Path | bytes, limits: Limits | None = None) -> Score:
    """Reads a Humdrum **kern file (.krn) or its bytes.

    Raises:
        BadInputError: not kern, broken, larger than 1 MB, or beyond the limits.
    """
    return _read(source, "humdrum", limits or Limits())


def read_abc(source: Path | bytes, limits: Limits | None = None) -> Score:
    """Reads the first tune of an ABC file or its bytes.

    Raises:
        BadInputError: not ABC, broken, larger than 1 MB, or beyond the limits.
    """
    return _read(source, "abc", limits or Limits())


def _read(source: Path | bytes, kind: str, limits: Limits) -> Score:
    """A score in a text format supported by music21, parsed in a separate process."""
    if find_spec("music21") is None:
        raise MissingExtraError(f"reading {kind} needs music21: {pip_line('formats')}")
    data = source if isinstance(source, bytes) else read_bytes(source, MAX_TEXT_BYTES)
    if len(data) > MAX_TEXT_BYTES:
        raise BadInputError(f"the {kind} file has {len(data):,} bytes, at most {MAX_TEXT_BYTES:,} can be read: split the piece")
    if kind == "abc":
        data = gathered_voices(decode_text(_with_version(_first_tune(data)))).encode()
        for field in re.findall(r"(?m)^K:(.*)$|\[K:([^\]\n]*)\]", decode_text(data)):
            read_key_field("".join(field))  # refused here in one line
    most = limits.max_tracks - 1  # the child returns MIDI, where the first track is the conductor's
    if (voices := _most_voices(data, kind)) > most:
        raise BadInputError(f"the {kind} file has {voices:,} voices, at most {most} can be read: merge some")
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    if 2 * (notes := _most_notes(data)) > limits.max_events:  # before a process is started and exhausts its limits
        raise BadInputError(
            f"the {kind} file has {notes:,} notes, at most {limits.max_events // 2:,} can be read: split the piece"
        )
    if kind == "abc" and (bars := len(re.findall(rb"\|+", data)) // max(1, voices)) > _MOST_ABC_BARS:
        raise BadInputError(f"the abc file has about {bars:,} bars, at most {_MOST_ABC_BARS:,} can be read: split the piece")
    if kind == "abc" and (longest := _longest_bar(data)) > _MOST_OF_AN_ABC_BAR:
        bound = f"at most {_MOST_OF_AN_ABC_BAR:,} can be read"
        raise BadInputError(f"the abc file has a bar of {longest:,} characters, {bound}: write bar lines")
    if kind == "abc" and (length := _longest_note(data)) > _LONGEST_ABC_NOTE:
        bound = f"at most {_LONGEST_ABC_NOTE} can be read"
        raise BadInputError(f"the abc file has a note of {length:,} units, {bound}: write shorter notes with ties")
    meters = re.findall(rb"(?m)(?:^|\[)M:\s*0*(\d{1,9})\d*/", data) if kind == "abc" else []
    if (beats := max(map(int, meters), default=0)) > _MOST_ABC_BEATS:
        raise BadInputError(f"the abc file has a meter of {beats:,} beats, at most {_MOST_ABC_BEATS} can be read: correct M:")
    # -P: modules in the current folder, which may hold downloaded files, are not imported
    command = [sys.executable, "-P", "-m", "composer.formats.music21_read", kind, str(limits.max_minutes)]
    try:
        child = subprocess.run(
            command, input=data, capture_output=True, env=environment, timeout=20 * _cpu_seconds(data) + 60, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BadInputError(f"the {kind} file takes too long to read: check that it is {kind}") from error
    if child.returncode == BadInputError.exit_code:
        raise BadInputError(child.stdout.decode())
    if child.returncode:
        raise BadInputError(f"the {kind} file takes more time or memory than its size allows: check that it is {kind}")
    composer = _COMPOSER[kind].search(decode_text(data))
    states_tempo, midi = child.stdout[:1] == _STATED, child.stdout[1:]
    score = read_midi(midi, limits)
    tempos = score.tempos if states_tempo else score.tempos[1:]  # the first is the default that every MIDI file has
    return replace(score, tempos=tempos, composer=single_line(composer[1]) if composer else "")


def _most_notes(data: bytes) -> int:
    """Estimated upper bound of the notes in a text: one per run of equal letters."""
    return sum(1 for _ in re.finditer(rb"([A-Ga-g])\1*", data))


def _most_voices(data: bytes, kind: str) -> int:
    """Number of spines in the widest line of a kern file, or of voices in a tune of ABC."""
    if kind == "abc":
        return len(set(re.findall(rb"(?m)(?:^|\[)V:\s*([^\s\]]+)", data)))
    return max((line.count(b"\t") for line in data.splitlines()), default=0) + 1


def _longest_bar(data: bytes) -> int:
    """Number of characters between two bar lines of ABC, without lines of fields, lyrics and comments."""
    return max(map(len, _music(data).split(b"|")))


def _longest_note(data: bytes) -> int:
    """The largest multiple of the unit length that a note, chord or rest of ABC has, of eight digits at most."""
    music = re.sub(rb'"[^"\n]*"', b"", _music(data))
    digits = re.findall(rb"[A-Ga-gxyzZX\]][,']*0*(\d+)", music)
    return max((int(found[:8]) for found in digits), default=1)


def _music(data: bytes) -> bytes:
    """A text in ABC without lines of fields, lyrics and comments."""
    return re.sub(rb"(?m)^(?:[A-Za-z]:|%).*$", b"", data)


def _first_tune(data: bytes) -> bytes:
    """An ABC file up to the end of its first tune: music21 would read all tunes, and take the one with the least number."""
    starts = [found.start() for found in re.finditer(rb"(?m)^X:", data)]
    return data[: starts[1]] if len(starts) > 1 else data


def _with_version(data: bytes) -> bytes:
    """An ABC file that states a version: without one, music21 lets an accidental change its note only, not the bar's others."""
    return data if re.search(rb"(?m)^%abc-\d", data) else b"%abc-2.1\n" + data


def _cpu_seconds(data: bytes) -> int:
    """CPU time limit after music21 is loaded: one second, plus one for each 5 kB."""
    return 1 + len(data) // 5_000


def _main(kind: str, max_minutes: float) -> int:
    """Entry point of the child process: reads text on standard input, writes to standard output what `_convert` returns.

    An error is one line instead.
    """
    data = sys.stdin.buffer.read()
    try:
        content, code = _convert(data, kind, Limits(max_minutes=max_minutes)), 0
    except BadInputError as error:
        content, code = str(error).encode(), BadInputError.exit_code
    sys.stdout.buffer.write(content)
    return code


def _convert(data: bytes, kind: str, limits: Limits) -> bytes:
    """Converts a text to a byte that says whether it states a tempo at its start, and a score as MIDI bytes."""
    from music21 import abcFormat, converter, spanner, stream

    # nothing of beams and slurs is kept, and both take quadratic time
    stream.Stream.makeBeams = lambda self, **_: self  # type: ignore[method-assign]
    spanner.Spanner.addSpannedElements = lambda self, *_: None  # type: ignore[method-assign]
    # music21 knows neither locrian keys nor those of the pipes
    abcFormat.ABCMetadata.getKeySignatureParameters = _abc_signature  # type: ignore[method-assign, assignment]
    _limit_process(_cpu_seconds(data))
    try:
        parsed: Any = converter.parseData(decode_text(data), format=kind)
        if isinstance(parsed, stream.Opus):
            parsed = parsed.scores[0]
        read = [_read_part(part) for part in list(parsed.parts) or [parsed]]
        if kind == "abc":
            _apply_sounds(read, _abc_sounds(decode_text(data)))
        title = (parsed.metadata.title or "") if parsed.metadata else ""
    except Exception as error:  # music21's parsers raise anything on malformed text
        raise BadInputError(
            f"the {kind} file is broken or uses unsupported features: check it, or export it as MusicXML"
        ) from error
    if not any(measure.notes for part in read for measure in part.measures):
        raise BadInputError(f"the {kind} file contains no notes: check that it is {kind}")
    score = assemble(read, title, limits)
    return (_STATED if score.tempos and score.tempos[0].start_ticks == 0 else _OPEN) + midi_bytes(score)


def _abc_signature(field: Any) -> tuple[int, str]:
    """Fifths and mode of a key field, in place of music21's method."""
    key = read_key_field(field.data)
    return key.fifths, key.scale_name


def _limit_process(cpu_seconds: int) -> None:
    """Limits this process's CPU time, and its memory to 512 MB; Windows has no such limits."""
    try:
        import resource
    except ImportError:
        return
    used = math.ceil(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_seconds, used + cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY, _MAX_MEMORY))


def _read_part(part: Any) -> ReadPart:
    """Reads the measures of a music21 part."""
    instrument = part.getInstrument(returnDefault=False)
    program = instrument.midiProgram if instrument else None
    sound = Sound(name=part.partName or "", program=program)
    measures: list[Measure] = []
    meter = TimeSignature(0, 4, 4)
    for found in part.getElementsByClass("Measure") or part.makeMeasures().getElementsByClass("Measure"):
        if found.timeSignature and found.timeSignature.denominator in (1, 2, 4, 8, 16, 32):
            meter = TimeSignature(0, found.timeSignature.numerator, found.timeSignature.denominator)
        measure = Measure(meter)
        for element in found.recurse():
            offset = float(element.getOffsetInHierarchy(found)) * TICKS_PER_QUARTER
            measure.events += [(offset, kind, value) for kind, value in _read_event(element)]
            if "GeneralNote" in element.classes:
                measure.notes += _read_notes(element, offset)
                measure.length = max(measure.length, offset + float(element.quarterLength) * TICKS_PER_QUARTER)
        measures.append(measure)
    for element in part.getElementsByClass("MiscTandem"):  # they precede the measures
        measures[0].events += [(0.0, kind, value) for kind, value in _read_event(element)]
    return ReadPart(sound, measures, is_drum=False)


def _abc_sounds(text: str) -> list[tuple[Sound, bool]]:
    """Name and program of each voice that music21 reads as a part, and whether it plays drums, of an ABC file's first tune.

    music21 drops both. Sources: ABC standard 2.1, section 4.20 (`name=`, `nm=`); abcMIDI (`%%MIDI program`, which precedes
    the voices or follows its `V:`; `%%MIDI channel 10`).
    """
    voices: dict[str, dict[str, Any]] = {}
    order: list[str] = []  # of the voices that are numbers, once per line: each is a part for music21
    common: dict[str, Any] = {}
    here = common
    tune = re.split(r"(?m)^X:", text)[1:2]
    for line in "".join(tune).splitlines():
        if found := re.match(r"V:\s*(\S+)(.*)", line):
            here = voices.setdefault(found[1], {})
            order += [found[1]] * found[1][0].isdigit()
            if name := re.search(r'\b(?:name|nm)\s*=\s*"([^"]*)"', found[2]):
                here.setdefault("name", name[1])
        elif found := re.match(r"%%MIDI\s+program\s+(?:\d{1,3}\s+)?(\d{1,3})\s*$", line):
            here.setdefault("program", min(int(found[1]), 127))
        elif re.match(r"%%MIDI\s+channel\s+10\s*$", line):
            here.setdefault("is_drum", True)
    if len(order) > 1:
        every = [common | voices[name] for name in order]
    else:  # music21 reads voices that are not numbers as one part
        every = [common | next(iter(voices.values())) if len(voices) == 1 else common]
    names = [_voice_name(voice, f"Part {number}" if len(every) > 1 else "Melody") for number, voice in enumerate(every, 1)]
    sounds = (Sound(name, voice.get("program")) for name, voice in zip(names, every, strict=True))
    return [(sound, voice.get("is_drum", False)) for sound, voice in zip(sounds, every, strict=True)]


def _voice_name(voice: dict[str, Any], usual: str) -> str:
    """The name of a voice; one without a name has that of its instrument, or the usual one."""
    if voice.get("name"):
        return str(voice["name"])
    if voice.get("is_drum"):
        return "Drums"
    return instrument_of(voice["program"]).title if "program" in voice else usual


def _apply_sounds(read: list[ReadPart], sounds: list[tuple[Sound, bool]]) -> None:
    """Gives each part the sound of its voice; none if music21 found other parts."""
    if len(read) == len(sounds):
        for part, (sound, is_drum) in zip(read, sounds, strict=True):
            part.sound, part.is_drum = sound, is_drum


def _read_notes(element: Any, offset: float) -> Iterator[RawNote]:
    """Yields the notes of a music21 note or chord; chord symbols, rests and grace notes yield none."""
    if element.isRest or "ChordSymbol" in element.classes or element.duration.isGrace:
        return
    duration = float(element.quarterLength) * TICKS_PER_QUARTER
    for note in element.notes if element.isChord else (element,):
        tie = note.tie.type if note.tie else ""
        yield RawNote(offset, duration, note.pitch.midi, 1, tie in ("stop", "continue"), tie in ("start", "continue"))


def _read_event(element: Any) -> Iterator[tuple[str, Any]]:
    """Yields keys, tempos and chord symbols as (kind, value)."""
    classes = element.classes
    if "KeySignature" in classes and -7 <= element.sharps <= 7:
        yield "key", Key.from_signature(element.sharps, getattr(element, "mode", None) or "major")
    elif "MiscTandem" in classes and (named := _CHURCH_KEY.fullmatch(element.tandem)):
        yield "key", read_key_field(f"{named[1]}{named[2].replace('-', 'b')}{named[3]}")
    elif "MetronomeMark" in classes and (qpm := element.getQuarterBPM()):
        yield "tempo", float(qpm)
    elif "ChordSymbol" in classes and element.chordKind in _QUALITIES:
        root, bass = element.root().pitchClass, element.bass().pitchClass
        yield "chord", Chord(root, _QUALITIES[element.chordKind], None if bass == root else bass)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], float(sys.argv[2])))
