// A canvas to draw one digit on, and bars for ten values: what the pad and the live page share.
// Nothing is exported: the page loads this file as a script, and the pad has it before its own.

const range = (n) => [...Array(n).keys()];
const DIGITS = range(10);
const NEAR = 2; // canvas units: points closer to the last one add nothing

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/**
 * A canvas for mouse, finger and pen: { canvas, strokes, isBusy }; assigning to strokes draws them.
 *
 * size, pen: side of the canvas and width of the pen, in canvas units.
 * changed:   called with true once a stroke ends, and with false while it grows.
 * begins:    called before a stroke begins.
 * beneath:   paints what lies below the strokes, given a context in canvas units.
 */
function drawingCanvas({ size, pen, changed, begins = () => {}, beneath = () => {} }) {
  const canvas = element("canvas", {
    className: "lenet-canvas",
    role: "img",
    ariaLabel: "Pad to draw one digit on",
  });
  const scale = Math.max(2, window.devicePixelRatio || 1);
  canvas.width = canvas.height = size * scale;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  let strokes = [];
  let isBusy = false;

  function paint() {
    context.fillStyle = "white";
    context.fillRect(0, 0, size, size);
    beneath(context);
    Object.assign(context, { lineWidth: pen, lineCap: "round", lineJoin: "round" });
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      stroke.forEach((point) => context.lineTo(...point));
      context.stroke();
    }
  }
  function position(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const x = ((event.clientX - left) * size) / width;
    const y = ((event.clientY - top) * size) / height;
    return [Math.round(10 * x) / 10, Math.round(10 * y) / 10];
  }
  function start(event) {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    begins();
    isBusy = true;
    strokes = [...strokes, [position(event)]];
    paint();
  }
  function move(event) {
    if (!isBusy || !event.isPrimary) return;
    const stroke = strokes.at(-1);
    const [x, y] = position(event);
    if (Math.hypot(x - stroke.at(-1)[0], y - stroke.at(-1)[1]) < NEAR) return;
    stroke.push([x, y]);
    paint();
    changed(false);
  }
  function end(event) {
    if (!isBusy || !event.isPrimary) return;
    isBusy = false;
    changed(true);
  }

  canvas.addEventListener("pointerdown", start);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  paint();
  return {
    canvas,
    get isBusy() {
      return isBusy;
    },
    get strokes() {
      return strokes;
    },
    set strokes(given) {
      strokes = given;
      paint();
    },
  };
}

/** A bar for each digit: { root, show(shares, texts, best) }, shares from 0 to 1 or absent. */
function barRows() {
  const rows = DIGITS.map((digit) => {
    const bar = element("span", { className: "bar" });
    const text = element("span", { className: "text" });
    const track = element("span", { className: "track" }, bar);
    const name = element("span", { textContent: digit });
    return { bar, text, root: element("div", { className: "row" }, name, track, text) };
  });
  function show(shares, texts, best) {
    rows.forEach(({ root, bar, text }, digit) => {
      bar.style.width = `${100 * (shares[digit] ?? 0)}%`;
      text.textContent = texts[digit] ?? "";
      root.classList.toggle("best", digit === best);
    });
  }
  return {
    root: element("div", { className: "lenet-bars" }, ...rows.map(({ root }) => root)),
    show,
  };
}
