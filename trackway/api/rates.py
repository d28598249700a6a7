"""How many requests of one operation a caller may make in a second (SPEC B.1).

Only operations that a deployment gives a rate are counted, each request with one write to the table. By default none is: whoever
deploys into their own account pays for what they use, and API Gateway bounds the whole. `rates="aws"` takes AWS's own defaults.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from trackway.api.errors import RateExceeded, Throttled

if TYPE_CHECKING:
    from trackway.api.caller import Caller
    from trackway.jobs.limits import Limits

__all__ = ["AWS_RATES", "Counters", "Rates"]

_BURST = 2  # times the rate: from there on AWS says that the rise is too sudden, not that the rate is exceeded

AWS_RATES = {
    **dict.fromkeys(("CompareFaces", "DetectFaces"), 100.0),
    **dict.fromkeys(("IndexFaces", "ListFaces", "SearchFaces", "SearchFacesByImage", "SearchUsers", "SearchUsersByImage"), 50.0),
    **dict.fromkeys(("GetFaceDetection", "GetFaceSearch", "GetPersonTracking"), 20.0),
    **dict.fromkeys(("ListTagsForResource", "TagResource", "UntagResource"), 10.0),
    **dict.fromkeys(("AssociateFaces", "DisassociateFaces", "StartFaceDetection", "StartFaceSearch", "StartPersonTracking"), 5.0),
    **dict.fromkeys(("CreateCollection", "DeleteCollection", "DeleteFaces", "DescribeCollection", "ListCollections"), 5.0),
    **dict.fromkeys(("CreateUser", "DeleteUser", "ListUsers"), 5.0),
}
"""Requests per second and account that AWS allows in us-east-1 (and us-west-2, eu-west-1) until it is asked for more.

From "Amazon Rekognition endpoints and quotas", AWS General Reference, https://docs.aws.amazon.com/general/latest/gr/rekognition.html.
"""


class Counters(Protocol):
    """What is needed of `RateStore`."""

    def count(self, operation: str, identity: str, window: int) -> int:
        """Count one request more; how many the window has now."""


class Rates:
    """Lets requests pass as often as they may.

    Args:
        limits: of this deployment; their `rates` count.
        counters: shared by all who serve.
        clock: epoch seconds.
    """

    def __init__(self, limits: Limits, counters: Counters, *, clock: Callable[[], float] = time.time) -> None:
        self._rates = AWS_RATES if limits.rates == "aws" else limits.rates
        self._counters = counters
        self._clock = clock

    def __call__(self, operation: str, caller: Caller) -> None:
        """Count a request, where its operation has a rate.

        Raises:
            RateExceeded: the caller made more in this second, or window, than the rate allows.
            Throttled: more than twice as many.
        """
        rate = self._rates.get(operation)
        if rate is None:
            return
        # A rate below one a second is so many in a longer window.
        seconds = max(1, math.ceil(1 / rate))
        window = int(self._clock()) // seconds * seconds
        allowed = rate * seconds
        made = self._counters.count(operation, caller.identity or caller.account, window)
        if made > _BURST * allowed:
            raise Throttled("Slow down; sudden increase in rate of requests.")
        if made > allowed:
            raise RateExceeded("Provisioned Rate exceeded.")
