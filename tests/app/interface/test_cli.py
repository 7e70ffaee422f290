"""The command line as a shell sees it: output, messages, exit codes, files and closed pipes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.cohort.cohort import Cohort
from app.interface import cli as command_line
from app.interface.verbs import VERBS
from tests.support import truth
from tests.support.paths import ROOT

QUERY = "PatientID=LUNG1-215"


def test_counts(cli):
    done = cli("counts", QUERY)
    totals = truth.totals(truth.mask(Cohort.from_query(QUERY)))
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == {
        "patients": totals.patients,
        "studies": totals.studies,
        "series": totals.series,
        "instances": totals.instances,
        "size_bytes": totals.size_bytes,
        "idc_version": 25,
    }


def test_no_query_means_all_of_idc(cli):
    assert json.loads(cli("counts").stdout)["series"] == len(truth.patients())
    assert cli("url").stdout == b"\n"
    assert cli("sentence").stdout == b"All series of IDC.\n"


def test_help_names_every_verb(cli):
    listed = re.findall(r"^    ([\w-]+)", cli("--help").stdout.decode(), re.MULTILINE)
    others = "ask download fetch validate preview header query build install-viewer"
    assert listed == [*VERBS, *others.split()]


UNKNOWN = "is in IDC v25 or was in an older release: check that it is a whole SeriesInstanceUID or crdc_series_uuid."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["counts", "Modlity=CT"], "There is no attribute “Modlity”; did you mean “Modality”?"),
        (["counts", "Modality"], "The query is not of the form attribute=value&attribute__operator=value."),
        (["viewer", "1.2.3"], f"No series 1.2.3 {UNKNOWN}"),
        (["show", "x"], f"No series x {UNKNOWN}"),
        (["facets", "--attribute", "PatientID"], "PatientID has too many values to be counted one by one."),
        (["counts", "--output", "no/such/folder/file"], "Can't write no/such/folder/file: No such file or directory."),
        (["counts", "--output", "."], "Can't write .: Is a directory."),
    ],
)
def test_faulty_requests_get_one_sentence(arguments, message, catalog, capfd):
    assert command_line.main(arguments) == 2
    assert capfd.readouterr() == ("", f"{message}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: VERB"),
        (["cuonts"], "invalid choice: 'cuonts'"),
        (["viewer"], "the following arguments are required: SERIES_UID"),
        (["series", "--format=xlsx"], "argument --format: invalid choice: 'xlsx'"),
        (["manifest", "--source", "azure"], "argument --source: invalid choice: 'azure'"),
        (["counts", "--format=csv"], "unrecognized arguments: --format=csv"),
        (["counts", "Modality=CT", "PatientSex=F"], "unrecognized arguments: PatientSex=F"),
    ],
)
def test_faulty_usage(arguments, message, capfd):
    with pytest.raises(SystemExit) as left:
        command_line.main(arguments)
    printed = capfd.readouterr()
    assert left.value.code == 2
    assert printed.out == ""
    assert message in printed.err


@pytest.mark.parametrize("arguments", [["counts"], ["series", "--format=parquet"], ["citations", "--format=bibtex"]])
def test_output_goes_to_a_file(arguments, cli, tmp_path, capfdbinary):
    file = tmp_path / "answer"
    file.write_bytes(b"what stood there before, which is longer than nothing" * 10_000)
    done = cli(*arguments, QUERY, "--output", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert command_line.main([*arguments, QUERY]) == 0
    sys.stdout.flush()
    assert file.read_bytes() == capfdbinary.readouterr().out


def test_a_faulty_request_leaves_the_file_alone(cli, tmp_path):
    file = tmp_path / "answer"
    file.write_bytes(b"before")
    done = cli("counts", "Modlity=CT", "--output", str(file))
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert file.read_bytes() == b"before"


@pytest.mark.parametrize("arguments", [["series", "--format=csv"], ["manifest"], ["facets"], ["counts"]])
def test_a_reader_who_has_seen_enough(arguments, catalog):
    """As in ``python -m app series | head -1``."""
    command = [sys.executable, "-m", "app", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        first = process.stdout.readline()
        process.stdout.close()
        messages = process.stderr.read()
    assert first
    assert (process.returncode, messages) == (0, b"")


@pytest.mark.parametrize("arguments", [["counts"], ["series", "--format=csv"]])
def test_a_full_disk(arguments, cli):
    if not Path("/dev/full").exists():  # the device is Linux's own
        return
    done = cli(*arguments, "--output", "/dev/full")
    assert (done.returncode, done.stderr) == (2, b"/dev/full: No space left on device.\n")


def test_output_is_utf8(catalog):
    """Even where the terminal is not."""
    command = [sys.executable, "-m", "app", "sentence", "Manufacturer=%C3%A9"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, env=environment)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "Series where manufacturer is é.\n", b"")
