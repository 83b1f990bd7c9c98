// The layers of a network, one below the other, each a sheet of pictures.

"use strict";

const IN_ONE_ROW = 40; // values of a layer that has no maps

/** One sheet a layer: { at, root, pieces, ends, top }, top the end of its scale of colour. */
function sheetsOf(network) {
  return network.layers.map((layer, at) => {
    const isLast = at === network.layers.length - 1;
    const sheet = { at, pieces: isLast ? tilesOf(layer) : piecesOf(layer), top: 1 };
    sheet.ends = [element("span"), element("span")];
    const [low, high] = sheet.ends;
    const scale = { className: "scale", ariaHidden: "true", hidden: isLast };
    const text = `${sizeText(layer)}: ${kindText(layer)}`;
    const title = element(
      "h3",
      {},
      element("b", { textContent: layer.name }),
      element("span", { textContent: text }),
      element("span", scale, low, element("i"), high),
    );
    const shape = isLast ? "tiles" : layer.picture ? "drawn" : layer.shape[0] === 1 ? "strip" : "";
    const maps = element("div", {
      className: `maps ${shape}`,
      tabIndex: 0,
      role: "application",
      ariaRoleDescription: "layer",
      ariaLabel: `${layer.name}, ${text}. Arrow keys move over its values.`,
    });
    maps.dataset.at = at;
    maps.style.setProperty("--many", columnsFor(sheet.pieces.length));
    maps.style.setProperty("--few", Math.ceil(columnsFor(sheet.pieces.length) / 2));
    maps.append(...sheet.pieces.map((piece) => piece.root));
    sheet.root = element("section", { className: "layer" }, title, maps);
    return sheet;
  });
}

/** How many maps stand side by side: rows are full where that can be. */
function columnsFor(maps) {
  const fits = [6, 8, 9, 12].find((columns) => maps <= columns || maps === 2 * columns);
  return fits ?? (maps % 12 ? 16 : 12);
}

function piecesOf(layer) {
  const [height, width, maps] = layer.shape;
  if (height > 1) {
    return range(maps).map((map) => piece(height, width, [map], (y, x) => ({ y, x, map })));
  }
  const [rows, columns] = arrangement(layer);
  const mapAt = (row, column) => Math.min(row * columns + column, maps - 1);
  const unitOf = (row, column) => ({ y: 0, x: 0, map: mapAt(row, column) });
  return [piece(rows, columns, range(maps), unitOf)];
}

/** How the values of a layer without maps are laid out: [rows, columns]. */
function arrangement({ picture, shape }) {
  const rows = Math.ceil(shape[2] / IN_ONE_ROW);
  return picture ?? [rows, Math.ceil(shape[2] / rows)];
}

/** The outputs: each its colour, or the glyph that it compares with; below, digit and value. */
function tilesOf({ shape }) {
  return range(shape[2]).map((map) => {
    const made = piece(1, 1, [map], () => ({ y: 0, x: 0, map }));
    const value = element("span");
    const digit = element("b", { textContent: map });
    const caption = element("span", { className: "caption" }, digit, value);
    return { ...made, value, root: element("span", { className: "tile" }, made.root, caption) };
  });
}

function sizeText({ shape: [height, width, maps] }) {
  return height > 1 ? `${maps} maps of ${times(height, width)}` : `${maps} values`;
}

function kindText({ kind, window, below, connected, then }) {
  const [isWhole, size] = [window === below[0], times(window, window)];
  const moved = {
    convolution: isWhole ? "fully connected" : `convolution of ${size}`,
    mean: isWhole ? "mean of each map" : `mean of each ${size}`,
    max: `largest of each ${size}`,
    sum: `sum of each ${size}, weighted`,
    distance: "squared distance to each glyph",
  }[kind];
  const counts = connected?.map((maps) => maps.length) ?? [];
  const sees = counts.length
    ? [`each sees ${Math.min(...counts)} to ${Math.max(...counts)} maps`]
    : [];
  return [moved, ...sees, ...then.flatMap(({ name }) => name ?? [])].join(", ");
}

/** Paint the sheets with the outputs, or empty ones where there are none. */
function paintSheets(sheets, network, outputs, best) {
  sheets.forEach((sheet, at) => {
    const layer = network.layers[at];
    const values = outputs[at] ?? new Float32Array(layer.shape.reduce((all, one) => all * one));
    sheet.top = scaleOf(layer, values, sheets[at - 1]);
    sheet.ends.forEach((end, i) => (end.textContent = fixed(i ? sheet.top : -sheet.top, 1)));
    sheet.pieces.forEach((piece, number) => {
      const { canvas, rows, columns, maps } = piece;
      const maximum = layer.kind === "distance" ? sheets[at - 1].top : sheet.top;
      if (layer.kind === "distance") paintGlyph(canvas, network, number, maximum);
      else if (maps.length > 1) paintSigned(canvas, rows, columns, values, maximum);
      else {
        const value = (i) => values[i * layer.shape[2] + maps[0]];
        paint(canvas, rows, columns, (i) => signed(value(i), maximum));
      }
      if (!piece.value) return;
      const digits = layer.kind === "distance" ? 0 : 3;
      piece.value.textContent = outputs.length ? fixed(values[number], digits) : "";
      piece.root.classList.toggle("best", number === best);
    });
  });
}

/** Where the colours end: where the squashing does, or at the largest value that there is. */
function scaleOf({ kind, then }, values, below) {
  const squash = then.find((step) => step.kind === "tanh");
  const keepsScale = (kind === "mean" || kind === "max") && !then.length;
  return squash ? squash.amplitude : keepsScale ? below.top : topOf(values);
}

function paintGlyph(canvas, { layers, numbers }, number, top) {
  const { weights, shape } = layers.at(-1);
  const code = range(shape[2] && layers.at(-2).shape[2]).map(
    (i) => numbers[weights + i * shape[2] + number],
  );
  paintSigned(canvas, ...arrangement(layers.at(-2)), code, top);
}
