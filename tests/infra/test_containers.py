"""The images, read as text: no Docker is needed to see that they are pinned, small in rights and complete."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from infra.batch import WORK_FOLDER

ROOT = Path(__file__).resolve().parents[2]
TRACKER = ("containers/tracker/Dockerfile", "containers/tracker/Dockerfile.cpu")
RECOGNIZER = "containers/recognizer/Dockerfile"
Instruction = tuple[str, str]


@pytest.fixture(params=[*TRACKER, RECOGNIZER])
def instructions(request: pytest.FixtureRequest) -> list[Instruction]:
    """The instructions of a Dockerfile, continuation lines joined."""
    return read(request.param)


def read(dockerfile: str) -> list[Instruction]:
    joined = re.sub(r"\\\n\s*", " ", (ROOT / dockerfile).read_text(encoding="utf-8"))
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def final_stage(instructions: list[Instruction]) -> list[Instruction]:
    start = max(number for number, (word, _) in enumerate(instructions) if word == "FROM")
    return instructions[start:]


def test_bases_are_pinned(instructions: list[Instruction]) -> None:
    (base,) = (rest.partition("=")[2] for word, rest in instructions if word == "ARG")
    assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+[a-z0-9.-]*", base)
    stages = {rest.split()[-1] for word, rest in instructions if word == "FROM" and " AS " in rest}
    for word, rest in instructions:
        if word == "FROM":
            assert rest.split()[0] == "${BASE}" or rest.split()[0] in stages


def test_the_container_runs_as_nobody_in_particular(instructions: list[Instruction]) -> None:
    words = dict(final_stage(instructions))
    assert words["USER"] == "10001:10001"
    last_words = [word for word, _ in final_stage(instructions)]
    assert not {"RUN", "COPY", "ADD"} & set(last_words[last_words.index("USER") :])  # nothing that it runs as could be its own to change


@pytest.mark.parametrize("dockerfile", TRACKER)
def test_the_tracker_works_in_the_one_folder_that_it_may_write_to(dockerfile: str) -> None:
    words = dict(final_stage(read(dockerfile)))
    assert words["VOLUME"] == words["WORKDIR"] == WORK_FOLDER
    assert words["ENTRYPOINT"] == '["python", "/app/main.py"]'


def test_the_recognizer_is_started_by_lambda_s_runtime_with_a_handler_that_it_holds() -> None:
    words = dict(final_stage(read(RECOGNIZER)))
    assert words["ENTRYPOINT"] == '["python", "-m", "awslambdaric"]'
    assert words["CMD"] == '["functions.recognizer.handler.handle"]'
    copied = {rest for word, rest in final_stage(read(RECOGNIZER)) if word == "COPY"}
    for function in ("janitor", "recognizer"):
        assert f"functions/{function} /app/functions/{function}" in copied


def test_everything_copied_is_there_and_in_the_build_context(instructions: list[Instruction]) -> None:
    patterns = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert patterns[0] == "*"
    kept = {pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!")}
    assert not any(word == "ADD" for word, _ in instructions)
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from="):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert any(fnmatch(source, pattern) or source.startswith(f"{pattern}/") for pattern in kept), source


def test_packages_come_from_the_lock(instructions: list[Instruction]) -> None:
    installs = [rest for word, rest in instructions if word == "RUN" and "pip install" in rest]
    assert installs
    assert all("--require-hashes" in install and "--no-deps" in install for install in installs)


def test_models_are_in_the_image(instructions: list[Instruction]) -> None:
    pulled = [rest for word, rest in instructions if word == "RUN" and "models pull" in rest]
    assert pulled == ["TRACKWAY_CACHE=/opt/models python -m trackway.cli.main models pull"]
    assert ("COPY", "--from=models /opt/models /opt/models") in final_stage(instructions)
    (environment,) = (rest for word, rest in final_stage(instructions) if word == "ENV")
    assert "TRACKWAY_CACHE=/opt/models" in environment


def test_the_siblings_differ_in_lock_provider_and_driver_only() -> None:
    gpu, cpu = (read(dockerfile) for dockerfile in TRACKER)
    replacements = {
        "requirements-gpu.txt": "requirements.txt",
        "TRACKWAY_PROVIDER=cuda": "TRACKWAY_PROVIDER=cpu",
        "NVIDIA_VISIBLE_DEVICES=all ": "",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility,video ": "",
    }
    gpu, cpu = ([(word, " ".join(rest.split())) for word, rest in each] for each in (gpu, cpu))
    for theirs, ours in replacements.items():
        gpu = [(word, rest.replace(theirs, ours)) for word, rest in gpu]
    assert gpu == cpu


def test_a_gpu_is_required_where_there_is_one() -> None:
    """Asked for CUDA by name, the worker fails rather than fall back to the CPU in silence."""
    (environment,) = (rest for word, rest in final_stage(read(TRACKER[0])) if word == "ENV")
    assert "TRACKWAY_PROVIDER=cuda" in environment


def test_the_driver_s_decoder_is_let_in() -> None:
    """Without "video" the container sees a GPU that computes and does not decode."""
    (environment,) = (rest for word, rest in final_stage(read(TRACKER[0])) if word == "ENV")
    (capabilities,) = re.findall(r"NVIDIA_DRIVER_CAPABILITIES=(\S+)", environment)
    assert set(capabilities.split(",")) == {"compute", "utility", "video"}


def test_what_is_made_at_run_time_goes_where_it_can_be_written(instructions: list[Instruction]) -> None:
    """The models' folder is part of the read-only root."""
    (environment,) = (rest for word, rest in final_stage(instructions) if word == "ENV")
    assert any(f"TRACKWAY_PREPARED={folder}/prepared" in environment for folder in (WORK_FOLDER, "/tmp"))
