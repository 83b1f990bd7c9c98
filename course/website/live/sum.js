// The sum behind one value: its window, the kernel, the products, and what is made of them.

"use strict";

const LARGEST = 5; // products that are written out where there are too many for a grid

/**
 * The parts of the panel, from `explain`: an array of elements.
 *
 * view: { network, input, outputs, sheets }; at, unit: which value.
 * shown: the map below whose products are written out, or null for the one that counts most;
 * show(map) is called to write out another one's.
 */
function sumOf(view, at, unit, shown, show) {
  const { network, input, outputs, sheets } = view;
  const layer = network.layers[at];
  const sum = explain(network, input, outputs, at, unit);
  const below = {
    name: network.layers[at - 1]?.name,
    top: sheets[at - 1]?.top ?? network.input.ink,
    laid: at ? arrangement(network.layers[at - 1]) : null,
  };
  const made = arithmetic(layer, sum);
  if (layer.weights === undefined) return pooledSum(sum, below, made);
  if (layer.window > 1) return windowSum(sum, below, made, shown, show);
  return vectorSum(layer, sum, below, made, unit);
}

function pooledSum({ parts: [{ map, inputs }] }, below, made) {
  const grid = numberGrid(`map ${map} of ${below.name}`, inputs, below.top);
  return [element("div", { className: "products" }, grid, made)];
}

function windowSum({ parts }, below, made, shown, show) {
  const tops = {
    inputs: below.top,
    weights: topOf(parts.flatMap(({ weights }) => weights)),
    products: topOf(parts.flatMap(({ products }) => products)),
  };
  const more = (one, other) => (Math.abs(other.sum) > Math.abs(one.sum) ? other : one);
  const part = parts.find(({ map }) => map === shown) ?? parts.reduce(more);
  const from = below.name ? `map ${part.map} of ${below.name}` : "the image";
  const grids = element(
    "div",
    { className: "products" },
    numberGrid(`window in ${from}`, part.inputs, tops.inputs),
    numberGrid("× kernel", part.weights, tops.weights),
    numberGrid(`= products, sum ${fixed(part.sum)}`, part.products, tops.products),
    made,
  );
  if (parts.length === 1) return [grids];
  const text = `The same for each of the ${parts.length} maps that it sees:`;
  const chips = parts.map((one) => chipOf(one, tops, one === part, show));
  return [
    grids,
    element("p", { className: "note", textContent: text }),
    element("div", { className: "chips" }, ...chips),
  ];
}

/** One map's share of a sum, in small; pressed, it is written out. */
function chipOf(part, tops, isShown, show) {
  const side = Math.sqrt(part.inputs.length);
  const pictures = Object.keys(tops).map((key) => {
    const values = part[key].map((value) => value ?? 0);
    return picture(key, paintSigned(element("canvas"), side, side, values, tops[key]));
  });
  return element(
    "button",
    {
      type: "button",
      ariaPressed: isShown,
      ariaLabel: `map ${part.map}: ${fixed(part.sum)}`,
      onclick: () => show(part.map),
    },
    element("span", { textContent: part.map }),
    ...pictures,
    element("span", { className: "value", textContent: fixed(part.sum) }),
  );
}

function vectorSum(layer, { parts }, { name, top, laid }, made, unit) {
  const isDistance = layer.kind === "distance";
  const [inputs, weights, products] = ["inputs", "weights", "products"].map((key) =>
    parts.flatMap((part) => part[key]),
  );
  const pictures = [
    [isDistance ? name : `values of ${name}`, inputs, top],
    [
      isDistance ? `− the glyph of ${unit.map}` : "× weights",
      weights,
      isDistance ? top : topOf(weights),
    ],
    [isDistance ? "= differences, squared" : "= products", products, topOf(products)],
  ].map(([text, values, end]) => {
    const canvas = paintSigned(element("canvas"), ...laid, values, end);
    return figure(text, picture(text, canvas));
  });
  const isFlat = laid[1] > 2 * laid[0];
  return [
    element("div", { className: `products ${isFlat ? "flat" : "upright"}` }, ...pictures, made),
    largestProducts(inputs, weights, products, isDistance),
  ];
}

function largestProducts(inputs, weights, products, isDistance) {
  const order = range(products.length);
  order.sort((one, other) => Math.abs(products[other]) - Math.abs(products[one]));
  const lines = order.slice(0, LARGEST).map((i) => {
    const value = fixed(inputs[i]);
    const weight = weights[i] < 0 ? `(${fixed(weights[i])})` : fixed(weights[i]);
    const pair = isDistance ? `(${value} − ${weight})²` : `${value} × ${weight}`;
    return rowOf(`value ${i}: ${pair}`, fixed(products[i]));
  });
  const rest = order.slice(LARGEST).reduce((all, i) => all + products[i], 0);
  lines.push(rowOf(`the ${products.length - LARGEST} others together`, fixed(rest)));
  return element("table", {}, ...lines);
}

const SAID = {
  scale: ({ says }, before, operand) => `× ${says}, ${operand}`,
  shift: ({ says }, before, operand) => `+ ${says}, ${operand}`,
  tanh: ({ amplitude, slope }, before) =>
    amplitude === 1 ? `tanh(${before})` : `${amplitude} tanh(${fixed(slope, 3)} × ${before})`,
  relu: (step, before) => `ReLU: the larger of 0 and ${before}`,
  softmax: (step, before) => `softmax: e to the ${before}, as a share of all ten`,
};

/** What follows the products: their sum, bias, squashing, and where on its curve that is. */
function arithmetic({ kind }, sum) {
  const terms = sum.parts.reduce((all, { products }) => all + products.length, 0);
  const name = {
    convolution: `sum of ${terms} products`,
    distance: `sum of ${terms} squares`,
    mean: `mean of ${terms} values`,
    sum: `sum of ${terms} values`,
    max: `largest of ${terms} values`,
  }[kind];
  let before = sum.moved;
  const rows = [rowOf(name, fixed(before, 3))];
  for (const { step, operand, result } of sum.steps) {
    rows.push(rowOf(SAID[step.kind](step, fixed(before, 3), fixed(operand, 3)), fixed(result, 3)));
    before = result;
  }
  rows.at(-1).className = "result";
  return element("div", {}, ...curveOf(sum), element("table", {}, ...rows));
}

function rowOf(name, number) {
  const head = element("th", { scope: "row", textContent: name });
  return element("tr", {}, head, element("td", { textContent: number }));
}

/** The squashing function, and where on it this value lies: an array of one element, or none. */
function curveOf({ moved, steps }) {
  const at = steps.findIndex(({ step }) => step.kind === "tanh" || step.kind === "relu");
  if (at < 0) return [];
  const { step, result } = steps[at];
  const x = at ? steps[at - 1].result : moved;
  const squashed = (value) => {
    const one = [value];
    STEPS[step.kind](step, one);
    return one[0];
  };
  const reach = Math.max(3, 1.1 * Math.abs(x));
  const top = 1.15 * squashed(reach);
  const point = (value) => [(100 * value) / reach, (-40 * squashed(value)) / top];
  const line = range(81).map((i) => point(reach * (i / 40 - 1)));
  const [left, up] = point(x);
  const said = `${fixed(x, 3)} becomes ${fixed(result, 3)}`;
  const curve = element("div", { className: "curve" });
  curve.innerHTML = `<svg viewBox="-104 -44 208 88" role="img" aria-label="${said}">
    <path d="M-104 0H104M0-44V44" class="axes"/><polyline points="${line.join(" ")}"/>
    <path d="M${left} 0V${up}H0" class="way"/><circle cx="${left}" cy="${up}" r="4"/></svg>`;
  return [curve];
}
