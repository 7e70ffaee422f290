"""A catalog that a process holds stays; one that nobody holds goes, whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.catalog.in_use import hold, remove, unneeded


def made(folder: Path) -> Path:
    (folder / "arrays").mkdir(parents=True)
    (folder / "catalog.duckdb").touch()
    (folder / "arrays" / "combination.npy").touch()
    return folder


def test_what_is_held_stays_and_the_rest_goes(tmp_path: Path) -> None:
    held, free = made(tmp_path / "25-a"), made(tmp_path / "25-b")
    assert hold(held)
    assert hold(held)
    remove([held, free, tmp_path / "25-c"])
    assert {path.name for path in tmp_path.iterdir()} == {"25-a"}
    assert len(list(held.rglob("*"))) == 3


def test_what_is_not_there_is_not_held(tmp_path: Path) -> None:
    assert not hold(tmp_path / "25-a")
    folder = made(tmp_path / "25-a")
    assert hold(folder)


def test_a_folder_in_the_place_of_one_that_is_held_is_held_too(tmp_path: Path) -> None:
    folder = made(tmp_path / "25-a")
    assert hold(folder)
    folder.rename(tmp_path / "25-b")
    assert not hold(folder)
    made(folder)
    assert hold(folder)
    remove([folder, tmp_path / "25-b"])
    assert [path.name for path in tmp_path.iterdir()] == ["25-a"]


def test_catalogs_and_what_builds_have_left_are_unneeded_and_nothing_else(tmp_path: Path) -> None:
    current = made(tmp_path / "25-a")
    left = {made(tmp_path / "24-b"), tmp_path / "building-7-ct_index", tmp_path / "removing-24-c"}
    for folder in left:
        folder.mkdir(exist_ok=True)
    (tmp_path / "notes").mkdir()
    (tmp_path / "build.lock").touch()
    assert set(unneeded(tmp_path, current)) == left
    remove(unneeded(tmp_path, current))
    assert {path.name for path in tmp_path.iterdir()} == {"25-a", "build.lock", "notes"}


def test_who_holds_it_while_it_is_being_removed_either_has_it_whole_or_knows_that_it_is_gone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        for number in range(100):
            folder = made(tmp_path / f"25-{number}")
            removing, holding = pool.submit(remove, [folder]), pool.submit(hold, folder)
            removing.result()
            assert len(list(folder.rglob("*"))) == (3 if holding.result() else 0)
