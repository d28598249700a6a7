"""Brings every network of a pack into the cache, and checks those that are there."""

from __future__ import annotations

import hashlib
import tempfile
from collections import defaultdict
from pathlib import Path

from trackway.errors import ModelError
from trackway.models.cache import ModelCache
from trackway.models.convert import convert
from trackway.models.fetch import Archives, fetch, read_members
from trackway.models.pack import Pack, Weights
from trackway.progress import Progress, Silent

__all__ = ["pull", "verify"]


def pull(pack: Pack, cache: ModelCache, *, archives: Archives = fetch, progress: Progress | None = None) -> int:
    """Installs what is missing; at once when nothing is. Two processes may pull at the same time: the same bytes are put in place twice.

    Args:
        pack: what to install.
        cache: where to.
        archives: where they come from; `models.fetch.in_folder` needs no network.
        progress: told how many of the missing models are there.

    Returns:
        The number of models that were missing.

    Raises:
        ModelError: an archive cannot be had, is not the pinned one, or converts to other bytes than the pack pins.
    """
    missing: dict[str, list[Weights]] = defaultdict(list)
    for model in pack.files:
        if not _is_sound(model, cache):
            missing[model.source.sha256].append(model)
    listener = progress or Silent()
    total, done = sum(map(len, missing.values())), 0
    if total:
        listener.stage("install models", total)
    for models in missing.values():  # one archive each
        with tempfile.TemporaryDirectory(prefix="trackway-models-") as temporary:
            archive = archives(models[0].source, Path(temporary))
            for model in models:
                cache.write(model, _converted(model, archive))
                done += 1
                listener.update(done)
    return total


def verify(pack: Pack, cache: ModelCache) -> None:
    """Reads every network of the pack.

    Raises:
        ModelError: the first that is missing or changed.
    """
    for model in pack.files:
        cache.read(model)


def _is_sound(model: Weights, cache: ModelCache) -> bool:
    try:
        cache.read(model)
    except ModelError:
        return False
    return True


def _converted(model: Weights, archive: Path) -> bytes:
    data = convert(model, read_members(archive, model.source))
    found = hashlib.sha256(data).hexdigest()
    if found != model.onnx_sha256:
        raise ModelError(
            f"{model.title} converts to sha256 {found}, but the pack pins {model.onnx_sha256}; "
            "the converter or the onnx package is another version than the pack was made with."
        )
    return data
