"""Extension of Griffe: examples in docstrings (`>>> ...`) become code blocks on the site; our docstrings have no headings."""

from __future__ import annotations

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"(^>>> .*\n(?:.+\n?)*)", re.M)


class DoctestBlocks(griffe.Extension):
    """Fences the examples of every docstring."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called by Griffe with every module, class, function and attribute that it has read."""
        if obj.docstring and ">>> " in obj.docstring.value:
            fenced = _EXAMPLE.sub(lambda found: f"```pycon\n{found[1].rstrip()}\n```\n", obj.docstring.value)
            obj.docstring.value = fenced
