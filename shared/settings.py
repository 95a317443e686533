"""The only reader of the environment: what a stage tells its functions."""

import os
from functools import cache

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Settings of one function; one that is not set is None and fails where it is wanted, by name."""

    model_config = ConfigDict(frozen=True)

    stage: str = "local"
    policy: str = "retail"
    time_scale: int = Field(default=1, ge=1, le=3600)
    probe_contact: str = ""
    incidents_table: str = ""
    timers_table: str = ""
    outbox_table: str = ""
    timeline_table: str = ""
    events_queue_url: str = ""
    timers_queue_url: str = ""
    messages_queue_url: str = ""
    api_keys_secret_arn: str = ""
    webhook_secret_arn: str = ""
    operations_topic_arn: str = ""
    link_base_url: str = ""
    email_from: str = ""
    email_configuration_set: str = ""
    sms_sender: str = ""
    errands_queue_url: str = ""
    site_bucket: str = ""
    site_url: str = ""
    evidence_bucket: str = ""
    console_url: str = ""
    console_secret_arn: str = ""
    console_sign_in: str = ""
    console_client_id: str = ""
    console_cognito_domain: str = ""
    console_user_pool_id: str = ""
    front_secret_arn: str = ""
    heartbeat_secret_arn: str = ""
    audit_minutes: int = Field(default=5, ge=1)
    probe_minutes: int = Field(default=0, ge=0)

    def required(self, name: str) -> str:
        """A setting this function cannot do without.

        Raises:
            LookupError: it is not set; names the variable.
        """
        value = str(getattr(self, name))
        if not value:
            raise LookupError(f"TOCSIN_{name.upper()} is not set")
        return value


@cache
def settings() -> Settings:
    """The environment's settings, read once."""
    return Settings.model_validate(
        {name: value for name in Settings.model_fields if (value := os.environ.get(f"TOCSIN_{name.upper()}"))}
    )
