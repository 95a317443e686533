"""`tocsin crisis report`: what was due when, what happened when, who and how late, as Markdown and as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.deployment import LOCAL, StageOption, find, reaching
from cli.incidents import Which, named
from cli.refuse import FAILED, refuse
from shared.adapters.language import LOCALES, locale_for
from shared.adapters.report_page import pages_of
from shared.adapters.system_time import SystemTime
from shared.domain.after_action import after_action


def report(
    which: Which,
    out: Annotated[Path, typer.Option("--out", help="The folder to write into.")] = Path(),
    form: Annotated[str, typer.Option("--format", metavar="md|html|both")] = "both",
    locale: Annotated[str, typer.Option("--locale", help="zh-CN or en; without it the policy's.")] = "",
    stage: StageOption = LOCAL,
) -> None:
    """Write the after-action report of an incident, read from its timeline. Times are of the policy's zone, with UTC.

    Markdown comes with its timeline picture as a file beside it; the HTML page holds it, and prints.
    """
    if form not in ("md", "html", "both"):
        refuse(f"--format {form}: give md, html or both")
    if locale and locale not in LOCALES:
        refuse(f"--locale {locale}: give one of {', '.join(LOCALES)}")
    incident = named(which)
    deployment = find(stage)
    with reaching(stage):
        incidents, policies = deployment.incidents(), deployment.policies()
        stored = incidents.load(incident)
        if stored is None:
            refuse(f"{incident}: there is no such incident", FAILED)
        lines = incidents.timeline(incident)
        try:
            rules, (_, today) = policies.at(stored.incident.rules), policies.current()
        except LookupError as error:
            refuse(f"{incident}: {error.args[0]}", FAILED)
    try:
        told = after_action(stored.incident, lines, rules, SystemTime().now())
    except ValueError as error:
        refuse(f"{error}: `tocsin audit verify {incident}` says more", FAILED)
    picture = f"{incident}-report.svg"
    pages = pages_of(told, rules, today, locale or locale_for(rules.locale), picture)
    files = {f"{incident}-report.html": pages.html} if form != "md" else {}
    if form != "html":
        files |= {f"{incident}-report.md": pages.markdown, picture: pages.svg}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_text(text, encoding="utf-8")
            typer.echo(out / name)
    except OSError as error:
        refuse(f"{out}: {error.strerror}", FAILED)
