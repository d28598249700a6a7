"""A synthesised template, as tests want to read it: references as `<LogicalId>`, policies as flat statements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["Properties", "Statement", "Template", "plain", "text"]

Properties = dict[str, Any]
HASH = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True)
class Statement:
    """One policy statement.

    Attributes:
        owner: The role it is for, by construct path without hash (WorkflowPlanRole), or the resource it lies on.
        identity: Whether it belongs to a role; otherwise it is a resource's own policy.
    """

    owner: str
    identity: bool
    effect: str
    actions: frozenset[str]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    conditions: Properties
    raw: Properties


class Template:
    """The one stack of an assembly."""

    def __init__(self, assembly: Path) -> None:
        artifacts = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
        (stack,) = (artifact for artifact in artifacts.values() if artifact["type"] == "aws:cloudformation:stack")
        self.stack_name: str = stack["properties"].get("stackName", stack.get("displayName"))
        self.body: Properties = json.loads((assembly / stack["properties"]["templateFile"]).read_text(encoding="utf-8"))
        self.resources: dict[str, Properties] = self.body["Resources"]

    def of(self, resource_type: str) -> dict[str, Properties]:
        """Properties of every resource of a type, by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def one(self, resource_type: str, prefix: str) -> Properties:
        """Properties of the one resource of a type whose construct path begins with `prefix`."""
        (found,) = (properties for logical_id, properties in self.of(resource_type).items() if plain(logical_id) == prefix)
        return found

    @cached_property
    def definition(self) -> Properties:
        """The state machine."""
        ((_, machine),) = self.of("AWS::StepFunctions::StateMachine").items()
        definition: Properties = json.loads(text(machine["DefinitionString"]))
        return definition

    @cached_property
    def statements(self) -> list[Statement]:
        """Every statement of every policy, trust policies apart."""
        return list(self._statements())

    def _statements(self) -> Iterator[Statement]:
        for logical_id, properties in self.of("AWS::IAM::Policy").items():
            for role in properties["Roles"]:
                yield from _read(role["Ref"], properties["PolicyDocument"], identity=True)
            assert not properties.get("Users"), logical_id
            assert not properties.get("Groups"), logical_id
        for logical_id, properties in self.of("AWS::IAM::Role").items():
            for policy in properties.get("Policies", []):
                yield from _read(logical_id, policy["PolicyDocument"], identity=True)
        assert not self.of("AWS::IAM::ManagedPolicy")
        for logical_id, resource in self.resources.items():
            if not resource["Type"].startswith("AWS::IAM::"):
                properties = resource.get("Properties", {})
                for name in ("PolicyDocument", "KeyPolicy"):
                    if name in properties:
                        yield from _read(logical_id, properties[name], identity=False)


def plain(logical_id: str) -> str:
    """A logical id without the hash that CDK adds."""
    return HASH.sub("", logical_id)


def text(value: Any) -> str:
    """An intrinsic as a string, references as `<LogicalId>` or `<LogicalId.Attribute>`, hashes left out."""
    match value:
        case {"Ref": name}:
            return f"<{plain(name)}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{plain(name)}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(text, parts))
        case {"Fn::Sub": pattern}:
            return re.sub(r"\$\{([^}]+)\}", r"<\1>", pattern)
        case str() | int():
            return str(value)
    raise ValueError(f"no rule to read {value!r}")


def _read(owner: str, document: Properties, *, identity: bool) -> Iterator[Statement]:
    for raw in document["Statement"]:
        principal = raw.get("Principal", {})
        named = [principal] if principal == "*" else [each for value in principal.values() for each in _list(value)]
        yield Statement(
            owner=plain(owner),
            identity=identity,
            effect=raw["Effect"],
            actions=frozenset(_list(raw.get("Action", []))),
            resources=tuple(map(text, _list(raw.get("Resource", [])))),
            principals=tuple(map(text, named)),
            conditions=raw.get("Condition", {}),
            raw=raw,
        )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
