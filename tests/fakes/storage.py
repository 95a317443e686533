"""The public site and the evidence bucket in memory."""

import hashlib
from collections.abc import Callable, Sequence

from shared.domain.instants import MINUTE
from shared.domain.publication import Publication
from shared.ports import UnavailableError, Upload
from tests.fakes.outside import FakeTime


class FakeSite:
    """What the public reads.

    `during` runs in the middle of each write, when the pages are there and the index is not: one that raises plays a
    write that failed midway.
    """

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str, int], Publication] = {}
        self.index: tuple[Publication, ...] = ()
        self.writes = 0
        self.down = False
        self.during: Callable[[], None] | None = None

    def publish(self, publications: Sequence[Publication]) -> None:
        if self.down:
            raise UnavailableError("the site's bucket is down")
        self.pages.update({(each.crisis, each.rung, each.revision): each for each in publications})
        if self.during is not None:
            self.during()
        self.index = tuple(publications)
        self.writes += 1


class FakeEvidence:
    """`ports.Evidence`; `put` is what a browser or the CLI does with an upload that was allowed."""

    def __init__(self, time: FakeTime) -> None:
        self._time = time
        self._allowed: dict[str, tuple[str, str, int]] = {}
        self._kept: dict[tuple[str, str], bytes] = {}

    def upload(self, incident: str, sha256: str, size: int, media_type: str) -> Upload:
        url = f"https://evidence.example/{incident}/{sha256}"
        self._allowed[url] = (incident, sha256, size)
        return Upload(url, {"Content-Type": media_type}, self._time.now() + 15 * MINUTE)

    def put(self, url: str, content: bytes) -> None:
        """Upload; refused where it is not what was announced."""
        incident, sha256, size = self._allowed[url]
        if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
            raise PermissionError("not what was announced")
        self._kept[incident, sha256] = content

    def size(self, incident: str, sha256: str) -> int | None:
        content = self._kept.get((incident, sha256))
        return None if content is None else len(content)

    def read(self, incident: str, sha256: str) -> bytes:
        if (incident, sha256) not in self._kept:
            raise LookupError(f"nothing is kept under {sha256}")
        return self._kept[incident, sha256]
