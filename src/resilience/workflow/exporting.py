"""Write scored responses to a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from resilience.errors import Issue, ReportingError
from resilience.files import sha256_of, write_whole
from resilience.responses.formats.delimited import write_delimited

if TYPE_CHECKING:
    from resilience.responses.responses import Responses

__all__ = ["write_responses"]

REASON_SUFFIX = "_reason"


def write_responses(responses: Responses, path: str | Path) -> None:
    """Write responses, their scores and the reasons for missing answers.

    Parameters
    ----------
    responses : Responses
    path : str or Path
        A .csv or .parquet file. Only its owner may read it: it holds respondents' answers.

    Raises
    ------
    ReportingError
        If the suffix is unknown, the file is one of the study's data files, or it cannot be
        written.
    """
    target = Path(path)
    _refuse_source(responses, target)
    frame = responses.to_frame()
    reasons = responses.reason_names().add_suffix(REASON_SUFFIX)
    for name in reasons:
        frame[name] = reasons[name]
    suffix = target.suffix.lower()
    if suffix == ".csv":
        data = write_delimited(frame)
    elif suffix == ".parquet":
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        data = buffer.getvalue()
    else:
        raise ReportingError(
            Issue(
                "this kind of file cannot be written",
                where=str(target),
                found=target.suffix or "no suffix",
                expected=".csv or .parquet",
                remedy="name a file with one of these suffixes",
            )
        )
    write_whole({target: data}, private=True)


def _refuse_source(responses: Responses, target: Path) -> None:
    """Refuse to write over the data that the responses were read from."""
    if not target.is_file():
        return
    checksum = sha256_of(target)
    if any(source.sha256 == checksum for source in responses.sources.values()):
        raise ReportingError(
            Issue(
                "the file is one of the study's data files",
                where=str(target),
                found="the answers that were read",
                expected="a file of its own for scores",
                remedy="name another file",
            )
        )
