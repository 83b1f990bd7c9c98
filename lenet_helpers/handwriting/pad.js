// A pad to draw a digit on. The kernel gets the strokes and sends back what the panel shows.
// Canvas and bars are those of drawing.js, which stands before this.

const PAUSE = 150; // milliseconds between two messages while a stroke is drawn
const SLOW = 100; // milliseconds without an answer: the panel is blanked
const SILENT = 2000; // milliseconds without an answer: the panel says so
const NO_ANSWER =
  "The kernel does not answer. It is busy with another cell, or was restarted or shut down: " +
  "then run the cells up to the pad's again.";
const BLANK = { message: "", probabilities: [], pictures: [] };

function build(drawing, size) {
  drawing.canvas.style.width = drawing.canvas.style.height = `${size}px`;
  const clear = element("button", { type: "button", textContent: "Clear" });
  const box = element("input", { type: "checkbox" });
  const leaveOut = element("label", {}, box, " leave the normalisation out");
  const message = element("output", { ariaLive: "polite" });
  const bars = barRows();
  const pictures = element("div", { className: "pictures" });
  const tools = element("div", { className: "tools" }, clear, leaveOut);
  const left = element("div", {}, drawing.canvas, tools);
  const panel = element("div", { className: "panel" }, message, bars.root, pictures);
  const root = element("div", { className: "lenet-pad" }, left, panel);
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab leaves our buttons their Enter and Space
  return { root, clear, box, message, bars, pictures, panel };
}

function picture({ name, source }) {
  const image = element("img", { src: source, alt: name });
  return element("figure", {}, image, element("figcaption", { textContent: name }));
}

function show(parts, answer) {
  const { message, probabilities, pictures } = answer;
  const best = probabilities.indexOf(Math.max(...probabilities));
  const texts = probabilities.map((share) => `${(100 * share).toFixed(1)} %`);
  parts.message.textContent = message;
  parts.bars.show(probabilities, texts, best);
  parts.pictures.replaceChildren(...pictures.map(picture));
}

function render({ model, el }) {
  const size = model.get("size");
  const changed = (isDone) => {
    if (isDone || performance.now() - sent > PAUSE) send();
  };
  const drawing = drawingCanvas({ size, pen: model.get("pen"), changed });
  const parts = build(drawing, size);
  let sent = 0;
  let timers = [];

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
    const copied = drawing.strokes.map((stroke) => [...stroke]);
    model.set("drawing", { strokes: copied, normalisation: !parts.box.checked, number });
    model.save_changes();
    sent = performance.now();
    parts.root.dataset.number = number;
    wait();
  };
  parts.clear.addEventListener("click", () => {
    drawing.strokes = [];
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
    if (drawing.isBusy) return;
    const { strokes, normalisation } = model.get("drawing");
    drawing.strokes = strokes;
    parts.box.checked = !normalisation;
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
