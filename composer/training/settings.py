"""Settings of a training run, read from TOML: `[model]`, `[training]`, and `[data]`, which the dataset interprets.

Importable without torch.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from composer.errors import BadInputError
from composer.model.config import ModelConfig
from composer.records import reason

_MAX_BYTES = 1_000_000  # of a configuration or a recipe

# Types of values by the annotations of the fields.
_KINDS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "int": (int, "a whole number"),
    "float": ((int, float), "a number"),
    "str": (str, "a text"),
    "bool": (bool, "true or false"),
}


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The content of a TOML file; errors call it `what`.

    Raises:
        BadInputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:  # maybe a device without an end
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError(f"more than {_MAX_BYTES:,} bytes")
        return tomllib.loads(content.decode())
    except (OSError, RecursionError, ValueError) as error:
        raise BadInputError(f"{what} {path} cannot be read ({reason(error)}): correct it, or give another file") from None


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Training settings.

    Attributes:
        batch_size: rows per optimizer step, over all processes.
        micro_batch: rows per forward and backward pass; divides `batch_size`.
        optimizer: "adamw", or "muon" (Muon for hidden matrices, AdamW for embedding and norms).
        learning_rate: peak learning rate of the hidden matrices.
        embedding_learning_rate: peak learning rate of the embedding and the norms.
        weight_decay: decoupled weight decay, on hidden matrices only.
        momentum: momentum of Muon.
        beta1, beta2: coefficients of AdamW.
        dropout: dropout rate on what each block adds to the residual stream, 0 to below 1.
        clip: maximum gradient norm.
        ema: share that the moving average of the weights keeps per step, 0 to below 1, less in the first steps; with 0 there
            is none. The average is what is measured and released (Polyak and Juditsky 1992).
        warmup_steps: steps of linear warm-up.
        decay: fraction of the budget, 0..1, at the end of which the rate falls to zero; 0 keeps it constant.
        max_steps, max_minutes: the budget; the run ends at whichever comes first. Minutes accumulate over resumed sessions;
            a run limited by minutes is not reproducible to the bit.
        save_minutes: minutes between checkpoints, and so the most work that a kill can lose.
        validation_minutes: minutes between validations; one more takes place at the end.
        log_steps: steps between lines of the log.
        init_from: released checkpoint (name or folder) to start from; if the network has more layers, it is deepened.
        branch_from: state file of another run to continue with its weights, optimizer and sampler; the clock restarts at zero.
        seed: seed of the initial weights.
        compile: use torch.compile.
        threads: CPU threads, 0 for all.
        precision: "auto" multiplies matrices in bfloat16 on GPUs and CPUs that support it, "float32" never does. Weights,
            optimizers and sums are always float32.
        tensorboard: also write TensorBoard event files (needs the tensorboard package).
    """

    batch_size: int = 16
    micro_batch: int = 8
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    embedding_learning_rate: float = 2e-3
    weight_decay: float = 0.1
    momentum: float = 0.95
    beta1: float = 0.9
    beta2: float = 0.95
    dropout: float = 0.0
    clip: float = 1.0
    ema: float = 0.0
    warmup_steps: int = 100
    decay: float = 0.0
    max_steps: int = 1_000_000_000
    max_minutes: float = 1e9
    save_minutes: float = 3.0
    validation_minutes: float = 15.0
    log_steps: int = 10
    init_from: str = ""
    branch_from: str = ""
    seed: int = 0
    compile: bool = True
    threads: int = 0
    precision: str = "auto"
    tensorboard: bool = False

    def __post_init__(self) -> None:
        for name in (
            "batch_size",
            "micro_batch",
            "learning_rate",
            "clip",
            "max_steps",
            "max_minutes",
            "save_minutes",
            "log_steps",
        ):
            if not getattr(self, name) > 0:
                raise BadInputError(f"{name} {getattr(self, name)} is out of range: give a value above 0")
        if self.batch_size % self.micro_batch:
            raise BadInputError(f"micro_batch {self.micro_batch} must divide batch_size {self.batch_size}")
        if self.optimizer not in ("adamw", "muon"):
            raise BadInputError(f"optimizer {self.optimizer!r} is not known: choose adamw or muon")
        if self.precision not in ("auto", "float32"):
            raise BadInputError(f"precision {self.precision!r} is not known: choose auto or float32")
        if not 0 <= self.dropout < 1:
            raise BadInputError(f"dropout {self.dropout} is out of range 0 to below 1")
        if not 0 <= self.ema < 1:
            raise BadInputError(f"ema {self.ema} is out of range 0 to below 1")
        if not 0 <= self.decay <= 1:
            raise BadInputError(f"decay {self.decay} is out of range 0 to 1: it is a fraction of the budget")
        if self.init_from and self.branch_from:
            raise BadInputError("init_from and branch_from exclude each other: choose weights only or a complete state")


@dataclass(frozen=True, slots=True)
class RunConfig:
    """The three tables of a run's TOML file; `model` lacks `vocab_size`, which the tokenizer gives."""

    model: Mapping[str, Any] = field(default_factory=dict)
    training: TrainingConfig = TrainingConfig()
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a TOML file.

        Raises:
            BadInputError: invalid TOML, an unknown key or table, or a value of the wrong type.
        """
        return cls.of(read_toml(path, "training configuration"), str(path))

    @classmethod
    def of(cls, content: Mapping[str, Any], where: str) -> Self:
        """Reads the three tables; `where` is named in errors.

        Raises:
            BadInputError: an unknown key or table, or a value of the wrong type.
        """
        content = dict(content)
        model, training, data = (content.pop(table, {}) for table in ("model", "training", "data"))
        if content:
            raise BadInputError(f"{where}: table {min(content)!r} is not known: use [model], [training] and [data]")
        for table, given in (("model", model), ("training", training), ("data", data)):
            if not isinstance(given, Mapping):
                raise BadInputError(f"{where}: {table} is not a table: write its keys below [{table}]")
        for table, given, kind in (("model", model, ModelConfig), ("training", training, TrainingConfig)):
            known = {item.name: str(item.type) for item in fields(kind)}
            if unknown := set(given) - set(known):
                raise BadInputError(
                    f"{where}: key {min(unknown)!r} of [{table}] is not known: use one of {', '.join(sorted(known))}"
                )
            for name, value in given.items():
                types, what = _KINDS[known[name]]
                if not isinstance(value, types) or (isinstance(value, bool) and known[name] != "bool"):
                    raise BadInputError(f"{where}: {name} of [{table}] is {str(value)[:40]!r}: give {what}")
        return cls(model, TrainingConfig(**training), data)

    def model_config(self, vocab_size: int, **token_ids: int) -> ModelConfig:
        """The network's dimensions with the tokenizer's size and special ids.

        >>> RunConfig(model={"hidden_size": 64}).model_config(500, bos_token_id=4).hidden_size
        64
        """
        return ModelConfig(**{**self.model, **token_ids, "vocab_size": vocab_size})

    def to_json(self) -> dict[str, Any]:
        """For the log and for state files."""
        return asdict(self)
