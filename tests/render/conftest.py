import pytest

from composer.score import DEFAULT_VELOCITY, Key, KeySignature, Note, Part, Score, Tempo, TimeSignature


@pytest.fixture(scope="session")
def quartet() -> Score:
    """Eight bars of 3/4 for four strings, C major, 120 qpm: 12 s."""
    chords = ((60, 64, 67), (62, 65, 69), (59, 65, 67), (60, 64, 67))
    parts = []
    for name, program, shift, voice in (
        ("Violin 1", 40, 12, 2),
        ("Violin 2", 40, 0, 1),
        ("Viola", 41, 0, 0),
        ("Cello", 42, -12, 0),
    ):
        notes = [Note(480 * beat, chords[beat // 3 % 4][voice] + shift, 480, DEFAULT_VELOCITY) for beat in range(24)]
        parts.append(Part(name, program, tuple(notes)))
    return Score(
        tuple(parts),
        (Tempo(0, 120.0),),
        (TimeSignature(0, 3, 4),),
        (KeySignature(0, Key(0, "major")),),
        title="Test",
        end_ticks=24 * 480,
    )
