"""The network against a plain implementation of its arithmetic, and its properties: causal, seeded, lossless renaming."""

import numpy as np
import pytest
import torch

from composer.errors import BadInputError
from composer.model.config import ModelConfig
from composer.model.network import Decoder, from_llama, to_llama

SHAPES = {
    "full heads": {},
    "grouped queries": {"num_key_value_heads": 2},
    "one shared head": {"num_key_value_heads": 1, "num_hidden_layers": 1},
}


def tiny(**changes) -> ModelConfig:
    shape = {"hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4}
    return ModelConfig(vocab_size=50, **{**shape, "num_key_value_heads": 4, "max_position_embeddings": 24, **changes})


def seeded(config: ModelConfig) -> Decoder:
    torch.manual_seed(3)
    model = Decoder(config)
    with torch.no_grad():
        for parameter in model.parameters():  # larger than at the start of training, so that errors show
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


def plain_llama(weights: dict[str, np.ndarray], config: ModelConfig, ids: list[int]) -> np.ndarray:
    """Logits (T, V) in float64 by the definition: one position, one head at a time."""
    D, group = config.head_dim, config.num_attention_heads // config.num_key_value_heads
    norm = lambda x, gain: x / np.sqrt((x**2).mean() + config.rms_norm_eps) * gain  # noqa: E731

    def rotated(x: np.ndarray, position: int) -> np.ndarray:
        out = x.copy()
        for i in range(D // 2):
            angle = position * config.rope_theta ** (-2 * i / D)
            out[i] = x[i] * np.cos(angle) - x[i + D // 2] * np.sin(angle)
            out[i + D // 2] = x[i + D // 2] * np.cos(angle) + x[i] * np.sin(angle)
        return out

    xs = [weights["model.embed_tokens.weight"][i] for i in ids]
    for index in range(config.num_hidden_layers):
        w = {name.split(".", 3)[3]: array for name, array in weights.items() if name.startswith(f"model.layers.{index}.")}
        hs = [norm(x, w["input_layernorm.weight"]) for x in xs]
        q, k, v = ([(w[f"self_attn.{name}_proj.weight"] @ h).reshape(-1, D) for h in hs] for name in "qkv")
        for t in range(len(xs)):
            heads = []
            for head in range(config.num_attention_heads):
                query = rotated(q[t][head], t)
                scores = np.array([query @ rotated(k[s][head // group], s) for s in range(t + 1)]) / np.sqrt(D)
                chances = np.exp(scores - scores.max())
                heads.append(sum(c * v[s][head // group] for s, c in enumerate(chances / chances.sum())))
            xs[t] = xs[t] + w["self_attn.o_proj.weight"] @ np.concatenate(heads)
            h = norm(xs[t], w["post_attention_layernorm.weight"])
            gate, up = w["mlp.gate_proj.weight"] @ h, w["mlp.up_proj.weight"] @ h
            xs[t] = xs[t] + w["mlp.down_proj.weight"] @ (gate / (1 + np.exp(-gate)) * up)
    return np.array([weights["model.embed_tokens.weight"] @ norm(x, weights["model.norm.weight"]) for x in xs])


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_equals_plain_implementation(changes):
    config = tiny(**changes)
    model = seeded(config)
    ids = [7, 3, 49, 0, 7, 7, 12, 31, 5]
    weights = {name: tensor.double().numpy() for name, tensor in to_llama(model.state_dict(), config).items()}
    with torch.inference_mode():
        logits = model(torch.tensor([ids]))[0].numpy()
    np.testing.assert_allclose(logits, plain_llama(weights, config, ids), atol=1e-4, rtol=1e-4)


def test_is_causal_and_rows_are_independent():
    model = seeded(tiny())
    ids = torch.randint(0, 50, (3, 20))
    changed = ids.clone()
    changed[1, 12:] = (changed[1, 12:] + 1) % 50
    with torch.inference_mode():
        before, after = model(ids), model(changed)
    torch.testing.assert_close(before[1, :12], after[1, :12])
    torch.testing.assert_close(before[[0, 2]], after[[0, 2]])
    assert (before[1, 12:] - after[1, 12:]).abs().max() > 0.1


def test_loss_is_negative_log_likelihood():
    model = seeded(tiny())
    ids = torch.randint(0, 50, (2, 11))
    with torch.inference_mode():
        losses = model(ids[:, :-1], ids[:, 1:])
        chances = model(ids[:, :-1]).log_softmax(-1)
    torch.testing.assert_close(losses, -chances.gather(2, ids[:, 1:, None])[..., 0])
    assert losses.shape == (2, 10)


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_llama_names_round_trip(changes):
    config = tiny(**changes)
    state = Decoder(config).state_dict()
    llama = to_llama(state, config)
    assert llama["model.layers.0.self_attn.k_proj.weight"].shape == (config.num_key_value_heads * 8, 32)
    assert sum(tensor.numel() for tensor in llama.values()) == sum(tensor.numel() for tensor in state.values())
    back = from_llama(llama)
    assert back.keys() == state.keys()
    assert all(torch.equal(tensor, back[name]) for name, tensor in state.items())


def test_dropout_applies_in_training_only():
    config = tiny()
    ids = torch.randint(0, 50, (2, 20))
    torch.manual_seed(0)
    model = Decoder(config, dropout=0.5)
    model.load_state_dict(seeded(config).state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(model.eval()(ids), seeded(config)(ids))
        noisy = model.train()(ids)
        assert not torch.allclose(noisy, model(ids))


def test_initial_weights_depend_on_the_seed_and_predict_near_uniform():
    torch.manual_seed(0)
    one = Decoder(tiny())
    torch.manual_seed(0)
    two = Decoder(tiny())
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    ids = torch.randint(0, 50, (4, 24))
    assert one(ids[:, :-1], ids[:, 1:]).mean().item() == pytest.approx(np.log(50), abs=0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 36}, "hidden_size 36 must be a multiple"),
        ({"num_key_value_heads": 3}, "num_key_value_heads 3 must divide"),
        ({"num_hidden_layers": 0}, "num_hidden_layers 0 is out of range"),
    ],
)
def test_inconsistent_dimensions_are_refused(changes, message):
    with pytest.raises(BadInputError, match=message):
        tiny(**changes)


def test_config_json_round_trip():
    config = tiny(num_key_value_heads=2, rope_theta=5000.0)
    content = config.to_json()
    assert ModelConfig.from_json(content) == config
    assert (content["architectures"], content["head_dim"], content["tie_word_embeddings"]) == (["LlamaForCausalLM"], 8, True)
    with pytest.raises(BadInputError, match="tie_word_embeddings = False"):
        ModelConfig.from_json(content | {"tie_word_embeddings": False})
    with pytest.raises(BadInputError, match="damaged"):
        ModelConfig.from_json({})
