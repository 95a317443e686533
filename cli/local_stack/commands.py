"""`tocsin up` and `tocsin down`."""

from __future__ import annotations

import shutil
import time
from typing import Annotated

import typer

from cli.local_stack.emulator import Emulator, LocalStackError, free_port
from cli.local_stack.links import links_note
from cli.local_stack.stack import HOMES, STATE, LocalStack, bring_up, save, saved_stack
from shared.adapters import policy_yaml
from shared.adapters.dynamo_keys import Tables
from shared.adapters.policy_store import DynamoPolicies
from shared.adapters.system_time import SystemTime

_USUAL_PORT = 4566


def up(
    policy: Annotated[str, typer.Option(help="A shipped policy; `tocsin policy push` takes files, too.")] = "retail",
    time_scale: Annotated[int, typer.Option(min=1, max=3600, help="60 makes 30 minutes 30 seconds.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The emulator's port; 0: a free one.")] = _USUAL_PORT,
) -> None:
    """Start the local stack and deploy to it; deploy again when it is running."""
    started = time.monotonic()
    if policy not in policy_yaml.shipped():
        typer.echo(
            f"--policy: there is no shipped policy '{policy}', only {', '.join(policy_yaml.shipped())}", err=True
        )
        raise typer.Exit(2)
    saved = saved_stack()
    try:
        if saved is not None and saved.emulator.running():
            emulator, first = saved.emulator, False
            typer.echo(f"Deploying again to {emulator.endpoint_url}")
        else:
            emulator, first = _start(port), True
        try:
            stack = bring_up(emulator, policy=policy, time_scale=time_scale, before=None if first else saved)
            save(stack)
        except BaseException:
            if first:
                emulator.stop()
                STATE.unlink(missing_ok=True)
            raise
    except LocalStackError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"Up in {time.monotonic() - started:.0f} s. `tocsin down` stops it.")
    typer.echo(f"  API       {stack.api_url}")
    typer.echo(f"  console   {stack.console_url}")
    typer.echo(f"            sign in as {stack.person} with {stack.person_key}")
    typer.echo(f"  site      {stack.site_url}/")
    typer.echo(f"  AWS       {stack.endpoint_url}")
    typer.echo(f"  policy    {_in_force(stack)}, {time_scale} times the speed")
    typer.echo(f"  SMS       {stack.endpoint_url}/_ministack/sns/sms-messages")
    typer.echo(f"  e-mail    {stack.endpoint_url}/_ministack/ses/messages")
    typer.echo(f"  details   {STATE}")
    typer.echo(f"  {links_note(stack)}")


def _in_force(stack: LocalStack) -> str:
    """The policy new incidents open under: the last one pushed, else the shipped one this stack was deployed with."""
    tables = Tables(incidents=stack.outputs["IncidentsTable"])
    client = stack.client("dynamodb")
    return DynamoPolicies(lambda: client, tables, SystemTime(), shipped=stack.policy).current()[0]


def down() -> None:
    """Stop the local stack and remove what it left; fine when there is none."""
    saved = saved_stack()
    if saved is None:
        typer.echo("No local stack.")
        return
    saved.emulator.stop()
    shutil.rmtree(saved.emulator.home, ignore_errors=True)
    STATE.unlink(missing_ok=True)
    typer.echo("Down.")


def _start(port: int) -> Emulator:
    home = HOMES / "local"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    emulator = Emulator(home, port=port or free_port(), auth=False)
    typer.echo(f"Starting the emulator on {emulator.endpoint_url}")
    emulator.start(outlive=True)
    save(LocalStack(emulator))  # before the deployment: `down` finds it, whatever becomes of that
    return emulator
