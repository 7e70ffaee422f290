"""Run a cohort's query in BigQuery, if the extra ``bigquery`` is installed and Google credentials are at hand.

Google bills the project of the credentials for what a query reads, so `estimate` comes before `run`, which takes the
estimate as its limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.common.errors import UserError, shorten

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud.bigquery import Client, QueryJobConfig
    from google.cloud.bigquery.table import RowIterator

#: Google's list price of on-demand queries in the US, in dollars per TiB read, and since when it holds.
PRICE_PER_TIB = 6.25
PRICE_SINCE = "July 2023"

#: Seconds until a call that gets no answer is given up.
TIMEOUT = 60.0

#: Bytes that Google may bill beyond what is read, since it rounds up by some MB for each table.
_ROUNDING = 100 * 2**20

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a query would read: `bytes_read` in bytes."""

    bytes_read: int

    @property
    def dollars(self) -> float:
        """Price in US dollars, without the free quota."""
        return self.bytes_read / 2**40 * PRICE_PER_TIB

    @property
    def sentence(self) -> str:
        """The estimate in words."""
        return (
            f"The query reads {self.bytes_read / 1e9:,.2f} GB, about ${self.dollars:,.2f} at Google's on-demand price"
            f" of ${PRICE_PER_TIB} per TiB (since {PRICE_SINCE}); the first TiB of a month is free."
        )


def connect() -> Client:
    """Client with the credentials of this process.

    Raises
    ------
    UserError
        If the extra is not installed, or there are no credentials or no project.
    """
    try:
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import bigquery
    except ImportError:
        raise UserError(
            "Queries can't be run in BigQuery from here: run “pip install google-cloud-bigquery”, or run the SQL in"
            " Google's console."
        ) from None
    try:
        return bigquery.Client()
    except (GoogleAuthError, OSError):
        raise UserError(
            "Queries can't be run in BigQuery from here: there are no Google credentials with a project; run “gcloud"
            " auth application-default login”, or run the SQL in Google's console."
        ) from None


def estimate(sql: str, client: Client) -> Estimate:
    """What running `sql` would read; costs nothing.

    Raises
    ------
    UserError
        If BigQuery refuses the query or can't be reached.
    """
    with _told_in_one_sentence():
        job = client.query(sql, job_config=_config(dry_run=True), retry=_retry(), job_retry=None, timeout=TIMEOUT)
        return Estimate(int(job.total_bytes_processed))


def run(sql: str, client: Client, limit: Estimate, page_size: int = 10_000) -> Iterator[list[Row]]:
    """Rows of `sql`, at most `page_size` at a time, fetched as they are asked for.

    Parameters
    ----------
    limit
        BigQuery refuses to read more, at no cost.

    Raises
    ------
    UserError
        If BigQuery refuses the query or can't be reached, at once or between two pages.
    """
    from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY

    with _told_in_one_sentence():
        rows = client.query_and_wait(
            sql,
            job_config=_config(maximum_bytes_billed=limit.bytes_read + _ROUNDING),
            page_size=page_size,
            retry=_retry(),
            job_retry=DEFAULT_JOB_RETRY.with_timeout(TIMEOUT),
            api_timeout=TIMEOUT,
        )
    return _pages(rows)


def _pages(rows: RowIterator) -> Iterator[list[Row]]:
    with _told_in_one_sentence():
        for page in rows.pages:
            yield [dict(row.items()) for row in page]


def _config(**options: Any) -> QueryJobConfig:
    from google.cloud import bigquery

    return bigquery.QueryJobConfig(use_legacy_sql=False, **options)


def _retry() -> Retry:
    from google.cloud import bigquery

    return bigquery.DEFAULT_RETRY.with_timeout(TIMEOUT)


@contextmanager
def _told_in_one_sentence() -> Iterator[None]:
    """Whatever Google or the way there raises, as a `UserError`."""
    from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from requests import RequestException

    try:
        yield
    except GoogleAPICallError as error:
        # The exception's own text adds the request's address; Google's words stand in its list.
        told = error.errors[0].get("message") if error.errors else error.message
        raise UserError(f"BigQuery refused the query: {shorten(told or '', 300).removesuffix('.')}.") from None
    except GoogleAuthError:
        raise UserError("Google did not accept the credentials: run “gcloud auth application-default login”.") from None
    except (GoogleAPIError, RequestException):
        raise UserError("BigQuery can't be reached: check the network, or run the SQL in Google's console.") from None
