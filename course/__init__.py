"""Run, refresh and check the notebooks: what stands behind `python -m course`."""
