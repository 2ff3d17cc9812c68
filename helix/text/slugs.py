"""Names as they stand in addresses and as names of folders."""

import hashlib
import re
import unicodedata

LONGEST = 64
# Windows gives these to devices, whatever follows the dot.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}


def slug(name: str) -> str:
    """ "Brand Voice (v2)" as "brand-voice-v2": 1 to 64 of a-z, 0-9 and single hyphens, so never a path, never empty.

    A name without any Latin letter gets one made from its digest. Two names may have the same slug.
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    found = re.sub(r"[^a-z0-9]+", "-", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    short = found.strip("-")[:LONGEST].strip("-")
    if not short:
        return "n-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{short}-1" if short in _DEVICES else short
