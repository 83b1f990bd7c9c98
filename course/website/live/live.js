// The live page: what is drawn goes through the chosen network, and every value can be looked into.

"use strict";

const $ = (id) => document.getElementById(id);
const { rules, words, digits: starts, networks } = DATA;
const startPixels = decoded(starts.images);
const isWide = matchMedia("(min-width: 1180px)"); // the sum has a place of its own: see live.css
const FIRST_LOOK = { at: 0, piece: 2, row: 9, column: 14 }; // the value whose sum is shown there
const NO_WEIGHTS =
  "The weights of this network are missing or damaged. " +
  "Build the website again, or choose another network.";
const OPENING_TIME = 1200; // milliseconds that the first drawing takes

const received = {}; // descriptions of networks, by name
const receive = (name, description) => (received[name] = description);

let choice = networks[0];
let network = null;
let problem = ""; // why there is no network
let input = null; // what the network reads, and what its layers put out
let outputs = [];
let start = null; // which of the test digits lies beneath the strokes
let place = null; // where the network's image lies on the canvas: { left, top, scale }
let steps = []; // the pieces of the pictures from the drawing to that image
let sheets = []; // the layers' pictures: see `sheetsOf`
let selected = null; // the value whose sum is shown: { at, piece, row, column }
let isKept = false; // whether it stays when the mouse moves on
let shownMap = null; // the map below whose products are written out, if one was chosen
let isOpening = false; // whether the strokes are still the page's own
let frameAsked = 0;

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
    const image = paintGrey(element("canvas"), startImage(start));
    context.drawImage(image, 0, 0, rules.canvas, rules.canvas);
  },
});
const canvasPiece = piece(rules.canvas, rules.canvas, [0]);
const bars = barRows();

// From the drawing to ten answers

function update() {
  cancelAnimationFrame(frameAsked);
  [frameAsked, input, outputs, place] = [0, null, [], null];
  let [pictures, message] = [[], ""];
  try {
    ({ pictures, place } = pictured());
    if (network) {
      input = networkInput(network, pictures.at(-1)[1].pixels);
      outputs = outputsOf(network, input);
    }
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const hasBegun = drawing.isBusy && refusal.word === "blot"; // each stroke begins as a dot
    message = sentence(hasBegun ? "invitation" : refusal.word, refusal.values);
  }
  showAnswer(problem || message);
  showSteps(pictures);
  if (network) paintSheets(sheets, network, outputs, outputs.length ? ranking()[0].digit : null);
  showSum();
}

function schedule() {
  frameAsked ||= requestAnimationFrame(update);
}

/**
 * The steps from the drawing to 28 × 28 pixels: { pictures, place }, pictures pairs of name and
 * image, the last one what the network gets. Throws a Refusal.
 */
function pictured() {
  const { side, canvas } = rules;
  const whole = { left: 0, top: 0, scale: side / canvas };
  if (!drawing.strokes.length) {
    if (start === null) throw new Refusal("invitation");
    const name = `test image ${starts.places[start]}, in MNIST’s form`;
    return { pictures: [[name, startImage(start)]], place: whole };
  }
  const drawn = render(drawing.strokes, rules);
  if (start !== null) addEnlarged(drawn, startImage(start));
  const first = ["drawn", drawn];
  if ($("leave-out").checked) {
    const last = [`squeezed to ${times(side, side)}`, squeeze(drawn, rules)];
    return { pictures: [first, last], place: whole };
  }
  const { box, cropped, sized, centred, top, left } = normalise(drawn, rules);
  const scale = sized.height / cropped.height;
  const size = `sized to fit ${times(rules.box, rules.box)}`;
  return {
    pictures: [first, ["cropped", cropped], [size, sized], ["centred by mass", centred]],
    place: { left: box.left - left / scale, top: box.top - top / scale, scale },
  };
}

function startImage(digit) {
  const { side } = rules;
  const pixels = startPixels.subarray(digit * side * side, (digit + 1) * side * side);
  return { width: side, height: side, pixels };
}

/** Add a small image to a large one, each of its pixels a square. */
function addEnlarged(large, small) {
  const times = large.width / small.width;
  large.pixels.forEach((pixel, at) => {
    const row = Math.floor(at / large.width / times);
    const column = Math.floor((at % large.width) / times);
    large.pixels[at] = Math.max(pixel, small.pixels[row * small.width + column]);
  });
}

function sentence(word, values = {}) {
  return words[word].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The ten outputs, the best first: { digit, value }. Of distances the smallest is best. */
function ranking(values = outputs.at(-1)) {
  const sign = isOfDistances() ? 1 : -1;
  const answers = Array.from(values, (value, digit) => ({ digit, value }));
  return answers.sort((one, other) => sign * (one.value - other.value));
}

const isOfDistances = () => network.layers.at(-1).kind === "distance";

// What is shown

function showAnswer(message) {
  $("message").classList.toggle("refused", !outputs.length);
  $("nearest").hidden = !network || !isOfDistances();
  const { read, next, spoken } = outputs.length ? answerWords() : { read: message, next: "" };
  $("message").textContent = read;
  $("second").textContent = next;
  $("message").dataset.spoken = spoken ?? message;
  if (!outputs.length) return bars.show([], [], null);
  const values = Array.from(outputs.at(-1));
  const end = isOfDistances() ? Math.max(...values) : 1;
  const texts = values.map((one) => (isOfDistances() ? fixed(one, 1) : `${percent(one)} %`));
  bars.show(
    values.map((one) => one / end),
    texts,
    ranking()[0].digit,
  );
}

function answerWords() {
  const [{ digit, value }, second] = ranking();
  if (isOfDistances()) {
    return {
      read: `Read as ${digit}, distance ${fixed(value, 1)}.`,
      next: `Next: ${second.digit}, distance ${fixed(second.value, 1)}.`,
      spoken: `Read as ${digit}, distance ${fixed(value, 0)}; second ${second.digit}, ${fixed(second.value, 0)}`,
    };
  }
  const share = (one) => percent(one, 0);
  return {
    read: sentence("read", { digit, percent: percent(value) }),
    next: `Next: ${second.digit}, ${percent(second.value)} %.`,
    spoken: `Read as ${digit}, ${share(value)} per cent; second ${second.digit}, ${share(second.value)}`,
  };
}

/** Say the answer to whoever hears the page: once a stroke has ended, not while it grows. */
function speak() {
  update();
  $("spoken").textContent = $("message").dataset.spoken;
  $("more").href = `index.html#${encodeURIComponent(JSON.stringify(drawing.strokes))}`;
}

function showSteps(pictures) {
  const border = network ? (network.input.side - rules.side) / 2 : 0;
  if (border && pictures.length) {
    const image = framed(pictures.at(-1)[1], border);
    pictures = [...pictures, [`border, ${times(image.height, image.width)}`, image]];
  }
  const names = pictures.map(([name]) => name);
  if (names.join() !== steps.map(({ name }) => name).join()) {
    steps = names.map((name) => ({ name, ...piece(0, 0, [0]) }));
    steps.forEach(({ name, canvas }) => Object.assign(canvas, { role: "img", ariaLabel: name }));
    $("steps").replaceChildren(...steps.map(({ name, root }) => figure(name, root)));
  }
  pictures.forEach(([, image], i) => {
    paintGrey(steps[i].canvas, image);
    Object.assign(steps[i], { rows: image.height, columns: image.width });
  });
}

function showSum() {
  showFrames();
  $("sum").classList.toggle("open", selected !== null);
  if (!selected) return $("sum").replaceChildren($("help").content.cloneNode(true));
  const unit = unitOf(selected);
  const close = { type: "button", className: "close", ariaLabel: "Close", textContent: "×" };
  const head = element(
    "header",
    {},
    element("h2", { id: "sum-title", textContent: titleOf(selected.at, unit) }),
    element("span", { className: "note", textContent: isKept ? "kept" : "" }),
    element("button", { ...close, onclick: () => select(null) }),
  );
  const nothing = element("p", { className: "note", textContent: "Nothing is read yet." });
  const view = { network, input, outputs, sheets };
  const parts = outputs.length ? sumOf(view, selected.at, unit, shownMap, showMap) : [nothing];
  $("sum").replaceChildren(head, ...parts);
}

function titleOf(at, { y, x, map }) {
  const { name, shape } = network.layers[at];
  if (at === network.layers.length - 1) return `${name}, digit ${map}`;
  return shape[0] > 1 ? `${name}, map ${map}, row ${y}, column ${x}` : `${name}, value ${map}`;
}

/** Frame the value, its window in the layer below, and all else that it follows from. */
function showFrames() {
  const all = [canvasPiece, ...steps, ...sheets.flatMap(({ pieces }) => pieces)];
  all.forEach((piece) => frame(piece, null));
  if (!selected || !place) return;
  const { at, piece, row, column } = selected;
  const cell = { top: row, left: column, bottom: row + 1, right: column + 1 };
  frame(sheets[at].pieces[piece], cell, "unit");
  const fields = receptiveField(network, at, unitOf(selected));
  fields.forEach(({ box, maps }, i) => {
    for (const piece of sheets[at - i - 1]?.pieces ?? [steps.at(-1)]) {
      const whole = { top: 0, left: 0, bottom: piece.rows, right: piece.columns };
      if (maps.has(piece.maps[0]))
        frame(piece, piece.maps.length > 1 ? whole : box, i ? "" : "window");
    }
  });
  const border = (network.input.side - rules.side) / 2;
  const { box } = fields.at(-1);
  const onCanvas = (side) => (box[side] - border) / place.scale;
  frame(canvasPiece, {
    top: place.top + onCanvas("top"),
    left: place.left + onCanvas("left"),
    bottom: place.top + onCanvas("bottom"),
    right: place.left + onCanvas("right"),
  });
}

// Choosing a value

const unitOf = ({ at, piece, row, column }) => sheets[at].pieces[piece].unitOf(row, column);

function select(value, keep = false) {
  selected = value;
  isKept = value !== null && keep;
  shownMap = null;
  showSum();
}

function showMap(map) {
  shownMap = map;
  isKept = true;
  showSum();
  $("sum").querySelector("[aria-pressed=true]").focus();
}

/** The value under the mouse or finger, or null. */
function valueUnder({ target, clientX, clientY }) {
  const at = Number(target.closest(".maps")?.dataset.at ?? NaN);
  const found = sheets[at]?.pieces.findIndex(({ canvas }) => canvas === target) ?? -1;
  if (found < 0) return null;
  const { rows, columns } = sheets[at].pieces[found];
  const { left, top, width, height } = target.getBoundingClientRect();
  const row = between(0, Math.floor((rows * (clientY - top)) / height), rows - 1);
  const column = between(0, Math.floor((columns * (clientX - left)) / width), columns - 1);
  return { at, piece: found, row, column };
}

const MOVES_OF_KEYS = {
  ArrowUp: { down: -1 },
  ArrowDown: { down: 1 },
  ArrowLeft: { right: -1 },
  ArrowRight: { right: 1 },
  PageUp: { maps: -1 },
  PageDown: { maps: 1 },
};

/** The value that a key leads to; past the edge of a map lies the next one. */
function neighbour({ at, piece, row, column }, { down = 0, right = 0, maps = 0 }) {
  const { pieces } = sheets[at];
  const { rows, columns } = pieces[piece];
  const beyond = column + right < 0 ? -1 : column + right >= columns ? 1 : 0;
  const next = piece + maps + beyond;
  if (!pieces[next]) return { at, piece, row, column };
  const newColumn = beyond ? (right > 0 ? 0 : columns - 1) : column + right;
  return { at, piece: next, row: between(0, row + down, rows - 1), column: newColumn };
}

// Networks, and digits to start from

async function choose(wanted) {
  choice = wanted;
  showAbout(wanted);
  let made = null;
  try {
    await load(wanted.checkpoint);
    made = networkOf(received[wanted.checkpoint]);
  } catch {
    delete received[wanted.checkpoint];
  }
  if (choice !== wanted) return; // another one was chosen meanwhile
  network = made;
  problem = made ? "" : NO_WEIGHTS;
  sheets = made ? sheetsOf(made) : [];
  $("layers").replaceChildren(...sheets.map(({ root }) => root));
  [selected, isKept] = [made && isWide.matches ? FIRST_LOOK : null, false];
  markDigits();
  speak();
}

function load(name) {
  if (received[name]) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const source = { src: `networks/${name}.js`, onload: resolve, onerror: reject };
    document.head.append(element("script", source));
  });
}

function listNetworks() {
  const options = networks.map((one) => {
    const settings = { type: "radio", name: "network", checked: one === choice };
    const radio = element("input", { ...settings, onchange: () => choose(one) });
    return element("label", {}, radio, one.source);
  });
  $("networks").append(...options);
}

function showAbout({ title, chapter, parameters }) {
  const name = `Chapter ${Number(chapter.slice(0, 2))}`;
  const link = element("a", { href: `../notebooks/${chapter}.html`, textContent: name });
  $("about").replaceChildren(`${title}: ${parameters.toLocaleString("en-GB")} parameters, `, link);
}

function listDigits() {
  const buttons = starts.labels.map((label, digit) => {
    const settings = { type: "button", onclick: () => startFrom(digit) };
    const picture = paintGrey(element("canvas"), startImage(digit));
    return element("button", settings, picture, element("span", { textContent: label }));
  });
  $("digits").append(...buttons);
}

/** Say under each digit what the network takes it for, if that is something else. */
function markDigits() {
  starts.labels.forEach((label, digit) => {
    const button = $("digits").children[digit];
    const answer = network ? answerTo(startImage(digit)) : label;
    button.classList.toggle("misread", answer !== label);
    button.lastChild.textContent = answer === label ? label : `${label} as ${answer}`;
    button.ariaLabel = `Test image ${starts.places[digit]}: ${button.lastChild.textContent}`;
  });
  const isAnyMisread = $("digits").querySelector(".misread");
  const said = isAnyMisread ? "orange: this network misreads it" : "this network reads all ten";
  $("digits-note").textContent = `Test images of ${starts.name}; ${said}. You can draw on them.`;
}

function answerTo(image) {
  const values = outputsOf(network, networkInput(network, image.pixels)).at(-1);
  return ranking(values)[0].digit;
}

/** Put a test digit, or with null nothing, in the place of what is drawn. */
function startFrom(digit) {
  isOpening = false;
  start = digit;
  drawing.strokes = [];
  [...$("digits").children].forEach((button, i) => (button.ariaPressed = i === digit));
  speak();
}

/** Draw the opening example as a hand would, or at once for who wants no motion. */
function drawOpening() {
  isOpening = true;
  const points = DATA.opening.flatMap((stroke, i) => stroke.map((point) => [i, point]));
  const begun = performance.now();
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  function draw(now) {
    if (!isOpening) return;
    const share = isCalm ? 1 : between(0, (now - begun) / OPENING_TIME, 1);
    const drawn = points.slice(0, Math.max(1, Math.ceil(share * points.length)));
    const strokes = DATA.opening.map((_, i) =>
      drawn.filter(([of]) => of === i).map(([, at]) => at),
    );
    drawing.strokes = strokes.filter((stroke) => stroke.length);
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

/** Be light or dark as was chosen on the course's pages, which keep that in this browser. */
function followTheme() {
  try {
    document.documentElement.dataset.theme = localStorage.getItem("mode") ?? "auto";
  } catch {
    // Without storage, the browser's choice holds.
  }
}

function listen() {
  addEventListener("storage", followTheme);
  addEventListener("keydown", (event) => event.key === "Escape" && select(null));
  $("clear").addEventListener("click", () => startFrom(null));
  $("leave-out").addEventListener("change", speak);
  $("layers").addEventListener("pointermove", (event) => {
    const value = valueUnder(event);
    if (value && !isKept && event.pointerType === "mouse") select(value);
  });
  // A finger that scrolls ends in pointercancel; a click can fail to follow a tap after a scroll.
  $("layers").addEventListener("pointerup", (event) => {
    const value = valueUnder(event);
    const isSame = isKept && JSON.stringify(value) === JSON.stringify(selected);
    if (value) select(value, !isSame);
  });
  const reach = (at) => (selected?.at === at ? selected : { at, piece: 0, row: 0, column: 0 });
  $("layers").addEventListener("focusin", ({ target }) => {
    if (target.matches(".maps:focus-visible")) select(reach(Number(target.dataset.at)), true);
  });
  $("layers").addEventListener("keydown", (event) => {
    const move = MOVES_OF_KEYS[event.key];
    if (!move || !event.target.matches(".maps")) return;
    event.preventDefault();
    select(neighbour(reach(Number(event.target.dataset.at)), move), true);
    const value = $("sum").querySelector(".result td")?.textContent ?? "nothing yet";
    $("spoken").textContent = `${titleOf(selected.at, unitOf(selected))}: ${value}`;
  });
}

canvasPiece.canvas.replaceWith(drawing.canvas);
$("pad").append(canvasPiece.root);
$("bars").append(bars.root);
document.body.classList.toggle("small", location.search === "?small");
followTheme();
listNetworks();
listDigits();
listen();
drawing.strokes = strokesOfAddress();
if (!drawing.strokes.length) drawOpening();
choose(choice);
