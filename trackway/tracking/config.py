"""How tracks are made from detections: one setting for all videos, persons and faces alike in kind.

Every duration is in seconds of the video, every length in heights of the box concerned, so that neither frame rate, sampling
nor resolution changes what a value means.
"""

from __future__ import annotations

import msgspec

__all__ = ["FACES", "PERSONS", "AssociationConfig", "MotionConfig", "TrackingConfig"]


class MotionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How boxes are believed to move; every value is a standard deviation, the first of a pair for centres, the second for sizes.

    Attributes:
        measured: error of a detected box. Higher trusts the past more: smoother speed, later reaction to a turn.
        acceleration: change of speed that one second brings. Higher follows turns, but coasts less far in the right direction.
        first_speed: speed at the first sight, per second. Higher finds fast newcomers again, and strangers beside them.
        size_memory: seconds after which a change of size has died away; people do not grow for ever.
        hidden_error: by how much the error grows when somebody nearer stands in front, once the box is wholly covered. Higher
            keeps size and speed through an occlusion, whose boxes shrink to what is left to see; lower follows people in a
            crowd more closely.
        hidden_short: such a box that lacks this share of the height expected is taken for a remainder, which says little of the
            place to left and right either. Higher trusts remainders more.
    """

    measured: tuple[float, float] = (0.05, 0.08)
    acceleration: tuple[float, float] = (0.7, 0.1)
    first_speed: tuple[float, float] = (1.0, 0.2)
    size_memory: float = 2.0
    hidden_error: float = 20.0
    hidden_short: float = 0.3


class AssociationConfig(msgspec.Struct, frozen=True, kw_only=True):
    """When a detection belongs to a track, and how long a track waits for one.

    Attributes:
        high_score: detections from here on are matched first. Higher leaves more of them to the stricter second look.
        new_score: an unmatched detection from here on starts a track. Lower finds faint people, and things that are none.
        low_score: weaker detections are never used. Lower follows people deeper into an occlusion, and drifts onto others.
        minimum_overlap: least similarity of a box and the place where its track is expected. Higher breaks tracks of fast
            people, lower lets tracks change over to a neighbour.
        margin, widest_margin, margin_spread: how far boxes that nobody claimed grow, in their own size, before a second comparison:
            as many standard deviations of the place expected, within these limits; so the longer somebody is out of sight,
            and the further apart frames are, the more. The wider limit is for tracks seen in the frame before. Wider finds
            people again who moved unexpectedly, and takes strangers for them.
        margin_overlap: least similarity of boxes that grew. Lower does the same.
        size_power: how strongly a differing height counts against a match; 0 ignores it. Height is what tells apart people who
            stand one behind the other.
        lost_seconds: a track that nobody claims waits this long. Longer bridges longer occlusions, and revives tracks for others.
        recent_seconds: tracks seen within this time choose before those that are lost for longer, whose place is uncertain. Longer
            prefers waiting tracks less.
        weak_seconds: weak detections continue a track for this long after its last strong one. Longer follows people who fade
            away, and whoever hides them, since both look alike.
        trial_hits, trial_seconds: a track with fewer detections than this waits only so long, since most of them are false.
    """

    high_score: float = 0.3
    new_score: float = 0.35
    low_score: float = 0.1
    minimum_overlap: float = 0.2
    margin: float = 0.35
    widest_margin: tuple[float, float] = (1.0, 0.6)
    margin_spread: float = 4.0
    margin_overlap: float = 0.3
    size_power: float = 2.0
    lost_seconds: float = 2.0
    recent_seconds: float = 0.2
    weak_seconds: float = 0.5
    trial_hits: int = 3
    trial_seconds: float = 0.15
    motion: MotionConfig = MotionConfig()


PERSONS = AssociationConfig()
"""For CenterNet's bodies, whose scores are low: people reach 0.25 to 0.6."""

FACES = AssociationConfig(high_score=0.5, new_score=0.5, low_score=0.3, size_power=1.0, lost_seconds=1.0)
"""For faces, which are never hidden by each other for long, turn away, and change in height as the head nods."""


class TrackingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that turns detections into persons.

    Attributes:
        persons, faces: association of either kind.
        reid_seconds: whose face it is, and how old, is read again after so long at the latest. Shorter notices sooner that somebody else
            took over a track, averages over more sights, and costs more.
        brief_seconds: a person seen for less time than this must score more like those who stay than like a glimpse.
        least_seconds, least_hits: a person seen for less time or in fewer frames is taken for a false alarm. Higher removes more
            of them, and people who pass quickly.
        least_sure: share of a person's frames that must show a face, or a body with a score that could have started a track.
            Higher removes more furniture that looks a little like a person, and more people who are hard to see.
        short_video_seconds: in a video up to this length nobody is removed.
        returning: how often somebody out of sight comes back, 0 to 1, as a share of what is usual. Lower joins fewer fragments.
    """

    persons: AssociationConfig = PERSONS
    faces: AssociationConfig = FACES
    reid_seconds: float = 2.0
    brief_seconds: float = 1.0
    least_seconds: float = 0.3
    least_hits: int = 2
    least_sure: float = 0.1
    short_video_seconds: float = 1.0
    returning: float = 1.0
