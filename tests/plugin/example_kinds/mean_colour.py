"""An encoder in one file: its settings, and what runs."""

from typing import Literal

from synthset.recipe.encoders import EncoderSettings


class MeanColour(EncoderSettings):
    """The mean colour of an image."""

    implementation = "example_kinds.mean_colour:make"
    version = "1"

    kind: Literal["mean_colour"]


def make(settings):
    from synthset.encoders.encoder import Encoder
    from synthset.encoders.resize import Resize

    class MeanColourEncoder(Encoder):
        resize = Resize(8, "area")
        width = 3

        def __init__(self, settings):
            self.settings = settings

        def forward(self, batch):
            return batch.mean(dim=(2, 3)) / 255, None

    return MeanColourEncoder(settings)
