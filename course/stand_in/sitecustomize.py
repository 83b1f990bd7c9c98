"""Stands in for Colab's own package, which a kernel there finds imported when it starts.

A Python that has this folder in PYTHONPATH imports this file by itself.
"""

import sys
import types

sys.modules["google.colab"] = types.ModuleType("google.colab")
sys.modules["google.colab.output"] = output = types.ModuleType("google.colab.output")
# What anywidget asks for.
output.enable_custom_widget_manager = lambda: None
output._widgets = types.SimpleNamespace(_installed_url=None)
