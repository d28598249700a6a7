"""`FaceExtractor` of mexca on this machine and the networks of a pack: a whole video (SPEC M12 to M17, M20, M21, M26)."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from trackway.errors import ArgumentError
from trackway.faces.neutral import neutral_of
from trackway.identity.clustering import averages, confidences, seen_together
from trackway.media.dataset import VideoDataset, VideoItem
from trackway.pipeline.mexca.annotation import VideoAnnotation
from trackway.pipeline.mexca.from_rows import annotation_from_rows
from trackway.pipeline.mexca.networks import FaceForms
from trackway.pipeline.mexca.options import require_count
from trackway.pipeline.mexca.rows import FaceRows, FaceRowsBuilder, boxes_in_pixels, points_in_pixels
from trackway.pipeline.mexca.steps import FaceSteps
from trackway.pipeline.mexca.tracklets import FaceTracklets

__all__ = ["FaceExtractor"]

Array = npt.NDArray[Any]
Item = TypeVar("Item")


class FaceExtractor(FaceSteps):
    """Finds the faces of a video, tells whose they are, and reads landmarks and action units in them.

    The arguments are those of `FaceSteps`.
    """

    def __call__(self, **callargs: Any) -> VideoAnnotation:
        """`apply`, by the names of its arguments."""
        return self.apply(**callargs)

    def apply(
        self,
        filepath: str | os.PathLike[str],
        batch_size: int = 1,
        skip_frames: int = 1,
        process_subclip: Sequence[float | None] = (0, None),
        show_progress: bool = True,
        *,
        cluster_embeddings: bool | None = None,
        return_embeddings: bool | None = None,
    ) -> VideoAnnotation:
        """Everything about the faces of a video.

        Faces are followed from frame to frame, and what is told apart are tracks of faces, so that the label of a face does not change on
        the way; action units are measured against each person's own face at rest. Frames are forgotten at once; 5 kB are kept of a face.

        Args:
            filepath: the video.
            batch_size: frames that are loaded together; changes no result.
            skip_frames: every n-th frame is looked at.
            process_subclip: start and end in seconds; None is the end.
            show_progress: draws a bar, on standard error.
            cluster_embeddings, return_embeddings: instead of what the extractor was made with.

        Raises:
            ArgumentError: a number outside its range, or a part outside the video; a ValueError.
            MediaError: the file is no video that can be read.
            NotEnoughFacesError: fewer faces are seen than there are people, and the extractor is strict.
            ModelError: the pack lacks a network.
        """
        require_count("batch_size", batch_size)
        if not hasattr(process_subclip, "__len__") or len(process_subclip) != 2:
            raise ArgumentError(f"process_subclip must be a start and an end in seconds, got {process_subclip!r}.")
        start, end = process_subclip
        dataset = VideoDataset(filepath, skip_frames, start or 0, end)
        rows, tracklets = FaceRowsBuilder(self._networks.vector_size), FaceTracklets(self._networks.similarity)
        try:
            count = math.ceil(len(dataset) / batch_size)
            for batch in tqdm(_batches(iter(dataset), batch_size), total=count, disable=not show_progress):
                for item in batch:
                    rows.add(self._look(item, tracklets, dataset.frame_seconds[item["Frame"]]))
        finally:
            dataset.close()
            self._detector = self._encoder = self._extractor = None
        tells = self.cluster_embeddings if cluster_embeddings is None else cluster_embeddings
        keeps = self.return_embeddings if return_embeddings is None else return_embeddings
        return self._annotation(os.fspath(filepath), dataset, rows.build(), tells=tells, keeps=keeps)

    def _look(self, item: VideoItem, tracklets: FaceTracklets, seconds: float) -> FaceRows:
        """Everything about the faces of one frame."""
        rgb, frame = item["Image"], item["Frame"]
        found = self._find(rgb)
        look = self.encode(self._crops(rgb, found)) if len(found) else np.zeros((0, self._networks.vector_size), np.float32)
        box = boxes_in_pixels(found, rgb)
        return FaceRows(
            frame=np.full(len(found), frame),
            box=box,
            prob=found.score,
            five=points_in_pixels(found, rgb),
            forms=self._forms(rgb, found),
            look=look,
            tracklet=tracklets.update(seconds, box, look),
        )

    def _people(self, rows: FaceRows) -> Array:
        """(N,) label of each face, one for all faces of a track; -1 for nobody."""
        known = rows.tracklet >= 0
        track = rows.tracklet[known]
        means = averages(rows.look[known], track)
        label = self._clusters(means, np.bincount(track) if len(track) else None, seen_together(track, rows.frame[known])).label
        return np.where(known, np.append(label, -1)[rows.tracklet], -1)

    def _annotation(self, filepath: str, dataset: VideoDataset, rows: FaceRows, *, tells: bool, keeps: bool) -> VideoAnnotation:
        options = self.options
        label = self._people(rows) if tells else np.full(len(rows.frame), -1)
        owner = np.where(label < 0, rows.tracklet - rows.tracklet.max(initial=0) - 2, label) if tells else rows.tracklet
        units = np.full((len(label), len(options.unit_names)), np.nan)
        for who in np.unique(owner):
            forms = FaceForms(*(column[owner == who] for column in rows.forms))
            units[owner == who] = self._units(forms, neutral_of(forms.measures, forms.pose))
        return annotation_from_rows(
            dataset.video_frames,
            dataset.video_fps,
            rows.frame,
            version=options.vocabulary,
            filename=filepath,
            box=rows.box,
            prob=rows.prob,
            landmarks=rows.forms.points if options.vocabulary == "v0" else rows.five,
            units=units,
            label=label,
            confidence=confidences(rows.look, label),
            embeddings=rows.look if keeps else None,
            averages=averages(rows.look, label) if tells else None,
            seconds=dataset.frame_seconds[dataset.video_frames],
        )


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(itertools.islice(items, size)):
        yield batch
