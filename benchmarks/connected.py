"""How to compute a partly connected convolution: `python benchmarks/connected.py`.

C3 of LeNet-5 as published, forward and backward, in two ways that give the same: one product with
a kernel that has zeros where nothing is connected, as `ConnectedConv2D` does it; and one product
for each group of maps that see the same maps below. Each in one compiled loop, in turns, round by
round. Every measurement goes into benchmarks/connected.csv: round, batch, way, microseconds of an
update, and the machine.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measure import HERE, machine, whole, write_csv

from lenet_helpers.runtime import reproducible

UPDATES = {1: 1000, 10: 500, 128: 50}


def main():
    args = _arguments()
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    reproducible()
    from lenet_helpers.lenet1998.networks import C3_TABLE

    rows = []
    for batch in UPDATES:
        ways = {"zeros": _zeros(C3_TABLE), "groups": _groups(C3_TABLE)}
        loops = {way: _loop(forward, batch) for way, forward in ways.items()}
        for number in range(args.rounds):
            for way, loop in loops.items():
                rows.append((number, batch, way, _microseconds(loop, UPDATES[batch])))
    runs = pd.DataFrame(rows, columns=["round", "batch", "way", "microseconds"])
    write_csv(runs, args.output)
    print(runs.groupby(["batch", "way"])["microseconds"].describe()[["50%", "min", "max"]].round(1))


def _zeros(table):
    """Forward by `ConnectedConv2D`: (function of maps and weights, weights)."""
    from lenet_helpers.lenet1998.layers import ConnectedConv2D

    layer = ConnectedConv2D(table.shape[1], 5, table)
    layer.build((None, 14, 14, len(table)))
    return layer, layer.trainable_variables


def _groups(table):
    """Forward by one convolution for each set of maps that some maps share."""
    import tensorflow as tf

    from lenet_helpers.lenet1998.layers import ConnectedConv2D

    members = {}
    for place, column in enumerate(table.T):
        members.setdefault(tuple(np.flatnonzero(column)), []).append(place)
    layers = [ConnectedConv2D(len(places), 5) for places in members.values()]
    for layer, seen in zip(layers, members, strict=True):
        layer.build((None, 14, 14, len(seen)))
    order = np.argsort(np.concatenate(list(members.values())))

    def forward(maps):
        parts = [
            layer(tf.gather(maps, seen, axis=-1))
            for layer, seen in zip(layers, members, strict=True)
        ]
        return tf.gather(tf.concat(parts, -1), order, axis=-1)

    return forward, [weight for layer in layers for weight in layer.trainable_variables]


def _loop(way, batch):
    import tensorflow as tf

    forward, weights = way
    start = tf.random.stateless_uniform((batch, 14, 14, 6), (0, 1))

    @tf.function(jit_compile=True)
    def loop(updates):
        maps = start
        for _ in tf.range(updates):
            with tf.GradientTape() as tape:
                tape.watch(maps)
                loss = tf.reduce_sum(tf.square(forward(maps)))
            to_maps, *to_weights = tape.gradient(loss, [maps, *weights])
            maps -= 1e-6 * to_maps
            for weight, gradient in zip(weights, to_weights, strict=True):
                weight.assign_sub(1e-6 * gradient)
        return tf.reduce_sum(maps)

    loop(tf.constant(1)).numpy()
    return loop


def _microseconds(loop, updates):
    import tensorflow as tf

    begin = time.perf_counter()
    loop(tf.constant(updates)).numpy()
    return (time.perf_counter() - begin) / updates * 1e6


def _arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=whole(1), default=5, help="default 5")
    output = HERE / "connected.csv"
    parser.add_argument("--output", type=Path, default=output, help="another CSV to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
