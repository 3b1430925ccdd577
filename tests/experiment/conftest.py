"""A small world: dark and red images."""

import pytest
from small_images import png


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
        "model": {"kind": "cnn", "blocks": 1, "width": 4},
        "preprocessing": {"size_px": 8},
        "training": {"updates": 12, "batch_size": 8, "validate_every": 6},
        "seeds": [0, 1],
        "explain": 0,
    }
