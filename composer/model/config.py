"""The network's dimensions and its `config.json`, with the keys of Hugging Face's `LlamaConfig`.

Importable without torch. Knows nothing of weights, devices or the meaning of tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from composer.errors import BadInputError
from composer.records import number, reason, whole

# Keys that make transformers build a LlamaForCausalLM with the same arithmetic as ours.
_LLAMA_CONSTANTS: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
    "tie_word_embeddings": True,
    "dtype": "float16",
}


_SIZE = (0, 1 << 20)
# The fields that are read and their ranges, which exceed any network that fits into memory.
_READ: dict[str, tuple[float, float]] = {
    "vocab_size": _SIZE,
    "hidden_size": _SIZE,
    "intermediate_size": _SIZE,
    "num_hidden_layers": (0, 1000),
    "num_attention_heads": _SIZE,
    "num_key_value_heads": _SIZE,
    "max_position_embeddings": (1, 1 << 24),
    "rms_norm_eps": (0.0, 1.0),
    "rope_theta": (1.0, 1e12),
    "bos_token_id": _SIZE,
    "eos_token_id": _SIZE,
    "pad_token_id": _SIZE,
}


def _checked(name: str, value: object) -> Any:
    low, high = _READ[name]
    try:
        return whole(value, low, high) if isinstance(low, int) and isinstance(high, int) else number(value, low, high)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Dimensions of a Llama-shaped decoder; the field names are those of `LlamaConfig`.

    Attributes:
        vocab_size: V, number of token ids, 1 to 65,536 (ids are stored as uint16).
        hidden_size: C, width of the residual stream; a multiple of `num_attention_heads`, the head size D even.
        intermediate_size: F, width of the SwiGLU.
        num_hidden_layers: L.
        num_attention_heads: H.
        num_key_value_heads: K, a divisor of H; K < H is grouped-query attention (Ainslie et al. 2023).
        max_position_embeddings: longest training context in tokens. Engines may exceed it with a sliding window.
        rms_norm_eps: added to the mean square before taking the root.
        rope_theta: base of the rotary frequencies (Su et al. 2021).
        bos_token_id, eos_token_id, pad_token_id: ids of the tokenizer's special tokens.

    Raises:
        BadInputError: the dimensions are inconsistent.

    >>> ModelConfig(vocab_size=1000).head_dim
    64
    """

    vocab_size: int
    hidden_size: int = 256
    intermediate_size: int = 704
    num_hidden_layers: int = 5
    num_attention_heads: int = 4
    num_key_value_heads: int = 4
    max_position_embeddings: int = 1024
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10_000.0
    bos_token_id: int = 1
    eos_token_id: int = 2
    pad_token_id: int = 0

    def __post_init__(self) -> None:
        for name in ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads"):
            if getattr(self, name) < 1:
                raise BadInputError(f"{name} {getattr(self, name)} is out of range: give at least 1")
        if not 1 <= self.vocab_size <= 65_536:
            raise BadInputError(f"vocab_size {self.vocab_size} is out of range 1 to 65536: ids are stored in 16 bits")
        if self.hidden_size % (2 * self.num_attention_heads):
            raise BadInputError(
                f"hidden_size {self.hidden_size} must be a multiple of twice num_attention_heads {self.num_attention_heads}"
            )
        if self.num_attention_heads % self.num_key_value_heads:
            raise BadInputError(
                f"num_key_value_heads {self.num_key_value_heads} must divide num_attention_heads {self.num_attention_heads}"
            )

    @property
    def head_dim(self) -> int:
        """D, the size of one attention head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def matmul_parameters(self) -> int:
        """Number of weights multiplied for every token: all matrices, and the tied embedding once (as output head).

        >>> ModelConfig(vocab_size=1000).matmul_parameters
        4270080
        """
        attention = self.hidden_size * self.head_dim * 2 * (self.num_attention_heads + self.num_key_value_heads)
        layer = attention + 3 * self.hidden_size * self.intermediate_size
        return self.num_hidden_layers * layer + self.vocab_size * self.hidden_size

    def to_json(self) -> dict[str, Any]:
        """The content of `config.json`, loadable by transformers' `LlamaConfig`."""
        return _LLAMA_CONSTANTS | asdict(self) | {"head_dim": self.head_dim}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Reads the content of a `config.json`.

        Raises:
            BadInputError: a key is missing or has the wrong type, or the file describes another network (with biases, untied).
        """
        for name, value in _LLAMA_CONSTANTS.items():
            if name != "dtype" and content.get(name, value) != value:
                raise BadInputError(
                    f"config.json says {name} = {content[name]!r}, this network has {value!r}: use a Cantilena model"
                )
        try:
            return cls(**{name: _checked(name, content[name]) for name in _READ if name in content})
        except (TypeError, ValueError) as error:
            raise BadInputError(f"config.json is damaged ({reason(error)}): restore the released file") from None
