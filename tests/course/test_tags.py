"""The grammar of tags, on texts made up here."""

import pytest

from course.tags import LONGEST, TagError, checked, formatted, pieces, rewritten, tags


def kinds(text):
    return [(piece.kind, piece.text) for piece in pieces(text)]


@pytest.mark.parametrize(
    "inside, field, value",
    [
        ("wrong", "expression", "wrong"),
        ("100 * (a - b) / a", "expression", "100 * (a - b) / a"),
        ("test_errors = wrong.sum()", "name", "test_errors"),
        ("test_errors = wrong.sum()", "expression", "wrong.sum()"),
        ("a == b", "expression", "a == b"),
        ("loss ± val_loss", "quantity", "val_loss"),
        ("final_loss = loss ± val_loss", "expression", "loss"),
        ("fact: article.test_accuracy", "fact", "article.test_accuracy"),
        ("result: test_errors", "result", "test_errors"),
    ],
)
def test_what_a_number_is_bound_to(inside, field, value):
    (tag,) = tags(f"It misreads 114<!-- {inside} --> images.")
    assert tag.shown == "114"
    assert getattr(tag, field) == value


def test_a_digit_is_meant_as_such():
    (tag,) = tags("some 2<!-- digit -->s have a loop")
    assert (tag.shown, tag.digit) == ("2", "digit")
    with pytest.raises(TagError, match="not a digit"):
        tags("12<!-- digit -->")


@pytest.mark.parametrize(
    "malformed",
    [
        "114<!--05.test_errors-->",
        "114<!-- -->",
        "114<!--wrong -->",
        "114<!-- fact: -->",
        "1<!-- a b -->",
    ],
)
def test_a_malformed_tag_is_an_error(malformed):
    with pytest.raises(TagError):
        tags(malformed)


@pytest.mark.parametrize(
    "expression, why",
    [
        ("114", "names nothing"),
        ("len('abc')", "names nothing"),
        ("open('file')", "may not call open"),
        ("model.save('file')", "may not call save"),
        ("(lambda: 3)()", "may not call that"),
        ("[n for n in counts][0]", "may not hold ListComp"),
        ("(n := 3) + n", "may not hold NamedExpr"),
        ("digits.__class__", "may not read __class__"),
        ("a if b else c", "may not hold IfExp"),
        ("n +", "not a Python expression"),
        ("a" * (LONGEST + 1), "longer than"),
    ],
)
def test_an_expression_only_reads_and_computes(expression, why):
    with pytest.raises(TagError, match=why):
        checked(expression)


@pytest.mark.parametrize(
    "value, like, shown",
    [
        (6742, "5,421", "6,742"),
        (6742, "12", "6,742"),
        (6742, "5421", "6742"),
        (12000, "2_000", "12_000"),
        (0.98859, "0.99", "0.99"),
        (98.855, "98.4", "98.9"),
        (3, "2.00", "3.00"),
        (-3.2, "−1.5", "−3.2"),
        (-3.2, "1.5", "-3.2"),
        (2.14, "+1.9", "+2.1"),
        (0.000031, "2e-5", "3e-5"),
        ("MNIST", "7", "MNIST"),
        ((28, 28), "`(1, 2)`", "`(28, 28)`"),
        (28, "`0`", "`28`"),
    ],
)
def test_a_value_is_shown_as_its_number_was(value, like, shown):
    assert formatted(value, like) == shown


@pytest.mark.parametrize("value", [True, None, (28, 28), float("nan")])
def test_what_is_no_number_is_not_shown_as_one(value):
    with pytest.raises(TagError, match="not a number"):
        formatted(value, "0")


def test_only_bound_numbers_are_rewritten():
    text = "In 1998: 114<!-- wrong --> of 10, a 9<!-- digit --> of `(1, 2)`<!-- x.shape -->, `28`."
    after = rewritten(text, lambda tag: {"wrong": 120, "x.shape": (3, 4)}[tag.expression])
    assert after == text.replace("114", "120").replace("(1, 2)", "(3, 4)")


@pytest.mark.parametrize(
    "text, found",
    [
        ("The 6 maps", [("number", "6")]),
        ("falls by −0.5 and 1,234.5", [("number", "−0.5"), ("number", "1,234.5")]),
        ("shape `(28, 28)`", [("number", "`(28, 28)`")]),
        ("shape `(N, 28)` and `x[3]`", [("code", "`(N, 28)`"), ("code", "`x[3]`")]),
        ("```\nx = 3\n```", [("block", "```\nx = 3\n```")]),
        (
            "Chapters 2 and 3, Exercise 1.2",
            [("chapter", "Chapters 2 and 3"), ("exercise", "Exercise 1.2")],
        ),
        ("Mu and Gilmer (2019), in 1998", [("year", "Gilmer (2019"), ("year", "in 1998")]),
        ("LeCun et al. 1997", [("number", "1997")]),
        ("the 2019 images", [("number", "2019")]),
        ("LeNet-5 and its C3", [("name", "LeNet-5")]),
        ("section 3, figure 9", [("place", "section 3"), ("place", "figure 9")]),
        (
            "[Chapter 2](02_preprocess.ipynb)",
            [("chapter", "Chapter 2"), ("address", "(02_preprocess.ipynb)")],
        ),
        ("$1.7 \\tanh(2a/3)$, $5$", [("formula", "$1.7 \\tanh(2a/3)$"), ("number", "5")]),
        ("5 <!-- wrong -->", [("number", "5"), ("comment", "<!-- wrong -->")]),
        ("<!-- a -->\n| 5 |\n<!-- /a -->", [("generated", "<!-- a -->\n| 5 |\n<!-- /a -->")]),
    ],
)
def test_every_number_is_found_and_what_is_exempt_is_named(text, found):
    assert kinds(text) == found
