"""Samples without any label of their own: the same frame is the same sample, another is not."""

from __future__ import annotations

import uuid
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame_token"]

_TOKENS: dict[int, tuple[weakref.ref[pd.DataFrame], str]] = {}


def frame_token(frame: pd.DataFrame) -> str:
    """Return a word that is this frame's as long as it lives.

    Persons drawn directly and without ids look alike in any two samples of one size. Nothing
    of the rows goes into the word.
    """
    known = _TOKENS.get(id(frame))
    if known is not None and known[0]() is frame:
        return known[1]
    number = id(frame)
    token = uuid.uuid4().hex
    _TOKENS[number] = (weakref.ref(frame, lambda _: _TOKENS.pop(number, None)), token)
    return token
