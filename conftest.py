"""How pytest treats the notebooks: see the two plugins."""

pytest_plugins = ["lenet_helpers.tools.nbval_tolerance", "lenet_helpers.tools.nbval_data"]
