import pytest

from synthset.errors import RecipeError
from synthset.experiment.preview import preview
from synthset.experiment.run_experiment import run_experiment
from synthset.recipe.experiment import load_experiment


def test_all_that_sets_lack_is_named_before_any_set_is_made(world, content):
    sources = {
        "turned": {"kind": "augment", "paths": [{"path": "$real"}, {"path": "real"}]},
        "words": {"kind": "pool", "strategy": "random", "paths": [{"path": "laion/*.parquet"}]},
        "near": {"kind": "pool", "strategy": "retrieve_text", "index": "features"},
    }
    for name, source in sources.items():
        recipe = {"classes": ["cat", "dog"], "source": source, "images_per_class": 5}
        content["sets"][name] = {"kind": "recipe", "recipe": recipe}
    content["arms"] += [{"name": name, "parts": [{"set": name}]} for name in sources]
    lacking = ["sets.words.recipe.source.paths[0].path", "sets.near.recipe.source.index"]
    with pytest.raises(RecipeError) as refused:
        list(preview(load_experiment(content)))
    assert [problem.where for problem in refused.value.problems] == lacking
    with pytest.raises(RecipeError) as refused:
        run_experiment(content, "pets", workers=1)
    assert [problem.where for problem in refused.value.problems] == lacking
    assert not (world / "pets" / "sets").exists()


def test_the_plan_of_an_experiment_says_what_adds_up_to_all_files(world, content):
    (world / "real" / "cat" / "a.heic").write_text("x")
    lines = list(preview(load_experiment(content)))
    assert "real.train: found: 40 images + 1 passed over = 41 files" in lines
    assert "real.test: found: 12 images" in lines
    assert any(line.startswith("real.train: passed over: 1 ×") for line in lines)
