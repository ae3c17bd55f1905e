"""Values that the shell completes: names of presets, models, formats and engines. Cheap, since every command imports it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Complete = Callable[[str], list[str]]


def among(names: Callable[[], Iterable[str]], *, listed: bool = False) -> Complete:
    """A completion function over names that are looked up on demand.

    Args:
        names: returns all names.
        listed: whether the value is a comma-separated list, whose last item is completed.

    >>> among(lambda: ["wav", "mid", "midi"], listed=True)("wav,mi")
    ['wav,mid', 'wav,midi']
    """

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",") if listed else ("", "", incomplete)
        try:
            return [f"{before}{comma}{name}" for name in names() if name.startswith(last)]
        except Exception:  # a broken style or model folder must not break the user's shell
            return []

    return complete


def _presets(kind: str) -> Callable[[], Iterable[str]]:
    def names() -> Iterable[str]:
        from composer import presets

        return list(getattr(presets, kind)())

    return names


def _styles() -> Iterable[str]:
    from composer.presets import composers, styles

    return [*styles(), *composers()]


def _instruments() -> Iterable[str]:
    return [*_presets("instruments")(), *_presets("percussion")(), "drums"]


def _models() -> Iterable[str]:
    from composer.model.checkpoint import list_models

    return list_models()


def _formats() -> Iterable[str]:
    from composer.composing import FORMATS

    return FORMATS


def _engines() -> Iterable[str]:
    from composer.model.engines import ENGINES

    return ENGINES


def _rooms() -> Iterable[str]:
    from composer.render.reverb import ROOMS

    return ROOMS


moods = among(_presets("moods"), listed=True)
styles = among(_styles, listed=True)
ensembles = among(_presets("ensembles"))
instruments = among(_instruments, listed=True)
forms = among(_presets("forms"))
features = among(_presets("features"), listed=True)
models = among(_models)
formats = among(_formats, listed=True)
engines = among(_engines)
rooms = among(_rooms)

# By the name in `composer.brief.Option.completes`.
TABLES = {
    "moods": moods,
    "styles": styles,
    "ensembles": ensembles,
    "instruments": instruments,
    "forms": forms,
    "features": features,
}
