// Strokes and images in MNIST's form: what lenet_helpers does in Python, step by step.
//
// An image is { width, height, pixels }, pixels 0 for paper to 255 for ink, rows first. `rules` are
// the constants of the Python module.

"use strict";

/** What was drawn cannot be read as one digit; `word` names the sentence that says why. */
class Refusal extends Error {
  constructor(word, values = {}) {
    super(word);
    Object.assign(this, { word, values });
  }
}

/** Strokes drawn with a round pen, anti-aliased: pixels count by their centres. */
function render(strokes, { canvas: side, pen, ink }) {
  const coverage = new Float64Array(side * side);
  for (const stroke of strokes) {
    const starts = stroke.length > 1 ? stroke.slice(0, -1) : stroke;
    starts.forEach((start, i) => drawLine(coverage, side, start, stroke[i + 1] ?? start, pen / 2));
  }
  return { width: side, height: side, pixels: rounded(coverage, ink) };
}

function drawLine(coverage, side, [startX, startY], [endX, endY], radius) {
  const alongX = endX - startX;
  const alongY = endY - startY;
  const length = alongX ** 2 + alongY ** 2;
  const [left, right] = reached(startX, endX, radius, side);
  const [top, bottom] = reached(startY, endY, radius, side);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const x = column + 0.5 - startX;
      const y = row + 0.5 - startY;
      const share = length ? between(0, (x * alongX + y * alongY) / length, 1) : 0;
      const distance = Math.sqrt((x - share * alongX) ** 2 + (y - share * alongY) ** 2);
      const part = between(0, radius + 0.5 - distance, 1);
      const at = row * side + column;
      if (part > coverage[at]) coverage[at] = part;
    }
  }
}

function reached(start, end, radius, side) {
  const low = Math.floor(Math.min(start, end) - radius - 1);
  const high = Math.ceil(Math.max(start, end) + radius + 1);
  return [between(0, low, side), between(0, high, side)];
}

/**
 * One digit in MNIST's form: { box, cropped, sized, centred, top, left }. The box is where the ink
 * lies in the image; top and left are where the sized picture begins in the centred one.
 *
 * Throws a Refusal if there is no ink, nothing but ink, or not just one digit.
 */
function normalise(image, rules) {
  const ink = findInk(image, rules);
  requireOneDigit(ink, rules);
  const box = boundingBox(ink);
  const cropped = crop(ink, box);
  const sized = fit(cropped, rules);
  return { box, cropped, sized, ...centre(sized, rules) };
}

/** A whole image shrunk to 28 × 28, anti-aliased, with no normalisation. Throws as `normalise`. */
function squeeze(image, rules) {
  requireOneDigit(findInk(image, rules), rules);
  const { pixels } = resized(image, rules.side, rules.side);
  return { width: rules.side, height: rules.side, pixels: rounded(pixels) };
}

/** Paper and specks set to 0. */
function findInk({ width, height, pixels }, rules) {
  const least = rules.paper * largest(pixels);
  const isInk = pixels.map((pixel) => pixel > least);
  const { labels, areas } = labelled({ width, height, pixels: isInk });
  const area = areas.reduce((all, one) => all + one, 0);
  if (!area) throw new Refusal("nothing");
  if (area / pixels.length > rules.mostly_ink) throw new Refusal("all ink");
  const smallest = rules.speck * largest(areas);
  const isKept = (label) => label >= 0 && areas[label] >= smallest;
  return { width, height, pixels: pixels.map((pixel, at) => (isKept(labels[at]) ? pixel : 0)) };
}

/** Refuse ink that has not the shape of one digit. */
function requireOneDigit(ink, rules) {
  const cropped = crop(ink, boundingBox(ink));
  const { width, height } = cropped;
  const reach = (rules.lifted_pen * height) / 2;
  const image = framed(cropped, Math.floor(reach) + 1);
  const widest = 2 * Math.sqrt(largest(squaredDistances(image))) - 1;
  if (Math.max(height, width) < rules.blot * widest) throw new Refusal("blot");
  const pieces = labelled(image).areas.length;
  if (pieces > 1) {
    if (labelled(filled(image)).areas.length < pieces) throw new Refusal("frame");
    requireOnePiece(image, reach, rules);
  }
  if (width > rules.widest * height) throw new Refusal("line");
}

/** Pieces no farther apart than twice the reach count as one, and so do those that are low. */
function requireOnePiece(image, reach, rules) {
  const distances = squaredDistances(inverted(image));
  const near = { ...image, pixels: distances.map((distance) => distance <= reach ** 2) };
  const { labels, areas } = labelled(near);
  const rows = areas.map(() => ({ first: Infinity, last: -1 }));
  forInk(image, (pixel, row, column, at) => {
    const seen = rows[labels[at]];
    seen.first = Math.min(seen.first, row);
    seen.last = Math.max(seen.last, row);
  });
  const heights = rows.map(({ first, last }) => last - first + 1);
  const tallest = largest(heights);
  const digits = heights.filter((height) => height >= rules.digit * tallest).length;
  if (digits > 1) throw new Refusal("several", { digits });
  const { last } = rows[heights.indexOf(tallest)];
  if (rows.some(({ first }) => first > last)) throw new Refusal("underline");
}

const inverted = (image) => ({ ...image, pixels: image.pixels.map((pixel) => (pixel ? 0 : 1)) });

/** An image with the paper inside of its ink filled: what the paper at its corner does not reach. */
function filled(image) {
  const { labels } = labelled(inverted(image));
  return { ...image, pixels: Uint8Array.from(labels, (label) => (label === labels[0] ? 0 : 1)) };
}

/** From each pixel of ink to the nearest paper, squared, and 0 for paper: Felzenszwalb 2012. */
function squaredDistances({ width, height, pixels }) {
  const distances = new Float64Array(pixels.length);
  for (let column = 0; column < width; column++) alongColumn(distances, pixels, column, width);
  const [heights, feet, from] = [new Float64Array(width), new Int32Array(width), []];
  for (let row = 0; row < height; row++) {
    lowerEnvelope(distances.subarray(row * width, (row + 1) * width), heights, feet, from);
  }
  return distances;
}

/** The squared distance within a column: down from the paper above, then up from that below. */
function alongColumn(distances, pixels, column, width) {
  let steps = pixels.length;
  for (let at = column; at < pixels.length; at += width) {
    steps = pixels[at] ? steps + 1 : 0;
    distances[at] = steps ** 2;
  }
  steps = pixels.length;
  for (let at = pixels.length - width + column; at >= 0; at -= width) {
    steps = pixels[at] ? steps + 1 : 0;
    if (steps ** 2 < distances[at]) distances[at] = steps ** 2;
  }
}

/** Replace the values of a row by the lowest of the parabolas that stand on them. */
function lowerEnvelope(row, heights, feet, from) {
  heights.set(row);
  let last = -1;
  for (let x = 0; x < row.length; x++) {
    let meets = -Infinity;
    while (last >= 0) {
      const foot = feet[last];
      meets = (heights[x] + x * x - heights[foot] - foot * foot) / (2 * (x - foot));
      if (meets > from[last]) break;
      last--;
    }
    last++;
    feet[last] = x;
    from[last] = last ? meets : -Infinity;
  }
  for (let x = 0, at = 0; x < row.length; x++) {
    while (at < last && from[at + 1] < x) at++;
    row[x] = (x - feet[at]) ** 2 + heights[feet[at]];
  }
}

/** Pieces of ink, connected over edges and corners: each pixel's label, -1 for paper, and areas. */
function labelled({ width, height, pixels }) {
  const labels = new Int32Array(pixels.length).fill(-1);
  const waiting = new Int32Array(pixels.length);
  const areas = [];
  for (let start = 0; start < pixels.length; start++) {
    if (!pixels[start] || labels[start] >= 0) continue;
    const label = areas.length;
    let [found, done] = [1, 0];
    waiting[0] = start;
    labels[start] = label;
    while (done < found) {
      const at = waiting[done++];
      const row = Math.floor(at / width);
      const column = at % width;
      for (let y = Math.max(row - 1, 0); y <= row + 1 && y < height; y++) {
        for (let x = Math.max(column - 1, 0); x <= column + 1 && x < width; x++) {
          const next = y * width + x;
          if (!pixels[next] || labels[next] >= 0) continue;
          labels[next] = label;
          waiting[found++] = next;
        }
      }
    }
    areas.push(found);
  }
  return { labels, areas };
}

/** Scaled so that the longer side measures `rules.box`, its darkest pixel 255. */
function fit(cropped, { box, ink }) {
  const scale = box / Math.max(cropped.height, cropped.width);
  const height = Math.max(1, rint(scale * cropped.height));
  const width = Math.max(1, rint(scale * cropped.width));
  const { pixels } = resized(cropped, height, width);
  return { width, height, pixels: rounded(pixels, Math.fround(ink / largest(pixels))) };
}

/** Placed so that the centre of mass lies nearest to the centre, and no ink is cut off. */
function centre(sized, { side }) {
  const { width, height } = sized;
  let [mass, down, across] = [0, 0, 0];
  forInk(sized, (pixel, row, column) => {
    mass += pixel;
    down += pixel * row;
    across += pixel * column;
  });
  const start = (length, middle) => between(0, Math.floor(side / 2 - middle + 0.5), side - length);
  const top = start(height, down / mass);
  const left = start(width, across / mass);
  const centred = { width: side, height: side, pixels: new Uint8Array(side * side) };
  forInk(sized, (pixel, row, column) => {
    centred.pixels[(top + row) * side + left + column] = pixel;
  });
  return { centred, top, left };
}

function boundingBox(image) {
  let [top, left, bottom, right] = [image.height, image.width, 0, 0];
  forInk(image, (pixel, row, column) => {
    top = Math.min(top, row);
    left = Math.min(left, column);
    bottom = Math.max(bottom, row + 1);
    right = Math.max(right, column + 1);
  });
  return { top, left, bottom, right };
}

function crop(image, { top, left, bottom, right }) {
  const width = right - left;
  const pixels = new Uint8Array(width * (bottom - top));
  for (let row = top; row < bottom; row++) {
    const start = row * image.width;
    pixels.set(image.pixels.subarray(start + left, start + right), (row - top) * width);
  }
  return { width, height: bottom - top, pixels };
}

function framed(image, border) {
  const [width, height] = [image.width + 2 * border, image.height + 2 * border];
  const pixels = new Uint8Array(width * height);
  forInk(image, (pixel, row, column) => {
    pixels[(row + border) * width + column + border] = pixel;
  });
  return { width, height, pixels };
}

/** Bicubic as Pillow's: where it shrinks, a filter spans the whole area that a new pixel covers. */
function resized({ width, height, pixels }, newHeight, newWidth) {
  const narrow = new Float32Array(height * newWidth);
  filters(width, newWidth).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y++) {
      const start = y * width + first;
      let value = 0;
      for (let i = 0; i < weights.length; i++) value += weights[i] * pixels[start + i];
      narrow[y * newWidth + x] = value;
    }
  });
  const small = new Float32Array(newHeight * newWidth);
  filters(height, newHeight).forEach(({ first, weights }, y) => {
    for (let x = 0; x < newWidth; x++) {
      let value = 0;
      for (let i = 0; i < weights.length; i++)
        value += weights[i] * narrow[(first + i) * newWidth + x];
      small[y * newWidth + x] = between(0, value, 255);
    }
  });
  return { width: newWidth, height: newHeight, pixels: small };
}

/** For each pixel of a new side: the first pixel of the old one that counts, and the weights. */
function filters(old, side) {
  const scale = old / side;
  const stretch = Math.max(scale, 1);
  const reach = 2 * stretch;
  return range(side).map((place) => {
    const middle = (place + 0.5) * scale;
    const first = Math.max(Math.trunc(middle - reach + 0.5), 0);
    const last = Math.min(Math.trunc(middle + reach + 0.5), old);
    const weights = range(last - first).map((i) => bicubic((i + first - middle + 0.5) / stretch));
    const all = weights.reduce((sum, weight) => sum + weight);
    return { first, weights: weights.map((weight) => weight / all) };
  });
}

function bicubic(distance) {
  const [x, a] = [Math.abs(distance), -0.5];
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function forInk({ width, height, pixels }, look) {
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      if (pixels[at]) look(pixels[at], row, column, at);
    }
  }
}

/** Values times a factor as whole numbers from 0 to 255. */
function rounded(values, factor = 1) {
  const whole = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++) if (values[at]) whole[at] = rint(factor * values[at]);
  return whole;
}

/** The nearest whole number, of two the even one: NumPy's rint and Python's round. */
function rint(value) {
  const near = Math.round(value);
  return near - value === 0.5 && near % 2 ? near - 1 : near;
}

const between = (low, value, high) => Math.min(Math.max(value, low), high);

function largest(numbers) {
  let top = 0;
  for (const one of numbers) if (one > top) top = one;
  return top;
}
