"""Makes the README's picture: the top of a dataset's report, in headless Chromium.

python scripts/report_picture.py my-demo docs/images/report.png
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SIZE = "1200,1480"  # px: head, funnel and the first classes of the gallery


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
                f"--window-size={SIZE}",
                f"--screenshot={picture.resolve()}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    print(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
