"""What may go wrong, a line each in faults.toml: `python -m tests.faults` tries them all."""
