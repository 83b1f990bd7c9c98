// A pad to draw a digit on. The kernel gets the strokes and sends back what the panel shows.

const PAUSE = 150; // milliseconds between two messages while a stroke is drawn
const SLOW = 100; // milliseconds without an answer: the panel is blanked
const SILENT = 2000; // milliseconds without an answer: the panel says so
const NO_ANSWER =
  "The kernel does not answer. It is busy with another cell, or was restarted or shut down: " +
  "then run the cells up to the pad's again.";
const BLANK = { message: "", probabilities: [], pictures: [] };
const NEAR = 2; // canvas units: points closer to the last one add nothing
const DIGITS = [...Array(10).keys()];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function build(size) {
  const canvas = element("canvas", { role: "img", ariaLabel: "Pad to draw one digit on" });
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.height = size * scale;
  canvas.style.width = canvas.style.height = `${size}px`;
  canvas.getContext("2d").scale(scale, scale);
  const clear = element("button", { type: "button", textContent: "Clear" });
  const box = element("input", { type: "checkbox" });
  const leaveOut = element("label", {}, box, " leave the normalisation out");
  const message = element("output", { ariaLive: "polite" });
  const rows = DIGITS.map((digit) => {
    const bar = element("span", { className: "bar" });
    const percent = element("span", { className: "percent" });
    const track = element("span", { className: "track" }, bar);
    const name = element("span", { textContent: digit });
    return { bar, percent, root: element("div", { className: "row" }, name, track, percent) };
  });
  const pictures = element("div", { className: "pictures" });
  const tools = element("div", { className: "tools" }, clear, leaveOut);
  const bars = element("div", { className: "bars" }, ...rows.map((row) => row.root));
  const left = element("div", {}, canvas, tools);
  const panel = element("div", { className: "panel" }, message, bars, pictures);
  const root = element("div", { className: "lenet-pad" }, left, panel);
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab leaves our buttons their Enter and Space
  return { root, canvas, clear, box, message, rows, pictures, panel };
}

function paint(canvas, strokes, size, pen) {
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, size, size);
  Object.assign(context, { lineWidth: pen, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(...stroke[0]);
    stroke.forEach((point) => context.lineTo(...point));
    context.stroke();
  }
}

function picture({ name, source }) {
  const image = element("img", { src: source, alt: name });
  return element("figure", {}, image, element("figcaption", { textContent: name }));
}

function show(parts, answer) {
  const { message, probabilities, pictures } = answer;
  const best = probabilities.indexOf(Math.max(...probabilities));
  parts.message.textContent = message;
  parts.rows.forEach(({ root, bar, percent }, digit) => {
    const share = 100 * (probabilities[digit] ?? 0);
    bar.style.width = `${share}%`;
    percent.textContent = probabilities.length ? `${share.toFixed(1)} %` : "";
    root.classList.toggle("best", digit === best);
  });
  parts.pictures.replaceChildren(...pictures.map(picture));
}

function render({ model, el }) {
  const size = model.get("size");
  const parts = build(size);
  let strokes = model.get("drawing").strokes;
  let drawing = false;
  let sent = 0;
  let timers = [];

  const repaint = () => paint(parts.canvas, strokes, size, model.get("pen"));
  const stopWaiting = () => {
    timers.forEach(clearTimeout);
    timers = [];
  };
  // The widget is not told whether its kernel still runs, nor does sending to none fail.
  const wait = () => {
    if (timers.length) return;
    const blank = () => show(parts, BLANK);
    const complain = () => show(parts, { ...BLANK, message: NO_ANSWER });
    timers = [setTimeout(blank, SLOW), setTimeout(complain, SILENT)];
  };
  const send = () => {
    const number = model.get("drawing").number + 1;
    const copied = strokes.map((stroke) => [...stroke]);
    model.set("drawing", { strokes: copied, normalisation: !parts.box.checked, number });
    model.save_changes();
    sent = performance.now();
    parts.root.dataset.number = number;
    wait();
  };
  const position = (event) => {
    const { left, top, width, height } = parts.canvas.getBoundingClientRect();
    const x = ((event.clientX - left) * size) / width;
    const y = ((event.clientY - top) * size) / height;
    return [Math.round(10 * x) / 10, Math.round(10 * y) / 10];
  };
  const start = (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    parts.canvas.setPointerCapture(event.pointerId);
    drawing = true;
    strokes = [...strokes, [position(event)]];
    repaint();
  };
  const move = (event) => {
    if (!drawing || !event.isPrimary) return;
    const stroke = strokes.at(-1);
    const point = position(event);
    if (Math.hypot(point[0] - stroke.at(-1)[0], point[1] - stroke.at(-1)[1]) < NEAR) return;
    stroke.push(point);
    repaint();
    if (performance.now() - sent > PAUSE) send();
  };
  const end = (event) => {
    if (!drawing || !event.isPrimary) return;
    drawing = false;
    send();
  };

  parts.canvas.addEventListener("pointerdown", start);
  parts.canvas.addEventListener("pointermove", move);
  parts.canvas.addEventListener("pointerup", end);
  parts.canvas.addEventListener("pointercancel", end);
  parts.clear.addEventListener("click", () => {
    strokes = [];
    repaint();
    send();
  });
  parts.box.addEventListener("change", send);

  const answered = () => {
    const answer = model.get("answer");
    stopWaiting();
    show(parts, answer);
    parts.panel.dataset.number = answer.number; // for whoever waits for it
    if (answer.number !== model.get("drawing").number) wait();
  };
  const redrawn = () => {
    if (drawing) return;
    const drawn = model.get("drawing");
    strokes = drawn.strokes;
    parts.box.checked = !drawn.normalisation;
    repaint();
  };
  model.on("change:answer", answered);
  model.on("change:drawing", redrawn);
  redrawn();
  answered();
  el.append(parts.root);
  return () => {
    stopWaiting();
    model.off("change:answer", answered);
    model.off("change:drawing", redrawn);
  };
}

export default { render };
