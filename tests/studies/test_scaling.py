"""What scaling does to training: the runs of its study that chapter 2 shows."""

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.studies.recipes import SCALING_RATES
from lenet_helpers.studies.scaling import read_rates, read_scaling
from lenet_helpers.studies.table import read_runs


def test_sgd_keeps_the_rate_that_misread_least_with_the_first_seed():
    path = FOLDER / "scaling.csv"
    stored, shown = read_runs(path), read_scaling(path)
    for name, pixels in {"raw": "raw", "once": "scaled once", "twice": "scaled twice"}.items():
        by_sgd = stored[stored["rung"].str.startswith(f"{name}-SGD") & (stored["seed"] == 0)]
        first = shown[shown["pixels"].eq(pixels) & (shown["seed"] == 0)]
        first = first[first["optimizer"] == "SGD"]
        kept = by_sgd.loc[by_sgd["val_errors"].idxmin()]
        assert list(first["validation_error"]) == [100 * kept["val_errors"] / 6000]
        assert list(first["training_error"]) == [100 * kept["train_errors"] / 54_000]
        rates = sorted(by_sgd["rung"].str.partition("SGD")[2].astype(float))
        assert rates[0] < first["rate"].item() < rates[-1], "the best rate is at the grid's edge"
    assert (shown.groupby(["pixels", "optimizer"])["seed"].nunique() == 5).all()
    assert len(shown) == 30


def test_every_rate_tried_is_shown_beside_the_one_that_was_kept():
    path = FOLDER / "scaling.csv"
    shown, tried = read_scaling(path), read_rates(path)
    assert tuple(tried.columns) == SCALING_RATES
    kept = shown[(shown["optimizer"] == "SGD") & (shown["seed"] == 0)].set_index("pixels")
    assert dict(tried.min(axis=1)) == dict(kept["validation_error"])
    assert dict(tried.idxmin(axis=1)) == dict(kept["rate"])
