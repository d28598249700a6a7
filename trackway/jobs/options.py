"""What a caller may choose for one job, and the one place where such a choice is read (SPEC Appendix E)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from trackway.errors import OptionError
from trackway.jobs.expected import expected

__all__ = ["JobOptions"]

_MOVES: dict[str, Any] = {"sampleFps": 0, "cadence": "every"}
"""What curves of a face want where the caller does not say: a blink is over in a tenth of a second."""

_NAME = "1 to {} letters, digits and any of _.-"


class JobOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Options of a job; names on the wire are camelCase.

    Attributes:
        sample_fps: frames per second to analyse at most; 0 analyses every frame. Higher follows fast motion better and
            costs in proportion.
        rotation: degrees clockwise to turn the picture before anything else; "auto" obeys the file's display matrix.
        faces: look for faces too; off saves time and leaves every `Face` out.
        detail: how closely the person detector looks. "high" cuts the picture into tiles, finds small people and costs several
            times as much; "auto" looks into the video first and takes "high" where people are small.
        cadence: how often the detectors look. "adaptive" carries tracks in straight lines between looks, whose distance follows
            from how fast people move; "every" looks at each analysed frame.
        precision: "int8" finds faces faster and a little less exactly where a processor does the work; a GPU takes no notice.
        segment_seconds: length of the pieces that a long video is cut into. Shorter finishes sooner on a large queue.
        retention_days: days that results stay readable (SPEC R54).
        face_attributes: what is said of a face in GetFaceDetection: "DEFAULT" is box, confidence, landmarks, pose and quality, "ALL" is all
            that the model pack can tell (SPEC R18).
        collection_id: collection in which the people of the video are looked up by their faces (SPEC R19).
        face_match_threshold: similarity, 0..100, that a match in it has at least (SPEC R20). Higher names fewer people wrongly and misses
            more.
        project: to which the job belongs; a key of one project sees no other's jobs.
        tracking_model: "StaticCam": any number of faces of any size. "HeadCam": a camera on the head, upright pictures that one face fills;
            "HeadCamGrey": the same in grey (SPEC F17).
        calibration_image: key of a picture of the actor's face at rest, in the bucket of the video; on one machine a path (SPEC F20).
        actor_name: whose face that is (SPEC F21).
        landmarks: points told of each face: 5, 30 (in ALL alone), 68 or all of a mesh; the last two lie in files.
        au_model: which action units are computed: 20 as intensities, the same 20 as 0 or 1, 41 by a network of the pack (SPEC M8 to M10).
        num_faces: how many people's faces there are; "auto" finds out (SPEC M1).
        clusterer: how persons are grouped into people by their faces (SPEC M2).
        max_cluster_items: tracks of which every pair is compared at once; more are grouped first (SPEC M7).
        return_embeddings: keep a mean vector of each person's face in the result (SPEC M20, M21).
        artifacts: what else to make: curves that move a rig, and a plot of them (SPEC F27). For these every frame is looked at, unless
            the caller names another `sample_fps` or `cadence`.
        exports: files in the formats of others.
    """

    sample_fps: Annotated[float, msgspec.Meta(ge=0, le=240)] = 10.0
    rotation: Literal["auto", 0, 90, 180, 270] = "auto"
    faces: bool = True
    detail: Literal["auto", "standard", "high"] = "auto"
    cadence: Literal["every", "adaptive"] = "adaptive"
    precision: Literal["full", "int8"] = "full"
    segment_seconds: Annotated[float, msgspec.Meta(ge=5, le=3600)] = 300.0
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 7
    face_attributes: Literal["DEFAULT", "ALL"] = "DEFAULT"
    collection_id: Annotated[str, msgspec.Meta(pattern=r"\A[a-zA-Z0-9_.\-]{1,255}\Z", description=_NAME.format(255))] | None = None
    face_match_threshold: Annotated[float, msgspec.Meta(ge=0, le=100)] = 80.0
    project: Annotated[str, msgspec.Meta(pattern=r"\A[a-zA-Z0-9_.\-]{1,128}\Z", description=_NAME.format(128))] | None = None
    tracking_model: Literal["StaticCam", "HeadCam", "HeadCamGrey"] = "StaticCam"
    calibration_image: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)] | None = None
    actor_name: Annotated[str, msgspec.Meta(pattern=r"\S", max_length=256, description="1 to 256 characters, not all blank")] | None = None
    landmarks: Literal[5, 30, 68, "dense"] = 5
    au_model: Literal["none", "xgb20", "svm20", "mefarg41"] = "none"
    num_faces: Annotated[int, msgspec.Meta(ge=1, le=1000)] | Literal["auto"] = "auto"
    clusterer: Literal["auto", "spectral", "kmeans", "hdbscan", "none"] = "auto"
    max_cluster_items: Annotated[int, msgspec.Meta(ge=1, le=5000)] = 1000
    return_embeddings: bool = False
    artifacts: tuple[Literal["controls", "plot"], ...] = ()
    exports: tuple[Literal["mexca_v1", "mexca_v0"], ...] = ()

    def __post_init__(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            ValueError: something is wanted of faces that nobody looks for, or a number of people of what does not take one.
        """
        if not self.faces:
            wanted = [name for name, asked in self._of_faces.items() if asked]
            if wanted:
                raise ValueError(f"{wanted[0]} needs faces to be looked for; leave out either {wanted[0]} or faces: false")
        if self.clusterer in ("hdbscan", "none") and self.num_faces != "auto":
            does = "finds the number of people by itself" if self.clusterer == "hdbscan" else "groups nobody"
            raise ValueError(f"clusterer {self.clusterer} {does}; leave out numFaces: {self.num_faces}, or take spectral or kmeans")

    @property
    def _of_faces(self) -> dict[str, bool]:
        """Options that mean something only where faces are looked for -> whether they are in use."""
        return {
            "faceAttributes": self.face_attributes != "DEFAULT",
            "collectionId": self.collection_id is not None,
            "trackingModel": self.tracking_model != "StaticCam",
            "calibrationImage": self.calibration_image is not None,
            "landmarks": self.landmarks not in (5, 30),
            "auModel": self.au_model != "none",
            "numFaces": self.num_faces != "auto",
            "clusterer": self.clusterer not in ("auto", "none"),
            "returnEmbeddings": self.return_embeddings,
            "artifacts": bool(self.artifacts),
            "exports": bool(self.exports),
        }

    def require_picture(self, width: int, height: int) -> None:
        """Refuses a video whose rotated picture does not suit `tracking_model` (SPEC F17).

        Raises:
            OptionError: a camera on the head is meant, and the picture is wider than high.
        """
        if self.tracking_model != "StaticCam" and width > height:
            raise OptionError(
                f"trackingModel {self.tracking_model} expects an upright picture that one face fills, found {width}x{height} after"
                " rotation. Choose StaticCam, or a rotation of 90 or 270 if the camera was mounted sideways."
            )

    @property
    def wants_traits(self) -> bool:
        """All of a face's attributes are to be told."""
        return self.faces and self.face_attributes == "ALL"

    @property
    def wants_shapes(self) -> bool:
        """What action units and controls are computed from is to be kept."""
        return self.faces and (self.landmarks in (68, "dense") or self.au_model != "none" or bool(self.artifacts) or bool(self.exports))

    @property
    def wants_meshes(self) -> bool:
        """Whole meshes are to be kept."""
        return self.faces and self.landmarks == "dense"

    @classmethod
    def parse(cls, given: Mapping[str, Any], *, source: str) -> JobOptions:
        """Options from JSON-like values; `source` names their origin in the error.

        Raises:
            OptionError: an unknown name or a value outside its range.
        """
        unknown = given.keys() - cls.__struct_encode_fields__
        if unknown:
            allowed = ", ".join(cls.__struct_encode_fields__)
            raise OptionError(f"{source}: there is no option {', '.join(map(repr, sorted(unknown)))}; the options are {allowed}.")
        try:
            return msgspec.convert({**(_MOVES if given.get("artifacts") else {}), **given}, cls, strict=False)
        except msgspec.ValidationError as error:
            raise OptionError(f"{source}: {cls._explained(str(error), given)}.") from error

    @classmethod
    def _explained(cls, error: str, given: Mapping[str, Any]) -> str:
        """What msgspec found wrong, in words of the option: its name, what it may be and what it is."""
        at = re.search(r" - at `\$\.(\w+)", error)
        if at is None:
            return error
        name = at[1]
        kinds = {field.encode_name: field.type for field in msgspec.inspect.type_info(cls).fields}  # type: ignore[attr-defined]
        return f"{name}: expected {expected(kinds[name])}, found {given[name]!r}"
