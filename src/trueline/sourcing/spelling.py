"""Names one slip apart: a letter too many, too few or another, two neighbours exchanged, or letters
for the digits they look like. A changed digit is no slip: it names another thing."""

from __future__ import annotations

_LIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "s": "5", "b": "8", "z": "2"})


def one_slip_apart(left: str, right: str) -> bool:
    """Whether one slip leads from one to the other; never true of equal forms."""
    if left == right:
        return False
    if left in _shorter(right) or right in _shorter(left):
        return True
    return not _replaced(left).isdisjoint(_replaced(right))


def slip_keys(form: str) -> frozenset[str]:
    """Forms that are one slip apart share a key; forms that share one need not be."""
    return frozenset({form} | _shorter(form) | _replaced(form))


def _shorter(form: str) -> set[str]:
    return {form[:at] + form[at + 1 :] for at, sign in enumerate(form) if not sign.isdigit()}


def _replaced(form: str) -> set[str]:
    """The form with one letter open, with two neighbours in one order, with digits for letters."""
    keys = {f"~{form.translate(_LIKE)}"}
    for at, sign in enumerate(form):
        if not sign.isdigit():
            keys.add(f"{form[:at]}?{form[at + 1 :]}")
        pair = form[at : at + 2]
        if len(pair) == 2 and not pair.isdigit():
            keys.add(f"^{form[:at]}{''.join(sorted(pair))}{form[at + 2 :]}")
    return keys
