// Pictures of values and of drawings, and numbers as they are written.

"use strict";

const SHADES = 255; // steps from 0 to either end of the scale of colour
const PALETTE = new Uint32Array(
  range(2 * SHADES + 1).map((i) => {
    const share = i / SHADES - 1;
    const end = colourNamed(share < 0 ? "--blue" : "--orange");
    const [red, green, blue] = end.map((part) => Math.round(255 + (part - 255) * Math.abs(share)));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }),
);

/** A colour of live.css, as [red, green, blue]. */
function colourNamed(name) {
  const style = getComputedStyle(document.documentElement).getPropertyValue(name);
  return style.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
}

/** Blue for negative values, white for 0, orange for positive ones; full at -top and top. */
function signed(value, top) {
  return PALETTE[Math.round(SHADES * (1 + between(-1, value / top, 1)))];
}

const grey = (pixel) => ((255 << 24) | ((255 - pixel) * 0x10101)) >>> 0;
const cssOf = (colour) => `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
const topOf = (values) => values.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1;

/** Fill a canvas of height × width pixels, the colour of each given by `colour(i)`. */
function paint(canvas, height, width, colour) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const colours = new Uint32Array(image.data.buffer);
  for (let i = 0; i < colours.length; i++) colours[i] = colour(i);
  context.putImageData(image, 0, 0);
  return canvas;
}

function paintGrey(canvas, { width, height, pixels }) {
  return paint(canvas, height, width, (i) => grey(pixels[i]));
}

/** Values on a canvas of height × width; what is left of it stays clear. */
function paintSigned(canvas, height, width, values, top) {
  return paint(canvas, height, width, (i) => (i < values.length ? signed(values[i], top) : 0));
}

/**
 * A picture that can be framed: { root, canvas, frame, rows, columns, maps, unitOf }.
 *
 * maps: those that it shows; unitOf(row, column): which unit of the layer stands there.
 */
function piece(rows, columns, maps, unitOf) {
  const canvas = element("canvas", { width: columns, height: rows });
  const frame = element("i", { className: "frame", hidden: true });
  const root = element("span", { className: "picture" }, canvas, frame);
  return { root, canvas, frame, rows, columns, maps, unitOf };
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

function picture(name, canvas) {
  Object.assign(canvas, { role: "img", ariaLabel: name });
  return element("span", { className: "picture" }, canvas);
}

function figure(name, content) {
  return element("figure", {}, content, element("figcaption", { textContent: name }));
}

/** A square of numbers, each on its colour; null lies outside of the maps. */
function numberGrid(name, values, top) {
  const side = Math.sqrt(values.length);
  const cells = values.map((value) => {
    if (value === null) return element("span", { className: "outside" });
    const cell = element("span", { textContent: fixed(value, side > 5 ? 1 : 2) });
    cell.style.background = cssOf(signed(value, top));
    cell.classList.toggle("dark", value < -0.7 * top);
    return cell;
  });
  const said = values.map((value) => (value === null ? "outside" : fixed(value))).join(" ");
  const label = { className: "numbers", role: "img", ariaLabel: `${name}: ${said}` };
  const grid = element("div", label, ...cells);
  grid.style.setProperty("--side", side);
  return figure(name, grid);
}

/** A number with so many digits after the point, a true minus sign, and no minus zero. */
function fixed(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) ? `−${text}` : text;
}

const percent = (share, digits = 1) => (100 * share).toFixed(digits);
const times = (height, width) => `${height}\u00a0×\u00a0${width}`;
