"""The public status site in its bucket."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.adapters.site_pages import site_files
from shared.domain.publication import Publication


class S3Site:
    """`ports.Site`: files in a bucket, which CloudFront serves at `url`."""

    def __init__(self, client: Callable[[], Any], bucket: str, url: str) -> None:
        self._client = client
        self._bucket = bucket
        self._url = url

    def publish(self, publications: Sequence[Publication]) -> None:
        """Let the site show exactly these.

        Raises:
            UnavailableError: not all of it was written; safe to repeat.
        """
        client = self._client()
        for path, file in site_files(publications, self._url).items():
            client.put_object(
                Bucket=self._bucket,
                Key=path,
                Body=file.content,
                ContentType=file.media_type,
                CacheControl=file.cache,
            )
