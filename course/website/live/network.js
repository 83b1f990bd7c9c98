// What a network makes of an image, and how each of its values comes about.
//
// Values lie as in Keras, channels last: map c at row y, column x of a layer of shape
// [height, width, maps] is number (y * width + x) * maps + c. A kernel is [window, window, maps
// below, maps].

"use strict";

function crc32(bytes) {
  let rest = -1;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}

function decoded(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Make a network of its description, see export.py. Throws an Error if it is damaged. */
function networkOf({ input, layers, values, crc32: expected }) {
  const bytes = decoded(values);
  if (crc32(bytes) !== expected) throw new Error("The weights are not those that were exported.");
  const view = new DataView(bytes.buffer);
  const numbers = Float32Array.from({ length: bytes.length / 4 }, (_, i) =>
    view.getFloat32(4 * i, true),
  );
  return { input, layers, numbers };
}

/** The values that the network reads: of 28 × 28 pixels, 0 paper to 255 ink. */
function networkInput({ input: { side, paper, ink } }, pixels) {
  const given = Math.sqrt(pixels.length);
  const border = (side - given) / 2;
  const values = new Float32Array(side * side).fill(paper);
  for (let y = 0; y < given; y++) {
    for (let x = 0; x < given; x++) {
      values[(y + border) * side + x + border] =
        paper + ((ink - paper) * pixels[y * given + x]) / 255;
    }
  }
  return values;
}

/** The outputs of all layers, for what `networkInput` returns: an array of Float32Array. */
function outputsOf({ layers, numbers }, input) {
  const outputs = [];
  for (const layer of layers) {
    const values = MOVES[layer.kind](layer, outputs.at(-1) ?? input, numbers);
    layer.then.forEach((step) => STEPS[step.kind](step, values, numbers, layer.shape[2]));
    outputs.push(Float32Array.from(values));
  }
  return outputs;
}

const size = ([height, width, maps]) => height * width * maps;

const MOVES = {
  convolution({ window, padding, below, shape, weights }, input, numbers) {
    const [rows, columns, channels] = below;
    const [height, width, maps] = shape;
    const values = new Float64Array(size(shape));
    for (let y = 0, to = 0; y < height; y++) {
      for (let x = 0; x < width; x++, to += maps) {
        for (let down = 0; down < window; down++) {
          const row = y + down - padding;
          if (row < 0 || row >= rows) continue;
          for (let right = 0; right < window; right++) {
            const column = x + right - padding;
            if (column < 0 || column >= columns) continue;
            let from = (row * columns + column) * channels;
            let weight = weights + (down * window + right) * channels * maps;
            for (let c = 0; c < channels; c++, from++) {
              const value = input[from];
              if (value === 0) weight += maps;
              else
                for (let map = 0; map < maps; map++) values[to + map] += value * numbers[weight++];
            }
          }
        }
      }
    }
    return values;
  },
  mean: (layer, input) =>
    pooled(layer, input, 0, (all, one) => all + one).map((sum) => sum / layer.window ** 2),
  sum: (layer, input) => pooled(layer, input, 0, (all, one) => all + one),
  max: (layer, input) => pooled(layer, input, -Infinity, Math.max),
  distance({ shape, weights }, input, numbers) {
    const classes = size(shape);
    const values = new Float64Array(classes);
    input.forEach((value, feature) => {
      for (let one = 0; one < classes; one++) {
        values[one] += (value - numbers[weights + feature * classes + one]) ** 2;
      }
    });
    return values;
  },
};

function pooled({ window, below, shape }, input, start, join) {
  const [, columns, maps] = below;
  const [height, width] = shape;
  const values = new Float64Array(size(shape)).fill(start);
  for (let row = 0; row < height * window; row++) {
    for (let column = 0; column < width * window; column++) {
      const to = (Math.floor(row / window) * width + Math.floor(column / window)) * maps;
      const from = (row * columns + column) * maps;
      for (let c = 0; c < maps; c++) values[to + c] = join(values[to + c], input[from + c]);
    }
  }
  return values;
}

// Steps change values in their place.
const STEPS = {
  scale(step, values, numbers, maps) {
    values.forEach((value, i) => (values[i] = value * numbers[step.place + (i % maps)]));
  },
  shift(step, values, numbers, maps) {
    values.forEach((value, i) => (values[i] = value + numbers[step.place + (i % maps)]));
  },
  tanh({ amplitude, slope }, values) {
    values.forEach((value, i) => (values[i] = amplitude * Math.tanh(slope * value)));
  },
  relu(step, values) {
    values.forEach((value, i) => (values[i] = Math.max(0, value)));
  },
  softmax(step, values) {
    const top = Math.max(...values);
    values.forEach((value, i) => (values[i] = Math.exp(value - top)));
    const sum = values.reduce((all, one) => all + one);
    values.forEach((value, i) => (values[i] = value / sum));
  },
};

/** Where the window of a unit lies in the maps below: what sticks out is padding. */
function windowOf({ kind, window, padding = 0 }, { y, x }) {
  const step = kind === "convolution" || kind === "distance" ? 1 : window;
  const [top, left] = [y * step - padding, x * step - padding];
  return { top, left, bottom: top + window, right: left + window };
}

/**
 * What a unit's value follows from, in the layer below, in the one below that, ..., and last in the
 * image: an array of { box, maps }, maps a Set.
 */
function receptiveField({ layers }, at, unit) {
  const fields = [];
  let box = { top: unit.y, left: unit.x, bottom: unit.y + 1, right: unit.x + 1 };
  let maps = new Set([unit.map]);
  for (const layer of layers.slice(0, at + 1).reverse()) {
    const first = windowOf(layer, { y: box.top, x: box.left });
    const last = windowOf(layer, { y: box.bottom - 1, x: box.right - 1 });
    box = { top: first.top, left: first.left, bottom: last.bottom, right: last.right };
    maps = new Set([...maps].flatMap((map) => mapsBelow(layer, map)));
    fields.push({ box, maps });
  }
  return fields;
}

/** Which maps below a map sees. */
function mapsBelow({ weights, connected, below }, map) {
  if (weights === undefined) return [map];
  return connected?.[map] ?? range(below[2]);
}

/**
 * How a unit's value comes about, step by step.
 *
 * parts: one for each map below that it sees: { map, inputs, weights, products, sum }, the first
 * three arrays of window × window, rows first; `inputs` is null where padding lies, and `weights`
 * null where there are none. moved: what the layer makes of them; steps: { step, operand, result }
 * of what follows.
 */
function explain(network, input, outputs, at, unit) {
  const layer = network.layers[at];
  const below = outputs[at - 1] ?? input;
  const maps = layer.shape[2];
  const place = windowOf(layer, unit);
  const weighted = layer.weights !== undefined;
  const parts = mapsBelow(layer, unit.map).map((map) => {
    const inputs = cells(place).map(({ y, x }) => valueAt(below, layer.below, y, x, map));
    const weights = weighted
      ? inputs.map(
          (_, i) => network.numbers[layer.weights + (i * layer.below[2] + map) * maps + unit.map],
        )
      : null;
    const products = inputs.map((value, i) => TERMS[layer.kind](value ?? 0, weights?.[i]));
    return { map, inputs, weights, products, sum: sum(products) };
  });
  const moved = JOINED[layer.kind](parts);
  return { parts, moved, steps: stepsOf(network, outputs[at], at, unit, moved), ...place };
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const total = (parts) => sum(parts.map((part) => part.sum));
const TERMS = {
  convolution: (value, weight) => value * weight,
  distance: (value, weight) => (value - weight) ** 2,
  mean: (value) => value,
  sum: (value) => value,
  max: (value) => value,
};
const JOINED = {
  convolution: total,
  distance: total,
  sum: total,
  mean: (parts) => total(parts) / parts[0].inputs.length,
  max: (parts) => Math.max(...parts[0].inputs),
};

function cells({ top, left, bottom, right }) {
  return range(bottom - top).flatMap((y) =>
    range(right - left).map((x) => ({ y: top + y, x: left + x })),
  );
}

function valueAt(values, [height, width, maps], y, x, map) {
  const inside = y >= 0 && x >= 0 && y < height && x < width;
  return inside ? values[(y * width + x) * maps + map] : null;
}

/** Where a layer's sum goes from there: { step, operand, result } for each step. */
function stepsOf({ layers, numbers }, output, at, unit, moved) {
  const one = [moved];
  return layers[at].then.map((step) => {
    const operand = numbers[step.place + unit.map] ?? 0;
    // Softmax needs the sums of all ten units; it is the last step, so its result is the output.
    if (step.kind === "softmax") one[0] = output[unit.map];
    else STEPS[step.kind]({ ...step, place: 0 }, one, [operand], 1);
    return { step, operand, result: one[0] };
  });
}
