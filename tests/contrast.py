"""How well what a page shows stands out from what lies behind it."""

import re

COLOURS = """(element) => {
  let paper = element;
  const isClear = () => /^rgba\\(.*, 0\\)$/.test(getComputedStyle(paper).backgroundColor);
  while (isClear() && paper.parentElement) paper = paper.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(paper).backgroundColor];
}"""


def contrast(element):
    """Contrast ratio of an element's text, a locator of Playwright's, 1 to 21: WCAG 2.2."""
    low, high = sorted(map(_luminance, element.evaluate(COLOURS)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    shares = [float(number) / 255 for number in re.findall(r"[\d.]+", colour)[:3]]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
