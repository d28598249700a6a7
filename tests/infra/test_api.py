"""The API's routes, and what all functions have in common."""

from __future__ import annotations

from tests.infra.template import Template, plain, text


def test_every_route_wants_a_signature(template: Template) -> None:
    routes = template.of("AWS::ApiGatewayV2::Route").values()
    assert {route["AuthorizationType"] for route in routes} == {"AWS_IAM"}
    integrations = {plain(name): text(each["IntegrationUri"]) for name, each in template.of("AWS::ApiGatewayV2::Integration").items()}
    served = {route["RouteKey"]: integrations[text(route["Target"]).removeprefix("integrations/<").rstrip(">")] for route in routes}
    assert served == {
        "POST /": "<ApiDoor.Arn>",
        "POST /StartPersonTracking": "<ApiStart.Arn>",
        "POST /GetPersonTracking": "<ApiGet.Arn>",
    }


def test_the_api_is_throttled_and_logged(template: Template) -> None:
    ((_, stage),) = template.of("AWS::ApiGatewayV2::Stage").items()
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50
    assert text(stage["AccessLogSettings"]["DestinationArn"]) == "<ApiAccessLog.Arn>"


def test_an_answer_is_given_before_the_gateway_gives_up(template: Template) -> None:
    for name in ("ApiDoor", "ApiStart", "ApiGet"):
        assert template.one("AWS::Lambda::Function", name)["Timeout"] < 30


def test_functions_share_their_defaults(template: Template) -> None:
    functions = template.of("AWS::Lambda::Function")
    assert len(functions) == 6
    for name, function in functions.items():
        assert function["Architectures"] == ["arm64"], name
        assert function["TracingConfig"] == {"Mode": "Active"}, name
        assert function["LoggingConfig"]["LogFormat"] == "JSON", name
        assert function["Handler"].startswith("functions."), name
        assert function["Timeout"] <= 900, name


def test_each_function_is_told_what_it_may_use_and_no_more(template: Template) -> None:
    told = {plain(name): set(each["Environment"]["Variables"]) for name, each in template.of("AWS::Lambda::Function").items()}
    table, videos, artifacts = "TRACKWAY_TABLE", "TRACKWAY_VIDEOS_BUCKET", "TRACKWAY_ARTIFACTS_BUCKET"
    machine, prefix = "TRACKWAY_STATE_MACHINE_ARN", "TRACKWAY_UPLOAD_PREFIX"
    assert told == {
        "ApiDoor": {"TRACKWAY_START_FUNCTION", "TRACKWAY_GET_FUNCTION"},
        "ApiGet": {table},
        "ApiStart": {table, videos, machine, prefix},
        "WorkflowIngest": {table, videos, artifacts, machine, prefix},
        "WorkflowPlan": {table, videos, artifacts},
        "WorkflowComplete": {table, "TRACKWAY_TOPIC_ARN"},
    }


def test_logs_are_kept_for_a_month(template: Template) -> None:
    groups = template.of("AWS::Logs::LogGroup")
    ours = {plain(name): group["RetentionInDays"] for name, group in groups.items() if not plain(name).startswith("NetworkVpcFlowLog")}
    assert set(ours.values()) == {30}
    assert all("RetentionInDays" in group for group in groups.values())
