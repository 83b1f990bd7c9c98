"""How Sphinx makes the website: `python -m course site` says from what."""

import importlib.util
from pathlib import Path

from course.project import repository_address
from course.texts import COLAB, RELEASE

project = "LeNet-5 on MNIST, step by step"
html_title = project
author = "the LeNet-5 notebooks authors"
language = "en"

extensions = ["myst_nb", "sphinx.ext.mathjax"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# Of the package's 24 MB one file is enough: it holds every letter, so it asks for no other.
equations = importlib.util.find_spec("sphinx-mathjax-offline")
mathjax_path = "tex-svg-full.js"
equations_file = str(Path(equations.origin).parent / "static/mathjax" / mathjax_path)
html_static_path = [equations_file, "own.css", "own.js"]
html_css_files = ["own.css"]
html_js_files = ["own.js"]

# Checked weekly; Colab and the repository itself answer whatever is asked, or need to be public.
linkcheck_ignore = [COLAB, repository_address()]
linkcheck_anchors = False
linkcheck_workers, linkcheck_retries = 2, 2

html_theme = "sphinx_book_theme"
html_favicon = "icon.svg"
html_context = {"default_mode": "auto"}  # without it the theme complains on the console
html_theme_options = {
    "repository_url": repository_address(),
    "repository_branch": RELEASE,  # where its button of Colab finds a chapter
    "navbar_persistent": [],
    "use_repository_button": True,
    "use_download_button": True,
    "launch_buttons": {"colab_url": COLAB},
}
html_sourcelink_suffix = ""
html_copyright = html_show_copyright = False
