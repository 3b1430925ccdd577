"""How much arithmetic a training takes, counted without any library."""

from __future__ import annotations

from synthset.recipe.sources import Gan

# On one core of a server: seconds an update whatever its size, multiplications a second, and
# seconds to make and judge an image (by the small classifier).
UPDATE, PRODUCTS, SEEN = 0.02, 27e9, 0.003
WIDEST = 4  # channels grow to so many times the width where pictures are small


def count_levels(size_px: int) -> tuple[int, int]:
    """Say how often a size is halved, and what is left.

    Args:
        size_px: a multiple of 8.

    Returns:
        (halvings, size left, at least 4).

    >>> count_levels(32), count_levels(24), count_levels(72)
    ((3, 4), (2, 6), (3, 9))
    """
    halvings = 0
    while size_px % 2 == 0 and size_px // 2 >= 4:
        size_px, halvings = size_px // 2, halvings + 1
    return halvings, size_px


def list_channels(width: int, halvings: int) -> list[int]:
    """Channels from the full size down to the smallest, `halvings` + 1 numbers."""
    return [width * min(2**level, WIDEST) for level in range(halvings + 1)]


def count_products(settings: Gan) -> tuple[int, int]:
    """Count the multiplications of one picture forward through (generator, discriminator)."""
    halvings, left_px = count_levels(settings.size_px)
    made = list_channels(settings.width, halvings)
    judged = [3, *list_channels(settings.discriminator_width, halvings)[:halvings]]
    generator = 27 * made[0] * settings.size_px**2 + 2 * settings.latent_size * (
        made[-1] * left_px**2
    )
    discriminator = 9 * judged[-1] ** 2 * left_px**2
    for level in range(halvings):
        side = settings.size_px >> level
        generator += 4 * made[level] * made[level + 1] * side**2
        discriminator += 16 * judged[level] * judged[level + 1] * (side // 2) ** 2
    return generator, discriminator


def count_update_products(settings: Gan) -> int:
    """Count the multiplications of an update: backward takes twice as many as forward, and the
    discriminator sees real and generated pictures, then generated ones again."""
    generator, discriminator = count_products(settings)
    return settings.batch_size * (4 * generator + 8 * discriminator)


def estimate_training_seconds(settings: Gan) -> float:
    """Estimate the seconds that the training of a GAN takes on one core."""
    looks = -(-settings.updates // settings.look_every)
    update = UPDATE + count_update_products(settings) / PRODUCTS
    return settings.updates * update + 2 * looks * settings.look_images * SEEN
