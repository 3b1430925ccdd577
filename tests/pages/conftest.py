"""A dataset that a page is made of."""

from toy_dataset import classes, made, make, recipe_of, with_script

__all__ = ["classes", "made", "make", "recipe_of", "with_script"]
