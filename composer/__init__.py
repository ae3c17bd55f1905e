"""Cantilena: an AI composition engine.

    import composer

    piece = composer.compose("a sad slow waltz for string quartet", bars=32, seed=11)
    piece.save("waltz.mid", "waltz.musicxml", "waltz.wav")
    composer.read("song.mid").infill(bars="9-16", parts=["cello"]).save("song-2.mid")

Everything below is imported when it is first used: `import composer` costs next to nothing.
"""

from importlib import import_module as _import_module

TYPE_CHECKING = False  # not from typing, whose import takes most of the time before Ctrl-C is one line (`composer.start`)
if TYPE_CHECKING:  # what a type checker reads of the table below
    from composer.brief import Brief as Brief
    from composer.errors import BadInputError as BadInputError
    from composer.errors import CantilenaError as CantilenaError
    from composer.errors import MissingExtraError as MissingExtraError
    from composer.errors import ModelNotFoundError as ModelNotFoundError
    from composer.formats import read_score as read_score
    from composer.formats import write_score as write_score
    from composer.library import Model as Model
    from composer.library import Music as Music
    from composer.library import Piece as Piece
    from composer.library import compose as compose
    from composer.library import inspect as inspect
    from composer.library import learn as learn
    from composer.library import read as read
    from composer.library import replay as replay
    from composer.plan import Plan as Plan
    from composer.plan import make_plan as make_plan
    from composer.render import render_score as render_score
    from composer.score import Score as Score

    __version__: str

# The public names and the modules that they are in.
_NAMES = {
    "BadInputError": "errors",
    "Brief": "brief",
    "CantilenaError": "errors",
    "MissingExtraError": "errors",
    "Model": "library",
    "ModelNotFoundError": "errors",
    "Music": "library",
    "Piece": "library",
    "Plan": "plan",
    "Score": "score",
    "compose": "library",
    "inspect": "library",
    "learn": "library",
    "make_plan": "plan",
    "read": "library",
    "read_score": "formats",
    "render_score": "render",
    "replay": "library",
    "write_score": "formats",
}
__all__ = list(_NAMES)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from composer.formats.provenance import software

        return software().rpartition(" ")[2] if " " in software() else "0"
    if name not in _NAMES:
        raise AttributeError(f"module 'composer' has no attribute {name!r}")
    return getattr(_import_module(f"composer.{_NAMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
