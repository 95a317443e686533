"""The deployed product: real HTTP in, SMS and e-mail out, answered through the link as it stands in the SMS.

`retail` at sixty times the speed: 30 minutes are 30 seconds, a window of 10 minutes is 10 seconds.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

from cli.local_stack.stack import LocalStack
from tests.e2e.watching import complaint, event, eventually, incident, link_in, mails, post, texts

FRONT_LINE, SUPERVISOR, REGIONAL_MANAGER = "+8614599990001", "+8614599990002", "+8614599990003"
VICE_PRESIDENT = "+8614599990005"


def test_nobody_answers_up_to_the_vice_president_and_operations_hear_by_e_mail(stack: LocalStack) -> None:
    [silent] = post(stack, complaint("C-SILENT", level="major"))
    eventually(lambda: texts(stack, "C-SILENT", VICE_PRESIDENT), within=75)
    eventually(lambda: mails(stack, "C-SILENT"), within=30)
    pages = [entry["data"] for entry in incident(stack, silent)["timeline"] if entry["kind"] == "paged"]
    assert [(page["rung"], page["reason"]) for page in pages[:6]] == [
        ("front_line", "opened"),
        ("supervisor", "opened"),
        ("front_line", "warning"),
        ("regional_manager", "missed"),
        ("headquarters", "unacknowledged"),
        ("vice_president", "unacknowledged"),
    ]
    assert len(texts(stack, "C-SILENT", VICE_PRESIDENT)) == 1


def test_the_link_in_the_sms_shows_on_get_and_acts_on_post_and_the_chain_stops(stack: LocalStack) -> None:
    [taken] = post(stack, complaint("C-LINK", level="major"))
    [text] = eventually(lambda: texts(stack, "C-LINK", SUPERVISOR))
    link = link_in(text)
    with stack.http(timeout=30) as phone:
        for _ in range(3):  # mail scanners and previews open links, too
            shown = phone.get(link)
            assert shown.status_code == 200
            assert "C-LINK" in shown.text
        assert incident(stack, taken)["acknowledged"] is False

        done = phone.post(link, data={"verb": "acknowledge"})
        assert done.status_code == 200, done.text
        assert incident(stack, taken)["holder"] == "zhang.wei"
        again = phone.post(link, data={"verb": "acknowledge"})
        assert again.status_code == 409

        other = link_in(eventually(lambda: texts(stack, "C-LINK", FRONT_LINE))[0])
        assert phone.post(other, data={"verb": "acknowledge"}).status_code == 410  # superseded by the acknowledgement
        assert phone.get(link.rsplit("/", 1)[0] + "/AAAAAAAAAAA").status_code == 404

        resolved = phone.post(link, data={"verb": "resolve", "solution": "A new kettle"})
        assert resolved.status_code == 200, resolved.text
    view = incident(stack, taken)
    assert view["state"] == "awaiting_confirmation"
    assert {clock["clock"]: clock["verdict"] for clock in view["clocks"]} == {
        "respond": "met",
        "step_in": "met",
        "resolve": "met",
        "follow_up": "running",
    }
    assert texts(stack, "C-LINK", REGIONAL_MANAGER) == []


def test_the_queue_and_the_bus_take_the_same_events(stack: LocalStack) -> None:
    sqs, bus = stack.client("sqs"), stack.client("events")
    sqs.send_message(
        QueueUrl=stack.outputs["EventsQueueUrl"], MessageBody=json.dumps(complaint("C-QUEUE", level="major"))
    )
    bus.put_events(
        Entries=[
            {
                "EventBusName": stack.outputs["EventBusName"],
                "Source": "crm.hotline",
                "DetailType": "complaint.received",
                "Detail": json.dumps(complaint("C-BUS", level="major")),
            }
        ]
    )
    eventually(lambda: texts(stack, "C-QUEUE", FRONT_LINE))
    eventually(lambda: texts(stack, "C-BUS", FRONT_LINE))


def test_what_the_queue_cannot_take_waits_in_quarantine_with_its_reason(stack: LocalStack) -> None:
    bad = complaint("C-BAD", level="major")
    bad["time"] = "yesterday"
    stack.client("sqs").send_message(QueueUrl=stack.outputs["EventsQueueUrl"], MessageBody=json.dumps(bad))

    def quarantined() -> list[str]:
        found = stack.client("dynamodb").query(
            TableName=stack.outputs["IncidentsTable"],
            IndexName="quarantine",
            KeyConditionExpression="q_pk = :all",
            ExpressionAttributeValues={":all": {"S": "QUARANTINE"}},
        )
        return [str(item) for item in found["Items"] if "C-BAD" in str(item)]

    [kept] = eventually(quarantined)
    assert "time" in kept


def test_2000_copies_at_once_make_one_incident_and_one_page_a_person(stack: LocalStack) -> None:
    copy = complaint("C-COPIES", level="major", event_id="the-same")
    with ThreadPoolExecutor(4) as pool:
        ids = {taken for batch in pool.map(lambda _: post(stack, *[copy] * 100), range(20)) for taken in batch}
    assert len(ids) == 1
    eventually(lambda: texts(stack, "C-COPIES", SUPERVISOR), within=60)
    queue = stack.outputs["EventsQueueUrl"]
    sqs = stack.client("sqs")

    def waiting() -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    eventually(waiting, within=120, until=lambda left: left == 0)
    [opened] = [text for text in texts(stack, "C-COPIES", FRONT_LINE) if "新到" in text]
    assert link_in(opened)
    assert len([text for text in texts(stack, "C-COPIES", SUPERVISOR) if "新到" in text]) == 1
    with stack.api as api:
        assert api.post("/v1/events", json=copy).json()["status"] == "duplicate"


def test_an_update_that_overtakes_its_complaint_is_applied_when_that_comes(stack: LocalStack) -> None:
    [early] = post(stack, event("complaint.updated", "C-EARLY", amount_cny=150_000))
    time.sleep(1)  # there is nothing to see yet: give the early event its head start
    post(stack, complaint("C-EARLY"))
    view = eventually(lambda: incident(stack, early))
    assert view["level"] == "major"


def test_an_acknowledgement_by_the_intake_system_stops_the_chain(stack: LocalStack) -> None:
    [taken] = post(stack, complaint("C-INTAKE", level="major"))
    eventually(lambda: incident(stack, taken))
    post(stack, event("complaint.acknowledged", "C-INTAKE", by="agent 7"))
    view = eventually(lambda: incident(stack, taken), until=lambda seen: bool(seen.get("acknowledged")))
    assert view["holder"] == "agent 7"
