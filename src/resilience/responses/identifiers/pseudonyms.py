"""Pseudonyms of ids: keyed, so that nobody without the key can make or undo them.

HMAC-SHA256 (RFC 2104, FIPS 198-1) of study, role and id, with a key of 256 bits, cut to 100 bits
in base 32: among a million ids two are alike with a chance of less than 1 in 10^18. Plain hashes
are no pseudonyms: all telephone numbers of a country are tried in minutes.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from resilience.definitions.workspace import workspace_of
from resilience.errors import Issue, ReadingError
from resilience.responses.identifiers.names import with_plain_digits

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KEY_HEADER", "PseudonymKey", "make_key", "pseudonyms", "read_key"]

KEY_HEADER = b"resilience key 1\n"
"""How a key file begins."""

_KEY_BYTES = 32
_LARGEST = 1_000
_OTHERS = 0o077
_CHECK = b"resilience: this is the key"
_CHECK_DIGITS = 16
_PSEUDONYM_LETTERS = 20


class PseudonymKey:
    """A secret that is never shown.

    Attributes
    ----------
    check : str
        What tells this key from others and nothing else about it.
    """

    __slots__ = ("_secret", "check")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.check = hmac.new(secret, _CHECK, hashlib.sha256).hexdigest()[:_CHECK_DIGITS]

    def pseudonym(self, domain: str, text: str) -> str:
        """Return what stands for a text: the same for the same key, domain and text."""
        message = "\x1f".join((domain, text)).encode()
        digest = hmac.new(self._secret, message, hashlib.sha256).digest()
        return base64.b32encode(digest).decode().lower()[:_PSEUDONYM_LETTERS]

    def __repr__(self) -> str:
        """Return a line without the key."""
        return "<PseudonymKey>"

    def __reduce__(self) -> str:
        """Refuse to be written anywhere."""
        message = "a key is not written to other files"
        raise TypeError(message)


def make_key(path: str | Path) -> PseudonymKey:
    """Write a new key to a file that only its owner may read.

    Parameters
    ----------
    path : str or Path
        A new file outside every workspace. Keep a copy where the programme keeps its secrets:
        without it, waves that are still to come cannot be linked.

    Returns
    -------
    PseudonymKey
        Its `check` goes into the study, under `pseudonyms`.

    Raises
    ------
    ReadingError
        If something is there already, the place is in a workspace, or it cannot be written.

    Examples
    --------
    >>> import resilience as rs, tempfile
    >>> key = rs.make_key(tempfile.mkdtemp() + "/study.key")
    >>> key, len(key.check)
    (<PseudonymKey>, 16)
    """
    file = Path(path).expanduser()
    _require_outside(file)
    secret = secrets.token_bytes(_KEY_BYTES)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(KEY_HEADER + base64.b32encode(secret).lower() + b"\n")
    except OSError as error:
        remedies = {
            errno.EEXIST: "a key is never replaced: name another file",
            errno.ENOENT: "make the folder first",
        }
        raise ReadingError(
            Issue(
                "the key file cannot be made",
                where=str(file),
                found=error.strerror or type(error).__name__,
                expected="a new file in a folder of yours",
                remedy=remedies.get(error.errno or 0, "choose a folder that you may write to"),
            )
        ) from error
    return PseudonymKey(secret)


def read_key(path: str | Path, *, check: str | None = None, where: str = "") -> PseudonymKey:
    """Return the key of a file.

    Parameters
    ----------
    path : str or Path
        From `make_key`.
    check : str, optional
        What the key's `check` must be.
    where : str, optional
        Where the file was named, for errors.

    Raises
    ------
    ReadingError
        If the file is not there, no key, in a workspace, open to others, or another study's.
    """
    file = Path(path).expanduser()
    _require_outside(file)
    key = _parsed(_content(file, where), where or str(file))
    if check is not None and not hmac.compare_digest(key.check.encode(), check.encode()):
        raise ReadingError(
            Issue(
                "this is not the key that the study's pseudonyms are made with",
                where=where or str(file),
                found=f"a key with check {key.check}",
                expected=f"the key with check {check}",
                remedy="find the study's key: with another, no respondent is known again",
            )
        )
    return key


def pseudonyms(ids: pd.Series, key: PseudonymKey, domain: str) -> pd.Series:
    """Return pseudonyms of ids: text, missing where there is none.

    Blanks around an id, the script of its digits and full-width signs do not count; capitals
    and zeros in front do.
    """
    texts = ids.dropna().unique()
    known = {text: key.pseudonym(domain, _normal(str(text))) for text in texts}
    return ids.map(known).astype("str")


def _normal(text: str) -> str:
    return " ".join(with_plain_digits(text).split())


def _content(file: Path, where: str) -> bytes:
    expected = "the study's key: a small file that only you may read"
    try:
        told = file.stat()
        is_file = file.is_file()
        content = file.read_bytes() if is_file and told.st_size <= _LARGEST else b""
    except OSError as error:
        raise ReadingError(
            Issue(
                "the key file cannot be read",
                where=where or str(file),
                found=f"{file}: {error.strerror or type(error).__name__}",
                expected=expected,
                remedy="put the key there, or name its place in RESILIENCE_KEY_FILE",
            )
        ) from None
    if is_file and os.name == "posix" and told.st_mode & _OTHERS:
        raise ReadingError(
            Issue(
                "others can read the key file",
                where=str(file),
                found=f"mode {told.st_mode & 0o777:o}",
                expected="mode 600",
                remedy="chmod 600 it; who has read it can undo the pseudonyms",
            )
        )
    return content


def _parsed(content: bytes, where: str) -> PseudonymKey:
    secret = b""
    if content.startswith(KEY_HEADER):
        try:
            secret = base64.b32decode(content[len(KEY_HEADER) :].strip().upper())
        except ValueError:
            secret = b""
    if len(secret) != _KEY_BYTES:
        raise ReadingError(
            Issue(
                "this file is no key",
                where=where,
                found="other content",
                expected="a file that 'resilience key FILE' made",
                remedy="restore the key from its copy",
            )
        ) from None
    return PseudonymKey(secret)


def _require_outside(file: Path) -> None:
    workspace = workspace_of(file)
    if workspace is not None:
        raise ReadingError(
            Issue(
                "a key does not lie in a workspace",
                where=str(file),
                found=f"a file below {workspace.name}/",
                expected="a place outside, which is not shared with the data",
                remedy="move it, for instance to a folder of yours that is backed up apart",
            )
        )
