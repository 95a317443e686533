"""Whether carriers take what is sent: sandboxes, spend, senders, and people whom a carrier refuses to reach."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from cli.health.diagnosis import Diagnosis, by_weight, good, must, named

_NEW_ACCOUNT_USD = 1.0
_SPENT_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """What the account may send by SMS in a month (USD); `spent_usd` is None where nothing was sent lately."""

    in_sandbox: bool
    limit_usd: float
    spent_usd: float | None


@dataclass(frozen=True, slots=True)
class EmailAccount:
    """What SES says of the account; `quota` and `sent` are messages in 24 hours, a quota of -1 is none."""

    production_access: bool
    sending_enabled: bool
    enforcement: str
    quota: float
    sent: float


def sms_account(account: SmsAccount, *, production: bool) -> Iterator[Diagnosis]:
    """Sandbox and spend limit of SNS: both are silent refusals."""
    area = "SMS account"
    if account.in_sandbox:
        what = "the account is in the SMS sandbox: text messages reach verified numbers only"
        yield by_weight(area, what, "open a support case to leave it (docs/operations.md, 5. SMS)", heavy=production)
    limit, spent = account.limit_usd, account.spent_usd or 0
    raise_it = "aws sns set-sms-attributes --attributes MonthlySpendLimit=200 (after a support case for the quota)"
    if spent >= _SPENT_SHARE * limit:
        yield must(area, f"{spent:.2f} of {limit:.2f} USD are spent this month; then SMS stops in silence", raise_it)
    elif limit <= _NEW_ACCOUNT_USD:
        what = f"the account may spend {limit:.2f} USD a month on SMS: some ten messages"
        yield by_weight(area, what, raise_it, heavy=production)
    if not account.in_sandbox and limit > _NEW_ACCOUNT_USD and spent < _SPENT_SHARE * limit:
        yield good(area, f"out of the sandbox, {spent:.2f} of {limit:.2f} USD spent this month")


def opted_out(phones: Mapping[str, str], numbers: Collection[str]) -> Iterator[Diagnosis]:
    """People whose number takes no SMS of this account any more; by name, never by number (I12)."""
    area, gone = "SMS numbers", sorted(person for person, phone in phones.items() if phone in numbers)
    if gone:
        do = "ask them, then aws sns opt-in-phone-number (once in 30 days); until then another channel first"
        yield must(area, f"opted out of SMS: {named(gone)}", do)
    else:
        yield good(area, f"none of {len(phones)} people opted out")


def email_account(account: EmailAccount, *, production: bool) -> Iterator[Diagnosis]:
    """Sandbox, suspension and quota of SES."""
    area, fine = "e-mail account", True
    if not account.production_access:
        fine = False
        what = "the account is in the SES sandbox: mail reaches verified addresses only"
        do = "aws sesv2 put-account-details --production-access-enabled … (docs/operations.md, 4. E-mail)"
        yield by_weight(area, what, do, heavy=production)
    if not account.sending_enabled or account.enforcement not in ("HEALTHY", ""):
        fine = False
        what = f"SES does not send for this account (enforcement {account.enforcement or 'unknown'})"
        yield must(area, what, "aws sesv2 get-account, and answer the case that AWS opened")
    if account.quota > 0 and account.sent >= _SPENT_SHARE * account.quota:
        fine = False
        what = f"{account.sent:.0f} of {account.quota:.0f} e-mails of the last 24 hours' quota are used"
        yield must(area, what, "ask for a higher sending quota (Service Quotas, SES)")
    if fine:
        yield good(area, "out of the sandbox and sending")


def email_sender(verified: Mapping[str, bool]) -> Iterator[Diagnosis]:
    """Whether the sender, or its domain, is verified: identity to answer; empty where SES knows neither."""
    area = "e-mail sender"
    if any(verified.values()):
        yield good(area, "the stage's sender is verified")
    else:
        what = "is not verified yet" if verified else "is unknown to SES"
        do = "aws sesv2 create-email-identity, and its DKIM records into the DNS (docs/operations.md, 4. E-mail)"
        yield must(area, f"the stage's `email_from` {what}: no e-mail goes out", do)


def suppressed(reasons: Mapping[str, str], looked_at: int) -> Iterator[Diagnosis]:
    """People whose address SES does not write to any more, with the reason; by name, never by address (I12)."""
    area = "e-mail addresses"
    if reasons:
        people = [f"{person} ({why.lower()})" for person, why in sorted(reasons.items())]
        do = "let them mend their mailbox, then aws sesv2 delete-suppressed-destination"
        yield must(area, f"on the suppression list: {named(people)}", do)
    else:
        yield good(area, f"none of {looked_at} people is suppressed")
