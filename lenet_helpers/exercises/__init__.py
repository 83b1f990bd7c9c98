"""Checks of the chapters' exercises: each prints "Right: ..." or "Not yet: ..." and why.

No answer makes a check raise, whatever its type or shape. What an answer is compared with is
computed from the other arguments: digits, models and tables of the chapter. In a notebook, a check
that runs before its answer says "Not yet", too.
"""

import sys

from lenet_helpers.exercises.chapter1 import (
    accuracy_of_a_detector,
    ink_threshold,
    nearest_mean,
    slice_shape,
)
from lenet_helpers.exercises.chapter2 import (
    channels_first,
    mean_without_leak,
    preparation,
    split_by_writer,
)
from lenet_helpers.exercises.chapter3 import (
    from_words,
    mean_losses,
    padded_c5,
    small_network,
    upper_edges,
)
from lenet_helpers.exercises.chapter4 import early_stopping, larger_batches, news_or_noise, one_step
from lenet_helpers.exercises.chapter5 import (
    always_one,
    error_to_report,
    interval_of_few,
    promised_mistakes,
)
from lenet_helpers.exercises.chapter6 import (
    corrected_by_holm,
    interval_of_a_difference,
    interval_of_five,
    methods_of_cases,
    two_verdicts,
)
from lenet_helpers.exercises.chapter7 import (
    answer_of_the_codes,
    equation_9,
    gain_of_distortions,
    optimizer_or_mu,
    parameters_of_a_table,
)
from lenet_helpers.exercises.chapter8 import only_the_signs, place_or_size, smaller_square
from lenet_helpers.exercises.chapter9 import centred, largest_turn, many_steps
from lenet_helpers.exercises.chapter10 import (
    luck_of_the_best,
    paired_interval,
    seven_convolutions,
)
from lenet_helpers.exercises.chapter11 import answers_of_many, mistakes_of_a_vote, shared_mistakes
from lenet_helpers.exercises.chapter12 import diagnosis, one_more_map, slant_of_ink
from lenet_helpers.exercises.chapter13 import constant_of_the_loss, turned_loss, update_of_1998
from lenet_helpers.exercises.judging import expect_answers

if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
    expect_answers(shell)
