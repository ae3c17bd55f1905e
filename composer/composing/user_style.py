"""Load the user style (a LoRA adapter) named in a brief."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from composer.brief import Brief
from composer.errors import BadInputError
from composer.model.checkpoint import file_fingerprint, fingerprint
from composer.presets import user_style


@dataclass(frozen=True, slots=True)
class Merged:
    """A user style in a model: its name, its adapter's file and that file's fingerprint."""

    name: str
    path: Path
    fingerprint: str

    def to_dict(self) -> dict[str, str]:
        """For sidecars."""
        return {"name": self.name, "fingerprint": self.fingerprint}


def check_same_style(sidecar: Path, recorded: object, found: Merged | None) -> None:
    """Refuses a sidecar whose user style is not the installed one.

    Args:
        sidecar: named in the error.
        recorded: the record of `Merged.to_dict` in the sidecar, or `None`.
        found: the user style that its brief names now.

    Raises:
        BadInputError: they differ.
    """
    if recorded == (found.to_dict() if found else None):
        return
    name = found.name if found else recorded.get("name") if isinstance(recorded, dict) else recorded
    here = "is learned here" if found else "there is here, where it is missing"
    raise BadInputError(f"{sidecar} was made with another user style {name!r} than {here}: restore that one, or compose again")


def merged_style(brief: Brief, model: Path) -> Merged | None:
    """The user style among those of a brief.

    Args:
        brief: the request.
        model: folder of the model to compose with.

    Raises:
        BadInputError: there are several, or the style was learned on another model.
    """
    found = [style for name, _ in brief.style if (style := user_style(name)) is not None]
    if not found:
        return None
    if len(found) > 1:
        names = " and ".join(repr(style.name) for style in found)
        raise BadInputError(f"styles {names} were learned separately: mix one user style at a time with other styles")
    style = found[0]
    here = fingerprint(model)
    if here != style.model_fingerprint:
        raise BadInputError(
            f"style {style.name!r} was learned on {style.model} {style.model_fingerprint}, this is {model.name} {here}: "
            f"learn it again (overwrite=True, or --replace), or name its model (model=, or --model)"
        )
    if not style.adapter.is_file():
        raise BadInputError(f"style {style.name!r} lacks {style.adapter}: learn it again")
    return Merged(style.name, style.adapter, file_fingerprint(style.adapter))
