"""What mexca from 1.0 on accepts as a video annotation, written down anew from SPEC M19: a reader that is not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, Field, FilePath, NonNegativeFloat, NonNegativeInt, model_validator

__all__ = ["HeadAnnotation"]

Share = Annotated[NonNegativeFloat, Field(le=1)] | None
Label = Annotated[str | None, BeforeValidator(lambda given: str(int(given)) if isinstance(given, int | float) else given)]
Box = Annotated[list[NonNegativeFloat], Field(min_length=4, max_length=4)]
Point = Annotated[list[NonNegativeFloat], Field(min_length=2, max_length=2)]


class HeadAnnotation(BaseModel):
    """The columns, and what holds between them."""

    filename: FilePath
    frame: list[NonNegativeInt] = []
    time: list[NonNegativeFloat] = []
    face_box: list[Box | None] = []
    face_prob: list[Share] = []
    face_landmarks: list[list[Point] | None] = []
    face_aus: list[list[Share] | None] = []
    face_label: list[Label] = []
    face_confidence: list[Share] = []
    face_embeddings: list[list[float] | None] = []
    face_average_embeddings: dict[str, list[float]] = {}

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for column in (self.frame, self.time):
            if column != sorted(column):
                raise ValueError("not ascending")
        columns = [value for name, value in self if isinstance(value, list) and name != "filename"]
        if any(len(column) not in (0, len(self.frame)) for column in columns):
            raise ValueError("lengths differ")
        for row, box in enumerate(self.face_box):
            of_it = (self.face_prob, self.face_landmarks, self.face_aus, self.face_label)
            if box is None and any(column[row] is not None for column in of_it if column):
                raise ValueError("a face without a box")
        if self.face_average_embeddings and not {label for label in self.face_label if label} <= self.face_average_embeddings.keys():
            raise ValueError("a label without an average")
        return self

    @classmethod
    def from_json(cls, path: Path, extra_filename: Path | None = None) -> Self:
        """Strict JSON: no NaN."""
        told = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda word: int(word))
        return cls(**(told if extra_filename is None else {**told, "filename": extra_filename}))
