"""Keeps secrets out of what Dagster stores: log lines, errors, metadata. Dagster itself redacts nothing.

Where a secret is used is no subject here (halo unwraps it at the request alone); this is the net under that rule.
The one thing to know: values are replaced, not patterns; the forms of a value are listed in handoff_pipeline/redaction.py.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from handoff_pipeline.redaction import forms_of, longest_first, mask
from handoff_pipeline.settings import Settings


@dataclass(frozen=True)
class Redactor:
    """Replaces known secret values in text."""

    forms: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Redactor:
        """A redactor of every secret among the settings."""
        values = [settings.ledger_password, *(getattr(settings, name) for name in type(settings).model_fields)]
        values += [each for value in values if isinstance(value, dict) for each in value.values()]
        secrets = (value.get_secret_value() for value in values if isinstance(value, SecretStr))
        return cls(longest_first(form for secret in secrets for form in forms_of(secret)))

    def clean(self, text: str) -> str:
        """The text with every form of every secret masked."""
        return mask(text, self.forms)


@contextmanager
def clean_logs(redactor: Redactor) -> Iterator[None]:
    """Mask secrets in every log record that this process makes, Dagster's own loggers included, until the block ends.

    A filter on a logger would miss its children's records, and a filter on a handler those handlers that Dagster makes later.
    """
    before = logging.getLogRecordFactory()

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = before(*args, **kwargs)
        _clean_record(record, redactor)
        return record

    logging.setLogRecordFactory(make)
    try:
        yield
    finally:
        logging.setLogRecordFactory(before)


def _clean_record(record: logging.LogRecord, redactor: Redactor) -> None:
    try:
        message = record.getMessage()
    except (TypeError, ValueError):
        # Arguments that do not fit their message: logging itself complains about that, later and without harm.
        message = f"{record.msg} {record.args}"
    record.msg, record.args = redactor.clean(message), None
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = redactor.clean("".join(traceback.format_exception(*record.exc_info)))
        record.exc_info = None
