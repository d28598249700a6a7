"""`trackway keys create|list|rotate|delete`: keys for programs that are to sign as they do for AWS. Wants credentials of IAM."""

from __future__ import annotations

import datetime
import json
from typing import Annotated, Any

import typer

__all__ = ["app"]

app = typer.Typer(name="keys", help="Keys for programs that sign as they do for AWS.", no_args_is_help=True, rich_markup_mode=None)

KeyId = Annotated[str, typer.Argument(metavar="ACCESS_KEY_ID", help="As `trackway keys list` shows it.", show_default=False)]
Endpoint = Annotated[
    str | None,
    typer.Option(help="Where the deployment answers; by default AWS_ENDPOINT_URL_REKOGNITION.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.", show_default=False)],
    read_only: Annotated[bool, typer.Option("--read-only", help="Nothing that creates, changes or starts anything.")] = False,
    project: Annotated[str | None, typer.Option(help="Video operations, for this project's jobs alone.", show_default=False)] = None,
    collection: Annotated[str | None, typer.Option(help="Operations that name this collection.", show_default=False)] = None,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Issue a key. Its secret is printed once and can never be shown again."""
    scope = {"ReadOnly": read_only or None, "Project": project, "Collection": collection}
    answer = _ask(endpoint_url, "create_key", Name=name, Scope={member: value for member, value in scope.items() if value is not None})
    _print_secret(answer, as_json)


@app.command("list")
def list_keys(endpoint_url: Endpoint = None, as_json: AsJson = False) -> None:
    """Show the keys: what they allow, since when, and when they were last used."""
    keys: list[dict[str, Any]] = []
    following: dict[str, str] = {}
    while True:
        page = _ask(endpoint_url, "list_keys", **following)
        keys += page["Keys"]
        if "NextToken" not in page:
            break
        following = {"NextToken": page["NextToken"]}
    if as_json:
        typer.echo(json.dumps(keys, indent=2, default=str))
    else:
        _show(keys)


@app.command()
def rotate(
    access_key_id: KeyId,
    grace_hours: Annotated[float, typer.Option(help="How long the secret before goes on working.", min=0, max=8760)] = 24.0,
    endpoint_url: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Give a key another secret, which is printed once. Its id stays."""
    answer = _ask(endpoint_url, "rotate_key", AccessKeyId=access_key_id, GraceHours=grace_hours)
    _print_secret(answer, as_json)
    if not as_json:
        typer.echo(f"The secret before works until {_time(answer['PreviousSecretUntil'])}.", err=True)


@app.command()
def delete(
    access_key_id: KeyId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    endpoint_url: Endpoint = None,
) -> None:
    """Take a key back; from then on it opens nothing."""
    if not yes:
        typer.confirm(f"Delete the key {access_key_id}?", abort=True, err=True)
    _ask(endpoint_url, "delete_key", AccessKeyId=access_key_id)
    typer.echo(f"{access_key_id}: deleted", err=True)


def _ask(endpoint_url: str | None, operation: str, **members: Any) -> dict[str, Any]:
    from trackway.client.connect import trackway_client
    from trackway.client.words import in_words

    with in_words():
        answer: dict[str, Any] = getattr(trackway_client(endpoint_url), operation)(**members)
    answer.pop("ResponseMetadata", None)
    return answer


def _print_secret(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, indent=2, default=str))
        return
    # Lines for a shell or a credentials file, so that nobody has to copy the secret out of a table.
    typer.echo(f"AWS_ACCESS_KEY_ID={answer['AccessKeyId']}\nAWS_SECRET_ACCESS_KEY={answer['SecretAccessKey']}")
    typer.echo("Keep the secret now: it is not shown again.", err=True)


def _show(keys: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("Access key id", "Name", "Allows", "Created", "Last used", "Old secret until"):
        table.add_column(title, overflow="fold")
    for key in keys:
        times = (_time(key.get(member)) for member in ("CreatedAt", "LastUsedAt", "PreviousSecretUntil"))
        table.add_row(key["AccessKeyId"], key["Name"], _allows(key["Scope"]), *times)
    Console(highlight=False, markup=False).print(table)


def _allows(scope: dict[str, Any]) -> str:
    of = [f"{kind.lower()} {scope[kind]}" for kind in ("Project", "Collection") if kind in scope]
    return " and ".join(of or ["everything"]) + (", to read" if scope.get("ReadOnly") else "")


def _time(moment: datetime.datetime | None) -> str:
    return "" if moment is None else moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
