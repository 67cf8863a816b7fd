"""Only exports that hold no disk are cleared away."""

from pathlib import Path

import pytest

from deploy.ganeti.storage.exports import clear


def export(folder: Path, name: str, *dumps: bytes) -> Path:
    made = folder / name
    made.mkdir()
    (made / "config.ini").write_text("[export]\n")
    for number, dump in enumerate(dumps):
        (made / f"dump{number}").write_bytes(dump)
    return made


def test_our_exports_go(tmp_path: Path) -> None:
    export(tmp_path, "ours", b"cyclades: the first disk of ours has been sent.\n", b"")
    assert clear(tmp_path) == ["ours"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "dumps",
    [(), (b"",), (b"disk",), (b"cyclades: sent\n", b"disk"), (b"cyclades: " + b"x" * 1000,)],
)
def test_all_others_stay(tmp_path: Path, dumps: tuple[bytes, ...]) -> None:
    export(tmp_path, "theirs", *dumps)
    assert clear(tmp_path) == []
    assert (tmp_path / "theirs" / "config.ini").exists()


def test_one_that_is_being_written_stays(tmp_path: Path) -> None:
    (export(tmp_path, "ours.new", b"cyclades: sent\n") / "config.ini").unlink()
    assert clear(tmp_path) == []
    assert clear(tmp_path / "absent") == []
