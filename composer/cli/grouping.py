"""Help in sections by `rich_help_panel`, without rich, which is slow to import."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from composer.cli.repeated import joined


class GroupedCommand(TyperCommand):
    """A command whose help lists its options by panel, in order of first appearance."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the arguments; one that begins with a dash and a space is a text, such as a prompt that is a list."""
        texts = [f" {text}" if text.startswith("- ") else text for text in args]
        return super().parse_args(ctx, joined(texts, self.get_params(ctx)))

    def sections(self, ctx: Any) -> dict[str, list[tuple[str, str]]]:
        """The options with their help, by panel."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                plain = "Arguments" if parameter.param_type_name == "argument" else "Options"
                sections.setdefault(getattr(parameter, "rich_help_panel", None) or plain, []).append(record)
        return sections

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the sections."""
        for title, records in self.sections(ctx).items():
            with formatter.section(title):
                formatter.write_dl(records)

    def to_markdown(self, ctx: Any) -> str:
        """The sections as one Markdown table."""
        lines = ["| option | what it is |", "|---|---|"]
        for title, records in self.sections(ctx).items():
            lines.append(f"| **{title}** | |")
            lines += [f"| `{_cell(option)}` | {_cell(text)} |" for option, text in records]
        return "\n".join(lines)


class SectionedGroup(TyperGroup):
    """A group whose help lists its commands by panel, each with its complete first sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the sections."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                title = getattr(command, "rich_help_panel", None)
                panel = title if isinstance(title, str) else "Commands"
                sections.setdefault(panel, []).append((name, _first_sentence(command.help or "")))
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _first_sentence(text: str) -> str:
    """The first paragraph's first sentence.

    >>> _first_sentence("Compose a piece. Whatever is not said is chosen.")
    'Compose a piece.'
    """
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return f"{paragraph.partition('. ')[0].rstrip('.')}." if paragraph else ""
