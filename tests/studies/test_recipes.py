"""Recipes: what can be run, and what the committed tables hold."""

import numpy as np
import pytest

from lenet_helpers.data import load_mnist
from lenet_helpers.studies import recipes, runner
from lenet_helpers.studies.recipes import STUDIES, Study
from tests.studies import small_study


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"epochs": 0}, "epochs must be 1 or more"),
        ({"images": -1}, "images must be 1 or more"),
        ({"validation_split": 1}, "validation_split must be in"),
        ({"answer": "best"}, "answer must be one of largest, smallest"),
        ({"validation": "first"}, "validation must be one of last, writers"),
        ({"options": {"rates": (1, 2)}}, "options must be plain JSON"),
        ({"network_options": {"maps": np.int64(3)}}, "network_options must be plain JSON"),
    ],
)
def test_a_recipe_that_cannot_be_run_is_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        small_study.recipe(**change)


@pytest.mark.parametrize("name", ["", "a,b", "../a", "a b"])
def test_a_rung_whose_name_cannot_be_a_files_is_refused(name):
    with pytest.raises(ValueError, match="A rung cannot be called"):
        Study("for tests", {name: small_study.recipe()})


def test_a_recipe_survives_its_settings():
    recipe = small_study.recipe(options={"rate": 0.1}, answer="smallest")
    study = Study("for tests", {"rung": recipe})
    assert recipes.read_settings(study.settings("rung")) == (recipe, False)


def test_the_sample_is_used_only_where_the_recipe_names_it():
    digits = load_mnist()
    small_study.recipe(data=digits.name).check(digits)
    with pytest.raises(ValueError, match="for MNIST of another kind, and here is MNIST"):
        small_study.recipe(data="MNIST of another kind").check(digits)
    with pytest.raises(ValueError, match="takes 70,000 training images, but MNIST"):
        small_study.recipe(data=digits.name, images=70_000).check(digits)
    named = Study("for tests", {"rung": small_study.recipe(data="MNIST sample")})
    assert '"data": "MNIST sample"' in named.settings("rung")


def test_a_rung_after_a_side_step_starts_from_the_rung_before_it():
    steps = recipes.ladder_steps()
    assert (steps["all-images"], steps["taught"]) == ("article", "100-epochs")
    assert (steps["smoothing"], steps["depth"]) == ("averaging", "averaging")
    assert (steps["longer"], steps["recalibration"]) == ("depth", "depth")
    assert list(recipes.RUNGS) == ["article", *steps]
    assert set(recipes.SEVERAL) <= set(steps)


def test_every_recipe_names_what_there_is():
    for study in STUDIES.values():
        for recipe in study.rungs.values():
            recipes.find(recipe.network, "networks")
            recipes.find(recipe.method, "methods")
            recipes.find(recipe.preprocess, "preprocessing")
    with pytest.raises(
        ValueError, match=r"No function is called 'lenet6' in lenet_helpers\.models, "
    ):
        recipes.find("lenet6", "networks")


@pytest.mark.parametrize("study", [name for name, plan in STUDIES.items() if plan.committed])
def test_a_committed_table_is_of_the_recipes_that_are_here(study, tmp_path):
    table = runner._table(study, None)
    table.weights = tmp_path  # what has been trained here besides does not count
    rows = table.runs()
    assert rows
    for row in rows.values():
        assert row["settings"] == STUDIES[study].settings(row["rung"])
        assert row["version"] == str(recipes.VERSION)
