"""Clients of a Trackway deployment, for programs: boto3 with paging and waiting, or an overlay for clients that are not ours."""

from trackway.client.connect import rekognition
from trackway.client.connect import trackway_client as trackway
from trackway.client.overlay import install_overlay, overlay_path
from trackway.client.tracking import JobFailed, paginate, wait

__all__ = ["JobFailed", "install_overlay", "overlay_path", "paginate", "rekognition", "trackway", "wait"]
