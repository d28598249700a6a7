"""Every bad video ends in frames or in one sentence that names its problem; none opens a socket or another file."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from tests.unit.media import broken
from tests.unit.media.conftest import MakeClip
from trackway.errors import CorruptMedia, MediaError, MediaTooLarge, NoVideoStream, UnsupportedMedia
from trackway.media.decode import read_frames
from trackway.media.frame import Scaler
from trackway.media.probe import probe

INDEX_AT_END = {"movflags": "-faststart"}


def frames_of(path: Path) -> list[int]:
    """Numbers of the frames that come out, each looked at as a detector would."""
    info = probe(path).info
    scaler = Scaler(info)
    numbers = []
    for frame in read_frames(path, info):
        assert scaler.rgb(frame, 64, 32).shape == (32, 64, 3)
        assert scaler.luma(frame).shape == (info.height, info.width)
        numbers.append(frame.number)
    return numbers


@pytest.fixture
def broken_file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "broken.mp4"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        (b"", CorruptMedia, "empty \\(0 bytes\\)"),
        (b"hello\n" * 700, UnsupportedMedia, "^Unsupported codec/format\\. .*found plain text"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", CorruptMedia, "index \\(the MP4 'moov' box\\) is missing"),
    ],
)
def test_what_never_was_a_video(broken_file: Callable[[bytes], Path], data: bytes, error: type[MediaError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        probe(broken_file(data))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=48_000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        silence.sample_rate = 48_000
        container.mux(track.encode(silence))
        container.mux(track.encode(None))
    with pytest.raises(NoVideoStream, match="holds no video track; found audio"):
        probe(path)


def test_an_unknown_codec_is_named(make_clip: MakeClip, broken_file: Callable[[bytes], Path]) -> None:
    """SPEC R48."""
    path = broken_file(make_clip().path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(UnsupportedMedia, match=r"^Unsupported codec/format\. .*found the codec 'zzzz'"):
        probe(path)


def test_a_codec_outside_the_list_is_named(make_clip: MakeClip) -> None:
    with pytest.raises(UnsupportedMedia, match=r"^Unsupported codec/format\. .*found png"):
        probe(make_clip("mov", codec="png", pixel_format="rgb24").path)


@pytest.mark.parametrize(("width", "height"), [(65535, 65535), (30000, 30000), (1, 1)])
def test_a_container_that_lies_about_the_size(make_clip: MakeClip, broken_file: Callable[[bytes], Path], width: int, height: int) -> None:
    """The decoder knows better; nothing of the size claimed is allocated."""
    path = broken_file(broken.declare_size(make_clip().path.read_bytes(), width, height))
    assert frames_of(path) == list(range(25))
    assert (probe(path).info.width, probe(path).info.height) == (160, 120)


@pytest.mark.parametrize("side", [65536, 32768, 9600])
def test_a_decoder_header_that_lies_about_the_size(make_clip: MakeClip, broken_file: Callable[[bytes], Path], side: int) -> None:
    path = broken_file(broken.declare_sequence(make_clip().path.read_bytes(), side, side))
    with pytest.raises((MediaTooLarge, CorruptMedia), match=f"{side} x {side} pixels|none of its 25 frames can be decoded"):
        probe(path)


def test_an_upload_cut_off_in_the_middle_keeps_its_beginning(make_clip: MakeClip, broken_file: Callable[[bytes], Path]) -> None:
    """Index in front: the frames up to the cut are the video."""
    data = make_clip(seconds=2.0).path.read_bytes()
    path = broken_file(data[: len(data) * 55 // 100])
    info = probe(path).info
    numbers = frames_of(path)
    assert 10 < info.frame_count < 45
    assert info.frame_count - 4 <= len(numbers) <= info.frame_count
    assert numbers[:10] == list(range(10))
    assert info.duration_ms == 40 * info.frame_count


def test_an_upload_cut_off_before_its_index(make_clip: MakeClip, broken_file: Callable[[bytes], Path]) -> None:
    data = make_clip(container_options=INDEX_AT_END).path.read_bytes()
    with pytest.raises(CorruptMedia, match="cut off or was never finished"):
        probe(broken_file(data[: len(data) * 9 // 10]))


def test_damage_in_the_middle_costs_only_what_it_hits(make_clip: MakeClip, broken_file: Callable[[bytes], Path]) -> None:
    """Frames keep their numbers: what comes after the damage is not taken for what was there."""
    clip = make_clip(seconds=3.0, key_frame_interval=15)
    data = bytearray(clip.path.read_bytes())
    start, end = broken.box(bytes(data), b"mdat")
    for at in range(start + (end - start) * 4 // 10, start + (end - start) // 2, 7):
        data[at] ^= 0x55
    path = broken_file(bytes(data))
    info = probe(path).info
    frames = [(frame.number, frame.time_ms) for frame in read_frames(path, info)]
    assert 40 < len(frames) <= 75
    assert all(clip.truth.frame_ms[number] == time_ms for number, time_ms in frames)
    assert {number for number, _ in frames} >= {*range(15), *range(60, 75)}


def test_sample_tables_that_point_outside(make_clip: MakeClip, broken_file: Callable[[bytes], Path]) -> None:
    data = bytearray(make_clip().path.read_bytes())
    start, end = broken.box(bytes(data), b"stco")
    data[start + 16 : end] = b"\x7f\xff\xff\xff" * ((end - start - 16) // 4)
    with pytest.raises(CorruptMedia):
        frames_of(broken_file(bytes(data)))


def test_encrypted_samples_are_refused(make_clip: MakeClip, tmp_path: Path) -> None:
    path = make_clip(
        container_options={
            "encryption_scheme": "cenc-aes-ctr",
            "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
            "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
        }
    ).path
    with pytest.raises(UnsupportedMedia, match=r"^Unsupported codec/format\. .*found encrypted ones"):
        probe(path)


class Canaries:
    """A port and a pipe that nobody may touch."""

    def __init__(self, folder: Path) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.pipe = folder / "canary.ts"
        os.mkfifo(self.pipe)

    def were_touched(self) -> bool:
        try:
            self.listener.accept()[0].close()
            return True
        except BlockingIOError:
            pass
        try:
            # A pipe can be opened for writing without waiting only if somebody has it open for reading.
            os.close(os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            return error.errno != errno.ENXIO
        return True


@pytest.fixture
def canaries(tmp_path: Path) -> Iterator[Canaries]:
    found = Canaries(tmp_path)
    yield found
    assert not found.were_touched()
    found.listener.close()


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD><Period><AdaptationSet><BaseURL>{target}</BaseURL></AdaptationSet></Period></MPD>',
}


@pytest.mark.parametrize("suffix", ["mp4", "avi", "m3u8", "ts"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_posing_as_a_video_opens_nothing(tmp_path: Path, canaries: Canaries, kind: str, suffix: str) -> None:
    for target in (f"http://127.0.0.1:{canaries.port}/a.ts", f"tcp://127.0.0.1:{canaries.port}", str(canaries.pipe), "canary.ts"):
        path = tmp_path / f"video.{suffix}"
        path.write_text(PLAYLISTS[kind].format(target=target, port=canaries.port))
        with pytest.raises(UnsupportedMedia, match=r"^Unsupported codec/format\. .*found a"):
            probe(path)


@pytest.mark.parametrize("kind", [kind for kind in PLAYLISTS if kind != "dash"])
def test_a_playlist_behind_a_real_header_opens_nothing(tmp_path: Path, canaries: Canaries, make_clip: MakeClip, kind: str) -> None:
    """Even where the first bytes are those of a container, FFmpeg is not free to find the playlist behind them."""
    playlist = PLAYLISTS[kind].format(target=f"http://127.0.0.1:{canaries.port}/a.ts", port=canaries.port).encode()
    heads = (b"\0\0\0\x08wide", b"\x1a\x45\xdf\xa3", b"RIFF\0\0\0\0AVI ", (b"\x47" + bytes(187)) * 5, b"\0\0\x01\xba")
    for head in heads:
        path = tmp_path / "video.m3u8"
        path.write_bytes(head + b"\n" + playlist)
        with pytest.raises(MediaError):
            probe(path)


def test_external_references_of_a_mov_are_not_followed(tmp_path: Path, canaries: Canaries, make_clip: MakeClip) -> None:
    """A QuickTime data reference may name another file that holds the samples."""
    data = make_clip("mov").path.read_bytes()
    start, end = broken.box(data, b"dinf")
    alias = b"\0\0\0\0" + str(canaries.pipe).encode() + b"\0"
    reference = (12 + len(alias)).to_bytes(4, "big") + b"url " + alias
    inner = b"\0\0\0\0\0\0\0\x01" + reference
    dinf = (len(inner) + 8).to_bytes(4, "big") + b"dref" + inner
    changed = data[:start] + (len(dinf) + 8).to_bytes(4, "big") + b"dinf" + dinf + data[end:]
    grown = len(changed) - len(data)
    for kind in (b"moov", b"trak", b"mdia", b"minf"):
        at = broken.box(data, kind)[0]
        size = int.from_bytes(data[at : at + 4], "big") + grown
        changed = changed[:at] + size.to_bytes(4, "big") + changed[at + 4 :]
    path = tmp_path / "referring.mov"
    path.write_bytes(changed)
    with pytest.raises(MediaError):
        frames_of(path)


EXPECTED = {
    "audio_only.mp4": "holds no video track; found audio",
    "chunk_out_of_range.mp4": "damaged and cannot be opened",
    "encrypted_clearkey.mp4": "^Unsupported codec/format\\. .*encrypted",
    "text.mp4": "^Unsupported codec/format\\. .*plain text",
    "truncated_no_moov.mp4": "'moov' box\\) is missing",
    "zero_byte.mp4": "empty",
}
FRAMES = {"corrupt_packets.mp4": 200, "no_keyframe_start.ts": 179, "truncated_faststart.mp4": 115, "vp9.webm": 239, "one_frame.mp4": 1}


def test_the_collected_bad_videos_end_as_documented(shared_data: Path) -> None:
    paths = sorted((shared_data / "hostile").iterdir())
    assert {path.name for path in paths} >= EXPECTED.keys() | FRAMES.keys()
    for path in paths:
        if path.name in EXPECTED:
            with pytest.raises(MediaError, match=EXPECTED[path.name]):
                probe(path)
        else:
            assert len(frames_of(path)) >= FRAMES.get(path.name, 1), path.name
