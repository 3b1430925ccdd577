"""Images of one colour and some noise, for tests."""

import io

import numpy as np
from PIL import Image


def png(red, green, blue=0):
    """A colour, with noise of its own: so that a changed image has other bytes."""
    noise = np.random.default_rng([red, green, blue]).integers(0, 50, (8, 8, 3))
    written = io.BytesIO()
    Image.fromarray(np.add(noise, (red, green, blue)).astype(np.uint8)).save(written, "png")
    return written.getvalue()
