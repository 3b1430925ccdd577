"""What a page of ours may do: it shows what it holds, loads nothing, and runs our script alone."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

from markupsafe import Markup

ALWAYS = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:"


def write_content_policy(script: str | None = None, style: str | None = None) -> Markup:
    """Write the tag of the Content-Security-Policy, which stands before anything else in the head.

    Were a text of a user's ever to get into a page as HTML, no script in it would run, and nothing
    would be sent anywhere.

    Args:
        script: the page's one script, exactly as it stands between its tags; none forbids all.
        style: the page's one style sheet, likewise; none allows styles everywhere, for pages that
            place their marks by style attributes.
    """
    scripts = f"'sha256-{_hash(script)}'" if script is not None else "'none'"
    styles = f"'sha256-{_hash(style)}'" if style is not None else "'unsafe-inline'"
    content = f"{ALWAYS}; style-src {styles}; script-src {scripts}"
    return Markup(f'<meta http-equiv="Content-Security-Policy" content="{content}">')


def write_json(data: Any) -> Markup:
    """Write data for a script, as the content of a tag `<script type="application/json">`."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "&<>":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
