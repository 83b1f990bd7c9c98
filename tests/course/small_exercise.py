"""One exercise whose answer is four, as the cells of a notebook."""

from nbformat.v4 import new_code_cell, new_markdown_cell

CHECK = 'print("Right: four" if my_sum == 4 else "Not yet: count again")'
WRONG = {"answer": "my_sum = 5", "says": "count again"}


def small_exercise(
    place=1, solution="my_sum = 4", stub="my_sum = ...", says="count again", wrong=(WRONG,)
):
    """Return an exercise's three cells, with the place in its number."""
    answers = {"stub": {"answer": stub, "says": says}, "wrong": list(wrong)}
    return [
        new_markdown_cell(
            f"### Exercise 1.{place} · Sum\n\n*(easy, 3 min)*\n\n2 + 2?",
            metadata={"tags": ["exercise"]},
        ),
        new_code_cell(solution, metadata={"tags": ["solution"], "exercise": answers}),
        new_code_cell(CHECK, metadata={"tags": ["check"]}),
    ]
