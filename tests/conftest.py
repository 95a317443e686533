"""What every test has: no credentials but made-up ones, so that nothing can reach a real account; and the
namespace of metrics, without which a handler that counts anything fails.
"""

from __future__ import annotations

import os

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_REGION="us-east-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_METRICS_NAMESPACE="Tocsin/test",  # a handler's module asks for it once, whoever imports it first
)
os.environ.pop("AWS_PROFILE", None)
