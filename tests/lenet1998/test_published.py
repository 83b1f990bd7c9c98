"""What others reached in 1998 stands as they published it."""

from lenet_helpers.lenet1998.published import published_in_1998


def test_the_published_errors_are_those_of_figure_9():
    table = published_in_1998()
    assert len(table) == 27
    assert not table.duplicated(["classifier", "preparation"]).any()
    lenet5 = table[table["classifier"] == "LeNet-5"].set_index("preparation")["error"]
    assert lenet5.to_dict() == {"": 0.95, "distortions": 0.8}
    assert (table["error"].min(), table["error"].max()) == (0.7, 12.0)
