"""The tree of errors, named by who must act.

    BullpenError              fact, cause, remedy: each a clear clause for the reader
    ├── InputError            the person who asked must change the request
    ├── ModelError            the model answered badly; the turn tells it and tries again
    ├── OperatorError         whoever runs Bullpen must change a setting, a token or the machine
    ├── ConflictError         somebody else changed the same thing first; read again, then retry
    └── DefectError           we must fix Bullpen; the message asks for a report

The rule it protects: every error a person can meet says what happened, why, and what to do
next. It does not wrap foreign exceptions wholesale: a caller that cannot name the remedy lets
the original rise.
"""

from __future__ import annotations


class BullpenError(Exception):
    """A failure that can be explained.

    `fact` says what did not happen, `cause` why, `remedy` what the reader can do about it.
    """

    def __init__(self, fact: str, cause: str = "", remedy: str = "") -> None:
        self.fact, self.cause, self.remedy = fact, cause, remedy
        super().__init__(" ".join(part for part in (fact, cause, remedy) if part))


class InputError(BullpenError):
    """The person who asked must change the request."""


class ModelError(BullpenError):
    """The model answered in a way that cannot be used."""


class OperatorError(BullpenError):
    """Whoever runs Bullpen must change a setting, a token or the machine."""


class ConflictError(BullpenError):
    """The thing was changed by somebody else since it was read."""


class DefectError(BullpenError):
    """A fault of ours."""
