"""Lambda for the embedded cloud: errors keep their class's name, few processes that end with the cloud, logs in a file.

The emulator answers every error of a handler as "Runtime.HandlerError", so that no Catch or Retry of a workflow that names an
exception would ever match. The worker's script is amended to say the name as the last line of its traceback.
"""

from __future__ import annotations

import logging
import logging.handlers
import subprocess
import threading
import types
from pathlib import Path
from typing import Any

from trackway.errors import EmbeddedCloudError
from trackway.local.processes import Processes
from trackway.local.seams import WRITTEN_FOR, Part, require

__all__ = ["install"]

_PARTS = (
    Part("core.lambda_runtime", "_PYTHON_WORKER_SCRIPT"),
    Part("core.lambda_runtime", "subprocess.Popen"),
    Part("services.lambda_svc", "_execute_function_warm", ("func", "event", "request_id")),
    Part("services.lambda_svc", "_emit_lambda_logs", ("func", "request_id", "log_text", "error", "duration_ms")),
)
_TRACE = '"trace": traceback.format_exc()'
_MARK = "trackway-error-type "
_LOG_BYTES = 4 << 20
_AT_A_TIME = 4  # of one function; a folder of uploads must not start a process for each of them


def install(processes: Processes, logs: Path) -> None:
    """Makes functions run and fail as on AWS.

    Args:
        processes: where the functions' processes are started.
        logs: folder of `functions.log`.

    Raises:
        EmbeddedCloudError: the emulator is another version.
    """
    require("Lambda errors", _PARTS)
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    script: str = lambda_runtime._PYTHON_WORKER_SCRIPT
    if _TRACE not in script:
        raise EmbeddedCloudError(
            f"The embedded cloud's Lambda errors are written for the worker script of ministack {WRITTEN_FOR}; the installed one differs. "
            "Install the locked versions again (`make`)."
        )
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_TRACE, f'{_TRACE} + "{_MARK}" + type(e).__name__')
    lambda_runtime.subprocess = types.SimpleNamespace(
        Popen=processes.start, PIPE=subprocess.PIPE, STDOUT=subprocess.STDOUT, DEVNULL=subprocess.DEVNULL
    )
    execute, emit = lambda_svc._execute_function_warm, lambda_svc._emit_lambda_logs

    seats: dict[str, threading.BoundedSemaphore] = {}

    def execute_typed(func: Any, event: Any, request_id: str) -> Any:
        seat = seats.setdefault(_name(func), threading.BoundedSemaphore(_AT_A_TIME))
        with seat:
            result = execute(func, event, request_id)
        text, found, error_type = result.get("log", "").rpartition(_MARK)
        if found:
            result["log"] = text
            result["body"]["errorType"] = error_type
        return result

    log = _rotating(logs / "functions.log")

    def emit_readable(func: Any, request_id: str, log_text: str, error: bool, duration_ms: int, **options: Any) -> None:
        emit(func, request_id, log_text, error, duration_ms, **options)
        outcome = "failed" if error else "succeeded"
        log.info("%s %s after %d ms, request %s", _name(func), outcome, duration_ms, request_id)
        for line in log_text.splitlines():
            log.info("    %s", line)

    lambda_svc._execute_function_warm = execute_typed
    lambda_svc._emit_lambda_logs = emit_readable


def _name(func: Any) -> str:
    return str((func.get("config") or func)["FunctionName"])


def _rotating(path: Path) -> logging.Logger:
    """A logger that writes into one file only, which never grows beyond a few megabytes."""
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("trackway.local.functions.output")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger
