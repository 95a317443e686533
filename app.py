"""The CDK app: `cdk synth -c stage=dev`. Stages are in infra/stages.py, what they are made of in infra/."""

from __future__ import annotations

from aws_cdk import App

from infra.stages import CONTEXT_SETTINGS, choose
from infra.tocsin import add_tocsin

app = App()
given = {name: app.node.try_get_context(name) for name in CONTEXT_SETTINGS}
stage = choose(
    app.node.try_get_context("stage") or "local",
    {name: value for name, value in given.items() if value is not None},
)
add_tocsin(app, stage)
app.synth()
