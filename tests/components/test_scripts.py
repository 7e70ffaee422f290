"""Scripts of the components: their unit tests pass, each joins into one module, and none writes HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from components.common.scripts import module, parts
from tests.support import javascript
from tests.support.paths import ROOT

COMPONENTS = ROOT / "components"
SCRIPTS = [path for path in sorted(COMPONENTS.rglob("*.js")) if path.parent.name != "bundle"]
GRID = COMPONENTS / "explore/grid.js"
ENTRIES = [path for path in SCRIPTS if re.search(r"^export default ", path.read_text(), re.MULTILINE)]
UNIT_TESTS = sorted((ROOT / "tests/components").rglob("*.test.js"))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", UNIT_TESTS, ids=short)
def test_unit_tests_of_a_script_pass(path: Path) -> None:
    result = javascript.node("--test", "--test-reporter=spec", path)
    assert result.returncode == 0, result.stdout
    assert count("tests", result.stdout) > 0
    assert count("skipped", result.stdout) == count("todo", result.stdout) == 0


def count(what: str, report: str) -> int:
    """A figure at the end of Node's report."""
    found = re.search(rf"^ℹ {what} (\d+)$", report, re.MULTILINE)
    assert found, report
    return int(found[1])


@pytest.mark.parametrize("path", UNIT_TESTS, ids=short)
def test_unit_tests_lie_where_their_script_does(path: Path) -> None:
    inside = path.relative_to(ROOT / "tests/components")
    assert (COMPONENTS / inside.parent / inside.name.replace(".test.js", ".js")).exists()


@pytest.mark.parametrize("path", ENTRIES, ids=short)
def test_what_the_browser_gets_is_one_module(path: Path, tmp_path: Path) -> None:
    """A name that two files give at their top is a syntax error in the module that holds both."""
    joined = tmp_path / "joined.mjs"
    joined.write_text(module(path), encoding="utf-8")
    result = javascript.node("--check", joined)
    assert result.returncode == 0, result.stderr
    assert re.findall(r"^(?:import|export) .*", joined.read_text(), re.MULTILINE) == re.findall(
        r"^export default .*", path.read_text(), re.MULTILINE
    )


def test_every_script_reaches_the_browser() -> None:
    joined = "\n".join([*map(module, ENTRIES), *parts(GRID).values()])
    for path in SCRIPTS:
        names = re.findall(
            r"^export (?:default )?(?:async )?(?:function|const|class) (\w+)", path.read_text(), re.MULTILINE
        )
        assert names, path
        assert all(re.search(rf"(?:function|const|class) {name}\b", joined) for name in names), path


@pytest.mark.parametrize("path", SCRIPTS, ids=short)
def test_no_script_writes_html(path: Path) -> None:
    """Text of the data would become elements; `el` of dom.js makes those, with text as text."""
    text = path.read_text()
    assert not re.search(
        r"\b(?:inner|outer)HTML|insertAdjacentHTML|setHTML|document\.write|\beval\b|new Function", text
    )
    makers = {"common/dom.js", "common/icons.js", "series/viewer_frame/viewer_frame.js", "explore/grid.js"}
    assert "createElement" not in text or str(path.relative_to(COMPONENTS)) in makers


@pytest.mark.parametrize("path", SCRIPTS, ids=short)
def test_no_text_of_a_script_runs_over_lines(path: Path) -> None:
    """The joiner leaves out lines that look like comments, which such a text could hold."""
    assert [line for line in path.read_text().splitlines() if line.count("`") % 2] == []


# The joiner


def write(folder: Path, **scripts: str) -> Path:
    """Write scripts by name and return the path of ``entry``."""
    for name, text in scripts.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "entry.js"


def test_imports_stand_once_before_what_needs_them(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        entry='// Draws.\n\nimport { a } from "./a.js";\nimport {\n  b,\n  c,\n} from "./b.js";\n\n'
        "export default function () {\n  a(b);\n}\n",
        a='import { b } from "./b.js";\n\n/**\n * Says it.\n *\n * @param {string} b\n */\n'
        "export function a() {\n  // Now.\n  b();\n}\n",
        b="/** @type {number} */\nexport const b = 1; // One.\nexport async function c() {}\n",
    )
    assert module(entry) == (
        "const b = 1; // One.\nasync function c() {}\n\n"
        "function a() {\n  b();\n}\n\n"
        "export default function () {\n  a(b);\n}\n"
    )


def test_a_cast_is_no_comment_of_its_own(tmp_path: Path) -> None:
    text = "/** @type {X} */ (one).focus();\nstay();\n/** Gone. */\nexport default function () {}\n"
    joined = module(write(tmp_path, entry=text))
    assert joined == "/** @type {X} */ (one).focus();\nstay();\nexport default function () {}\n"


@pytest.mark.parametrize(
    ("scripts", "complaint"),
    [
        ({"entry": 'import a from "./a.js";\n'}, "can't be joined: import a from"),
        ({"entry": 'import * as a from "./a.js";\n'}, "can't be joined: import \\* as a"),
        ({"entry": 'import { a } from "a";\n'}, 'can\'t be joined: import { a } from "a"'),
        ({"entry": 'export { a } from "./a.js";\n'}, "can't be joined: export { a }"),
        (
            {"entry": 'import { a as b } from "./a.js";\n', "a": "export const a = 1;\n"},
            "can't be joined: import { a as b",
        ),
        ({"entry": 'import { a } from "./a.js";\n', "a": "export default function a() {}\n"}, "of its own"),
        ({"entry": 'import { a } from "./a.js";\n', "a": 'import { b } from "./entry.js";\n'}, "imports itself"),
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, scripts: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        module(write(tmp_path, **scripts))


def test_parts_come_by_their_names_without_comments(tmp_path: Path) -> None:
    text = "/** Zero. */\nexport function zero() {\n  // Now.\n  return 0;\n}\n\nexport class One {\n  two() {}\n}\n"
    assert parts(write(tmp_path, entry=text)) == {
        "zero": "function zero() {\n  return 0;\n}",
        "One": "class One {\n  two() {}\n}",
    }


def test_the_grid_has_a_use_for_every_part() -> None:
    used = re.findall(r'_(?:SCRIPTS|TEXTS)\[["\'](\w+)["\']\]', GRID.with_suffix(".py").read_text())
    assert set(used) == set(parts(GRID))


# Checking


def test_without_what_checks_need_lint_says_so_and_only_ci_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unavailable() -> None:
        raise javascript.UnavailableError("npm can't install anything")

    monkeypatch.setattr(javascript, "install", unavailable)
    monkeypatch.delenv("CI", raising=False)
    assert javascript.main(["lint"]) == 0
    assert capsys.readouterr().err == "Scripts are not checked: npm can't install anything.\n"
    monkeypatch.setenv("CI", "true")
    assert javascript.main(["lint"]) == 1
