"""How pytest treats the notebooks: see the two plugins."""

pytest_plugins = ["course.nbval_tolerance", "course.nbval_data"]
