"""First pass over a Standard MIDI File: its chunks, its limits, and the texts that the fast reader drops.

symusic parses over a million notes per second but drops text events, tracks without notes and the ends of tracks. This
module finds them in the chunks and the few events before the first note. It also rejects files that are too large or have
broken chunks before any parser sees them. Knows bytes, not scores.

Source: MIDI Manufacturers Association, "Standard MIDI Files 1.0" (RP-001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from composer.errors import BadInputError
from composer.records import single_line
from composer.score import TICKS_PER_QUARTER, Score, TimeSignature

MAX_TICKS = 0x7FFFFFFF
META_TEXT, META_NAME, META_MARKER, META_CUE, META_END = 0x01, 0x03, 0x06, 0x07, 0x2F
_MOST_OPEN = 1_000
_SHORTEST_MESSAGE, _LONGEST_NOTE = 3, 14  # bytes: a delta time and two data bytes; two messages with long delta times
_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds on what is read from an untrusted file."""

    max_bytes: int = 5_000_000
    max_events: int = 200_000
    max_texts: int = 5_000  # chord symbols, markers and texts among them
    max_tracks: int = 256
    max_minutes: float = 30.0
    max_bars: int = 20_000

    @property
    def max_quarters(self) -> int:
        """Maximum number of quarter notes: `max_minutes` at 1,000 qpm. Absurd tempos would make any length seem short."""
        return round(self.max_minutes * 1000)


@dataclass(slots=True)
class Preamble:
    """A track's data before its first note, or up to its end if it has none.

    Attributes:
        name: text of the first track name event.
        texts: text events as (tick in the file's division, text).
        markers, cues: markers and cue points in the same form.
        channel: channel of the first channel message, or `None`.
        program: of the first program change.
        has_notes: whether a note-on follows.
        end: tick of the end of track; `None` if reading stopped before it.
    """

    name: str = ""
    texts: list[tuple[int, str]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    cues: list[tuple[int, str]] = field(default_factory=list)
    channel: int | None = None
    program: int = 0
    has_notes: bool = False
    end: int | None = None


def frame(data: bytes, limits: Limits) -> tuple[int, list[bytes]]:
    """Division (ticks per quarter) and the content of each track chunk.

    Raises:
        BadInputError: not a MIDI file, SMPTE time code, truncated, or beyond `limits`.
    """
    if len(data) > limits.max_bytes:
        raise BadInputError(f"MIDI file has {len(data):,} bytes, at most {limits.max_bytes:,} can be read: split the piece")
    if len(data) < 14 or data[:4] != b"MThd":
        raise BadInputError("this is not a MIDI file: it does not start with the bytes MThd; give a Standard MIDI File")
    kind, division = int.from_bytes(data[8:10], "big"), int.from_bytes(data[12:14], "big")
    if kind > 1:
        raise BadInputError(f"MIDI file has type {kind}, only types 0 and 1 can be read: export it as type 1")
    if not 0 < division < 0x8000:
        raise BadInputError("MIDI file has SMPTE or invalid timing: export it with ticks per quarter note")
    chunks, start = [], 8 + int.from_bytes(data[4:8], "big")
    while start + 8 <= len(data):
        size = int.from_bytes(data[start + 4 : start + 8], "big")
        if start + 8 + size > len(data):
            raise BadInputError(
                f"MIDI file is truncated: a track of {size:,} bytes has {len(data) - start - 8:,}; copy it again"
            )
        if data[start : start + 4] == b"MTrk":
            chunks.append(data[start + 8 : start + 8 + size])
        start += 8 + size
        if len(chunks) > limits.max_tracks:
            raise BadInputError(f"MIDI file has more than {limits.max_tracks} tracks: merge or delete some")
    announced = int.from_bytes(data[10:12], "big")
    if announced and not chunks:
        raise BadInputError(f"MIDI file is truncated: it has none of its {announced:,} tracks; copy it again")
    return division, chunks


def only_tracks(data: bytes, limits: Limits) -> bytes:
    """The same file without chunks of other kinds, which readers ignore, and with the number of its tracks.

    Raises:
        BadInputError: see `frame`.

    >>> track = b"MTrk" + bytes([0, 0, 0, 4, 0, 0xFF, 0x2F, 0])
    >>> head = b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, 3, 1, 224])
    >>> only_tracks(head + b"XFIH" + bytes(4) + track, Limits())[10:] == bytes([0, 1, 1, 224]) + track
    True
    """
    division, chunks = frame(data, limits)
    head = b"MThd" + (6).to_bytes(4, "big") + data[8:10] + len(chunks).to_bytes(2, "big") + division.to_bytes(2, "big")
    return head + b"".join(b"MTrk" + len(chunk).to_bytes(4, "big") + chunk for chunk in chunks)


def read_preamble(chunk: bytes, max_events: int) -> Preamble:
    """Reads a track's events up to its first note, at most `max_events`; stops where a track is broken."""
    found = Preamble()
    tick = position = status = 0
    try:
        for _ in range(max_events):
            delta, position = _variable_length(chunk, position)
            tick += delta
            if chunk[position] & 0x80:
                status, position = chunk[position], position + 1
            if status < 0xF0:
                if status >> 4 == 0x9 and chunk[position + 1]:
                    found.has_notes = True
                    return found
                _note_setup(found, status, chunk[position])
                position += _DATA_BYTES[status >> 4]
                continue
            kind = chunk[position] if status == 0xFF else 0
            size, position = _variable_length(chunk, position + (status == 0xFF))
            if status == 0xFF:
                _note_meta(found, kind, tick, chunk[position : position + size])
            if found.end is not None:
                return found
            position += size
    except (IndexError, KeyError):
        pass  # truncated or garbled: the fast reader decides whether the file can be used
    return found


def check_ticks(chunks: Sequence[bytes], max_events: int) -> None:
    """Rejects tracks whose delta times overflow symusic's 32-bit ticks, which would become negative.

    Raises:
        BadInputError: a track overflows or has more than `max_events` events.
    """
    for chunk in chunks:
        if _may_overflow(chunk) and _measured(chunk, max_events)[0] > MAX_TICKS:
            raise BadInputError(f"MIDI file has a track of more than {MAX_TICKS:,} ticks: export it again")


def check_ends(chunks: Sequence[bytes], notes: int, max_events: int) -> None:
    """Rejects files with over `_MOST_OPEN` notes without an end: scores omit them, but edits of the file would end each.

    Args:
        chunks: content of the tracks.
        notes: number of notes with an end; the events are counted only if these take up little of the file.
        max_events: most events of a track.

    Raises:
        BadInputError: there are too many, or a track has more than `max_events` events.
    """
    if sum(map(len, chunks)) < _MOST_OPEN * _SHORTEST_MESSAGE + notes * _LONGEST_NOTE:
        return
    unfinished = sum(_measured(chunk, max_events)[1] for chunk in chunks)
    if unfinished > _MOST_OPEN:
        raise BadInputError(f"the MIDI file has {unfinished:,} notes without an end, at most {_MOST_OPEN:,}: export it again")


def _may_overflow(chunk: bytes) -> bool:
    """Whether a track's delta times may reach `MAX_TICKS`: only deltas of three or four bytes have two adjacent high bytes."""
    import numpy as np

    high = np.frombuffer(chunk, np.uint8) >= 0x80
    long_deltas = int(np.count_nonzero(high[1:] & high[:-1]))
    return len(chunk) // 2 * 0x3FFF + long_deltas * 0x0FFFFFFF > MAX_TICKS


def _measured(chunk: bytes, max_events: int) -> tuple[int, int]:
    """The sum of a track's delta times and its note-ons less its note-offs, up to its end or the first broken event."""
    tick = position = status = events = unfinished = 0
    try:
        while position < len(chunk):
            delta, position = _variable_length(chunk, position)
            tick, events = tick + delta, events + 1
            if events > max_events:
                raise BadInputError(f"MIDI file has a track of more than {max_events:,} events: split the piece")
            if chunk[position] & 0x80:
                status, position = chunk[position], position + 1
            if status < 0xF0:
                kind = status >> 4
                if kind in (0x8, 0x9):
                    unfinished += 1 if kind == 0x9 and chunk[position + 1] else -1
                position += _DATA_BYTES[kind]
                continue
            size, position = _variable_length(chunk, position + (status == 0xFF))
            position += size
    except (IndexError, KeyError):
        pass  # truncated or garbled: the fast reader decides whether the file can be used
    return tick, unfinished


def _note_setup(found: Preamble, status: int, value: int) -> None:
    """Stores the first channel and program."""
    if found.channel is None:
        found.channel = status & 0x0F
    if status >> 4 == 0xC:
        found.program = value & 0x7F


def _note_meta(found: Preamble, kind: int, tick: int, content: bytes) -> None:
    """Stores the name, texts and the end."""
    if kind == META_NAME and not found.name:
        found.name = single_line(decode_text(content))
    elif kind in (META_TEXT, META_MARKER, META_CUE):
        texts = {META_TEXT: found.texts, META_MARKER: found.markers, META_CUE: found.cues}[kind]
        texts.append((tick, decode_text(content)))
    elif kind == META_END:
        found.end = tick


def _variable_length(chunk: bytes, position: int) -> tuple[int, int]:
    """A variable-length quantity (at most four bytes) and the position after it."""
    value = 0
    for _ in range(4):
        byte = chunk[position]
        position += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, position


def decode_text(content: bytes) -> str:
    """Decodes UTF-8 if valid, else Latin-1, which older programs write."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def check_texts(count: int, limits: Limits) -> None:
    """Rejects pieces with more chord symbols, markers and texts than a sheet of music holds.

    Raises:
        BadInputError: there are too many.
    """
    if count > limits.max_texts:
        raise BadInputError(
            f"the piece has {count:,} chord symbols, markers and texts, at most {limits.max_texts:,} can be read: delete some"
        )


def check_length(score: Score, limits: Limits) -> None:
    """Rejects pieces beyond the limits of time, bars and texts, without laying out bars, and negative times.

    Raises:
        BadInputError: too long, too many texts, or a negative time or length.
    """
    check_texts(len(score.chords) + len(score.markers), limits)
    timed = (score.tempos, score.time_signatures, score.keys, score.chords, score.markers)
    if any(event.start_ticks < 0 for events in timed for event in events[:1]) or any(
        note.start_ticks < 0 or note.duration_ticks < 0 for _, note in score.notes()
    ):
        raise BadInputError("the piece has negative times: export it again")
    end = max(score.end_ticks, score.last_note_end_ticks)
    quarters = end // TICKS_PER_QUARTER
    if quarters > limits.max_quarters:
        raise BadInputError(f"the piece has {quarters:,} quarter notes, at most {limits.max_quarters:,} can be read: split it")
    minutes = score.seconds_at(end) / 60
    if minutes > limits.max_minutes:
        raise BadInputError(f"the piece lasts {minutes:,.1f} minutes, at most {limits.max_minutes:g} can be read: split it")
    meters = [meter for meter in score.time_signatures if meter.start_ticks < end] or [TimeSignature(0, 4, 4)]
    starts = [0, *(meter.start_ticks for meter in meters[1:]), end]
    bars = sum(-(-(stop - start) // meter.bar_ticks) for meter, start, stop in zip(meters, starts, starts[1:], strict=False))
    if bars > limits.max_bars:
        raise BadInputError(f"the piece has {bars:,} bars, at most {limits.max_bars:,} can be read: split it")
