"""Imports go down the layers only."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from synthset.kinds import GROUPS, import_name

SOURCE = Path(__file__).parents[1] / "src" / "synthset"
LAYERS = {
    "record": 0, "stage": 0, "errors": 0, "images": 0, "exif": 0, "seeds": 0, "revisions": 0,
    "kinds": 0, "user_code": 0, "machine": 0, "workers": 0, "processes": 0, "sheets": 0,
    "litter": 0, "lazy": 0, "thumbnail": 0, "ray_actors": 0,
    "recipe": 1, "taxonomy": 1, "models": 1,
    "notebook_bar": 2, "store": 2, "encoders": 2, "metrics": 2, "results": 2,
    "formats": 3, "prompts": 3, "source": 3,
    "sources": 4, "scores": 4, "selection": 4, "measures": 4, "export": 4,
    "pages": 4, "training": 4,
    "engine": 5,
    "study": 6, "search": 6, "pools": 6, "experiment": 6,
    "cli": 7, "__main__": 7,
}  # fmt: skip
ALONE = {part for part, layer in LAYERS.items() if layer == 4}
WITH_TORCH = "synthset.store.torch_images"  # loaded by `Dataset.to_torch` alone
ALL_METRICS_SHARE = ("synthset.measures.part",)
FILES = sorted(SOURCE.rglob("*.py"))


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def at_top(path: Path) -> set[str]:
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_down_the_layers_only(path):
    place = path.relative_to(SOURCE)
    part = place.parts[0].removesuffix(".py")
    if part == "__init__":
        return
    for module in imports(path):
        if not module.startswith("synthset."):
            continue
        other = part_of(module)
        if other == part or other in ("open", "__version__"):
            continue
        assert other in LAYERS, f"{place} imports {module}, which has no layer"
        assert LAYERS[other] <= LAYERS[part], f"{place} (layer {LAYERS[part]}) imports {module}"
        assert not (part in ALONE and other in ALONE), f"{place} imports its neighbour {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_the_lower_layers_and_the_engine_import_no_torch(path):
    part = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if LAYERS.get(part, 0) <= 1 or part in (
        "store",
        "formats",
        "results",
        "engine",
        "cli",
        "selection",
        "measures",
        "export",
        "pages",
    ):
        assert WITH_TORCH not in at_top(path)
        if path.stem == WITH_TORCH.rpartition(".")[2]:
            return
        heavy = {"torch", "diffusers", "timm", "open_clip", "transformers", "torchvision"}
        assert not {module.split(".")[0] for module in at_top(path)} & heavy


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_metrics_are_reached_through_the_registry_only(path):
    if path.parent.name == "engine":
        kinds = {m for m in imports(path) if m.startswith("synthset.measures.")}
        assert all(m.startswith(ALL_METRICS_SHARE) for m in kinds)


@pytest.mark.parametrize("path", sorted((SOURCE / "metrics").rglob("*.py")), ids=lambda p: p.stem)
def test_metrics_are_mathematics_without_recipe_store_or_encoder(path):
    others = {part_of(module) for module in imports(path) if module.startswith("synthset.")}
    assert others <= {"metrics", "errors", "images", "seeds", "lazy"}


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.relative_to(SOURCE).parts[0] == "pages"],
    ids=lambda p: str(p.relative_to(SOURCE)),
)
def test_pages_take_no_sentence_apart_count_nothing_and_test_nothing(path):
    judging = {f"synthset.results.judge.{name}" for name in ("compare", "estimate", "lead")}
    judging |= {"synthset.results.judgement.judge", "synthset.results.benchmark.summarise"}
    counting = {"collections.Counter", "pyarrow.compute", "scipy", "sklearn"}
    counting |= {f"synthset.metrics.statistics.intervals.{name}" for name in ("wilson", "around")}
    forbidden = {"re", "synthset.metrics.statistics.significance"} | judging | counting
    assert not imports(path) & forbidden


def test_the_engine_reaches_sources_and_scores_through_the_registry_alone():
    engine = {module for path in (SOURCE / "engine").rglob("*.py") for module in imports(path)}
    assert not {m for m in engine if m.startswith(("synthset.sources", "synthset.scores"))}


def test_what_a_source_plans_imports_no_torch():
    targets = [import_name(target).implementation for target in GROUPS["sources"].own]
    modules = [target.partition(":")[0] for target in targets]
    code = f"import sys, {', '.join(modules)}; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def imports_at_start(module: str, path: Path) -> set[str]:
    """Modules that are loaded before this one is there."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found - {module}


def test_no_import_goes_in_a_circle():
    modules = {
        "synthset." + ".".join(path.relative_to(SOURCE).with_suffix("").parts): path
        for path in FILES
    }
    graph = {name: imports_at_start(name, path) & modules.keys() for name, path in modules.items()}
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_no_two_public_classes_have_one_name():
    places: dict[str, set[Path]] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, set()).add(path.relative_to(SOURCE))
    assert not {name: paths for name, paths in places.items() if len(paths) > 1}
