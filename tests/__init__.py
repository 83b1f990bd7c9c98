"""The tests: a folder for each of the helpers', and one for the course's tools."""
