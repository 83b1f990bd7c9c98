"""What stands in for `make_run` where training is not the point: a run that takes no time.

`fresh_run` starts it. The options of a recipe may ask for more: "sleep", seconds; "code", Python
that is run first.
"""

import json
import os
import pickle
import sys
import threading
import time

from lenet_helpers.studies import recipes
from lenet_helpers.studies.fresh_run import Job, Run
from lenet_helpers.studies.table import COLUMNS


def fake_run(job):
    """Return a Run whose row and weights follow from the job."""
    recipe, opens_test_set = recipes.read_settings(job.settings)
    row = dict.fromkeys(COLUMNS[:-1], 1) | job._asdict() | {"seconds": 60.0}
    row |= {"epochs": recipe.epochs, "threads": recipe.threads, "train_images": 270}
    row |= {"train_errors": job.seed, "val_errors": 10 if recipe.validation_split else None}
    row["test_errors"] = 5 if opens_test_set else None
    curve = [{"epoch": epoch + 1, "loss": 0.5} for epoch in range(recipe.epochs)]
    return Run(row, curve, f"{job.rung} {job.seed}".encode())


def main():
    """Read a Job, make the Run, write it; end when whoever started this has ended."""
    job = Job(*json.loads(sys.stdin.buffer.readline())[0])
    threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
    options = recipes.read_settings(job.settings)[0].options
    exec(options.get("code", ""))
    time.sleep(options.get("sleep", 0))
    with os.fdopen(1, "wb") as answers:
        pickle.dump(fake_run(job), answers)


if __name__ == "__main__":
    main()
