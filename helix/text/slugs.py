"""Names as parts of addresses and file names: never a path, never empty."""

import re
import unicodedata

LONGEST = 100


def slug(name: str) -> str:
    """Lower-case letters, digits and single hyphens: "Brand Voice Guide" becomes "brand-voice-guide"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")
    return words or "unnamed"
