"""How pytest treats the notebooks: see the plugins."""

pytest_plugins = ["course.nbval_tolerance", "course.nbval_data", "course.nbval_exercises"]
