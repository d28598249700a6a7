"""Every IAM statement of the template: who may do what, and nothing else (ANCHORS C.1)."""

from __future__ import annotations

import re

import pytest

from tests.infra.template import Statement, Template, plain, text

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
READ_KEY = {"kms:Decrypt", "kms:DescribeKey"}
TABLE_KEY = READ_KEY | {"kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
READ_OBJECTS = {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}
WRITE_OBJECTS = {"s3:PutObject", "s3:AbortMultipartUpload"}
RECEIVE = {f"sqs:{verb}" for verb in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl")}
RECORD = {"dynamodb:GetItem", "dynamodb:PutItem"}
READ_ITEMS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
KEEP_VECTORS = READ_OBJECTS | WRITE_OBJECTS | {"s3:DeleteObject"}
SEND = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}

# The whole of every role. A permission that appears here is one that somebody decided on.
PRIVILEGES = {
    "ApiDoorRole": LOGS | TRACES | TABLE_KEY | {
        "lambda:InvokeFunction", "secretsmanager:GetSecretValue", "dynamodb:GetItem", "dynamodb:UpdateItem"
    },
    "ApiGetRole": LOGS | TRACES | TABLE_KEY | READ_ITEMS | {"dynamodb:UpdateItem"},  # counts requests
    "ApiCollectionsRole": LOGS | TRACES | TABLE_KEY | READ_ITEMS | {
        f"dynamodb:{verb}" for verb in ("PutItem", "UpdateItem", "ConditionCheckItem")
    },
    "ApiKeysRole": LOGS | TRACES | TABLE_KEY | {
        *(f"secretsmanager:{verb}" for verb in ("CreateSecret", "PutSecretValue", "DeleteSecret")),
        *(f"dynamodb:{verb}" for verb in ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem")),
    },
    "ApiStartRole": LOGS | TRACES | READ_OBJECTS | TABLE_KEY | RECORD | {"dynamodb:Query", "dynamodb:UpdateItem", "states:StartExecution"},
    "RecognitionRecognizerRole": LOGS | TRACES | KEEP_VECTORS | TABLE_KEY | READ_ITEMS | {
        *(f"dynamodb:{verb}" for verb in ("PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")), "lambda:InvokeFunction"
    },
    "RecognitionJanitorRole": LOGS | TRACES | KEEP_VECTORS | TABLE_KEY | READ_ITEMS | {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem"},
    "WorkflowIngestRole": LOGS | TRACES | RECEIVE | READ_OBJECTS | TABLE_KEY | RECORD | {"states:StartExecution"},
    "WorkflowPlanRole": LOGS | TRACES | READ_OBJECTS | WRITE_OBJECTS | TABLE_KEY | {"dynamodb:GetItem", "dynamodb:UpdateItem"},
    "WorkflowCompleteRole": LOGS | TRACES | SEND | TABLE_KEY | {"dynamodb:GetItem", "dynamodb:UpdateItem", "sns:Publish", "sts:AssumeRole"},
    "WorkflowMachineRole": {
        *TRACES, "xray:GetSamplingRules", "xray:GetSamplingTargets", "lambda:InvokeFunction",
        "batch:SubmitJob", "batch:TerminateJob", "batch:DescribeJobs", "events:PutTargets", "events:PutRule", "events:DescribeRule",
        *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")), "logs:ListLogDeliveries",
        "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
    },
    "TrackerJobRole": READ_OBJECTS | WRITE_OBJECTS | TABLE_KEY | {
        f"dynamodb:{verb}" for verb in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "BatchWriteItem")
    },
    "TrackerExecutionRole": LOGS | {
        "ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"
    },
    "NetworkVpcFlowLogIAMRole": LOGS | {"logs:DescribeLogStreams"},
}  # fmt: skip

# Actions that AWS knows no resource for; a statement on "*" may hold these only.
UNSCOPED = {
    **dict.fromkeys([*TRACES, "xray:GetSamplingRules", "xray:GetSamplingTargets"], "X-Ray takes traces without a resource"),
    **dict.fromkeys(
        [action for action in PRIVILEGES["WorkflowMachineRole"] if action.startswith("logs:")], "vended log delivery has no resources"
    ),
    "batch:DescribeJobs": "Batch describes jobs without a resource",
    "ecr:GetAuthorizationToken": "a token is for the whole registry",
}

# Resources that end in a wildcard, each a family whose members have no names yet.
FAMILIES = {
    "<StorageVideos.Arn>/*": "objects that users name",
    "<StorageVideos.Arn>/uploads/*": "objects that users name",
    "<StorageArtifacts.Arn>/jobs/*": "artifacts of jobs to come",
    "<StorageArtifacts.Arn>/engines/*": "engines of GPUs to come",
    "<StorageVectors.Arn>/vectors/*": "vectors of collections to come",
    "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:Trackway-{env}/keys/*": "secrets of keys to come",
    "arn:<AWS::Partition>:batch:<AWS::Region>:<AWS::AccountId>:job/*": "jobs that Batch names",
    "arn:<AWS::Partition>:batch:<AWS::Region>:<AWS::AccountId>:job-definition/Trackway-{env}-tracker:*": "revisions of one definition",
    "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/*": "roles that callers name, by their owners' tag",
}


def allowed(template: Template) -> list[Statement]:
    return [statement for statement in template.statements if statement.identity and statement.effect == "Allow"]


def test_every_statement_names_its_actions(template: Template) -> None:
    for statement in template.statements:
        assert not statement.raw.keys() & {"NotAction", "NotResource", "NotPrincipal"}, statement
        if statement.effect == "Allow":
            is_key_of_account = statement.actions == {"kms:*"} and statement.principals == (
                "arn:<AWS::Partition>:iam::<AWS::AccountId>:root",
            )
            assert is_key_of_account or not any("*" in action for action in statement.actions), statement


def test_every_role_has_its_privileges_and_no_more(templates: dict[str, Template]) -> None:
    for env_name, template in templates.items():
        roles: dict[str, set[str]] = {}
        for statement in allowed(template):
            roles.setdefault(statement.owner, set()).update(statement.actions)
        expected = dict(PRIVILEGES)
        if env_name == "local":  # the image goes by name: nothing is pulled from a registry
            expected["TrackerExecutionRole"] = LOGS
        assert roles == expected


def test_unscoped_statements_hold_only_what_aws_forces(template: Template) -> None:
    for statement in allowed(template):
        if "*" in statement.resources:
            assert statement.actions <= UNSCOPED.keys(), statement


def test_every_other_resource_is_one_of_ours(template: Template) -> None:
    families = {family.format(env=template.stack_name.removeprefix("Trackway-")) for family in FAMILIES}
    for statement in allowed(template):
        for resource in statement.resources:
            assert resource == "*" or "*" not in resource or resource in families, statement


def test_only_a_worker_with_a_gpu_touches_engines(templates: dict[str, Template]) -> None:
    """An engine is code for a GPU: whoever writes one runs on the machines of others."""
    for env_name, template in templates.items():
        owners = {each.owner for each in allowed(template) if any("/engines/" in resource for resource in each.resources)}
        assert owners == (set() if env_name == "local" else {"TrackerJobRole"})


def test_r26_nobody_may_pass_a_role(template: Template) -> None:
    assert not any(action.lower().startswith("iam:") for statement in allowed(template) for action in statement.actions)


def test_callers_of_the_api_never_reach_a_video(template: Template) -> None:
    """`start` looks at the video it is asked to analyse, `recognizer` at pictures beside it; no other does."""
    for statement in allowed(template):
        if statement.owner in ("ApiGetRole", "ApiDoorRole", "ApiCollectionsRole", "ApiKeysRole", "RecognitionJanitorRole"):
            assert not any("StorageVideo" in resource or "StorageArtifacts" in resource for resource in statement.resources), statement


def test_vectors_are_read_by_those_who_compare_faces_and_changed_by_those_who_keep_them(template: Template) -> None:
    owners: dict[str, set[str]] = {}
    for statement in allowed(template):
        if any("<StorageVectors.Arn>/" in resource for resource in statement.resources):
            owners.setdefault(statement.owner, set()).update(statement.actions)
    reading, changing = {"s3:GetObject", "s3:GetObjectVersion"}, WRITE_OBJECTS | {"s3:DeleteObject"}
    keeping = reading | changing
    assert owners == {"TrackerJobRole": reading, "RecognitionRecognizerRole": keeping, "RecognitionJanitorRole": keeping}


def test_the_door_and_the_keys_see_nothing_of_the_table_but_keys(template: Template) -> None:
    for statement in allowed(template):
        if statement.owner in ("ApiDoorRole", "ApiKeysRole") and any(action.startswith("dynamodb:") for action in statement.actions):
            assert statement.conditions == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["KEYS"]}}, statement


def test_the_secret_of_an_own_key_is_read_by_the_door_alone(template: Template) -> None:
    using = {
        statement.owner: statement.actions
        for statement in allowed(template)
        if any(action.startswith("secretsmanager:") for action in statement.actions)
    }
    assert {owner for owner, actions in using.items() if "secretsmanager:GetSecretValue" in actions} == {"ApiDoorRole"}
    assert set(using) == {"ApiDoorRole", "ApiKeysRole"}


def test_r26_a_caller_s_role_is_assumed_by_one_function_with_its_owner_s_consent(template: Template) -> None:
    (statement,) = (statement for statement in allowed(template) if "sts:AssumeRole" in statement.actions)
    assert statement.owner == "WorkflowCompleteRole"
    assert statement.conditions == {"StringEquals": {"aws:ResourceTag/trackway-notifications": "allowed"}}


def test_each_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [text(function["Role"]) for function in template.of("AWS::Lambda::Function").values()]
    assert len(roles) == len(set(roles)) == 10


@pytest.mark.parametrize(
    ("role", "functions"),
    [
        (
            "ApiDoorRole",
            {f"<{name}.Arn>" for name in ("ApiStart", "ApiGet", "ApiCollections", "ApiKeys", "RecognitionRecognizer")},
        ),
        ("RecognitionRecognizerRole", {"<RecognitionJanitor.Arn>"}),
        ("WorkflowMachineRole", {"<WorkflowPlan.Arn>", "<WorkflowComplete.Arn>"}),
    ],
)
def test_a_caller_of_functions_calls_only_those(prod: Template, role: str, functions: set[str]) -> None:
    calls = [statement for statement in allowed(prod) if statement.owner == role and "lambda:InvokeFunction" in statement.actions]
    assert {resource for statement in calls for resource in statement.resources} == functions


def test_roles_are_for_aws_services(template: Template) -> None:
    for logical_id, role in template.of("AWS::IAM::Role").items():
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            assert set(statement["Principal"]) == {"Service"}, logical_id
            assert re.fullmatch(r"[a-z0-9-]+\.amazonaws\.com", text(statement["Principal"]["Service"])), logical_id


def test_the_only_managed_policy_is_the_ecs_agent_s(template: Template) -> None:
    managed = {plain(name): list(map(text, role.get("ManagedPolicyArns", []))) for name, role in template.of("AWS::IAM::Role").items()}
    policy = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
    assert {name: arns for name, arns in managed.items() if arns} == {"TrackerHostRole": [policy]}


def test_resources_admit_nobody_without_a_name_and_a_source(template: Template) -> None:
    for statement in template.statements:
        if statement.identity or statement.effect == "Deny" or statement.actions == {"kms:*"}:
            continue
        assert all(principal.endswith(".amazonaws.com") for principal in statement.principals), statement
        if "kms:Decrypt" not in statement.actions:  # a key's policy is read together with the topic's
            assert statement.conditions, statement
    for logical_id, permission in template.of("AWS::Lambda::Permission").items():
        assert permission["SourceArn"], logical_id


def test_plain_http_is_refused_everywhere(template: Template) -> None:
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    refusing = {statement.owner.removesuffix("Policy") for statement in template.statements if statement.conditions == insecure}
    kinds = ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic")
    assert refusing == {plain(logical_id) for kind in kinds for logical_id in template.of(kind)}


def test_requests_are_counted_in_a_place_of_their_own(template: Template) -> None:
    """The function that reads results may change nothing but counters."""
    writing = [
        statement for statement in allowed(template) if statement.owner == "ApiGetRole" and "dynamodb:UpdateItem" in statement.actions
    ]
    assert [statement.conditions for statement in writing] == [{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RATE#*"]}}]
