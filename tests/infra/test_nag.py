"""The synth is guarded: what cdk-nag finds and nobody accepted fails it."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra import nag

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


def test_a_bare_bucket_fails_the_synth(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "Planted"), "Bare")
    nag.check(app)
    with pytest.raises(RuntimeError, match="alidation"):
        app.synth()


def test_an_accepted_finding_does_not(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    queue = sqs.Queue(Stack(app, "Planted"), "Last", enforce_ssl=True, removal_policy=RemovalPolicy.DESTROY)
    for finding in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"):
        nag.accept(queue, finding, "Its own dead letters would need some too.")
    nag.check(app)
    app.synth()
