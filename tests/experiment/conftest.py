"""Small worlds: dark and red images; and three colours."""

import pytest
from small_images import png

COLOURS = {"cat": (200, 0), "dog": (0, 200), "fox": (100, 100)}
SIZES = {"real": 16, "test": 6, "made": 12, "other": 5}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Folders real/, test/ and made/ with classes cat and dog."""
    monkeypatch.chdir(tmp_path)
    sizes = {"real": 20, "test": 6, "made": 30}
    for number, (place, count) in enumerate(sizes.items()):
        for label, name in enumerate(("cat", "dog")):
            folder = tmp_path / place / name
            folder.mkdir(parents=True)
            for i in range(count):
                (folder / f"{i}.png").write_bytes(png(200 * label, 3 * i, 50 * number))
    return tmp_path


@pytest.fixture
def content():
    """An experiment on that world."""
    images = {place: {"kind": "images", "paths": [{"path": place}]} for place in ("real", "test")}
    return {
        "name": "pets",
        "real": {"train": images["real"], "test": images["test"], "cut": {"cat": 4}},
        "sets": {"made": {"kind": "images", "paths": [{"path": "made"}]}},
        "arms": [
            {"name": "few", "parts": [{"set": "real"}]},
            {
                "name": "filled",
                "parts": [{"set": "real"}, {"set": "made", "top_up_to": "largest"}],
            },
        ],
        "model": {"kind": "small_resnet", "width": 4},
        "preprocessing": {"size_px": 8},
        "training": {"updates": 12, "batch_size": 8, "validate_every": 6},
        "seeds": [0, 1],
        "explain": 0,
    }


@pytest.fixture(scope="session")
def colours(tmp_path_factory):
    """Folders real/, test/, made/ and other/ with cats, dogs and foxes; `other` has no fox, but
    two cows, and is darker."""
    root = tmp_path_factory.mktemp("colours")
    for number, (place, count) in enumerate(SIZES.items()):
        for name, (red, green) in COLOURS.items():
            called = "cow" if (place, name) == ("other", "fox") else name
            folder = root / place / called
            folder.mkdir(parents=True)
            for i in range(2 if called == "cow" else count):
                dark = 0.7 if place == "other" else 1
                made = png(int(dark * red) + i, int(dark * green), 10 * number + i)
                (folder / f"{i}.png").write_bytes(made)
    return root
