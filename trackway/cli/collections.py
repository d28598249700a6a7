"""`trackway collections list|describe|create|delete|export|import`: the collections of a deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from trackway.errors import OptionError

__all__ = ["app"]

app = typer.Typer(name="collections", help="The collections of a deployment.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection's id.", show_default=False)]
Endpoint = Annotated[
    str | None,
    typer.Option(help="Where the deployment answers; by default AWS_ENDPOINT_URL_REKOGNITION.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_collections(endpoint_url: Endpoint = None, as_json: AsJson = False) -> None:
    """Show the collections by name, and the version of the model that each is bound to."""
    from trackway.client.words import in_words

    with in_words():
        pages = list(_rekognition(endpoint_url).get_paginator("list_collections").paginate())
    rows = [pair for page in pages for pair in zip(page["CollectionIds"], page["FaceModelVersions"], strict=True)]
    if as_json:
        typer.echo(json.dumps([{"CollectionId": name, "FaceModelVersion": version} for name, version in rows], indent=2))
        return
    for name, version in rows:
        typer.echo(f"{name}\t{version}")


@app.command()
def describe(collection: Name, endpoint_url: Endpoint = None, as_json: AsJson = False) -> None:
    """Show how many faces and users a collection has, since when, and for which model."""
    from trackway.client.words import in_words

    with in_words():
        answer = dict(_rekognition(endpoint_url).describe_collection(CollectionId=collection))
    answer.pop("ResponseMetadata")
    answer["CreationTimestamp"] = answer["CreationTimestamp"].isoformat()
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
        return
    for name, value in answer.items():
        typer.echo(f"{name:<18} {value}")


@app.command()
def create(
    collection: Name,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A tag; may be given more than once.", show_default=False)
    ] = None,
    endpoint_url: Endpoint = None,
) -> None:
    """Make a new, empty collection."""
    from trackway.client.words import in_words

    tags = dict(_pair(text) for text in tag or [])
    with in_words():
        answer = _rekognition(endpoint_url).create_collection(CollectionId=collection, Tags=tags)
    typer.echo(answer["CollectionArn"])


@app.command()
def delete(
    collection: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    endpoint_url: Endpoint = None,
) -> None:
    """Delete a collection with all its faces and users; there is no way back."""
    from trackway.client.words import in_words

    client = _rekognition(endpoint_url)
    with in_words():
        found = client.describe_collection(CollectionId=collection)
        if not yes:
            typer.confirm(f"Delete {collection} with {found['FaceCount']} faces and {found['UserCount']} users?", abort=True, err=True)
        client.delete_collection(CollectionId=collection)
    typer.echo(f"{collection}: deleted", err=True)


@app.command("export")
def export_(
    collection: Name,
    file: Annotated[Path, typer.Argument(help="The file to write, .jsonl or .parquet; it must not be there.", show_default=False)],
    endpoint_url: Endpoint = None,
) -> None:
    """Write a collection's faces, vectors and users to a file. An export that was cut off goes on where it was."""
    from trackway.cli.progress import Bar
    from trackway.client.collections import export_collection
    from trackway.client.connect import trackway_client
    from trackway.client.words import in_words

    with in_words(), Bar() as progress:
        total = _rekognition(endpoint_url).describe_collection(CollectionId=collection)["FaceCount"]
        faces = export_collection(trackway_client(endpoint_url), collection, file, progress, total=total)
    typer.echo(f"{collection}: {faces} faces written to {file}", err=True)


@app.command("import")
def import_(
    collection: Name,
    file: Annotated[Path, typer.Argument(help="What export wrote.", show_default=False)],
    create: Annotated[bool, typer.Option("--create", help="Make the collection first.")] = False,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Put the faces and users of a file into a collection of the same model. What is there already stays, so it may be done again."""
    from trackway.cli.progress import Bar
    from trackway.client.collections import import_collection
    from trackway.client.connect import trackway_client
    from trackway.client.words import in_words

    with in_words(), Bar() as progress:
        if create:
            _rekognition(endpoint_url).create_collection(CollectionId=collection)
        done = import_collection(trackway_client(endpoint_url), collection, file, progress)
    if as_json:
        typer.echo(json.dumps(done._asdict(), indent=2))
        return
    typer.echo(
        f"{collection}: {done.stored} faces stored; {done.known_by_id} were there, {done.known_by_vector} under another id;"
        f" {len(done.refused)} refused",
        err=True,
    )
    for refused in done.refused:
        typer.echo(f"  {refused['FaceId']}: {refused['Reason']}", err=True)


def _rekognition(endpoint_url: str | None) -> Any:
    from trackway.client.connect import rekognition

    return rekognition(endpoint_url)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise OptionError(f"--tag: expected KEY=VALUE, found {text!r}.")
    return key, value
