"""`models`: lists, describes, releases, averages, calibrates and exports checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from composer.cli.console import print_json, print_table
from composer.cli.numerals import within
from composer.cli.options import argument, option
from composer.errors import BadInputError

app = typer.Typer(help="The models on this machine.", rich_markup_mode=None)

Model = Annotated[str | None, typer.Argument(metavar="[NAME|PATH]", help="A model; by default the default model.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the models by name."""
    from composer.model.checkpoint import list_models

    found = list_models()
    if as_json:
        for name, folder in found.items():
            print_json({"name": name, "path": str(folder)})
    else:
        print_table([(name, str(folder)) for name, folder in found.items()])


@app.command()
def release(
    run: Annotated[Path, argument("RUN", "Folder of a training run, finished or not.")],
    folder: Annotated[Path, argument("DIR", "Folder to write the checkpoint to.")],
    data: Annotated[Path, option("DIR", "Training data of the run.")] = Path("cache/data"),
    overwrite: Overwrite = False,
) -> None:
    """Write the last saved weights of a training run as a checkpoint for --model, with the data that the critic needs."""
    from composer.training.data.dataset import TOKENIZER_FILE
    from composer.training.data.shards import Shard
    from composer.training.evaluation.held_out import record_human_likelihood
    from composer.training.release import release as write_release

    Shard(data / "valid")  # checked before anything is written
    _check_no_model(folder, overwrite)
    write_release(run, folder, data / TOKENIZER_FILE)
    record_human_likelihood(folder, data)
    print(folder)


@app.command()
def average(
    folder: Annotated[Path, argument("DIR", "Folder to write the checkpoint to.")],
    models: Annotated[list[str], typer.Argument(metavar="MODEL[=SHARE]...", help="Two or more, fine-tuned from one another.")],
    data: Annotated[Path, option("DIR", "Training data of the models.")] = Path("cache/data"),
    overwrite: Overwrite = False,
) -> None:
    """Average the weights of several models; the result is often better than the best of them."""
    from composer.model.checkpoint import find_model
    from composer.training.averaging import average as write_average
    from composer.training.data.shards import Shard
    from composer.training.evaluation.held_out import common_tokenizer, record_human_likelihood

    shares = {}
    for text in models:
        name, _, share = text.partition("=")
        try:
            shares[find_model(name)] = float(share or 1)
        except ValueError:
            raise BadInputError(f"share {share!r} of {name} is not a number: write for example {name}=0.5") from None
    for model in shares:
        common_tokenizer(model, data)
    Shard(data / "valid")  # also checked before anything is written
    _check_no_model(folder, overwrite)
    write_average(shares, folder)
    record_human_likelihood(folder, data)
    print(folder)


def _check_no_model(folder: Path, overwrite: bool) -> None:
    """Refuses a folder that already contains a model; other files in it are kept."""
    from composer.files import check_free
    from composer.model.checkpoint import WEIGHTS_FILE

    check_free([folder / WEIGHTS_FILE], overwrite=overwrite)


@app.command()
def calibrate(
    model: Annotated[str, typer.Argument(metavar="NAME|PATH", help="The model; its weights are replaced.")],
    data: Annotated[Path, option("DIR", "Training data of the model.")] = Path("cache/data"),
) -> None:
    """Temperature-scale a model on held-out music: multiplies all its logits by one factor, which is printed."""
    from composer.model.checkpoint import find_model
    from composer.training.calibration import calibrate as scale_logits
    from composer.training.evaluation.held_out import record_human_likelihood

    folder = find_model(model)
    factor = scale_logits(folder, data)
    record_human_likelihood(folder, data)
    print(f"{factor:.2f}")


@app.command()
def export(
    model: Model = None,
    hf: Annotated[Path | None, option("DIR", "A LlamaForCausalLM folder, for transformers and vLLM.")] = None,
    onnx: Annotated[Path | None, option("FILE", "A graph for ONNX Runtime.")] = None,
    gguf: Annotated[Path | None, option("FILE", "For llama.cpp.")] = None,
    bits: Annotated[
        int | None,
        typer.Option(metavar="32|8", parser=within("bits", int), help="Bits per weight in the ONNX file; 32 by default."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a model in the formats of other programs; docs/performance.md shows how to use them."""
    from composer.files import check_free, taken_error
    from composer.model.checkpoint import find_model
    from composer.model.export import check_installed, export_gguf, export_hf, export_onnx

    if hf is None and onnx is None and gguf is None:
        raise BadInputError("nothing to export: give --hf DIR, --onnx FILE or --gguf FILE")
    if bits not in (None, 32, 8):
        raise BadInputError(f"{bits} bits are not supported: give 32 or 8")
    if bits and onnx is None:
        raise BadInputError(f"--bits {bits} applies to ONNX files only: add --onnx FILE or omit --bits")
    folder = find_model(model)
    check_installed(onnx=onnx is not None, gguf=gguf is not None)
    check_free([file for file in (onnx, gguf) if file], overwrite=overwrite)
    if hf is not None and not overwrite and hf.is_dir() and any(hf.iterdir()):
        raise taken_error(hf)
    if hf is not None:
        for file in export_hf(folder, hf):
            print(file)
    if onnx is not None:
        export_onnx(folder, onnx, bits=bits or 32)
        print(onnx)
    if gguf is not None:
        export_gguf(folder, gguf)
        print(gguf)


@app.command()
def path(model: Model = None) -> None:
    """Print the folder of a model."""
    from composer.model.checkpoint import find_model

    print(find_model(model))


@app.command()
def info(model: Model = None, as_json: AsJson = False) -> None:
    """Show a model's network, size and sampling defaults; its model card is README.md in its folder."""
    from composer.model.checkpoint import WEIGHTS_FILE, expected_shapes, find_model, load_config, load_generation_config

    folder = find_model(model)
    config = load_config(folder)
    parameters = sum(_product(shape) for shape in expected_shapes(config).values())
    facts = {
        "name": folder.name,
        "path": str(folder),
        "parameters": parameters,
        "weights_bytes": (folder / WEIGHTS_FILE).stat().st_size,
        "config": config.to_json(),
        "generation": load_generation_config(folder),
    }
    if as_json:
        print_json(facts)
        return
    network = [f"{name} {value}" for name, value in config.to_json().items() if isinstance(value, int | float)]
    sampling = [f"{name} {value}" for name, value in load_generation_config(folder).items()]
    print_table(
        [
            ("name", folder.name),
            ("path", str(folder)),
            ("parameters", f"{parameters:,}"),
            ("network", ", ".join(network)),
            ("sampling", ", ".join(sampling)),
        ]
    )


def _product(shape: tuple[int, ...]) -> int:
    result = 1
    for size in shape:
        result *= size
    return result
