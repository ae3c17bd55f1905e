"""Score to Standard MIDI File and back.

Writing uses mido messages in an order that DAWs read correctly: type 1, 480 ticks per quarter, a conductor track, one named
track per part, bank before program, note-offs before note-ons, no overlap of equal pitches, one common end. Reading uses
symusic within the limits of `composer.formats.midi.smf`. Knows notation, not performance: times are those of the score.

Source: MIDI Manufacturers Association, "Standard MIDI Files 1.0" (RP-001) and "General MIDI System Level 1".
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.formats.capped import read_bytes
from composer.formats.midi.channels import DRUM_CHANNEL, assign_channels, channel_notice
from composer.formats.midi.lyrics import lyric_events, sung
from composer.formats.midi.midi_events import (
    Controllers,
    Event,
    control_events,
    make_track,
    note_events,
    pedal_changes,
    setup_events,
)
from composer.formats.midi.smf import (
    Limits,
    Preamble,
    check_ends,
    check_length,
    check_texts,
    check_ticks,
    frame,
    read_preamble,
)
from composer.formats.midi.unisons import notes_from_columns, separate_unisons
from composer.formats.provenance import Provenance, named_composer, software
from composer.records import single_line
from composer.score import (
    DEFAULT_QPM,
    NO_CHORD,
    TICKS_PER_QUARTER,
    Chord,
    ChordSymbol,
    Key,
    KeySignature,
    Marker,
    Note,
    Part,
    Score,
    Tempo,
    TimeSignature,
    spell_fifths,
    symbol_of,
)

_MICROSECONDS_PER_MINUTE = 60_000_000
_MAX_MICROSECONDS = 0xFFFFFF  # a tempo event holds three bytes
_MAX_TICKS = 0x0FFFFFFF  # a delta time holds four bytes of seven bits
_SIGNATURE = "Written by "  # the text event that identifies files written by this module
_COMPOSER = "Composer: "  # the beginning of the text event that names the composer

_UNCOUNTED = 5  # factor on the event limit for tracks, which also hold events that are not read, such as aftertouch
_SETUP_EVENTS = 500  # how many events of a part are searched for its first note
_UNREADABLE = "\ufffd"  # in texts that are not UTF-8


def write_midi(score: Score, path: Path, provenance: Provenance | None = None) -> None:
    """Writes a MIDI file (type 1); equal scores give equal bytes.

    Raises:
        BadInputError: the score has values that MIDI cannot hold (see `midi_bytes`), or the file cannot be written.
    """
    write_atomically(path, midi_bytes(score, provenance))


def midi_bytes(score: Score, provenance: Provenance | None = None, controls: Sequence[Controllers] = ()) -> bytes:
    """The score as the bytes of a MIDI file.

    Section markers become marker events, chords become text events, lyrics lyric events of their part, and `provenance` and the
    name of a composer text events of the conductor track.

    Args:
        controls: pan and controllers of each part; by default the notated pedals, with all parts panned to the center.

    Raises:
        BadInputError: a pitch outside 0-127, velocity outside 1-127, negative time, tempo below 3.6 or above
            60,000,000 qpm, or a piece longer than 268,435,455 ticks.
    """
    import mido

    _check(score)
    end = max(score.bars[-1].end_ticks if not score.end_ticks else score.end_ticks, score.last_note_end_ticks)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
    file.tracks.append(make_track(_conductor_events(score, provenance), end))
    configured: set[tuple[int, int]] = set()
    moved = controls or [Controllers(changes=pedal_changes(part.pedals)) for part in score.parts]
    for part, place, control in zip(score.parts, assign_channels(score.parts), moved, strict=True):
        events = setup_events(part.name, part.program, place, first=place not in configured, pan=control.pan)
        events += control_events(control.changes, place[1])
        events += lyric_events(part.notes)
        configured.add(place)
        file.tracks.append(make_track([*events, *note_events(separate_unisons(part.notes), place[1])], end))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def _check(score: Score) -> None:
    """Rejects values that MIDI cannot hold."""
    for index, note in score.notes():
        if not (0 <= note.pitch <= 127 and 1 <= note.velocity <= 127 and note.start_ticks >= 0):
            raise BadInputError(
                f"part {index + 1} has {note}: MIDI needs pitch 0-127, velocity 1-127 and a start of 0 or later"
            )
    for tempo in score.tempos:
        if not _MICROSECONDS_PER_MINUTE / _MAX_MICROSECONDS <= tempo.qpm <= _MICROSECONDS_PER_MINUTE:
            raise BadInputError(f"tempo {tempo.qpm} qpm cannot be written: MIDI holds 3.58 to 60,000,000")
    timed = (score.tempos, score.time_signatures, score.keys, score.chords, score.markers)
    latest = max(score.end_ticks, score.last_note_end_ticks, *(event.start_ticks for events in timed for event in events), 0)
    if latest > _MAX_TICKS:
        raise BadInputError(f"the piece has {latest:,} ticks, MIDI holds {_MAX_TICKS:,}: split it")


def _conductor_events(score: Score, provenance: Provenance | None) -> list[Event]:
    """Title, texts, meters, keys, tempos, sections and chords."""
    from mido import MetaMessage

    events: list[Event] = [(0, 0, MetaMessage("track_name", name=score.title))] if score.title else []
    sentence = provenance.sentence() if provenance else None
    for words in (_SIGNATURE + software(), sentence, composer_text(score, provenance), channel_notice(score.parts)):
        if words:
            events.append((0, 1, MetaMessage("text", text=words)))
    if not score.tempos or score.tempos[0].start_ticks > 0:
        events.append((0, 4, MetaMessage("set_tempo", tempo=microseconds_per_quarter(DEFAULT_QPM))))  # MIDI's default is 120
    events += frame_events(score, score.key)
    events += [(marker.start_ticks, 5, MetaMessage("marker", text=marker.text)) for marker in score.markers]
    return events


def composer_text(score: Score, provenance: Provenance | None) -> str:
    """The text that names the composer, for which MIDI has no event; empty if nobody is named."""
    composer = named_composer(score, provenance)
    return f"{_COMPOSER}{composer}" if composer else ""


def frame_events(score: Score, key: Key | None) -> list[Event]:
    """Meters, keys, tempos and chords; chords are spelled in `key`. Texts name church modes, for which MIDI has no event."""
    from mido import MetaMessage

    events: list[Event] = []
    for meter in score.time_signatures:
        clocks = min(255, meter.beat_ticks * 24 // TICKS_PER_QUARTER)
        message = MetaMessage(
            "time_signature", numerator=meter.numerator, denominator=meter.denominator, clocks_per_click=max(1, clocks)
        )
        events.append((meter.start_ticks, 2, message))
    for change in score.keys:
        name = spell_fifths(change.key.signature.tonic_fifths) + ("m" if change.key.mode == "minor" else "")
        events.append((change.start_ticks, 3, MetaMessage("key_signature", key=name)))
        if change.key.church:
            events.append((change.start_ticks, 3, MetaMessage("text", text=str(change.key))))
    for tempo in score.tempos:
        events.append((tempo.start_ticks, 4, MetaMessage("set_tempo", tempo=microseconds_per_quarter(tempo.qpm))))
    for symbol in score.chords:
        words = symbol_of(symbol.chord, key)
        events.append((symbol.start_ticks, 6, MetaMessage("text", text=words)))
    return events


def microseconds_per_quarter(qpm: float) -> int:
    """A tempo as MIDI stores it."""
    return round(_MICROSECONDS_PER_MINUTE / qpm)


def qpm_from_microseconds(microseconds: int) -> float:
    """The tempo with the fewest decimals that is stored as this value.

    >>> qpm_from_microseconds(714286), qpm_from_microseconds(500000)
    (84.0, 120.0)
    """
    exact = _MICROSECONDS_PER_MINUTE / microseconds
    rounded = (round(exact, digits) for digits in range(9))
    return next((qpm for qpm in rounded if qpm and microseconds_per_quarter(qpm) == microseconds), exact)


def read_midi(source: Path | bytes, limits: Limits | None = None) -> Score:
    """Reads a MIDI file of type 0 or 1.

    Times are scaled to 480 ticks per quarter. Channels of a track become separate parts; tracks without notes are kept if every
    track holds one part. Chords and the composer's name come from text events of the conductor track. A file written by this
    module gives the same score again, except that tempos are rounded to whole microseconds, a tempo at tick 0 is added, unisons
    within a part are separated, `end_ticks` is the end of the track, and the title and names are single lines.

    Args:
        limits: upper bounds on what is read; `None` applies the defaults of `Limits`.

    Raises:
        BadInputError: not MIDI, broken, or beyond the limits.
    """
    limits = limits or Limits()
    data = source if isinstance(source, bytes) else read_bytes(source, limits.max_bytes)
    division, chunks = frame(data, limits)
    loaded = _parse(data, limits)
    check_ticks(chunks, _UNCOUNTED * limits.max_events)
    check_ends(chunks, sum(len(track.notes) for track in loaded.tracks), _UNCOUNTED * limits.max_events)
    scale = TICKS_PER_QUARTER / division
    conductor = read_preamble(chunks[0], limits.max_events) if chunks else Preamble()
    marked = [read_preamble(chunk, _SETUP_EVENTS) for chunk in chunks]
    check_texts(len(conductor.texts) + sum(len(track.cues) for track in marked) + len(loaded.markers), limits)
    if conductor.has_notes:
        conductor = Preamble()  # the first track is a part: its name is not a title
    if not any(len(track.notes) for track in loaded.tracks) and any(
        read_preamble(chunk, _SETUP_EVENTS).has_notes for chunk in chunks
    ):
        raise BadInputError("the MIDI file has note-ons but no note-offs: export it again")
    score = Score(
        parts=_parts(loaded, chunks, scale),
        tempos=_tempos(loaded, scale),
        time_signatures=_time_signatures(loaded, scale),
        keys=_key_signatures(loaded, conductor, scale),
        chords=tuple(_chord_symbols(conductor, scale)),
        markers=_markers(loaded, marked, scale),
        title=conductor.name if _is_ours(conductor) or conductor.name.casefold() != "conductor" else "",
        end_ticks=round((conductor.end or 0) * scale) if _is_ours(conductor) else 0,  # other programs store arbitrary values
        composer=_composer(conductor),
    )
    check_length(score, limits)
    return score


def _parse(data: bytes, limits: Limits) -> Any:
    """symusic's score; its errors become one-line messages."""
    import symusic

    try:
        loaded: Any = symusic.Score.from_midi(data, sanitize_data=True)
    except Exception as error:  # symusic raises whatever its C++ throws
        raise BadInputError(f"MIDI file is broken ({' '.join(str(error).split())}): export it again") from error
    changes = (loaded.tempos, loaded.time_signatures, loaded.key_signatures, loaded.markers)
    events = sum(map(len, changes))
    for track in loaded.tracks:
        events += 2 * len(track.notes) + len(track.controls) + len(track.pitch_bends) + len(track.lyrics)
    if events > limits.max_events:
        raise BadInputError(f"MIDI file has {events:,} events, at most {limits.max_events:,} can be read: split the piece")
    if len(loaded.tracks) > limits.max_tracks:
        raise BadInputError(f"MIDI file has {len(loaded.tracks)} parts, at most {limits.max_tracks} can be read: merge some")
    return loaded


def _parts(loaded: Any, chunks: Sequence[bytes], scale: float) -> tuple[Part, ...]:
    """One part per symusic track; empty tracks are kept in place if their positions are known."""
    preambles = [read_preamble(chunk, _SETUP_EVENTS) for chunk in chunks]
    sounding = [preamble for preamble in preambles if preamble.has_notes]
    sung = list(_with_words(loaded.tracks))
    if len(sounding) != len(sung):  # some track holds several channels, or more setup events than are searched
        return tuple(_part(track, words, _track_name(track), scale) for track, words in sung)
    tracks = iter(sung)
    parts = []
    for preamble in preambles:
        if preamble.has_notes:
            parts.append(_part(*next(tracks), preamble.name, scale))
        elif preamble.channel is not None:  # set up but silent; without a channel it is a conductor or a comment
            parts.append(Part(preamble.name, preamble.program, (), preamble.channel == DRUM_CHANNEL))
    return tuple(parts)


def _with_words(tracks: Any) -> Iterator[tuple[Any, Any]]:
    """Each track with the lyrics of the file's track.

    symusic makes a track of its own of lyrics before the first note, and of all that follow; that is not a part.
    """
    for track, following in pairwise([*tracks, None]):
        if len(track.notes) or not len(track.lyrics):
            is_words = following is not None and len(following.lyrics) and not len(following.notes)
            yield track, following.lyrics if is_words and _track_name(following) == _track_name(track) else track.lyrics


def _part(track: Any, words: Any, name: str, scale: float) -> Part:
    """A track's notes, lyrics and pedals."""
    pedals = ((round(pedal.time * scale), round((pedal.time + pedal.duration) * scale)) for pedal in track.pedals)
    held = tuple(sorted(span for span in pedals if span[0] < span[1]))
    texts = {round(word.time * scale): _text_of(word) for word in words}
    return Part(name, track.program, sung(_notes(track, scale), texts), track.is_drum, held)


def _track_name(track: Any) -> str:
    """The track's name; empty if it is not UTF-8."""
    try:
        return single_line(track.name)
    except UnicodeDecodeError:
        return ""


def _notes(track: Any, scale: float) -> tuple[Note, ...]:
    """A track's notes at 480 ticks per quarter; rounding never shortens a note to nothing."""
    import numpy as np

    columns = {name: column.astype(np.int64) for name, column in track.notes.numpy().items()}
    start, end = columns["time"], columns["time"] + columns["duration"]
    if scale != 1:
        start, end = np.rint(start * scale).astype(np.int64), np.rint(end * scale).astype(np.int64)
        end = np.where(columns["duration"] > 0, np.maximum(end, start + 1), end)
    return notes_from_columns(start, columns["pitch"], end - start, np.maximum(columns["velocity"], 1))


def _tempos(loaded: Any, scale: float) -> tuple[Tempo, ...]:
    """The tempo map from tick 0 on. MIDI's default of 120 differs from ours."""
    found = {0: Tempo(0, 120.0)}
    for tempo in loaded.tempos:
        if tempo.mspq > 0:
            start = round(tempo.time * scale)
            found[start] = Tempo(start, qpm_from_microseconds(tempo.mspq))
    return tuple(sorted(found.values()))


def _time_signatures(loaded: Any, scale: float) -> tuple[TimeSignature, ...]:
    """Meters that can be notated; the last one at a tick wins."""
    found = {}
    for meter in loaded.time_signatures:
        if 1 <= meter.numerator <= 99 and meter.denominator in (1, 2, 4, 8, 16, 32):
            start = round(meter.time * scale)
            found[start] = TimeSignature(start, meter.numerator, meter.denominator)
    return tuple(sorted(found.values()))


def _key_signatures(loaded: Any, conductor: Preamble, scale: float) -> tuple[KeySignature, ...]:
    """Keys with at most seven accidentals; the last one at a tick wins. A text of the conductor may name its church mode."""
    found: dict[int, KeySignature] = {}
    for change in loaded.key_signatures:
        if -7 <= change.key <= 7:
            start = round(change.time * scale)
            found[start] = KeySignature(start, Key(change.key, "minor" if change.tonality else "major"))
    for tick, text in conductor.texts:
        start, named = round(tick * scale), _church_key(text)
        if named and start in found and found[start].key == named.signature:
            found[start] = KeySignature(start, named)
    return tuple(found[start] for start in sorted(found))


def _church_key(text: str) -> Key | None:
    """Parses a text as a key in a church mode; `None` if it is not one."""
    try:
        key = Key.parse(text)
    except BadInputError:
        return None
    return key if key.church else None


def _markers(loaded: Any, tracks: Sequence[Preamble], scale: float) -> tuple[Marker, ...]:
    """Markers in time order, or cue points where there are none; text that is not UTF-8 is read before the notes of a track."""
    old = {tick: text for track in tracks for tick, text in track.markers}
    read = ((marker.time, _text_of(marker)) for marker in loaded.markers)
    stated = [(tick, old.get(tick, text) if _UNREADABLE in text or not text else text) for tick, text in read]
    cues = [cue for track in tracks for cue in track.cues]
    found = (Marker(round(tick * scale), text) for tick, text in stated or cues)
    return tuple(sorted(found, key=lambda marker: marker.start_ticks))


def _text_of(marker: Any) -> str:
    """The text of a marker; empty where it is not UTF-8."""
    try:
        return str(marker.text)
    except UnicodeDecodeError:
        return ""


def _chord_symbols(conductor: Preamble, scale: float) -> Iterable[ChordSymbol]:
    """Chord symbols among the conductor's texts."""
    symbols = (read_symbol(round(tick * scale), text) for tick, text in conductor.texts)
    return (symbol for symbol in symbols if symbol is not None)


def read_symbol(tick: int, text: str) -> ChordSymbol | None:
    """Parses a text as a chord symbol; `None` if it is not one."""
    if text == NO_CHORD:
        return ChordSymbol(tick, None)
    try:
        return ChordSymbol(tick, Chord.parse(text))
    except BadInputError:
        return None


def _composer(conductor: Preamble) -> str:
    """The composer whom the conductor's texts name last; may be empty."""
    names = [text.removeprefix(_COMPOSER) for _, text in conductor.texts if text.startswith(_COMPOSER)]
    return single_line(names[-1]) if names else ""


def _is_ours(conductor: Preamble) -> bool:
    """Whether this module wrote the file."""
    return any(text.startswith(_SIGNATURE + "Cantilena") for _, text in conductor.texts)
