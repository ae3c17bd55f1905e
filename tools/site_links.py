"""Hook of MkDocs: links from a page to files outside docs/ become plain text, since the site holds docs/ only."""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r"(?<!!)\[([^\]]+)\]\((?:\.\./[^)]*|schema[^)]*)\)")


def on_page_markdown(markdown: str, **_: object) -> str:
    """Called by MkDocs with the text of every page."""
    return _OUTSIDE.sub(r"\1", markdown)
