"""What a cohort's licenses allow, read from ``license_short_name`` and never from the bucket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from app.catalog import Catalog
from app.cohort import ATTRIBUTES
from app.selection import Selection

#: License family → page with its text; families follow the short names that IDC uses.
_TEXTS = {
    "CC BY 3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-NC 3.0": "https://creativecommons.org/licenses/by-nc/3.0/",
    "CC BY-NC 4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "National Library of Medicine Terms and Conditions; May 21, 2019": (
        "https://www.nlm.nih.gov/databases/download/terms_and_conditions.html"
    ),
}

#: Value of the attribute ``commercial_use`` → what to say of it.
VERDICTS = {
    "allowed": "Commercial use is allowed with attribution.",
    "not allowed": "Commercial use is not allowed.",
    "custom terms": "Custom terms: read them before use.",
}


def licenses(selection: Selection) -> list[dict[str, Any]]:
    """Licenses of a selection, most series first.

    Returns
    -------
    list of dict
        ``{license, commercial_use, verdict, url, patients, studies, series, instances, size_bytes}`` each; `url` may
        be None.
    """
    uses = commercial_uses(selection.catalog)
    found = [
        {
            "license": name,
            "commercial_use": uses[name],
            "verdict": VERDICTS[uses[name]],
            "url": _TEXTS.get(name),
            **asdict(totals),
        }
        for name, totals in selection.totals_by(ATTRIBUTES["license_short_name"]).items()
    ]
    return sorted(found, key=lambda entry: (-entry["series"], entry["license"]))


def verdict_of_all(uses: Iterable[str]) -> tuple[bool, str]:
    """Whether all series under licenses with these commercial uses may be used commercially, and that as a sentence."""
    if all(use == "allowed" for use in uses):
        return True, "All series may be used commercially, with attribution."
    return False, "Not every series may be used commercially."


def commercial_uses(catalog: Catalog) -> dict[str, str]:
    """License of the release → value of the attribute ``commercial_use``, a key of `VERDICTS`."""
    expression = ATTRIBUTES["commercial_use"].expression
    names = "SELECT value AS license_short_name FROM dictionary WHERE attribute = 'license_short_name'"
    return dict(catalog.cursor().execute(f"SELECT license_short_name, {expression} FROM ({names})").fetchall())
