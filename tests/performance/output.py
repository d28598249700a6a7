"""Where benches print: a terminal, or Markdown for the documents."""

from __future__ import annotations

import dataclasses

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["Output"]

_WIDE = 200


@dataclasses.dataclass(frozen=True)
class Output:
    """Prints tables and lines.

    Attributes:
        markdown: as Markdown, to be pasted into a page.
        only: words; sequences whose names have none of them are left out. No words, all sequences.
    """

    markdown: bool = False
    only: tuple[str, ...] = ()

    def wants(self, name: str) -> bool:
        """The sequence is asked for."""
        return not self.only or any(word in name for word in self.only)

    def progress(self, text: str) -> None:
        """For whoever waits; not part of the result."""
        Console(stderr=True).print(text, style="dim", markup=False, highlight=False, soft_wrap=True)

    def heading(self, name: str, about: str) -> None:
        """Before the tables of a bench."""
        if self.markdown:
            self._plain(f"\n## {name}: {about}\n")
        else:
            self._console().rule(f"[bold]{name}[/]: {about}")

    def table(self, table: Table) -> None:
        """A table with its title."""
        if not self.markdown:
            self._console().print(table)
            return
        cells = [list(map(_as_markdown, column.cells)) for column in table.columns]
        rows = [[str(column.header) for column in table.columns], ["---"] * len(cells), *map(list, zip(*cells, strict=True))]
        self._plain(f"\n{table.title}\n")
        for row in rows:
            self._plain(f"| {' | '.join(row)} |")
        self._plain("")

    def line(self, text: str) -> None:
        """A remark."""
        self._plain(text)

    def _plain(self, text: str) -> None:
        self._console().print(text, markup=False, highlight=False, soft_wrap=True)

    @staticmethod
    def _console() -> Console:
        console = Console()
        return console if console.is_terminal else Console(width=_WIDE)


def _as_markdown(cell: object) -> str:
    text = Text.from_markup(str(cell))
    return f"**{text.plain}**" if text.spans and text.plain else text.plain
