from composer.controls import Controls, Mood
from composer.score import Key, KeySignature, Note, Part, Score
from composer.training.data.build import base_tokenizer
from composer.training.data.mood_counts import count_moods
from composer.training.data.shards import PieceInfo, Shard, write_shard


def test_phrases_are_counted_under_each_style_of_their_piece(tmp_path):
    notes = tuple(Note(1920 * bar, 60 + bar % 5, 1920) for bar in range(16))
    score = Score((Part("Flute", 73, notes),), keys=(KeySignature(0, Key(0, "major")),))
    moods = (Mood(0.5, 0.5), None, Mood(-0.5, 0.75), Mood(0.05, 0.9))  # the last is rounded onto the axis
    tokenizer = base_tokenizer()
    pieces = [
        (PieceInfo("a", "test", 16, 1.0), tokenizer.tokenize(score, Controls(styles=("waltz", "romantic"), moods=moods))),
        (PieceInfo("b", "test", 16, 1.0), tokenizer.tokenize(score, Controls(styles=("romantic",), moods=moods[:1]))),
        (PieceInfo("c", "test", 16, 1.0), tokenizer.tokenize(score, Controls(moods=(Mood(0.5, -0.5),)))),
    ]
    write_shard(tmp_path / "train", pieces)
    assert count_moods(Shard(tmp_path / "train"), tokenizer.vocabulary) == {
        "waltz": {"excited": 1, "distressed": 1, "neutral": 1},
        "romantic": {"excited": 2, "distressed": 1, "neutral": 1},
        "(none)": {"relaxed": 1},
    }
