"""Own keys (DESIGN section 6): what is known of each in the table (pk KEYS, sk the access key id), its secrets in Secrets Manager.

A secret is written before the record that names its version, and removed after it: a secret that no record names opens nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from trackway.store.attributes import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

__all__ = ["KeyRecord", "KeySecrets", "KeyStore"]

_PARTITION = "KEYS"


class KeyRecord(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What is known of a key, but for its secret.

    Attributes:
        access_key_id: as clients name it.
        name: what its owner calls it.
        created_at: epoch seconds.
        secret_version: of the secret that signs, as Secrets Manager names it.
        read_only, project, collection: what it allows, see `Caller`.
        last_used_at: epoch seconds, exact to some minutes; None where it never was.
        previous_version: of the secret before.
        previous_until: epoch seconds until which that one signs too.
    """

    access_key_id: str
    name: str
    created_at: float
    secret_version: str
    read_only: bool = False
    project: str | None = None
    collection: str | None = None
    last_used_at: float | None = None
    previous_version: str | None = None
    previous_until: float = 0.0


class KeyStore:
    """Records of keys.

    Args:
        client: DynamoDB.
        table: name of the table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, access_key_id: str) -> KeyRecord | None:
        """A key as it is now: whoever deleted or rotated it before this question can rely on that."""
        answer = self._client.get_item(TableName=self._table, Key=_key(access_key_id), ConsistentRead=True)
        return _record(answer["Item"]) if "Item" in answer else None

    def page(self, after: str | None, limit: int) -> tuple[list[KeyRecord], str | None]:
        """Keys in the order of their ids; with them the last id, where there may be more."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": to_item({":pk": _PARTITION}),
            "Limit": limit,
            "ConsistentRead": True,
        }
        if after is not None:
            query["ExclusiveStartKey"] = _key(after)
        answer = self._client.query(**query)
        records = [_record(item) for item in answer["Items"]]
        return records, records[-1].access_key_id if "LastEvaluatedKey" in answer else None

    def put(self, record: KeyRecord) -> None:
        """Keep a new key."""
        item = to_item({"pk": _PARTITION, "sk": record.access_key_id, **msgspec.to_builtins(record)})
        self._client.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)")

    def rotate(self, seen: KeyRecord, version: str, previous_until: float) -> bool:
        """Another secret signs from now on; False where somebody else rotated or deleted the key since it was seen."""
        changed = {"secretVersion": version, "previousVersion": seen.secret_version, "previousUntil": previous_until}
        return self._update(seen.access_key_id, changed, "secretVersion = :seen", {":seen": seen.secret_version})

    def used(self, access_key_id: str, at: float) -> None:
        """Remember when a key was last used; one that was deleted meanwhile stays deleted."""
        self._update(access_key_id, {"lastUsedAt": at}, "attribute_exists(pk)", {})

    def remove(self, access_key_id: str) -> bool:
        """Forget a key; False where there is none."""
        answer = self._client.delete_item(TableName=self._table, Key=_key(access_key_id), ReturnValues="ALL_OLD")
        return "Attributes" in answer

    def _update(self, access_key_id: str, changes: dict[str, Any], condition: str, given: dict[str, Any]) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(access_key_id),
                UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changes),
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item({f":{name}": value for name, value in changes.items()} | given),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


class KeySecrets:
    """Secrets of keys; each version is written once and never changed.

    Args:
        client: Secrets Manager.
        prefix: of the secrets' names.
    """

    def __init__(self, client: SecretsManagerClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def create(self, access_key_id: str, version: str, secret: str) -> None:
        """The first secret of a key."""
        self._client.create_secret(
            Name=self._prefix + access_key_id,
            Description="Secret access key of a Trackway key; read by the door alone.",
            ClientRequestToken=version,
            SecretString=secret,
        )

    def replace(self, access_key_id: str, version: str, secret: str) -> None:
        """The next secret of a key; Secrets Manager keeps the one before."""
        self._client.put_secret_value(SecretId=self._prefix + access_key_id, ClientRequestToken=version, SecretString=secret)

    def read(self, access_key_id: str, version: str | None) -> str | None:
        """A version of a key's secret, the latest where none is named; None where there is none."""
        named = {} if version is None else {"VersionId": version}
        try:
            return self._client.get_secret_value(SecretId=self._prefix + access_key_id, **named)["SecretString"]
        except (self._client.exceptions.ResourceNotFoundException, self._client.exceptions.InvalidRequestException):
            return None  # the latter while a deletion is under way

    def remove(self, access_key_id: str) -> None:
        """Every secret of a key, at once and for good; nothing where there is none."""
        try:
            self._client.delete_secret(SecretId=self._prefix + access_key_id, ForceDeleteWithoutRecovery=True)
        except self._client.exceptions.ResourceNotFoundException:
            return


def _key(access_key_id: str) -> Any:
    return to_item({"pk": _PARTITION, "sk": access_key_id})


def _record(item: Any) -> KeyRecord:
    return msgspec.convert(from_item(item), KeyRecord)
