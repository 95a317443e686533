from __future__ import annotations

import pytest
from pydantic import ValidationError

from infra.stages import LEAST_EVIDENCE_DAYS, LINK_MAX_CHARACTERS, STAGES, Stage, choose


def production(**changes: object) -> Stage:
    return Stage.model_validate({**choose("prod").model_dump(), **changes})


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_is_valid(name: str) -> None:
    assert choose(name).name == name


def test_production_refuses_a_scaled_clock() -> None:
    with pytest.raises(ValidationError, match="time_scale"):
        choose("prod", {"time_scale": "2"})


def test_other_stages_take_a_scaled_clock() -> None:
    assert choose("local", {"time_scale": "60"}).time_scale == 60


def test_production_refuses_a_link_too_long_for_an_sms() -> None:
    fits = "https://" + "t" * (LINK_MAX_CHARACTERS - len("https://") - 12)
    assert production(link_base_url=fits).link_base_url == fits
    with pytest.raises(ValidationError, match="at most 34"):
        production(link_base_url=fits + "t")


def test_production_needs_a_link_address_of_its_own() -> None:
    with pytest.raises(ValidationError, match="link_base_url"):
        production(link_base_url=None)


def test_production_keeps_its_data() -> None:
    with pytest.raises(ValidationError, match="retain_data"):
        production(retain_data=False)


def test_only_the_local_stage_talks_to_another_endpoint() -> None:
    with pytest.raises(ValidationError, match="endpoint_url"):
        choose("dev", {"endpoint_url": "http://127.0.0.1:4566"})


def test_production_is_traced_for_a_deployment_that_asks_for_it() -> None:
    assert choose("prod").traced is False
    assert choose("prod", {"traced": "true"}).traced is True


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="stage"):
        choose("staging")
    with pytest.raises(ValueError, match="retain_data"):
        choose("dev", {"retain_data": "true"})


def test_production_keeps_evidence_as_long_as_a_claim_may_be_brought() -> None:
    assert production(evidence_retention_days=LEAST_EVIDENCE_DAYS).evidence_retention_days == LEAST_EVIDENCE_DAYS
    with pytest.raises(ValidationError, match="evidence_retention_days"):
        production(evidence_retention_days=LEAST_EVIDENCE_DAYS - 1)


def test_a_domain_of_the_site_needs_its_certificate_in_the_region_cloudfront_looks_in() -> None:
    there = "arn:aws:acm:us-east-1:123456789012:certificate/4f3a"
    with_both = production(site_domain="status.tocsin.example", site_certificate_arn=there)
    assert with_both.site_domain == "status.tocsin.example"
    with pytest.raises(ValidationError, match="site_certificate_arn"):
        production(site_domain="status.tocsin.example")
    with pytest.raises(ValidationError, match="site_certificate_arn"):
        production(site_domain="status.tocsin.example", site_certificate_arn=there.replace("us-east-1", "eu-west-1"))
