"""The streams that the partner writes in are the streams that training makes of the same music."""

from __future__ import annotations

from itertools import pairwise

import pytest

from composer.rework.material import partial_piece_of, understand_material
from composer.rework.partial_piece import PartialPiece, literal_returns, notes_of
from composer.rework.streams import Window, read_written, script_of, shorten_hole
from composer.rework.varying import moving_together, places_to_vary
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import StreamOptions, assemble
from composer.training.data.build import base_tokenizer
from tests.rework.test_partner import BARS, theme


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return base_tokenizer()


@pytest.fixture
def piece(tokenizer: Tokenizer) -> PartialPiece:
    return partial_piece_of(understand_material(theme()), tokenizer)


UNWRITTEN = frozenset(("phrase", "relation", "chord_bass"))  # groups of controls that the partner leaves to the model


def forced(piece: PartialPiece, window: Window) -> list[int]:
    """The ids of a stream in which nothing is left open."""
    script = script_of(piece, window)
    ids = list(script.header)
    for bar in script.bars:
        assert all(len(choice) == 1 for choice in bar.opening)
        ids += [
            *bar.begin,
            *(choice[0] for choice in bar.opening),
            *(token for part in script.parts for token in bar.given.get(part, ())),
        ]
    return [*ids, script.end]


@pytest.mark.parametrize(
    ("window", "options"),
    [
        (Window(range(0), range(BARS)), StreamOptions(dropped=UNWRITTEN)),
        (Window(range(4, 8), range(8, BARS)), StreamOptions(first_bar=4, dropped=UNWRITTEN)),
        (Window(range(4), range(4, 7), range(7, BARS)), StreamOptions(hole=(4, 7), dropped=UNWRITTEN)),
        (Window(range(0), range(2), range(2, 9)), StreamOptions(end_bar=9, hole=(0, 2), dropped=UNWRITTEN)),
    ],
    ids=["whole", "window", "hole", "hole at the start"],
)
def test_streams_are_those_of_training(
    tokenizer: Tokenizer, piece: PartialPiece, window: Window, options: StreamOptions
) -> None:
    material = understand_material(theme())
    tokenized = tokenizer.tokenize(material.normal, material.controls())
    assert forced(piece, window) == assemble(tokenized, tokenizer.vocabulary, options)


def test_what_a_stream_holds_comes_back(piece: PartialPiece, tokenizer: Tokenizer) -> None:
    window = Window(range(4), range(4, 7), range(7, BARS))
    ids = forced(piece, window)
    places = {(bar, part) for bar in range(4, 7) for part in piece.parts}
    before = notes_of(piece, piece.segments)
    chords = dict(piece.chords)
    piece.open_segments(places)
    for bar in range(4, 7):
        del piece.chords[bar], piece.recalls[bar]
    read_written(piece, window, ids)
    assert not piece.open
    assert notes_of(piece, piece.segments) == before
    assert piece.chords == chords


def test_shortened_holes_keep_header_hole_and_fill(piece: PartialPiece, tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.vocabulary
    ids = forced(piece, Window(range(6), range(6, 8), range(8, BARS)))
    hole, fill = (ids.index(vocabulary.special(marker)) for marker in ("HOLE", "FILL"))
    header = ids[: next(place for place, token in enumerate(ids) if token == piece.bar_id(0))]
    for limit in (len(ids) - 1, len(ids) * 2 // 3, len(header) + len(ids) - fill + 30):
        short = shorten_hole(ids, vocabulary, limit)
        assert len(short) <= limit
        assert short[: len(header)] == header
        assert short[short.index(vocabulary.special("FILL")) :] == ids[fill:]
        assert short.index(vocabulary.special("HOLE")) <= hole


def test_returns_are_passages_not_figures(piece: PartialPiece) -> None:
    assert literal_returns(piece, piece.parts) == {bar: bar - 8 for bar in range(8, 12)}
    assert literal_returns(piece, [1])[BARS - 2] < BARS - 2  # the piano part is the same throughout


def test_nothing_rings_into_what_returns(piece: PartialPiece) -> None:
    piece.repeats = literal_returns(piece, piece.parts)
    piece.open = {(bar, 1) for bar in range(BARS)}
    closed = {bar.index for bar in script_of(piece, Window(range(0), range(BARS))).bars if bar.closed}
    assert {7, 8, 9, 10} <= closed, "each is followed by a bar that is known"
    assert {0, 1, 2} <= closed, "they come back before such bars"
    assert BARS - 1 - 8 in closed, "bar 12 can ring to the end, bar 4 no further"
    assert not {4, 6} & closed


def test_amounts_are_nested(piece: PartialPiece) -> None:
    piece.repeats = literal_returns(piece, piece.parts)
    steps = [places_to_vary(piece, amount / 8, seed=3) for amount in range(9)]
    assert all(less < more for less, more in pairwise(steps))
    assert (steps[0], steps[-1]) == (frozenset(), frozenset(place for place in piece.segments if place[0] < BARS - 1))
    assert all(
        ((bar, part) in step) == ((bar - 8, part) in step) for step in steps for bar in range(8, 12) for part in piece.parts
    )


def test_a_selection_to_the_end_leaves_the_last_bar(piece: PartialPiece) -> None:
    selected = places_to_vary(piece, 1.0, seed=3, region=frozenset(range(BARS - 4, BARS)))
    assert {bar for bar, _ in selected} == {BARS - 4, BARS - 3, BARS - 2}
    alone = places_to_vary(piece, 1.0, seed=3, region=frozenset({BARS - 1}))
    assert {bar for bar, _ in alone} == {BARS - 1}


def test_parts_of_one_rhythm_are_varied_together(piece: PartialPiece) -> None:
    assert moving_together(piece, range(4)) == [frozenset({0, 1}), frozenset({2})]
