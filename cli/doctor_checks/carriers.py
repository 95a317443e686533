"""SNS and SES: may they send, and do they still send to the people of the policy?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from cli.doctor_checks.patient import Patient, is_missing
from cli.health import carriers
from cli.health.diagnosis import Diagnosis

_DEFAULT_LIMIT_USD = 1.0
_DAY_SECONDS = 86_400


def sms_account(patient: Patient) -> Iterator[Diagnosis]:
    """Sandbox and spend of SNS."""
    sns = patient.client("sns")
    sandbox = sns.get_sms_sandbox_account_status()["IsInSandbox"]
    limit = sns.get_sms_attributes(attributes=["MonthlySpendLimit"])["attributes"].get("MonthlySpendLimit")
    now = datetime.fromtimestamp(patient.now / 1000, UTC)
    spent = patient.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SNS",
        MetricName="SMSMonthToDateSpentUSD",
        StartTime=max(now - timedelta(days=1), now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)),
        EndTime=now,
        Period=_DAY_SECONDS,
        Statistics=["Maximum"],
    )["Datapoints"]
    account = carriers.SmsAccount(
        in_sandbox=bool(sandbox),
        limit_usd=float(limit) if limit else _DEFAULT_LIMIT_USD,
        spent_usd=max((point["Maximum"] for point in spent), default=None),
    )
    yield from carriers.sms_account(account, production=patient.production)


def opted_out(patient: Patient) -> Iterator[Diagnosis]:
    """People who said STOP; the numbers themselves go nowhere (I12)."""
    sns = patient.client("sns")
    page: dict[str, str] = {}
    numbers: set[str] = set()
    while True:
        answer = sns.list_phone_numbers_opted_out(**page)
        numbers |= set(answer.get("phoneNumbers", ()))
        if not (token := answer.get("nextToken")):
            break
        page = {"nextToken": token}
    phones = {name: person.phone for name, person in patient.policy[1].people.items() if person.phone}
    yield from carriers.opted_out(phones, numbers)


def email_account(patient: Patient) -> Iterator[Diagnosis]:
    """Sandbox, suspension and quota of SES."""
    said = patient.client("sesv2").get_account()
    account = carriers.EmailAccount(
        production_access=bool(said.get("ProductionAccessEnabled")),
        sending_enabled=bool(said.get("SendingEnabled", True)),
        enforcement=str(said.get("EnforcementStatus", "")),
        quota=float(said.get("SendQuota", {}).get("Max24HourSend", -1)),
        sent=float(said.get("SendQuota", {}).get("SentLast24Hours", 0)),
    )
    yield from carriers.email_account(account, production=patient.production)


def email_sender(patient: Patient) -> Iterator[Diagnosis]:
    """Whether SES may send as the stage's sender: its address, or its domain."""
    sender = patient.stage.email_from
    wanted = {sender: "address", sender.rpartition("@")[2]: "domain"}
    # The older API answers for both at once, and for identities made with either.
    known = patient.client("ses").get_identity_verification_attributes(Identities=list(wanted))
    verified = {
        wanted[identity]: said.get("VerificationStatus") == "Success"
        for identity, said in known["VerificationAttributes"].items()
    }
    yield from carriers.email_sender(verified)


def suppressed(patient: Patient) -> Iterator[Diagnosis]:
    """People whose mailbox bounced or complained; their addresses go nowhere but to SES (I12)."""
    ses, reasons = patient.client("sesv2"), {}
    mails = {name: person.email for name, person in patient.policy[1].people.items() if person.email}
    for name, email in mails.items():
        try:
            found = ses.get_suppressed_destination(EmailAddress=email)["SuppressedDestination"]
        except ClientError as error:
            if not is_missing(error):
                raise
        else:
            reasons[name] = str(found.get("Reason", "unknown"))
    yield from carriers.suppressed(reasons, len(mails))
