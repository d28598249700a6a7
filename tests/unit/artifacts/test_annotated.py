"""The annotated video is the video: same frames at the same times, upright, with its sound, and people marked."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.conftest import Clip
from trackway.artifacts.annotated import annotate
from trackway.artifacts.appearances import FaceLayer
from trackway.artifacts.painter import color_of
from trackway.columns import Tracks
from trackway.errors import CorruptMedia
from trackway.media.decode import read_frames
from trackway.media.frame import Scaler
from trackway.media.probe import Probe, probe
from trackway.media.sample import SampleTruth, make_sample


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int | None]] = []
        self.steps: list[int] = []

    def stage(self, name: str, total: int | None = None) -> None:
        self.stages.append((name, total))

    def update(self, done: int) -> None:
        self.steps.append(done)


def as_tracks(truth: SampleTruth, *, every: int = 1) -> Tracks:
    """The truth as if it had been tracked on every n-th frame."""
    rows = np.flatnonzero(truth.frame % every == 0)
    return Tracks.make(
        len(rows),
        frame=truth.frame[rows],
        time_ms=truth.time_ms[rows],
        person=truth.person[rows],
        tracklet=truth.person[rows],
        box=truth.box[rows],
        score=np.ones(len(rows)),
        face_box=truth.face_box[rows],
        face_score=np.ones(len(rows)),
    )


Annotated = Callable[..., tuple[Clip, Probe, Probe, Path]]


@pytest.fixture
def annotated(tmp_path: Path) -> Annotated:
    def make(suffix: str = "mp4", *, every: int = 1, **options: Any) -> tuple[Clip, Probe, Probe, Path]:
        source, output = tmp_path / f"clip.{suffix}", tmp_path / "annotated.mp4"
        truth = make_sample(source, **{"seconds": 1.0, "size": (160, 120), **options})
        before = probe(source)
        annotate(source, before.info, as_tracks(truth, every=every), output)
        return Clip(source, truth), before, probe(output), output

    return make


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("mp4", {}),
        ("mp4", {"variable_rate": True, "start_ms": 10_000}),
        ("mkv", {"fps": 29.97}),
        ("ts", {"fps": 50.0}),
        ("avi", {"codec": "mjpeg", "pixel_format": "yuvj420p", "size": (161, 121)}),
        ("avi", {}),
        ("mp4", {"seconds": 0.04}),
        ("mp4", {"rotation": 90}),
    ],
)
def test_frames_times_and_size_stay(annotated: Annotated, suffix: str, options: dict[str, Any]) -> None:
    """SPEC X10, X4."""
    _, before, after, _ = annotated(suffix, **options)
    width, height = before.info.width, before.info.height
    assert (after.info.width, after.info.height) == (width + width % 2, height + height % 2)
    assert after.frame_ms == pytest.approx(before.frame_ms, abs=1)
    assert after.info.duration_ms == pytest.approx(before.info.duration_ms, abs=1)
    assert (after.info.codec, after.info.format, after.info.rotation) == ("h264", "QuickTime / MOV", 0)


def test_it_plays_everywhere_and_at_once(annotated: Annotated) -> None:
    output = annotated()[3]
    data = output.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(output)) as container:
        assert container.streams.video[0].pix_fmt == "yuv420p"


def test_sound_is_copied_where_mp4_takes_it(annotated: Annotated) -> None:
    clip, before, after, output = annotated(audio="aac", start_ms=0)
    assert before.info.has_audio
    assert after.info.has_audio
    assert sound_packets(output) == sound_packets(clip.path)


def sound_packets(path: Path) -> list[tuple[Fraction, bytes]]:
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(track)
            if packet.pts is not None and packet.pts >= 0
        ]


@pytest.mark.parametrize(("suffix", "codec"), [("avi", "pcm_s16le"), ("mkv", "flac")])
def test_other_sound_becomes_aac_and_stays_in_step(annotated: Annotated, suffix: str, codec: str) -> None:
    clip, _, after, output = annotated(suffix, audio=codec, seconds=2.0, **({"codec": "mpeg4"} if suffix == "avi" else {}))
    assert after.info.has_audio
    assert after.info.duration_ms == 2000
    with av.open(str(output)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
    assert loudness(output) == pytest.approx(loudness(clip.path), rel=0.1)
    assert seconds_of_sound(output) == pytest.approx(2.0, abs=0.08)


def loudness(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(
            np.mean(
                [
                    np.abs(frame.to_ndarray() / (32768 if frame.format.name.startswith("s16") else 1)).mean()
                    for frame in container.decode(audio=0)
                ]
            )
        )


def seconds_of_sound(path: Path) -> float:
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_sound_that_goes_from_stereo_to_mono_and_back_stays_whole(tmp_path: Path) -> None:
    """As broadcasts do: pictures with MP2 in one form after the other."""
    source, output = tmp_path / "clip.ts", tmp_path / "annotated.mp4"
    truth = make_sample(tmp_path / "pictures.mp4", seconds=3.0, size=(160, 120))
    with av.open(str(tmp_path / "pictures.mp4")) as pictures, av.open(str(source), "w") as container:
        track = container.add_stream_from_template(pictures.streams.video[0])
        sound = container.add_stream("mp2", rate=48_000, layout="stereo")
        packets = []
        for number, layout in enumerate(("stereo", "mono", "stereo")):
            encoder = av.CodecContext.create("mp2", "w")
            encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = 48_000, layout, "s16", 128_000
            tone = (8000 * np.sin(np.arange(48_000) / 20)).astype(np.int16)
            channels = 2 if layout == "stereo" else 1
            for start in range(0, len(tone) - 1151, 1152):
                samples = np.repeat(tone[start : start + 1152], channels).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
                frame.sample_rate, frame.pts, frame.time_base = 48_000, 48_000 * number + start, Fraction(1, 48_000)
                packets += encoder.encode(frame)
        for packet in pictures.demux(pictures.streams.video[0]):
            if packet.dts is not None:
                packet.stream = track
                container.mux(packet)
        for heard in packets:
            heard.stream = sound
            container.mux(heard)
    with av.open(str(source)) as container:
        assert {frame.layout.name for frame in container.decode(audio=0)} == {"stereo", "mono"}
    annotate(source, probe(source).info, as_tracks(truth), output)
    assert seconds_of_sound(output) == pytest.approx(3.0, abs=0.2)


def test_damaged_sound_does_not_cost_the_pictures(tmp_path: Path) -> None:
    source, output = tmp_path / "clip.mkv", tmp_path / "annotated.mp4"
    truth = make_sample(source, seconds=1.0, size=(160, 120), audio="flac")
    with av.open(str(source)) as container:
        sound = [bytes(packet) for packet in container.demux(audio=0) if packet.size > 8]
    data = source.read_bytes()
    for packet in sound:
        data = data.replace(packet, bytes(len(packet)))
    source.write_bytes(data)
    info = probe(source).info
    assert info.has_audio
    annotate(source, info, as_tracks(truth), output)
    assert probe(output).info.frame_count == 25


def test_people_are_marked_between_samples_too(annotated: Annotated) -> None:
    clip, _, after, output = annotated(every=3, size=(320, 240), seconds=4.0, codec_options={"crf": "10"})
    scaler = Scaler(after.info)
    color = np.array(color_of(1))
    alone = np.flatnonzero((clip.truth.person == 1) & (clip.truth.visible > 0.95) & (clip.truth.frame < 99))
    rows = {int(clip.truth.frame[row]): row for row in alone}
    assert len({number % 3 for number in rows}) == 3
    for frame in read_frames(output, after.info):
        if frame.number in rows:
            left, top, _, _ = clip.truth.box[rows[frame.number]] * [320, 240, 320, 240]
            chip = scaler.rgb(frame, 320, 240)[round(top) - 8 : round(top) - 3, round(left) + 1 : round(left) + 10]
            assert np.abs(np.median(chip.astype(int), axis=(0, 1)) - color).max() < 45, frame.number


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p"])
def test_the_picture_beside_the_marks_stays_as_it_was(annotated: Annotated, pixel_format: str) -> None:
    clip, before, after, output = annotated(size=(320, 240), pixel_format=pixel_format, codec_options={"crf": "10"})
    originals, results = Scaler(before.info), Scaler(after.info)
    for one, two in zip(read_frames(clip.path, before.info), read_frames(output, after.info), strict=True):
        if one.number % 8 == 0:
            difference = originals.rgb(one, 320, 240).astype(int) - results.rgb(two, 320, 240)
            assert np.abs(difference[:20, 100:220].mean(axis=(0, 1))).max() < 1.5


def test_faces_are_drawn_where_a_layer_knows_them(tmp_path: Path) -> None:
    source, plain, layered = tmp_path / "clip.mp4", tmp_path / "plain.mp4", tmp_path / "layered.mp4"
    truth = make_sample(source, seconds=0.4, size=(320, 240))
    info, tracks = probe(source).info, as_tracks(truth)
    spread = np.random.default_rng(0).uniform(0, 1, (68, 2))
    points = truth.face_box[:, None, :2] + spread * truth.face_box[:, None, 2:]
    layer = FaceLayer(truth.time_ms, truth.person, points=points.astype(np.float32), identity={0: 5, 1: 5})
    annotate(source, info, tracks, plain)
    annotate(source, info, tracks, layered, faces=layer)
    scaler = Scaler(probe(plain).info)
    one, other = (next(iter(read_frames(path, probe(path).info))) for path in (plain, layered))
    differs = np.abs(scaler.rgb(one, 320, 240).astype(int) - scaler.rgb(other, 320, 240)).max(axis=2) > 60
    left, top, width, height = truth.face_box[0] * [320, 240, 320, 240]
    assert differs[round(top) : round(top + height), round(left) : round(left + width)].mean() > 0.05


def test_progress_hears_of_every_frame(tmp_path: Path) -> None:
    source, heard = tmp_path / "clip.mp4", Heard()
    truth = make_sample(source, seconds=0.4, size=(64, 48))
    annotate(source, probe(source).info, as_tracks(truth), tmp_path / "annotated.mp4", progress=heard)
    assert heard.stages == [("annotate", 10)]
    assert heard.steps == list(range(1, 11))


def test_nothing_half_done_is_left_behind(tmp_path: Path) -> None:
    source = tmp_path / "clip.mp4"
    truth = make_sample(source, seconds=0.4, size=(64, 48))
    info = probe(source).info
    source.write_bytes(source.read_bytes()[:300])
    with pytest.raises(CorruptMedia):
        annotate(source, info, as_tracks(truth), tmp_path / "annotated.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_no_people_is_a_video_too(tmp_path: Path) -> None:
    source = tmp_path / "clip.mp4"
    make_sample(source, seconds=0.4, size=(64, 48))
    annotate(source, probe(source).info, Tracks.make(0), tmp_path / "annotated.mp4")
    assert probe(tmp_path / "annotated.mp4").info.frame_count == 10
