"""Questions to idc-index's own client, in a process of its own: it is slow, takes gigabytes, and logs.

``ask`` starts the process; run as a module, this file is that process, with the questions as JSON on stdin.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.support.paths import ROOT


def ask(
    untouched: Sequence[str], queries: Sequence[str], series: Sequence[str], folder: Path
) -> tuple[list[np.ndarray], list[str]]:
    """Numbers of the series that each SELECT returns, and the viewer URL of each series.

    Parameters
    ----------
    untouched
        SELECTs put to the client as it comes, but for every tenth series alone: each takes a second so, not ten.
    queries
        SELECTs put to the client after its table's texts were turned into Python objects, which DuckDB reads
        a hundred times faster than pandas' own text type.
    series
        SeriesInstanceUIDs.
    folder
        Where the process may write.
    """
    questions = {
        "untouched": list(untouched),
        "queries": list(queries),
        "series": list(series),
        "to": str(folder),
    }
    subprocess.run(
        [sys.executable, "-m", "tests.support.reference"], input=json.dumps(questions).encode(), cwd=ROOT, check=True
    )
    with np.load(folder / "numbers.npz") as arrays:
        numbers = [arrays[f"arr_{position}"] for position in range(len(untouched) + len(queries))]
    return numbers, json.loads((folder / "viewers.json").read_text())


def _answer() -> None:
    import pandas as pd
    from idc_index.index import IDCClient

    questions = json.load(sys.stdin)
    client = IDCClient()
    number_of = pd.Index(client.index["SeriesInstanceUID"])

    def numbers(query: str) -> np.ndarray:
        for line in query.splitlines():
            if "client.fetch_index(" in line:
                client.fetch_index(line.partition('("')[2].partition('")')[0])
        return np.sort(number_of.get_indexer(client.sql_query(query)["SeriesInstanceUID"]))

    del client.prior_versions_index  # the client converts every table that it has for each query; none asks this one
    index = client.index
    client.index = index[::10]
    found = [numbers(query) for query in questions["untouched"]]
    texts = {name: object for name, dtype in index.dtypes.items() if dtype == "str"}
    client.index = index.astype(texts)
    found += [numbers(query) for query in questions["queries"]]
    folder = Path(questions["to"])
    np.savez(folder / "numbers.npz", *found)
    # The same for each link: leave it what it reads of the studies that are asked about.
    columns = ["StudyInstanceUID", "SeriesInstanceUID", "Modality"]
    studies = client.index.loc[client.index["SeriesInstanceUID"].isin(questions["series"]), "StudyInstanceUID"]
    client.index = client.index.loc[client.index["StudyInstanceUID"].isin(studies), columns]
    vars(client).pop("collections_index")
    viewers = [client.get_viewer_URL(seriesInstanceUID=uid) for uid in questions["series"]]
    (folder / "viewers.json").write_text(json.dumps(viewers))


if __name__ == "__main__":
    _answer()
