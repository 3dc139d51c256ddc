"""The page, and the policy that lets a browser run nothing but what stands in it."""

import base64
import hashlib
import re
from functools import cache
from importlib import resources

from train import style


@cache
def content() -> bytes:
    """Return the page: HTML with its style and its script, which loads nothing else."""
    page = resources.files("train.serving").joinpath("page.html")
    own = page.read_text(encoding="utf-8")
    return own.replace("<style>\n", f"<style>\n{style.common()}", 1).encode()


@cache
def policy() -> str:
    """Return its Content-Security-Policy, with the hashes of its style and script."""
    text = content().decode("utf-8")
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(text, 'script')}",
            f"style-src {_hash(text, 'style')}",
            "img-src data:",
            # The song is played from the browser's own memory.
            "media-src blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _hash(text: str, name: str) -> str:
    (inside,) = re.findall(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
    digest = hashlib.sha256(inside.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
