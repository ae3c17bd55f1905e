"""Rounds of preference training: compose, rank within each brief, train on the pairs, and stop when diversity falls.

Pieces are ranked by the critic's merit (`composer.composing.critic`): rules, adherence to the brief, distance from human music
and, where the model has one, its judge. Copies of the training music are excluded. Every step leaves files, so that a killed
round continues: `pieces.jsonl` (a line per brief), the run, and the model.
"""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from composer.brief import Brief
from composer.composing.composition import compose_candidates
from composer.errors import BadInputError
from composer.files import write_atomically
from composer.model.checkpoint import load_config, load_generation_config, load_weights
from composer.model.network import Decoder
from composer.originality import check_originality, load_index
from composer.tokenizer import Tokenizer
from composer.training.data.dataset import TOKENIZER_FILE, PackedDataset
from composer.training.evaluation.held_out import sampled_ids
from composer.training.loop import STATE_FILE, Session, train
from composer.training.preference import BETA, PENALTY, Pair, PairRows, Preference
from composer.training.release import release
from composer.training.settings import TrainingConfig

PIECES_FILE = "pieces.jsonl"
_PITCHES, _RHYTHMS = ("Pitch", "Drum"), ("Position", "Duration")


@dataclass(frozen=True, slots=True)
class PreferenceConfig:
    """Settings of preference rounds.

    Attributes:
        styles: styles of the briefs, one after another.
        briefs: briefs per round.
        candidates: pieces per brief, 2 to 16.
        pairs: pairs per brief: the best with the worst, the second with the second worst and so on.
        bars: length of the pieces.
        rounds: maximum number of rounds.
        passes: passes over a round's pairs.
        batch_size: pairs per step.
        learning_rate: of all weights, decaying to zero.
        beta, penalty: constants of the objective (`preference.dpop_loss`).
        most_copied: pieces with a longer passage of the training music, in notes, are excluded.
        least_diversity: a round is undone, and the rounds end, when diversity falls below this share of the first round's.
        seed: seed of the briefs.
        threads: CPU threads, 0 for all.
    """

    styles: tuple[str, ...] = ("waltz", "nocturne", "lied", "hymn", "string-quartet", "folk")
    briefs: int = 240
    candidates: int = 8
    pairs: int = 2
    bars: int = 16
    rounds: int = 2
    passes: float = 1.0
    batch_size: int = 4
    learning_rate: float = 1e-6
    beta: float = BETA
    penalty: float = PENALTY
    most_copied: int = 20
    least_diversity: float = 0.95
    seed: int = 0
    threads: int = 0

    def __post_init__(self) -> None:
        if not 2 <= self.candidates <= 16:
            raise BadInputError(f"candidates {self.candidates} is out of range: give 2 to 16")
        if not 1 <= self.pairs <= self.candidates // 2:
            raise BadInputError(f"pairs {self.pairs} is out of range: give 1 to half of candidates {self.candidates}")
        for name in ("briefs", "bars", "rounds", "passes", "batch_size", "learning_rate", "beta"):
            if not getattr(self, name) > 0:
                raise BadInputError(f"{name} {getattr(self, name)} is out of range: give a value above 0")
        if not self.styles:
            raise BadInputError("styles is empty: name at least one style")

    @classmethod
    def of(cls, table: Mapping[str, Any], where: str) -> PreferenceConfig:
        """Reads a TOML table; `where` is named in errors.

        Raises:
            BadInputError: an unknown key or a value out of range.
        """
        known = {item.name for item in fields(cls)}
        if unknown := set(table) - known:
            raise BadInputError(f"{where}: key {min(unknown)!r} is not known: use one of {', '.join(sorted(known))}")
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A composed piece: its stream, the critic's merit, and the longest passage from the training music in notes."""

    ids: tuple[int, ...]
    merit: float
    copied: int = 0


ComposeBrief = Callable[[Brief, int, Path], list[Ranked]]


def compose_ranked(brief: Brief, count: int, model: Path, index_folder: Path) -> list[Ranked]:
    """Composes candidates for a brief.

    Args:
        brief: the request.
        count: number of candidates.
        model: folder of the model.
        index_folder: folder with the originality index of the training music, if any.
    """
    made, judged = compose_candidates(brief, count, model=str(model))
    index = load_index(index_folder)
    return [
        Ranked(record.ids, verdict["merit"], check_originality(record.score, index).longest_notes)
        for record, verdict in zip(made, judged["verdicts"], strict=True)
    ]


def pairs_of(pieces: Sequence[Ranked], count: int, most_copied: int) -> list[Pair]:
    """Up to `count` pairs of one brief, best against worst; equal merits make no pair.

    >>> made = [Ranked((1,), 0.5), Ranked((2,), 0.9, copied=30), Ranked((3,), 0.1), Ranked((4,), 0.3)]
    >>> pairs_of(made, 2, 20)
    [Pair(chosen=(1,), rejected=(3,))]
    """
    kept = sorted((piece for piece in pieces if piece.copied <= most_copied), key=lambda piece: -piece.merit)
    matched = zip(kept[: len(kept) // 2], reversed(kept), strict=False)
    return [Pair(good.ids, bad.ids) for good, bad in matched if good.merit > bad.merit][:count]


def diversity(streams: Iterable[Sequence[int]], tokenizer: Tokenizer) -> dict[str, float]:
    """Entropy in bits of pairs of consecutive pitches, and of positions and durations, over all streams."""
    counts: dict[str, Counter[tuple[int, int]]] = {"melody": Counter(), "rhythm": Counter()}
    for ids in streams:
        base = tokenizer.merges.decode(ids)
        for name, kinds in (("melody", _PITCHES), ("rhythm", _RHYTHMS)):
            counts[name].update(pairwise(token for token in base if tokenizer.vocabulary.kind(token) in kinds))
    return {name: _entropy(list(found.values())) for name, found in counts.items()}


def _entropy(counts: Sequence[int]) -> float:
    total = sum(counts)
    return -sum(count / total * math.log2(count / total) for count in counts) if total else 0.0


@dataclass(frozen=True, slots=True)
class Rounds:
    """The rounds of one stage.

    Attributes:
        folder: folder of the stage; each round has a folder in it.
        model: the model to start from.
        data: training data, for the tokenizer, held-out music and the originality index.
        config: settings.
        compose: composes and ranks the candidates of a brief; by default with `compose_ranked`.
        report: called with lines of progress.
        over: returns whether this session must end.
    """

    folder: Path
    model: Path
    data: Path
    config: PreferenceConfig
    report: Callable[[str], None]
    deadline: float = math.inf
    over: Callable[[], bool] = lambda: False
    compose: ComposeBrief | None = None

    def run(self) -> tuple[Path, list[dict[str, Any]]] | None:
        """The model of the last good round and a record of each; `None` if the session ended before the rounds did."""
        model, before, first, records = self.model, self.model, dict[str, float](), list[dict[str, Any]]()
        for number in range(self.config.rounds + 1):
            pieces = self._compose(number, model)
            if pieces is None:
                return None
            tokenizer = Tokenizer.load(self.data / TOKENIZER_FILE)
            found = diversity((piece.ids for made in pieces for piece in made), tokenizer)
            first = first or found
            merits = [piece.merit for made in pieces for piece in made]
            records.append({"round": number, **found, "merit": sum(merits) / max(1, len(merits))})
            if any(found[name] < self.config.least_diversity * first[name] for name in found):
                self.report(f"diversity fell below {self.config.least_diversity:.0%}: round {number} is undone")
                return before, [*records[:-1], records[-1] | {"undone": True}]
            if number == self.config.rounds:
                break
            pairs = [pair for made in pieces for pair in pairs_of(made, self.config.pairs, self.config.most_copied)]
            records[-1]["pairs"] = len(pairs)
            if not pairs:
                self.report("no two pieces of a brief differ in merit: the rounds end")
                break
            trained = self._train(number, model, pairs, tokenizer)
            if trained is None:
                return None
            before, model = model, trained
        return model, records

    def _folder(self, number: int) -> Path:
        return self.folder / f"round-{number + 1}"

    def _compose(self, number: int, model: Path) -> list[list[Ranked]] | None:
        """The candidates of each brief of a round; continues the file of an interrupted round."""
        folder = self._folder(number)
        folder.mkdir(parents=True, exist_ok=True)
        path, config = folder / PIECES_FILE, self.config
        done = _complete_lines(path)
        compose = self.compose or (lambda brief, count, model: compose_ranked(brief, count, model, self.data))
        while len(done) < config.briefs:
            if self.over():
                return None
            style = config.styles[len(done) % len(config.styles)]
            # the same briefs in every round, so that rounds can be compared
            brief = Brief.from_dict({"style": style, "bars": config.bars, "seed": config.seed + len(done)})
            made = compose(brief, config.candidates, model)
            done.append([[list(piece.ids), round(piece.merit, 4), piece.copied] for piece in made])
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[-1]) + "\n")
            self.report(f"round {number + 1}: {len(done)} of {config.briefs} briefs composed")
        return [[Ranked(tuple(ids), merit, copied) for ids, merit, copied in made] for made in done[: config.briefs]]

    def _train(self, number: int, model: Path, pairs: Sequence[Pair], tokenizer: Tokenizer) -> Path | None:
        folder, config, network = self._folder(number), self.config, load_config(model)
        released, run = folder / "model", folder / "run"
        context = network.max_position_embeddings
        held_out = PackedDataset(self.data, context=context, batch_size=1, seed=0)
        rows = PairRows(
            pairs,
            context=context,
            batch_size=min(config.batch_size, len(pairs)),
            vocab_size=len(tokenizer),
            seed=config.seed,
            validation=held_out.validation(),
        )
        settings = TrainingConfig(
            batch_size=min(config.batch_size, len(pairs)),
            micro_batch=1,
            learning_rate=config.learning_rate,
            embedding_learning_rate=config.learning_rate,
            weight_decay=0.0,
            warmup_steps=min(10, len(pairs)),
            decay=1.0,
            max_steps=max(1, round(config.passes * len(pairs) / config.batch_size)),
            validation_minutes=1e9,
            log_steps=1,
            init_from=str(model),
            seed=config.seed,
            compile=False,  # rounds are short
            threads=config.threads,
            precision="float32",  # likelihoods of whole pieces are compared
        )
        counted = sampled_ids(tokenizer)
        counted[0] = False  # padding
        objective = Preference(Decoder.released(network, load_weights(model)), counted, config.beta, config.penalty)
        state = run / STATE_FILE
        result = train(
            settings,
            network,
            rows,
            Session(run, resume=state.is_file(), report=self.report, deadline=self.deadline),
            objective=objective,
        )
        if result.interrupted:
            return None
        shutil.copytree(model, released, dirs_exist_ok=True)  # with all files beside the weights
        release(run, released, self.data / TOKENIZER_FILE, load_generation_config(model))
        return released


def _complete_lines(path: Path) -> list[Any]:
    """The lines of a file; one that was cut off by a kill is removed."""
    if not path.is_file():
        return []
    done = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            done.append(json.loads(line))
        except ValueError:
            break
    write_atomically(path, "".join(json.dumps(line) + "\n" for line in done).encode())
    return done
