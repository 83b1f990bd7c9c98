// The live page: what is drawn goes through the chosen network, and every value can be looked into.

"use strict";

const $ = (id) => document.getElementById(id);
const { rules, words, digits: starts, networks } = DATA;
const BLUE = [0x01, 0x73, 0xb2];
const ORANGE = [0xde, 0x8f, 0x05];
const SHADES = 255; // steps from 0 to either end of the scale of colour
const IN_ONE_ROW = 40; // values of a layer that has no maps
const LARGEST = 5; // products that are written out where there are too many for a picture
const FIRST_LOOK = { piece: 2, row: 9, column: 14 }; // a value of the first layer whose sum is shown
const isWide = matchMedia("(min-width: 1180px)"); // the sum has a place of its own: see live.css
const OPENING_TIME = 1200; // milliseconds that the first drawing takes

const received = {};
const receive = (name, description) => (received[name] = description);

let choice = networks[0];
let network = null;
let problem = "";
let outputs = [];
let input = null;
let start = null; // which of the test digits lies beneath the strokes
let place = null; // where the image lies on the canvas: { left, top, scale }
let steps = []; // the pieces of the pictures from the drawing to the network's input
let sheets = []; // those of each layer: see `sheetOf`
let selected = null; // { at, piece, row, column }
let isKept = false;
let shownPart = null; // the map below whose products are written out, unless the largest one is
let isOpening = false;
let waiting = 0;

const drawing = drawingCanvas({
  size: rules.canvas,
  pen: rules.pen,
  begins() {
    if (isOpening) drawing.strokes = [];
    isOpening = false;
  },
  changed(isDone) {
    schedule();
    if (isDone) speak();
  },
  beneath(context) {
    if (start === null) return;
    context.imageSmoothingEnabled = false;
    context.drawImage(greyCanvas(startImage(start)), 0, 0, rules.canvas, rules.canvas);
  },
});
const bars = barRows();

// From the drawing to ten answers

function startImage(digit) {
  const area = rules.side ** 2;
  return {
    width: rules.side,
    height: rules.side,
    pixels: startPixels.subarray(digit * area, (digit + 1) * area),
  };
}

function enlarged({ width, pixels }) {
  const times = rules.canvas / width;
  const side = rules.canvas;
  const large = new Uint8Array(side * side);
  large.forEach((_, i) => {
    large[i] = pixels[Math.floor(i / side / times) * width + Math.floor((i % side) / times)];
  });
  return { width: side, height: side, pixels: large };
}

/** What the network gets: { image, pictures, place }. Throws a Refusal. */
function seen() {
  const whole = { left: 0, top: 0, scale: rules.side / rules.canvas };
  if (start !== null && !drawing.strokes.length) {
    const image = startImage(start);
    return { image, place: whole, pictures: [[`test image ${starts.places[start]}, in MNIST’s form`, image]] };
  }
  const drawn = render(drawing.strokes, rules);
  if (start !== null) {
    enlarged(startImage(start)).pixels.forEach((pixel, i) => {
      if (pixel > drawn.pixels[i]) drawn.pixels[i] = pixel;
    });
  }
  if ($("leave-out").checked) {
    const image = squeeze(drawn, rules);
    const name = `squeezed to ${rules.side} × ${rules.side}`;
    return { image, place: whole, pictures: [["drawn", drawn], [name, image]] };
  }
  const { box, cropped, sized, centred, top, left } = normalise(drawn, rules);
  const scale = sized.height / cropped.height;
  return {
    image: centred,
    place: { left: box.left - left / scale, top: box.top - top / scale, scale },
    pictures: [
      ["drawn", drawn],
      ["cropped", cropped],
      [`sized to ${rules.box} × ${rules.box}`, sized],
      ["centred by mass", centred],
    ],
  };
}

function sentence(word, values = {}) {
  return words[word].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function update() {
  waiting = 0;
  [input, outputs, place] = [null, [], null];
  let [pictures, message] = [[], problem];
  try {
    if (!drawing.strokes.length && start === null) throw new Refusal("invitation");
    const given = seen();
    ({ pictures, place } = given);
    if (network) {
      input = networkInput(network, given.image.pixels);
      outputs = outputsOf(network, input);
    }
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    message = sentence(refusal.word, refusal.values);
  }
  showAnswer(message);
  showSteps(pictures);
  sheets.forEach(paintSheet);
  showSum();
}

function schedule() {
  waiting ||= requestAnimationFrame(update);
}

// The answer

/** The ten outputs in order, the best first: { digit, value }. A distance is best where smallest. */
function ranking() {
  const sign = isOfDistances() ? 1 : -1;
  const answers = Array.from(outputs.at(-1), (value, digit) => ({ digit, value }));
  return answers.sort((one, other) => sign * (one.value - other.value));
}

const isOfDistances = () => network.layers.at(-1).kind === "distance";
const percent = (share, digits = 1) => (100 * share).toFixed(digits);

function showAnswer(message) {
  const has = outputs.length > 0;
  $("message").textContent = message;
  $("message").classList.toggle("refused", !has);
  $("second").textContent = "";
  $("answer-title").textContent =
    network && isOfDistances() ? "What it reads: the glyph nearest to F6" : "What it reads";
  if (!has) return bars.show([], [], null);
  const [first, second] = ranking();
  const values = outputs.at(-1);
  if (isOfDistances()) {
    $("message").textContent = `Read as ${first.digit}, distance ${fixed(first.value, 1)}.`;
    $("second").textContent = `Next: ${second.digit}, distance ${fixed(second.value, 1)}. The shortest bar wins.`;
    const top = Math.max(...values);
    bars.show(Array.from(values, (one) => one / top), Array.from(values, (one) => fixed(one, 1)), first.digit);
  } else {
    $("message").textContent = sentence("read", { digit: first.digit, percent: percent(first.value) });
    $("second").textContent = `Next: ${second.digit}, ${percent(second.value)} %.`;
    bars.show(values, Array.from(values, (one) => `${percent(one)} %`), first.digit);
  }
}

/** Say the answer to whoever hears the page: once a stroke has ended, not while it grows. */
function speak() {
  if (waiting) update();
  $("more").href = `index.html#${encodeURIComponent(JSON.stringify(drawing.strokes))}`;
  if (!outputs.length) return ($("spoken").textContent = $("message").textContent);
  const [first, second] = ranking();
  $("spoken").textContent = isOfDistances()
    ? `Read as ${first.digit}, distance ${fixed(first.value, 0)}; second ${second.digit}, ${fixed(second.value, 0)}`
    : `Read as ${first.digit}, ${percent(first.value, 0)} per cent; second ${second.digit}, ${percent(second.value, 0)}`;
}

// Pictures

const PALETTE = new Uint32Array(
  range(2 * SHADES + 1).map((i) => {
    const share = i / SHADES - 1;
    const end = share < 0 ? BLUE : ORANGE;
    const [red, green, blue] = end.map((part) => Math.round(255 + (part - 255) * Math.abs(share)));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }),
);
const signed = (value, top) => PALETTE[Math.round(SHADES * (1 + Math.min(Math.max(value / top, -1), 1)))];
const grey = (pixel) => ((255 << 24) | ((255 - pixel) * 0x10101)) >>> 0;

/** Fill a canvas of width × height pixels, the colour of each given by `colour(i)`. */
function paint(canvas, width, height, colour) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const colours = new Uint32Array(image.data.buffer);
  for (let i = 0; i < colours.length; i++) colours[i] = colour(i);
  context.putImageData(image, 0, 0);
  return canvas;
}

const greyCanvas = ({ width, height, pixels }, canvas = element("canvas")) =>
  paint(canvas, width, height, (i) => grey(pixels[i]));

/** Show the steps from the drawing to the network's input, which is the last. */
function showSteps(pictures) {
  const border = network ? (network.input.side - rules.side) / 2 : 0;
  if (border && pictures.length) {
    const image = framed(pictures.at(-1)[1], border);
    pictures.push([`border, ${times(image.height, image.width)}`, image]);
  }
  const names = pictures.map(([name]) => name);
  if (names.join() !== steps.map(({ name }) => name).join()) {
    steps = names.map((name) => ({ name, ...piece(0, 0, [0]) }));
    steps.forEach(({ name, canvas }) => named(canvas, name));
    $("steps").replaceChildren(...steps.map(({ name, root }) => figure(name, root)));
  }
  pictures.forEach(([, image], i) => {
    greyCanvas(image, steps[i].canvas);
    Object.assign(steps[i], { rows: image.height, columns: image.width });
  });
}

const named = (canvas, name) => Object.assign(canvas, { role: "img", ariaLabel: name });
const figure = (name, content) => element("figure", {}, content, element("figcaption", { textContent: name }));

/**
 * The pictures of one layer: { root, at, pieces, top }. A piece is a canvas of values:
 * { canvas, rows, columns, unitOf(row, column), maps }, maps those that it shows.
 */
function sheetOf(at) {
  const layer = network.layers[at];
  const [height, width, maps] = layer.shape;
  if (at === network.layers.length - 1) return { at, pieces: range(maps).map((map) => tile(layer, map)) };
  if (height > 1) {
    const pieces = range(maps).map((map) =>
      piece(height, width, [map], (row, column) => ({ y: row, x: column, map })),
    );
    return { at, pieces };
  }
  const [rows, columns] = arrangement(at);
  const unitOf = (row, column) => ({ y: 0, x: 0, map: Math.min(row * columns + column, maps - 1) });
  return { at, pieces: [piece(rows, columns, range(maps), unitOf)] };
}

/** How the values of a layer without maps are laid out: [rows, columns]. */
function arrangement(at) {
  const { picture, shape } = network.layers[at];
  const rows = Math.ceil(shape[2] / IN_ONE_ROW);
  return picture ?? [rows, Math.ceil(shape[2] / rows)];
}

function piece(rows, columns, maps, unitOf) {
  const canvas = element("canvas", { width: columns, height: rows });
  const frame = element("i", { className: "frame", hidden: true });
  const root = element("span", { className: "picture" }, canvas, frame);
  return { root, canvas, frame, rows, columns, maps, unitOf };
}

/** An output: its colour, or the glyph that F6 is compared with; below it digit and value. */
function tile(layer, map) {
  const made = piece(1, 1, [map], () => ({ y: 0, x: 0, map }));
  const value = element("span", { className: "value" });
  const caption = element("span", { className: "caption" }, element("b", { textContent: map }), value);
  return { ...made, value, root: element("span", { className: "tile" }, made.root, caption) };
}

function paintSheet(sheet) {
  const { at, pieces } = sheet;
  const { shape, then, kind } = network.layers[at];
  const values = outputs[at];
  const squash = then.find((step) => step.kind === "tanh");
  // A mean or maximum keeps the scale of what it reads.
  const isPlain = (kind === "mean" || kind === "max") && !then.length;
  sheet.top = squash ? squash.amplitude : isPlain ? sheets[at - 1].top : topOf(values ?? []);
  sheet.ends?.forEach((end, i) => (end.textContent = fixed(i ? sheet.top : -sheet.top, 1)));
  const best = values && at === network.layers.length - 1 ? ranking()[0].digit : null;
  for (const [number, { canvas, rows, columns, maps, value, root }] of pieces.entries()) {
    if (kind === "distance") paintGlyph(canvas, at, number);
    else if (maps.length > 1) paint(canvas, columns, rows, (i) => (i < maps.length ? signed(values?.[i] ?? 0, sheet.top) : 0));
    else paint(canvas, columns, rows, (i) => signed(values?.[i * shape[2] + maps[0]] ?? 0, sheet.top));
    if (value) {
      value.textContent = values ? fixed(values[number], kind === "distance" ? 0 : 3) : "";
      root.classList.toggle("best", number === best);
    }
  }
}

function paintGlyph(canvas, at, number) {
  const { weights, shape } = network.layers[at];
  const [rows, columns] = arrangement(at - 1);
  paint(canvas, columns, rows, (i) => signed(network.numbers[weights + i * shape[2] + number], sheets[at - 1].top));
}

// The layers, one below the other

const times = (height, width) => `${height} × ${width}`;

function sizeText({ shape: [height, width, maps] }) {
  return height > 1 ? `${maps} maps of ${times(height, width)}` : `${maps} values`;
}

function kindText({ kind, window, below, then, connected }) {
  const whole = window === below[0];
  const counts = connected?.map((maps) => maps.length);
  const moved = {
    convolution: whole ? "fully connected" : `convolution of ${times(window, window)}`,
    mean: whole ? "mean of each map" : `mean of each ${times(window, window)}`,
    max: `largest of each ${times(window, window)}`,
    sum: `sum of each ${times(window, window)}, weighted`,
    distance: "squared distance to each glyph",
  }[kind];
  const sees = counts ? [`each sees ${Math.min(...counts)} to ${Math.max(...counts)} maps below`] : [];
  const after = then.flatMap((step) => {
    if (step.kind === "tanh") return [step.amplitude === 1 ? "tanh" : "scaled tanh"];
    if (step.kind === "relu") return ["ReLU"];
    if (step.kind === "softmax") return ["softmax"];
    return step.says.includes("scale") ? ["batch normalisation"] : [];
  });
  return [moved, ...sees, ...after].join(", ");
}

function buildLayers() {
  const made = network.layers.map((_, at) => sheetOf(at));
  const rows = made.map((sheet) => {
    const layer = network.layers[sheet.at];
    const isLast = sheet.at === network.layers.length - 1;
    const text = `${sizeText(layer)}: ${kindText(layer)}`;
    sheet.ends = [element("span"), element("span")];
    const scale = element("span", { className: "scale", ariaHidden: "true" }, sheet.ends[0], element("i"), sheet.ends[1]);
    const title = element("h3", {}, element("b", { textContent: layer.name }), element("span", { textContent: text }), ...(isLast ? [] : [scale]));
    const maps = element("div", {
      className: isLast ? "maps tiles" : layer.shape[0] > 1 ? "maps" : layer.picture ? "maps drawn" : "maps strip",
      tabIndex: 0,
      role: "application",
      ariaRoleDescription: "layer",
      ariaLabel: `${layer.name}, ${text}. Arrow keys move over its values.`,
    });
    const columns = layer.shape[0] > 1 ? columnsFor(layer.shape[2]) : 1;
    maps.style.setProperty("--many", columns);
    maps.style.setProperty("--few", Math.ceil(columns / 2));
    maps.append(...sheet.pieces.map((piece) => piece.root));
    maps.dataset.at = sheet.at;
    return element("section", { className: "layer" }, title, maps);
  });
  $("layers").replaceChildren(...rows);
  return made;
}

/** Maps side by side: few are large, and rows are full where that can be. */
function columnsFor(maps) {
  return [6, 8, 9, 12].find((columns) => maps <= columns || maps === 2 * columns) ?? (maps % 12 ? 16 : 12);
}

// Looking into a value

const unitOf = ({ at, piece, row, column }) => sheets[at].pieces[piece].unitOf(row, column);

function select(to, keep = false) {
  selected = to;
  isKept = to !== null && keep;
  shownPart = null;
  showSum();
}

function valueUnder(event) {
  const maps = event.target.closest?.(".maps");
  if (!maps || event.target.tagName !== "CANVAS") return null;
  const at = Number(maps.dataset.at);
  const piece = sheets[at].pieces.findIndex(({ canvas }) => canvas === event.target);
  const { rows, columns } = sheets[at].pieces[piece];
  const { left, top, width, height } = event.target.getBoundingClientRect();
  const cell = (share, n) => Math.min(Math.max(Math.floor(share * n), 0), n - 1);
  return {
    at,
    piece,
    row: cell((event.clientY - top) / height, rows),
    column: cell((event.clientX - left) / width, columns),
  };
}

function moved({ at, piece, row, column }, key) {
  const { pieces } = sheets[at];
  const { rows, columns } = pieces[piece];
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key] ?? [0, 0];
  const turn = { PageUp: -1, PageDown: 1 }[key] ?? (column + right < 0 ? -1 : column + right >= columns ? 1 : 0);
  const next = Math.min(Math.max(piece + turn, 0), pieces.length - 1);
  if (next !== piece && right) return { at, piece: next, row, column: right > 0 ? 0 : columns - 1 };
  const within = (value, n) => Math.min(Math.max(value, 0), n - 1);
  return { at, piece: next, row: within(row + down, rows), column: within(column + right, columns) };
}

/** Frame a box of a piece's values; without a box, frame nothing. */
function frame({ frame, rows, columns }, box, kind = "") {
  frame.hidden = !box;
  frame.className = `frame ${kind}`;
  if (!box) return;
  const [top, left] = [Math.max(box.top, 0), Math.max(box.left, 0)];
  const [bottom, right] = [Math.min(box.bottom, rows), Math.min(box.right, columns)];
  Object.assign(frame.style, {
    top: `${(100 * top) / rows}%`,
    left: `${(100 * left) / columns}%`,
    height: `${(100 * (bottom - top)) / rows}%`,
    width: `${(100 * (right - left)) / columns}%`,
  });
}

function showFrames() {
  [canvasPiece, ...steps, ...sheets.flatMap(({ pieces }) => pieces)].forEach((piece) => frame(piece, null));
  if (!selected || !place) return;
  const { at, piece, row, column } = selected;
  frame(sheets[at].pieces[piece], { top: row, left: column, bottom: row + 1, right: column + 1 }, "unit");
  receptiveField(network, at, unitOf(selected)).forEach(({ box, maps }, i) => {
    for (const piece of sheets[at - i - 1]?.pieces ?? [steps.at(-1)]) {
      const isWhole = piece.maps.length > 1;
      const all = { top: 0, left: 0, bottom: piece.rows, right: piece.columns };
      if (isWhole || maps.has(piece.maps[0])) frame(piece, isWhole ? all : box, i ? "" : "window");
    }
    if (at - i) return;
    const border = (network.input.side - rules.side) / 2;
    const onCanvas = (value, first) => (value - border) / place.scale + first;
    frame(canvasPiece, {
      top: onCanvas(box.top, place.top),
      left: onCanvas(box.left, place.left),
      bottom: onCanvas(box.bottom, place.top),
      right: onCanvas(box.right, place.left),
    });
  });
}

const fixed = (value, digits = 2) => value.toFixed(digits).replace(/^-(?=.*[1-9])/, "−").replace("-", "");
const rowOf = (name, number, className = "") =>
  element("tr", { className }, element("th", { scope: "row", textContent: name }), element("td", { textContent: number }));

/** A square of numbers on their colours. */
function numbers(name, values, top) {
  const side = Math.sqrt(values.length);
  const cells = values.map((value) => {
    const cell = element("span", { textContent: value === null ? "" : fixed(value, side > 5 ? 1 : 2) });
    if (value === null) cell.className = "outside";
    else cell.style.background = hex(signed(value, top));
    if (Math.abs(value) > 0.7 * top && value < 0) cell.className = "dark";
    return cell;
  });
  const grid = element("div", { className: "numbers", role: "img", ariaLabel: `${name}: ${values.map((value) => (value === null ? "outside" : fixed(value))).join(" ")}` }, ...cells);
  grid.style.setProperty("--side", side);
  return figure(name, grid);
}

const hex = (colour) => `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;

function small(name, values, [rows, columns], top) {
  const canvas = paint(element("canvas"), columns, rows, (i) => (i < values.length ? signed(values[i] ?? 0, top) : 0));
  return element("span", { className: "picture" }, named(canvas, name));
}

const topOf = (values) => values.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1;
const layerBelow = (at) => network.layers[at - 1]?.name ?? "the image";
const topBelow = (at) => sheets[at - 1]?.top ?? network.input.ink;

function titleOf(at, { y, x, map }) {
  const { name, shape } = network.layers[at];
  if (at === network.layers.length - 1) return `${name}, digit ${map}`;
  return shape[0] > 1 ? `${name}, map ${map}, row ${y}, column ${x}` : `${name}, value ${map}`;
}

function showSum() {
  showFrames();
  $("sum").classList.toggle("open", selected !== null);
  if (!selected) return $("sum").replaceChildren(...$("help").content.cloneNode(true).children);
  const { at } = selected;
  const unit = unitOf(selected);
  const title = element("h2", { id: "sum-title", textContent: titleOf(at, unit) });
  const close = element("button", { type: "button", className: "close", ariaLabel: "Close", textContent: "×", onclick: () => select(null) });
  const kept = element("span", { className: "note", textContent: isKept ? "kept" : "" });
  const head = element("header", {}, title, kept, close);
  if (!outputs.length) return $("sum").replaceChildren(head, element("p", { className: "note", textContent: "Nothing is read yet." }));
  const sum = explain(network, input, outputs, at, unit);
  const layer = network.layers[at];
  const products = layer.weights === undefined ? pooledPart(at, sum) : layer.window > 1 ? windowPart(at, sum) : vectorPart(at, sum, unit);
  $("sum").replaceChildren(head, ...products);
}

function pooledPart(at, sum) {
  const [{ map, inputs }] = sum.parts;
  const grid = numbers(`map ${map} of ${layerBelow(at)}`, inputs, topBelow(at));
  return [element("div", { className: "products" }, grid, arithmetic(at, sum))];
}

function windowPart(at, sum) {
  const { parts } = sum;
  const tops = [topBelow(at), topOf(parts.flatMap(({ weights }) => weights)), topOf(parts.flatMap(({ products }) => products))];
  const largest = parts.reduce((best, part) => (Math.abs(part.sum) > Math.abs(best.sum) ? part : best));
  const shown = parts.find(({ map }) => map === shownPart) ?? largest;
  const from = at ? `map ${shown.map} of ${layerBelow(at)}` : layerBelow(at);
  const grids = element(
    "div",
    { className: "products" },
    numbers(`window in ${from}`, shown.inputs, tops[0]),
    numbers("× kernel", shown.weights, tops[1]),
    numbers(`= products, sum ${fixed(shown.sum)}`, shown.products, tops[2]),
    arithmetic(at, sum),
  );
  if (parts.length === 1) return [grids];
  const side = Math.sqrt(shown.inputs.length);
  const chips = parts.map((part) => {
    const pictures = ["inputs", "weights", "products"].map((key, i) => small(key, part[key], [side, side], tops[i]));
    const chip = element(
      "button",
      { type: "button", ariaPressed: part === shown, ariaLabel: `map ${part.map}: ${fixed(part.sum)}` },
      element("span", { textContent: part.map }),
      ...pictures,
      element("span", { className: "value", textContent: fixed(part.sum) }),
    );
    chip.onclick = () => {
      shownPart = part.map;
      isKept = true;
      showSum();
      $("sum").querySelector("[aria-pressed=true]").focus();
    };
    return chip;
  });
  const text = `The same for each of the ${parts.length} maps that it sees:`;
  return [grids, element("p", { className: "note", textContent: text }), element("div", { className: "chips" }, ...chips)];
}

function vectorPart(at, sum, unit) {
  const { parts } = sum;
  const isDistance = network.layers[at].kind === "distance";
  const laid = arrangement(at - 1);
  const [inputs, weights, products] = ["inputs", "weights", "products"].map((key) => parts.flatMap((part) => part[key]));
  const names = isDistance
    ? [layerBelow(at), `− the glyph of ${unit.map}`, "= differences, squared"]
    : [`values of ${layerBelow(at)}`, "× weights", "= products"];
  const tops = [topBelow(at), isDistance ? topBelow(at) : topOf(weights), topOf(products)];
  const pictures = [inputs, weights, products].map((values, i) =>
    figure(names[i], small(names[i], values, laid, tops[i])),
  );
  const order = range(products.length).sort((one, other) => Math.abs(products[other]) - Math.abs(products[one]));
  const lines = order.slice(0, LARGEST).map((i) => {
    const pair = isDistance ? `(${fixed(inputs[i])} − ${fixed(weights[i])})²` : `${fixed(inputs[i])} × ${fixed(weights[i])}`;
    return rowOf(`value ${parts[i].map}: ${pair}`, fixed(products[i]));
  });
  const rest = order.slice(LARGEST).reduce((all, i) => all + products[i], 0);
  lines.push(rowOf(`the ${products.length - LARGEST} others together`, fixed(rest)));
  return [
    element("div", { className: laid[1] > 2 * laid[0] ? "products wide" : "products narrow" }, ...pictures, arithmetic(at, sum)),
    element("table", {}, ...lines),
  ];
}

const SAID = {
  scale: ({ says }, before, operand) => `× ${says}, ${operand}`,
  shift: ({ says }, before, operand) => `+ ${says}, ${operand}`,
  tanh: ({ amplitude, slope }, before) =>
    amplitude === 1 ? `tanh(${before})` : `${amplitude} tanh(${fixed(slope, 3)} × ${before})`,
  relu: (step, before) => `ReLU: the larger of 0 and ${before}`,
  softmax: (step, before) => `softmax: e to the ${before}, as a share of all ten`,
};

/** What follows the products: their sum, the bias, the squashing, and where on its curve that is. */
function arithmetic(at, sum) {
  const { parts, moved, steps } = sum;
  const terms = parts.reduce((all, { products }) => all + products.length, 0);
  const name = {
    convolution: `sum of ${terms} products`,
    distance: `sum of ${terms} squares`,
    mean: `mean of ${terms} values`,
    sum: `sum of ${terms} values`,
    max: `largest of ${terms} values`,
  }[network.layers[at].kind];
  let before = moved;
  const rows = steps.map(({ step, operand, result }) => {
    const said = SAID[step.kind](step, fixed(before, 3), fixed(operand ?? 0, 3));
    before = result;
    return rowOf(said, fixed(result, 3));
  });
  const all = [rowOf(name, fixed(moved, 3)), ...rows];
  all.at(-1).className = "result";
  return element("div", {}, ...curve(sum), element("table", {}, ...all));
}

/** The squashing function, and where on it this value lies. */
function curve({ moved, steps }) {
  const at = steps.findIndex(({ step }) => step.kind === "tanh" || step.kind === "relu");
  if (at < 0) return [];
  const { step, result } = steps[at];
  const x = at ? steps[at - 1].result : moved;
  const reach = Math.max(3, Math.abs(x) * 1.1);
  const squashed = (value) => {
    const one = [value];
    STEPS[step.kind](step, one);
    return one[0];
  };
  const top = Math.max(Math.abs(squashed(reach)), Math.abs(squashed(-reach))) * 1.15;
  const point = (value) => `${(100 * value) / reach},${(-40 * squashed(value)) / top}`;
  const line = range(81).map((i) => point((reach * (i - 40)) / 40)).join(" ");
  const [left, up] = point(x).split(",");
  const picture = element("div", { className: "curve" });
  picture.innerHTML = `<svg viewBox="-104 -44 208 88" role="img" aria-label="${fixed(x, 3)} becomes ${fixed(result, 3)}">
    <path d="M-104 0H104M0-44V44" class="axes"/><polyline points="${line}"/>
    <path d="M${left} 0V${up}H0" class="way"/><circle cx="${left}" cy="${up}" r="4"/></svg>`;
  return [picture];
}

// Networks and digits to start from

function load({ checkpoint: name }) {
  if (received[name]) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = element("script", { src: `networks/${name}.js`, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

async function choose(wanted) {
  choice = wanted;
  showAbout(wanted);
  let made = null;
  try {
    await load(wanted);
    made = networkOf(received[wanted.checkpoint]);
  } catch {
    delete received[wanted.checkpoint];
  }
  if (choice !== wanted) return; // another one was chosen meanwhile
  network = made;
  problem = made ? "" : `The weights of this network are missing or damaged: build the website again, or choose another one.`;
  $("layers").replaceChildren();
  sheets = made ? buildLayers() : [];
  selected = made && isWide.matches ? { at: 0, ...FIRST_LOOK } : null;
  markDigits();
  update();
  speak();
}

function listNetworks() {
  const options = networks.map((one) => {
    const radio = element("input", { type: "radio", name: "network", checked: one === choice, onchange: () => choose(one) });
    return element("label", {}, radio, one.source);
  });
  $("networks").append(...options);
}

function showAbout({ title, chapter, parameters }) {
  const name = `Chapter ${Number(chapter.slice(0, 2))}`;
  const link = element("a", { href: `../notebooks/${chapter}.html`, textContent: name });
  $("about").replaceChildren(`${title}: ${parameters.toLocaleString("en-GB")} parameters, trained in `, link);
}

const startPixels = decoded(starts.images);

function listDigits() {
  const buttons = starts.labels.map((label, digit) => {
    const caption = element("span", { textContent: label });
    return element("button", { type: "button", onclick: () => startFrom(digit) }, greyCanvas(startImage(digit)), caption);
  });
  $("digits").append(...buttons);
}

/** Say under each digit what the network takes it for, if that is something else. */
function markDigits() {
  const answers = starts.labels.map((_, digit) => {
    if (!network) return null;
    const values = outputsOf(network, networkInput(network, startImage(digit).pixels)).at(-1);
    return values.indexOf((isOfDistances() ? Math.min : Math.max)(...values));
  });
  [...$("digits").children].forEach((button, digit) => {
    const label = starts.labels[digit];
    const isMisread = answers[digit] !== null && answers[digit] !== label;
    button.classList.toggle("misread", isMisread);
    button.lastChild.textContent = isMisread ? `${label} as ${answers[digit]}` : label;
    button.ariaLabel = `Test image ${starts.places[digit]}: ${isMisread ? `${label}, misread as ${answers[digit]}` : label}`;
  });
  const misread = $("digits").querySelectorAll(".misread").length;
  $("digits-note").textContent = `Test images of ${starts.name}; ${misread ? "orange: this network misreads it" : "this network reads all ten"}. You can draw on them.`;
}

function startFrom(digit) {
  isOpening = false;
  start = digit;
  drawing.strokes = [];
  [...$("digits").children].forEach((button, i) => button.setAttribute("aria-pressed", i === digit));
  schedule();
  speak();
}

/** Draw the opening example as a hand would, or at once for who wants no motion. */
function open() {
  isOpening = true;
  const points = DATA.opening.flatMap((stroke, i) => stroke.map((point) => [i, point]));
  const begun = performance.now();
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  function draw(now) {
    if (!isOpening) return;
    const share = isCalm ? 1 : Math.min((now - begun) / OPENING_TIME, 1);
    const shown = points.slice(0, Math.max(1, Math.ceil(share * points.length)));
    drawing.strokes = DATA.opening.map((_, i) => shown.flatMap(([j, point]) => (i === j ? [point] : []))).filter((stroke) => stroke.length);
    schedule();
    if (share < 1) requestAnimationFrame(draw);
    else speak();
  }
  draw(begun);
}

/** The strokes that the home page hands over in the address, if they are strokes. */
function strokesOfAddress() {
  try {
    const strokes = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    const isPoint = (point) => point.length === 2 && point.every(Number.isFinite);
    return strokes.every((stroke) => stroke.length && stroke.every(isPoint)) ? strokes : [];
  } catch {
    return [];
  }
}

// The course's own choice of light or dark, which it keeps where this page can see it.
function followTheme() {
  try {
    document.documentElement.dataset.theme = localStorage.getItem("mode") ?? "auto";
  } catch {
    // Without storage, the browser's choice holds.
  }
}

const canvasPiece = piece(rules.canvas, rules.canvas, [0], () => null);
canvasPiece.canvas.replaceWith(drawing.canvas);
$("pad").append(canvasPiece.root);
$("bars").append(bars.root);
document.body.classList.toggle("small", location.search === "?small");
followTheme();
addEventListener("storage", followTheme);
listNetworks();
listDigits();

$("clear").addEventListener("click", () => {
  isOpening = false;
  start = null;
  drawing.strokes = [];
  [...$("digits").children].forEach((button) => button.setAttribute("aria-pressed", false));
  schedule();
  speak();
});
$("leave-out").addEventListener("change", () => {
  schedule();
  speak();
});
$("layers").addEventListener("pointermove", (event) => {
  if (isKept || event.pointerType !== "mouse") return;
  const under = valueUnder(event);
  if (under) select(under);
});
$("layers").addEventListener("click", (event) => {
  const under = valueUnder(event);
  if (!under) return;
  const isSame = isKept && JSON.stringify(under) === JSON.stringify(selected);
  select(under, !isSame);
});
$("layers").addEventListener("focusin", (event) => {
  if (!event.target.matches(".maps:focus-visible")) return;
  const at = Number(event.target.dataset.at);
  if (selected?.at !== at) select({ at, piece: 0, row: 0, column: 0 }, true);
});
$("layers").addEventListener("keydown", (event) => {
  if (!/^(Arrow|Page)/.test(event.key) || !event.target.matches(".maps")) return;
  event.preventDefault();
  select(moved(selected, event.key), true);
  $("spoken").textContent = outputs.length ? `${titleOf(selected.at, unitOf(selected))}: ${$("sum").querySelector(".result td").textContent}` : "";
});
addEventListener("keydown", (event) => event.key === "Escape" && select(null));

drawing.strokes = strokesOfAddress();
if (!drawing.strokes.length) open();
choose(choice);
