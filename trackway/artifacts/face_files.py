"""The files about faces and who they are, for one machine and the cloud alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from trackway.artifacts.appearances import FaceLayer
from trackway.artifacts.controls_json import write_controls
from trackway.artifacts.gltf import write_gltf
from trackway.artifacts.live_link import write_live_link
from trackway.artifacts.plot import plot_controls
from trackway.errors import FileError
from trackway.faces.action_units import MEFARG41, XGB20
from trackway.jobs.options import JobOptions
from trackway.media.video import VideoInfo
from trackway.pipeline.findings import Curves, Findings
from trackway.results.annotation import Version, annotation_of
from trackway.results.identities import identities

__all__ = ["CONTENT_TYPES", "face_layer", "write_face_files"]

CONTENT_TYPES = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".glb": "model/gltf-binary",
    ".png": "image/png",
    ".parquet": "application/vnd.apache.parquet",
}
"""By the end of a file's name."""


def write_face_files(folder: Path, found: Findings, info: VideoInfo, options: JobOptions, *, filename: str) -> Iterator[Path]:
    """Writes what the options ask for; each file is named, relative to the folder, once it is there.

    Args:
        folder: where they go; it is there.
        found: all that is known.
        info: of the video.
        options: of the job.
        filename: of the video, for exports that name it.

        identities.json                      who is who
        faces.parquet                        every face with all that was read in it, where that is more than GetFaceDetection tells
        controls/person-0.json, .csv, .glb   curves that move a rig
        controls/person-0.png                a plot of them
        mexca_v1.json, mexca_v0.json         exports
    """
    told = identities(found.tracks, found.people, embeddings=options.return_embeddings, names=_names(found, options))
    (folder / "identities.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    yield Path("identities.json")
    if options.face_attributes == "ALL" or options.wants_shapes:
        _write_table(folder / "faces.parquet", found)
        yield Path("faces.parquet")
    if found.curves:
        (folder / "controls").mkdir(exist_ok=True)
    for person, curves in found.curves.items():
        actor = options.actor_name if person == found.actor else None
        yield from _write_curves(folder, Path("controls") / f"person-{person}", curves, info, options, actor)
    for export in options.exports:
        _write_mexca(folder / f"{export}.json", found, info, options, filename, "v1" if export == "mexca_v1" else "v0")
        yield Path(f"{export}.json")


def face_layer(found: Findings, options: JobOptions) -> FaceLayer:
    """What the annotated video shows of faces: whose they are, and as much of what was read in them as the options ask for."""
    faces = found.faces
    return FaceLayer(
        faces.time_ms,
        faces.person,
        vertices=None if found.meshes is None else found.meshes.vertices,
        points=None if found.shapes is None else found.shapes.points,
        pose=None if found.shapes is None else faces.pose if found.traits is None else found.traits.pose,
        units=found.units,
        identity={person: identity for person, identity in enumerate(found.people.identity.tolist()) if identity >= 0},
        names=_names(found, options),
    )


def _names(found: Findings, options: JobOptions) -> dict[int, str]:
    """Identity -> what to call them."""
    if options.actor_name is None or found.actor is None:
        return {}
    return {int(found.people.identity[found.actor]): options.actor_name}


def _write_curves(folder: Path, stem: Path, curves: Curves, info: VideoInfo, options: JobOptions, actor: str | None) -> Iterator[Path]:
    if "controls" in options.artifacts:
        names = [stem.with_suffix(end) for end in (".json", ".csv", ".glb")]
        write_controls(folder / names[0], curves.controls, info, actor=actor, neutral=curves.neutral)
        write_live_link(folder / names[1], curves.controls)
        write_gltf(folder / names[2], curves.controls, aspect=info.width / info.height, actor=actor)
        yield from names
    if "plot" in options.artifacts:
        plot_controls(curves.controls, folder / stem.with_suffix(".png"), title=actor or stem.name.replace("-", " "))
        yield stem.with_suffix(".png")


def _write_mexca(path: Path, found: Findings, info: VideoInfo, options: JobOptions, filename: str, version: Version) -> None:
    annotation = annotation_of(
        found.faces,
        info,
        found.frames,
        version=version,
        filename=filename,
        shapes=found.shapes,
        units=found.units,
        unit_names=MEFARG41 if version == "v1" else XGB20,
        # One more: under the number after the last person's are the faces of nobody.
        label=np.append(found.people.identity, -1),
        confidence=np.append(found.people.confidence, np.nan),
        averages=found.people.average if options.return_embeddings else None,
    )
    annotation.write_json(path, version)


def _write_table(path: Path, found: Findings) -> None:
    try:
        from trackway.results.face_tables import write_faces
    except ImportError as error:
        raise FileError(f"{path.name} needs pyarrow, which is not installed: pip install 'trackway[cloud]'.") from error
    write_faces(
        path,
        found.faces,
        identity=found.face_identity,
        traits=found.traits,
        shapes=found.shapes,
        units=found.units,
        meshes=found.meshes,
    )
