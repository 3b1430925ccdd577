"""Makes the README's picture: the gallery of a dataset's report, in headless Chromium.

python scripts/report_picture.py my-demo docs/images/report.png
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 1200, 2520  # px: down to the first classes of the gallery
TOP = 1376  # px: where the gallery begins


def main(dataset: Path, picture: Path) -> None:
    """Take the picture.

    Args:
        dataset: folder of a dataset with a report.
        picture: PNG to write.
    """
    browser = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
    if browser is None:
        sys.exit("report_picture: no Chromium or Chrome on the PATH; install one")
    page = (dataset / "report" / "index.html").resolve()
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={picture.resolve()}",
                page.as_uri() + "#kept",
            ],
            check=True,
            capture_output=True,
        )
    with Image.open(picture) as whole:
        gallery = whole.crop((0, TOP, WIDTH, HEIGHT))
    gallery.save(picture, optimize=True)
    print(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
