"""A dataset, as users read it: records, images, features, scores and selections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from PIL import Image

from synthset.errors import DatasetError, UsageError
from synthset.recipe.reading import parse_settings
from synthset.results.metric_result import MetricResult, SetResults
from synthset.results.stored import load
from synthset.stage import list_column
from synthset.store.grid import Grid, Place, explain_damage
from synthset.store.kept_image import KeptImage, to_picture
from synthset.store.notebook_view import choose_images, to_html
from synthset.taxonomy.names import name_classes

if TYPE_CHECKING:
    import datasets
    import pandas

    from synthset.store.torch_images import TorchImages

IMAGES_AT_ONCE = 64  # read together, in order: a few row groups
REPORT = "report/index.html"  # the page at the end of a run
MISSING = "which is not installed: pip install 'synthset"


@dataclass(frozen=True, slots=True)
class View:
    """Which tables belong to the recipe that ran last. Others stay on disk, untouched.

    Attributes:
        plan: table of planned records.
        images: table of images.
        features: encoder name to table.
        scores: score name to table.
        selection: path of the selection.
        metrics: path of the set-level results.
        what_if: path of what other thresholds would leave.
        prompts: path of how varied the prompts are.
        exports: folder of each export, as written.
        manifest: path of what the source held: its images, and what was passed over.
    """

    plan: str
    images: str
    features: dict[str, str] = field(default_factory=dict)
    scores: dict[str, str] = field(default_factory=dict)
    selection: str | None = None
    metrics: str | None = None
    what_if: str | None = None
    prompts: str | None = None
    exports: tuple[str, ...] = ()
    manifest: str | None = None


class Dataset(Grid):
    """A labelled image dataset: planned records, images, features, scores and selections, as Arrow
    tables.

    Open one with `synthset.open(path)`.
    """

    def write_view(self, view: View) -> None:
        """Remember which tables belong to the recipe that runs."""
        self.write_json("current.json", asdict(view))

    @property
    def view(self) -> View:
        """The tables of the recipe that ran last.

        Raises:
            DatasetError: nothing has run yet.
        """
        try:
            content = self.read_json("current.json")
        except FileNotFoundError:
            right = "nothing has run here yet; start with `synthset run`"
            raise DatasetError(f"{self.path}: {right}") from None
        try:
            return View(**{**content, "exports": tuple(content["exports"])})
        except (TypeError, KeyError) as fault:
            raise explain_damage(self.folder, "current.json", fault) from None

    def recipe_content(self) -> dict[str, Any]:
        """Read `recipe.yaml` as plain values, as it is written; empty where there is none.

        Raises:
            RecipeError: it was changed, and is no YAML that we read.
        """
        try:
            text = self.read_text("recipe.yaml")
        except FileNotFoundError:
            return {}
        return parse_settings(text, f"{self.path}/recipe.yaml")

    def records(
        self, *, scores: bool = True, selection: bool = True, images: bool = False
    ) -> pa.Table:
        """Read every record with what is known of it: plan, image facts, scores, and whether it is
        kept.

        Args:
            scores: add the columns of the scores.
            selection: add `keep`, `reason` (a struct: step, rule, column, value, bound and
                other_id, reference, note) and `rank`.
            images: add the encoded images themselves (large).

        Returns:
            One row per record, in plan order. Records of unfinished shards are left out.
        """
        view = self.view
        joined = self.read_records(view, scores=scores, images=images)
        if selection and view.selection and self.folder.exists(view.selection):
            chosen = self.read_table(view.selection)
            if chosen.column("id").combine_chunks().equals(joined.column("id").combine_chunks()):
                if not pa.types.is_struct(chosen.schema.field("reason").type):
                    raise DatasetError(
                        f"{self.path}: {view.selection} has an older format; run its recipe "
                        "again: this repeats the selection but makes no image again"
                    )
                for name in ("keep", "reason", "rank"):
                    joined = joined.append_column(name, chosen.column(name))
        return joined

    def read_records(self, view: View, *, scores: bool = True, images: bool = False) -> pa.Table:
        """Read plan, image facts and scores of the records whose shards are finished, by a certain
        view."""
        tables = [view.plan, view.images, *(view.scores.values() if scores else ())]
        done = set.intersection(*(set(self.shards(table)) for table in tables))
        if not done:
            raise DatasetError(f"{self.path}: no shard is finished yet; run the recipe to continue")
        columns = None if images else self._columns(tables, min(done), without=("image",))
        read = partial(self.read_shard, tables, columns=columns)
        return pa.concat_tables(self.folder.map(read, sorted(done)))

    def kept(self) -> pa.Table:
        """Read the kept records, as `records` gives them."""
        return self._kept(images=False)

    def _kept(self, images: bool) -> pa.Table:
        records = self.records(images=images)
        if "keep" not in records.column_names:
            raise DatasetError(f"{self.path}: nothing is selected yet; run the recipe to its end")
        return records.filter(records.column("keep"))

    def __len__(self) -> int:
        """Count the kept images."""
        return int(self.kept().num_rows)

    def __bool__(self) -> bool:
        """There is a dataset, also where nothing is kept, or selected yet."""
        return True

    def __iter__(self) -> Iterator[KeptImage]:
        """Go through the kept images, in the order of the plan; pixels are read when asked for."""
        table, kept = self.view.images, self.kept()
        places = self.find_rows(table, kept.column("id").to_pylist())
        for record in kept.to_pylist():
            read = partial(self.read_image, table, places[record["id"]])
            yield KeptImage(record["id"], record["label"], record["class_name"], record, read)

    def images(self, ids: Iterable[str] | None = None) -> Iterator[tuple[str, Image.Image]]:
        """Go through images: id and image, RGB and upright.

        Args:
            ids: of records, in the order wanted; none means the kept ones in the order of the plan.

        Raises:
            DatasetError: a record has no image, or there is no such record.
        """
        table = self.view.images
        names = self.kept().column("id").to_pylist() if ids is None else list(ids)
        places = self.find_rows(table, names)
        for start in range(0, len(names), IMAGES_AT_ONCE):
            some = names[start : start + IMAGES_AT_ONCE]
            for name, data in zip(some, self._read_places(table, places, some), strict=True):
                if data is None:
                    raise DatasetError(f"{self.path}: record {name!r} has no image; name another")
                yield name, to_picture(data)

    def features(self, encoder: str) -> tuple[list[str], NDArray[np.float32]]:
        """Read the features that an encoder gives the kept images.

        Returns:
            The ids, and (N, D) float32 features, row by row.

        Raises:
            DatasetError: the recipe has no such encoder, or nothing is selected yet.

        >>> ids, features = dataset.features("inception")  # doctest: +SKIP
        """
        table, kept = self.read_features(encoder), self.kept().column("id").combine_chunks()
        rows = table.filter(pc.is_in(table.column("id"), kept))
        rows = rows.filter(rows.column("features").is_valid())
        return rows.column("id").to_pylist(), list_column(rows, "features")

    def read_features(self, encoder: str) -> pa.Table:
        """Read the features of every record: `id`, `features`, `error`, and `logits` where the
        encoder classifies.

        Raises:
            DatasetError: the recipe has no such encoder.
        """
        known = self.view.features
        if encoder not in known:
            raise DatasetError(
                f"{self.path}: no features of {encoder!r}; there are {', '.join(known) or 'none'}"
            )
        return self.read(known[encoder])

    def read_images(self, ids: Sequence[str]) -> list[bytes | None]:
        """Read the encoded images of some records, in the order asked; None where there is none."""
        table = self.view.images
        return self._read_places(table, self.find_rows(table, ids), ids)

    def _read_places(
        self, table: str, places: Mapping[str, Place], ids: Sequence[str]
    ) -> list[bytes | None]:
        """Read encoded images whose rows are known, opening each shard once."""
        asked = [places.get(one) for one in ids]
        rows: dict[int, set[int]] = {}
        for shard, row in filter(None, asked):
            rows.setdefault(shard, set()).add(row)
        read = {shard: self.read_image_rows(table, shard, some) for shard, some in rows.items()}
        return [None if place is None else read[place[0]][place[1]] for place in asked]

    def metrics(self) -> list[MetricResult]:
        """Read the set-level results; empty before the run has measured any."""
        path = self.view.metrics
        return self.read_metrics(path) if path and self.folder.exists(path) else []

    def read_metrics(self, path: str) -> list[MetricResult]:
        """Read the set-level results of a certain view.

        Raises:
            DatasetError: an older synthset wrote them, or the file is damaged.
        """
        return list(load(SetResults, self.read_text(path), f"{self.path}/{path}").results)

    def manifest(self) -> pa.Table | None:
        """Read what the source contained when the recipe last ran: a row for each image, each file
        that was read, and everything that was passed over, with the reason.

        Returns:
            `path`, `what`, `content`, `label`, `number`, `split`, `reason` and `detail`; None where
            nothing was imported.
        """
        path = self.view.manifest
        return self.read_table(path) if path else None

    def classes(self) -> list[dict[str, Any]]:
        """Read the classes in label order: key, name, folder, wnid, class_index."""
        content: list[dict[str, Any]] = self.read_json("classes.json")
        return content

    def class_names(self) -> list[str]:
        """Name the classes in label order, each by a name of its own: where some share a name, the
        key is added to all."""
        return name_classes(self.classes())

    def to_pandas(self) -> pandas.DataFrame:
        """Give the kept records as a data frame, without pixels.

        Raises:
            UsageError: pandas is not installed.
        """
        if find_spec("pandas") is None:
            raise UsageError(f"a data frame needs pandas, {MISSING}[pandas]'")
        return self.kept().to_pandas()

    def to_hf(self) -> datasets.Dataset:
        """Give the kept images as a dataset of Hugging Face's `datasets`.

        It has the columns of `kept`, an `image`, and a `label` with the names of the classes. The
        encoded images are held in memory; for a larger set, export Parquet and load that.

        Raises:
            UsageError: `datasets` is not installed.
        """
        if find_spec("datasets") is None:
            raise UsageError(f"a Hugging Face dataset needs `datasets`, {MISSING}[hf]'")
        import datasets  # an extra, which takes a second

        table = self._kept(images=True).drop_columns(["keep", "reason", "error"])
        features = datasets.Features.from_arrow_schema(table.schema)
        features["image"] = datasets.Image()
        features["label"] = datasets.ClassLabel(names=self.class_names())
        return datasets.Dataset(table.cast(features.arrow_schema))

    def to_torch(self, transform: Callable[[Any], Any] | None = None) -> TorchImages:
        """Give the kept images as a map-style PyTorch dataset of pairs: image, label.

        Args:
            transform: applied to each image, such as one of torchvision's; none gives it as a
                Pillow image.

        >>> loader = DataLoader(dataset.to_torch(ToTensor()), num_workers=2)  # doctest: +SKIP
        """
        from synthset.store.torch_images import TorchImages  # loads torch

        table, kept = self.view.images, self.kept()
        ids, labels = (kept.column(name).to_pylist() for name in ("id", "label"))
        places = self.find_rows(table, ids)
        rows = [places[one] for one in ids]
        return TorchImages(self, table, rows, labels, self.class_names(), transform)

    def _repr_html_(self) -> str:
        """Show a notebook a few images of each class, also of a dataset that isn't finished."""
        try:
            return self._show()
        except DatasetError as fault:
            return to_html(self.name, [str(fault)], {})

    def _show(self) -> str:
        planned, records = self.rows_in(self.view.plan), self.records(scores=False)
        shown = records.filter(records.column("sha256").is_valid())
        facts = [self.path, f"{planned:,} planned", f"{shown.num_rows:,} made"]
        if "keep" in shown.column_names:
            shown = shown.filter(shown.column("keep"))
            facts.append(f"{shown.num_rows:,} kept")
        columns = (shown.column(name).to_pylist() for name in ("label", "id"))
        rows = choose_images(zip(*columns, strict=True))
        names = self.class_names()
        images = {names[label]: self.read_images(ids) for label, ids in rows.items()}
        return to_html(self.name, facts, images)

    def _columns(self, tables: Sequence[str], shard: int, without: Sequence[str]) -> list[str]:
        names: list[str] = []
        for table in tables:
            names += [name for name in self._column_names(table, shard) if name not in without]
        return names
