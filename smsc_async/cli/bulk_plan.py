"""The rows of a file, checked against the settings of the bind.

Rule: every row is planned before anything is sent, so that all rejected ones are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.plan import plan

if TYPE_CHECKING:
    from smsc_async.cli.csv_input import CsvFile, CsvRow
    from smsc_async.gateway.coding import TextSettings


@dataclass(slots=True)
class PlannedRows:
    """The rows of a file, validated."""

    valid: list[CsvRow] = field(default_factory=list)
    rejected: list[CsvRow] = field(default_factory=list)
    parts: int = 0


def plan_rows(csv_file: CsvFile, settings: TextSettings) -> PlannedRows:
    """Plan every row."""
    planned = PlannedRows()
    for row in csv_file.rows:
        if row.message is not None:
            try:
                planned.parts += plan(row.message, settings).parts
            except InvalidMessageError as error:
                row.message, row.reason = None, str(error)
        (planned.rejected if row.message is None else planned.valid).append(row)
    return planned
