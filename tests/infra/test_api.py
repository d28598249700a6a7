"""The API's routes, and what all functions have in common."""

from __future__ import annotations

import json
from dataclasses import replace

from infra.settings import Settings
from tests.infra.template import Template, plain, text
from trackway.api.model import model_of
from trackway.api.routes import FUNCTIONS
from trackway.jobs.limits import Limits

OWN_KEYS = {"POST /keys", "POST /keys/{proxy+}"}
RESOURCES = {
    "start": "ApiStart",
    "get": "ApiGet",
    "collections": "ApiCollections",
    "recognizer": "RecognitionRecognizer",
    "keys": "ApiKeys",
}


def routes(template: Template, authorization: str) -> dict[str, str]:
    """The function behind every route of an authorization."""
    integrations = {plain(name): text(each["IntegrationUri"]) for name, each in template.of("AWS::ApiGatewayV2::Integration").items()}
    return {
        route["RouteKey"]: integrations[text(route["Target"]).removeprefix("integrations/<").rstrip(">")]
        for route in template.of("AWS::ApiGatewayV2::Route").values()
        if route["AuthorizationType"] == authorization
    }


def test_every_operation_has_a_route_to_its_function(template: Template) -> None:
    """DESIGN section 6: one route per operation, `POST /` for stock clients, all of them behind IAM."""
    served = {f"POST /{operation}": f"<{RESOURCES[name]}.Arn>" for name, operations in FUNCTIONS.items() for operation in operations}
    assert routes(template, "AWS_IAM") == {"POST /": "<ApiDoor.Arn>", **served}


def test_only_the_door_is_asked_without_the_gateway_s_authorizer(template: Template) -> None:
    """IAM does not know own keys; the door verifies their signatures."""
    assert routes(template, "NONE") == dict.fromkeys(OWN_KEYS, "<ApiDoor.Arn>")
    assert {route["AuthorizationType"] for route in template.of("AWS::ApiGatewayV2::Route").values()} == {"AWS_IAM", "NONE"}


def test_every_operation_served_is_in_a_model() -> None:
    known = model_of("RekognitionService").operations.keys() | model_of("Trackway").operations.keys()
    assert {operation for operations in FUNCTIONS.values() for operation in operations} <= known


def test_limits_are_told_where_they_differ() -> None:
    settings = Settings.for_env("dev")
    assert settings.limits_json == "{}"
    strict = replace(settings, limits=Limits(strict_jobs=True, rates={"DetectFaces": 5.0}))
    assert json.loads(strict.limits_json) == {"strictJobs": True, "rates": {"DetectFaces": 5.0}}
    assert Limits.from_environment({"TRACKWAY_LIMITS": strict.limits_json}) == strict.limits


def test_the_api_is_throttled_and_logged(template: Template) -> None:
    ((_, stage),) = template.of("AWS::ApiGatewayV2::Stage").items()
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50
    assert text(stage["AccessLogSettings"]["DestinationArn"]) == "<ApiAccessLog.Arn>"


def test_an_answer_is_given_before_the_gateway_gives_up(template: Template) -> None:
    for name in ("ApiDoor", *RESOURCES.values()):
        assert template.one("AWS::Lambda::Function", name)["Timeout"] < 30


def test_functions_share_their_defaults(template: Template) -> None:
    functions = template.of("AWS::Lambda::Function")
    assert len(functions) == 10
    for name, function in functions.items():
        assert function["TracingConfig"] == {"Mode": "Active"}, name
        assert function["LoggingConfig"]["LogFormat"] == "JSON", name
        assert function["Timeout"] <= 900, name


def test_zips_run_on_arm64_and_images_where_the_tracker_runs(template: Template) -> None:
    """The recognizer computes what the tracker computes, to the bit."""
    functions = {plain(name): each for name, each in template.of("AWS::Lambda::Function").items()}
    images = {name: each["ImageConfig"]["Command"] for name, each in functions.items() if each.get("PackageType") == "Image"}
    assert images == {
        "RecognitionRecognizer": ["functions.recognizer.handler.handle"],
        "RecognitionJanitor": ["functions.janitor.handler.handle"],
    }
    assert len({text(functions[name]["Code"]["ImageUri"]) for name in images}) == 1
    for name, function in functions.items():
        assert function["Architectures"] == (["x86_64"] if name in images else ["arm64"]), name
        assert name in images or function["Handler"].startswith("functions."), name


def test_the_janitor_comes_every_hour(template: Template) -> None:
    ((_, rule),) = [(name, each) for name, each in template.of("AWS::Events::Rule").items() if "ScheduleExpression" in each]
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    assert [text(target["Arn"]) for target in rule["Targets"]] == ["<RecognitionJanitor.Arn>"]


def test_each_function_is_told_what_it_may_use_and_no_more(template: Template) -> None:
    told = {plain(name): set(each["Environment"]["Variables"]) for name, each in template.of("AWS::Lambda::Function").items()}
    table, videos, artifacts = "TRACKWAY_TABLE", "TRACKWAY_VIDEOS_BUCKET", "TRACKWAY_ARTIFACTS_BUCKET"
    machine, prefix = "TRACKWAY_STATE_MACHINE_ARN", "TRACKWAY_UPLOAD_PREFIX"
    limits, secrets, vectors = "TRACKWAY_LIMITS", "TRACKWAY_KEY_PREFIX", "TRACKWAY_VECTORS_URI"
    assert told == {
        "ApiDoor": {table, secrets, *(f"TRACKWAY_{name.upper()}_FUNCTION" for name in RESOURCES)},
        "ApiGet": {table, limits},
        "ApiCollections": {table, limits},
        "ApiKeys": {table, secrets},
        "ApiStart": {table, videos, machine, prefix, limits},
        "RecognitionRecognizer": {table, videos, vectors, limits, "TRACKWAY_JANITOR_FUNCTION"},
        "RecognitionJanitor": {table, vectors},
        "WorkflowIngest": {table, videos, artifacts, machine, prefix},
        "WorkflowPlan": {table, videos, artifacts, limits},
        "WorkflowComplete": {table, "TRACKWAY_TOPIC_ARN"},
    }


def test_logs_are_kept_for_a_month(template: Template) -> None:
    groups = template.of("AWS::Logs::LogGroup")
    ours = {plain(name): group["RetentionInDays"] for name, group in groups.items() if not plain(name).startswith("NetworkVpcFlowLog")}
    assert set(ours.values()) == {30}
    assert all("RetentionInDays" in group for group in groups.values())
