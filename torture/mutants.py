"""Mutants: the product with one protection switched off. A simulation that lets one live proves nothing about it.

Each is the product's own code with one function replaced at run time, by what somebody might have written who did not
know why it is there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from aws_lambda_powertools.utilities.batch import BatchProcessor

from shared.adapters import carrier_outcome, dynamo_calls, dynamo_incidents, dynamo_keys
from shared.adapters.dynamo_errands import DynamoErrands
from shared.adapters.dynamo_incidents import DynamoIncidents
from shared.adapters.dynamo_outbox import DynamoOutbox
from shared.adapters.dynamo_quarantine import DynamoQuarantine
from shared.adapters.dynamo_timers import DynamoTimers
from shared.adapters.policy_store import DynamoPolicies
from shared.adapters.sealed_heads import S3SealedHeads
from shared.adapters.sns_sms import SnsSms
from shared.adapters.sqs_queue import SqsQueue
from shared.application import answer_link, arm_timers, audit, commit_step, send_message, sweep_timers, take_event
from shared.domain import (
    crisis_reactions,
    escalation,
    outcome,
    statement_approval,
    statement_ladder,
    statement_reactions,
    step,
    timer,
)
from shared.domain.message import Message
from shared.domain.timeline import seal
from shared.ports import TemporaryFailure, UnavailableError
from torture import wire
from torture.cloud import Cloud

Switch = tuple[Any, str, Any]


@dataclass(frozen=True)
class Mutant:
    """A protection, and how to live without it.

    Attributes:
        name: what it is called on the command line. without: what is gone. switches: object, attribute, replacement.
    """

    name: str
    without: str
    switches: tuple[Switch, ...]

    @contextmanager
    def alive(self) -> Iterator[None]:
        """The product without its protection, for as long as this lasts."""
        with ExitStack() as stack:
            for target, attribute, other in self.switches:
                stack.enter_context(patch.object(target, attribute, other))
            yield


def _unconditional(client: Any, actions: Sequence[dynamo_calls.Action]) -> None:
    """A commit that overwrites whatever stands there; only dedup keys are still asked for."""

    def bare(request: Mapping[str, Any]) -> Mapping[str, Any]:
        [(kind, body)] = request.items()
        if kind not in ("Put", "Delete") or body.get("Item", body.get("Key", {}))["SK"]["S"] == "IDEM":
            return request
        names = {"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"}
        return {kind: {name: value for name, value in body.items() if name not in names}}

    dynamo_calls.transact(client, [replace(action, request=bare(action.request)) for action in actions])


_start_sending = DynamoOutbox.start_sending


def _start_without_fence(self: DynamoOutbox, message: Message, reference: str, now: int) -> Message:
    return _start_sending(self, replace(message, fence=None), reference, now)


def _start_unrecorded(_: DynamoOutbox, message: Message, reference: str, now: int) -> Message:
    return replace(message, reference=reference, sending_at=now)


_take = DynamoIncidents._take  # noqa: SLF001 - a mutant reaches in


def _take_again(self: DynamoIncidents, *what: Any) -> dynamo_calls.Action:
    action = _take(self, *what)
    put = {name: value for name, value in action.request["Put"].items() if name in ("TableName", "Item")}
    return replace(action, request={"Put": put})


_judged = statement_reactions._judged  # noqa: SLF001


def _judged_whatever(step: Any, statement: Any, event: Any, by: str) -> Any:
    draft = statement.draft
    if draft is not None:
        event = event.model_copy(update={"data": event.data.model_copy(update={"revision": draft.number})})
    return _judged(step, statement, event, by)


_climb = escalation._climb  # noqa: SLF001


def _climb_replayed(step: Any, rung: int, due: int, reason: Any) -> None:
    now, step.now = step.now, min(step.now, due)
    try:
        _climb(step, rung, due, reason)
    finally:
        step.now = now


_send = SqsQueue.send


def _send_hopefully(self: SqsQueue, bodies: Any) -> None:
    try:
        _send(self, bodies)
    except UnavailableError:
        return


def _drop(world: Any, message: Message, ended: str, why: str) -> None:  # noqa: ARG001 - as `carry_on`
    world.outbox.finish(message, ended)


_open_ladder = statement_ladder.open_ladder


def _open_at_once(step: Any, crisis: Any, stated_at: int) -> None:
    _open_ladder(step, crisis, stated_at)
    step.change(statements=tuple(replace(each, publish_at=stated_at) for each in step.incident.statements))


_at = DynamoPolicies.at


def _rules_of_today(self: DynamoPolicies, reference: str) -> Any:
    """Whatever an incident was opened under; what `current` itself asks for is what it says."""
    pointer = dynamo_calls.get(self._client(), self._tables.incidents, dynamo_keys.policy("CURRENT"))
    return _at(self, pointer["reference"]["S"] if pointer and "reference" in pointer else reference)


_send_sms = SnsSms.send


def _send_aloud(self: SnsSms, address: str, *what: Any) -> str:
    logging.getLogger("torture").info("a text to %s", address)
    return _send_sms(self, address, *what)


def _call_nothing_back(pages: Any, entries: Any, _: int) -> tuple[Any, Any]:
    return pages, entries


def _none_failed(_: BatchProcessor) -> dict[str, list[Any]]:
    return {"batchItemFailures": []}


def _let_go(self: Cloud) -> None:
    for queue in self.queues.values():
        queue.dead.clear()


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _none(*_: Any, **__: Any) -> tuple[()]:
    return ()


def _no(*_: Any, **__: Any) -> bool:
    return False


def _yes(*_: Any, **__: Any) -> bool:
    return True


_NEVER = 10**15
MUTANTS: tuple[Mutant, ...] = (
    Mutant("claim", "conditions of a commit", ((dynamo_incidents, "transact", _unconditional),)),
    Mutant(
        "fence", "the condition that no acknowledgement came", ((DynamoOutbox, "start_sending", _start_without_fence),)
    ),
    Mutant(
        "dedup",
        "dedup keys of events",
        ((DynamoIncidents, "taken", _nothing), (DynamoIncidents, "_take", _take_again)),
    ),
    Mutant("stuck-messages", "the audit's look for messages that nobody sent", ((DynamoOutbox, "stuck", _none),)),
    Mutant("stuck-errands", "its look for errands that nobody ran", ((DynamoErrands, "stuck", _none),)),
    Mutant("sending", "the record of SENDING before a send", ((DynamoOutbox, "start_sending", _start_unrecorded),)),
    Mutant(
        "unknown", "telling an unknown outcome from a failure", ((carrier_outcome, "UnknownOutcome", TemporaryFailure),)
    ),
    Mutant("sdk-once", "switching the SDK's repeats off for sends", ((wire, "CARRIER_ATTEMPTS", 4),)),
    Mutant(
        "next-channel",
        "the next channel for what one could not take",
        ((send_message, "carry_on", _drop),),
    ),
    Mutant("early", "keeping events that overtook their complaint", ((take_event, "_keep_early", _nothing),)),
    Mutant("early-claim", "an opening's claim of early events", ((DynamoIncidents, "_claim_early", _none),)),
    Mutant("quarantine", "keeping what cannot be taken", ((DynamoQuarantine, "put", _nothing),)),
    Mutant("catch-up", "the rule that stale rungs are entered, not paged", ((escalation, "_climb", _climb_replayed),)),
    Mutant(
        "overdue",
        "handing over again what was lost on its way",
        ((sweep_timers, "OVERDUE", _NEVER), (audit, "due_timers", _none), (DynamoIncidents, "silent", _none)),
    ),
    Mutant("arm", "arming timers that are born late", ((arm_timers, "ARM_WITHIN", 0),)),
    Mutant("mark", "marking them for the stream's filter", ((timer, "BORN_SOON", -_NEVER),)),
    Mutant("store-clock", "the audit's second clock", ((DynamoTimers, "clock", _nothing),)),
    Mutant(
        "called-back",
        "calling pages back whose acknowledgement came in the same step",
        ((outcome, "called_back", _call_nothing_back), (step, "called_back", _call_nothing_back)),
    ),
    Mutant("settled", "the minute in which a receipt may still come", ((send_message, "SETTLED_AFTER", 0),)),
    Mutant("rules", "the rules an incident was opened under", ((DynamoPolicies, "at", _rules_of_today),)),
    Mutant("silent", "the audit's look for incidents that wait too long", ((DynamoIncidents, "silent", _none),)),
    Mutant(
        "batch",
        "saying which records of a batch failed",
        ((BatchProcessor, "_clean", _nothing), (BatchProcessor, "response", _none_failed)),
    ),
    Mutant("dead-letters", "sending back what a queue gave up on", ((Cloud, "_redrive", _let_go),)),
    Mutant("log", "silence about numbers in the log", ((SnsSms, "send", _send_aloud),)),
    Mutant("queue", "telling a caller that the queue did not take it", ((SqsQueue, "send", _send_hopefully),)),
    Mutant(
        "links",
        "links that die with their epoch",
        ((take_event, "link_lives", _yes), (answer_link, "link_lives", _yes)),
    ),
    Mutant("binding", "approvals that bind to one revision", ((statement_reactions, "_judged", _judged_whatever),)),
    Mutant("four-eyes", "somebody else's approval", ((statement_approval, "may_approve", _yes),)),
    Mutant("order", "rungs of the ladder that wait for each other", ((statement_ladder, "_is_unpublished", _no),)),
    Mutant(
        "seat",
        "the look at who still sits there when a statement goes out",
        ((statement_ladder, "standing_approvals", lambda _, revision: revision.approvals),),
    ),
    Mutant("lead", "publication at its time", ((crisis_reactions, "open_ladder", _open_at_once),)),
    Mutant("chain", "the hash of the line before", ((commit_step, "seal", lambda _, *rest: seal("", *rest)),)),
    Mutant("heads", "copies of heads in write-once storage", ((S3SealedHeads, "seal", _nothing),)),
)
"""Every protection that a test here can switch off by itself."""
