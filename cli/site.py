"""`tocsin site`: the public status site of a stage."""

from __future__ import annotations

import typer

from cli.deployment import LOCAL, StageOption, find, reaching
from shared.adapters.dynamo_statements import DynamoStatements
from shared.adapters.status_site import S3Site

app = typer.Typer(name="site", help="The public status site.", no_args_is_help=True)


@app.callback()
def site() -> None:
    """The public status site."""


@app.command()
def publish(stage: StageOption = LOCAL) -> None:
    """Write the site anew from everything that was published: after a deployment, or when a statement is missing on it.

    Decides nothing: what was not published stays unpublished, what was published stays as it is.
    """
    deployment = find(stage)
    with reaching(stage):
        public = DynamoStatements(lambda: deployment.client("dynamodb"), deployment.tables).published()
        url = deployment.output("SiteUrl")
        S3Site(lambda: deployment.client("s3"), deployment.output("SiteBucket"), url).publish(public)
    typer.echo(f"{len(public)} published {'text' if len(public) == 1 else 'texts'} on {url}/")
