"""What things cost: read from prices.yaml, the one place to change a price."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

FILE: Final = Path(__file__).with_name("prices.yaml")


class Price(BaseModel):
    """A list price.

    Attributes:
        usd: for `per` of the unit.
        unit: what is counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd: float = Field(ge=0)
    per: int = Field(ge=1)
    unit: str = Field(min_length=1)

    def of(self, amount: float) -> float:
        """USD for an amount."""
        return self.usd * amount / self.per


class Assumptions(BaseModel):
    """What no count can tell, each said in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lambda_memory_gb: float
    lambda_billed_ms: float
    api_log_bytes: int
    incidents_a_month: int
    traced_share: float
    stored_kb_an_incident: float


class Prices(BaseModel):
    """All of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    as_of: str
    to_be_checked: str
    assumptions: Assumptions
    prices: dict[str, Price]

    def of(self, name: str, amount: float) -> float:
        """USD for an amount of something.

        Raises:
            KeyError: nobody said what that costs.
        """
        return self.prices[name].of(amount)


def load(path: Path = FILE) -> Prices:
    """The price list."""
    return Prices.model_validate(yaml.safe_load(path.read_text()))
