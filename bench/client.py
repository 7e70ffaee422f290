"""Run queries in idc-index's own client and print their times: ``python client.py < queries.json``.

It runs in a process, and if need be in an environment, of its own, so it imports nothing of this project.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter


def main() -> None:
    """Read ``[{"sql", "tables"}]``; print versions, start-up time, and per query its seconds and answer."""
    import pandas
    from idc_index.index import IDCClient

    asked = json.load(sys.stdin)
    started = perf_counter()
    client = IDCClient()
    start_s = perf_counter() - started
    queries = []
    for table in sorted({table for query in asked for table in query["tables"]}):
        client.fetch_index(table)
    for query in asked:
        started = perf_counter()
        frame = client.sql_query(query["sql"])
        seconds = perf_counter() - started
        first = [int(value) for value in frame.iloc[0]] if query.get("answer") else None
        queries.append({"seconds": seconds, "answer": first})
    print("\n" + json.dumps({"pandas": pandas.__version__, "start_s": start_s, "queries": queries}))


if __name__ == "__main__":
    main()
