"""A crisis as tables: who is in, what is due, where the statements stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.paper import paper


def crisis_sheet(found: Mapping[str, Any]) -> None:
    """Print what `GET /v1/incidents/{id}` says of a crisis."""
    crisis = found["crisis"]
    drill = "[bold reverse] DRILL [/] " if found["drill"] else ""
    over = f", over since {crisis['over_at']}" if crisis["over_at"] else ""
    by = f" by {escape(crisis['declared_by'])}" if crisis["declared_by"] else ""
    lines = [
        f"{drill}[bold]{escape(found['subject'])}[/bold] of {escape(found['source'])}  {found['incident']}",
        escape(found["summary"]),
        f"{crisis['kind']}, [bold]{crisis['grade']}[/bold], since {crisis['since']}{by}{over}",
    ]
    lines += [f"{name}: {escape(', '.join(crisis[name]))}" for name in ("guests", "invited") if crisis[name]]
    console = paper()
    for line in lines:
        console.print(line, soft_wrap=True)
    for table in (_seats(crisis["seats"]), _milestones(crisis["milestones"]), _statements(crisis["statements"])):
        if table.row_count:
            console.print()
            console.print(table)
    for complaint in crisis["joined"]:
        console.print(f"joined: {complaint['complaint']}  {escape(complaint['case'])} {escape(complaint['summary'])}")


def crises_table(found: Sequence[Mapping[str, Any]]) -> None:
    """Print what `GET /v1/crises` says."""
    table = Table()
    for name in ("incident", "complaint", "summary", "crisis", "grade", "seats", "since"):
        table.add_column(name, overflow="fold", no_wrap=name in ("incident", "since"))
    for each in found:
        grade = f"DRILL {each['grade']}" if each["drill"] else each["grade"]
        seats = f"{each['seats_taken']} of {each['seats']}"
        complaint, summary = escape(f"{each['source']}#{each['subject']}"), escape(each["summary"])
        table.add_row(each["incident"], complaint, summary, each["kind"], grade, seats, each["since"])
    paper().print(table)


def _seats(seats: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("seat", "state", "person", "asked", "until", title="Seats", title_justify="left")
    for seat in seats:
        asked = ", ".join(f"{who} (no)" if who in seat["declined"] else who for who in seat["asked"])
        table.add_row(
            seat["seat"], seat["state"], *map(escape, (seat["person"] or "-", asked or "-")), _at(seat["until"])
        )
    return table


def _milestones(milestones: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("milestone", "verdict", "deadline", "done", title="Milestones", title_justify="left")
    for one in milestones:
        table.add_row(one["clock"], one["verdict"], one["deadline"], _at(one["answered"]))
    return table


def _statements(statements: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(
        "statement", "state", "due", "revision", "by", "approved", "hash", title="Statements", title_justify="left"
    )
    for one in statements:
        late = " (late)" if one["late"] else ""
        table.add_row(one["rung"], f"{one['state']}{late}", one["due"], "-", "-", "-", "-")
        for revision in one["revisions"]:
            approved = ", ".join(f"{each['role']}: {each['person']}" for each in revision["approvals"])
            if revision["rejected_by"]:
                approved = f"rejected by {revision['rejected_by']}"
            what = f"published {revision['published_at']}" if revision["published_at"] else ""
            table.add_row(
                "",
                what,
                "",
                f"{revision['revision']}{' (correction)' if revision['corrects'] else ''}",
                *map(escape, (revision["by"], approved or "-")),
                revision["hash"][:12],
            )
    return table


def _at(instant: str | None) -> str:
    return instant or "-"
