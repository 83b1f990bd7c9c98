"""The exercise of chapter 11."""

from lenet_helpers.exercises.judging import call, exercise, read_number, reject


@exercise("a function of the numbers of maps")
def parameters_of_a_size(count, networks):
    """Exercise 11.1: a function of four numbers of maps -> all that such a network holds.

    networks: at least two of four convolutions, whose mean over positions is weighted.
    """
    maps = [
        [network.get_layer(f"C{place}").filters for place in range(1, 5)] for network in networks
    ]
    found = [read_number(call(count, list(one)), "what your function returns") for one in maps]
    reject(
        len(set(found)) == 1 < len(set(map(tuple, maps))),
        f"it returns {found[0]} for every network.",
    )
    for network, numbers, ours in zip(networks, maps, found, strict=True):
        right = network.count_params()
        missing = right - ours
        reject(
            missing == network.get_layer("C1").count_params(),
            "the first convolution reads the image, which is one map.",
        )
        reject(
            missing == -sum(numbers),
            "the convolutions have no biases: the normalisation would take them off again.",
        )
        reject(
            missing == network.get_layer("weighted_mean").count_params(),
            "the last mean has trained weights, too.",
        )
        reject(
            missing == 2 * sum(numbers),
            "the normalisation holds mean and variance of each map as well.",
        )
        reject(ours != right, f"for {numbers} it returns {ours:,}: it is {right:,}.")
    return ", ".join(f"{network.count_params():,}" for network in networks) + " parameters."
