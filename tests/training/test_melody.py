"""The melody network's training: lines read from shards, their conditions, and a network that learns."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from composer.harmony.chord_vocabulary import chord_name
from composer.melody.line_events import events_of
from composer.melody.line_vocabulary import MelodyVocabulary, relations
from composer.score import Chord, Note, TimeSignature
from composer.training import melody_training
from composer.training.harmony_corpus import HarmonyPiece
from composer.training.melody_corpus import MelodyPiece
from composer.training.melody_training import encode, held_out, train_melody_network
from composer.training.small_network import NetworkTraining

C, G7 = Chord.parse("C"), Chord.parse("G7")
BARS = (((0, 72), (24, 76)), ((0, 74), (48, None)), ((0, 72), (24, 76)), ((0, 72),)) * 2
HARMONY = HarmonyPiece(
    "x", ("hymn",), "major", TimeSignature(0, 4, 4), ((C,), (C, G7), (C,), (C,)) * 2, (None,) * 8, (0,) * 8, (None,) * 8
)
PIECE = MelodyPiece(HARMONY, "voice", BARS)


@pytest.fixture(scope="module")
def vocabulary() -> MelodyVocabulary:
    return MelodyVocabulary(("hymn",), (*sorted(map(chord_name, (C, G7))), "none"))


def test_a_bar_states_its_chords_the_next_one_and_its_relation_before_its_notes(vocabulary):
    tokens = [vocabulary.tokens[token] for token in encode(PIECE, relations(BARS), vocabulary)[0]]
    assert tokens[:6] == ["BOS", "Style_hymn", "Mode_major", "Meter_4/4", "Lead_voice", "Center_74"]
    assert tokens[6] == "Pace_0"
    second = tokens.index("Left_5") - 1
    bar = tokens[tokens.index("Left_6") : second + 1]
    chords = [vocabulary.tokens[vocabulary.harmony.chord(chord)] for chord in (C, G7, C)]
    assert bar == ["Left_6", "Cadence_open", *chords, "Relation_new", "Position_0", "Pitch_74", "Position_48", "Rest"]
    assert tokens.count("Relation_same_2") == 3


def test_what_is_recalled_from_before_a_streams_start_is_new(vocabulary):
    ids, weights = encode(PIECE, relations(BARS), vocabulary, start=4)
    tokens = [vocabulary.tokens[token] for token in ids]
    assert not [token for token in tokens if token.endswith("_4") and token.startswith("Relation")]
    assert len(ids) == len(weights)


def test_a_line_has_rests_where_it_breathes_and_no_ornaments():
    meter = TimeSignature(0, 4, 4)
    line = [Note(0, 72, 480), Note(480, 74, 40), Note(520, 72, 440), Note(1920, 76, 1920)]
    assert events_of(line, [0, 1920], meter) == [[(0, 72), (26, 72), (48, None)], [(0, 76)]]


def test_a_network_learns_a_piece(vocabulary, monkeypatch):
    monkeypatch.setattr(melody_training, "_RARE", 1)
    monkeypatch.setitem(melody_training._NETWORK, "hidden_size", 16)
    monkeypatch.setitem(melody_training._NETWORK, "intermediate_size", 32)
    monkeypatch.setitem(melody_training._NETWORK, "num_attention_heads", 2)
    monkeypatch.setitem(melody_training._NETWORK, "num_key_value_heads", 2)
    monkeypatch.setitem(melody_training._NETWORK, "num_hidden_layers", 1)
    settings = NetworkTraining(minutes=0.02, context=128, batch=2, dropout=0.0, bfloat16=False, compile=False)
    network, vocabulary = train_melody_network([replace(PIECE)] * 3, settings, lambda line: None)
    nats, count = held_out(network, [PIECE], vocabulary)[""]
    assert count == 2 * sum(map(len, BARS))
    assert nats < 0.8 * math.log(len(vocabulary))
