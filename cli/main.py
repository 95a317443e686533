"""The `tocsin` command: wires the sub-commands together, and holds none of them."""

from __future__ import annotations

import typer

from cli import (
    audit,
    contract,
    crisis_verbs,
    deploy_check,
    doctor,
    drill,
    erase,
    evidence,
    incident_verbs,
    keys,
    policy,
    quarantine,
    report,
    restore,
    roster,
    send,
    simulate,
    site,
    statement_verbs,
)
from cli.demo import command as demo_command
from cli.demo_crisis import command as demo_crisis_command
from cli.local_stack import commands
from cli.watch_demo import command as watch_demo_command

app = typer.Typer(
    name="tocsin",
    help="Deadlines, escalation and crisis response for customer complaints.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals may hold phone numbers and tokens
)


@app.callback()
def main() -> None:
    """Deadlines, escalation and crisis response for customer complaints."""


app.command()(commands.up)
app.command()(commands.down)
app.add_typer(policy.app, name="policy")
app.add_typer(roster.app, name="roster")
app.add_typer(contract.app, name="contract")
app.command()(simulate.simulate)
app.command()(send.send)
app.add_typer(incident_verbs.app, name="incidents")
app.add_typer(crisis_verbs.app, name="crisis")
crisis_verbs.app.command()(evidence.evidence)
crisis_verbs.app.command()(report.report)
app.add_typer(statement_verbs.app, name="statement")
app.add_typer(drill.app, name="drill")
app.add_typer(site.app, name="site")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.command()(erase.erase)
app.command()(doctor.doctor)
app.command("deploy-check")(deploy_check.deploy_check)
app.add_typer(restore.app, name="restore")
app.command()(demo_command.demo)
app.command("demo-crisis")(demo_crisis_command.demo_crisis)
app.command("watch-demo")(watch_demo_command.watch_demo)
