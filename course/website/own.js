// A tap on a figure opens it alone, in its full size; paper is white, whatever the screen is.

document.addEventListener("DOMContentLoaded", () => {
  for (const image of document.querySelectorAll("article img")) {
    if (image.closest("a")) continue;
    const link = document.createElement("a");
    link.href = image.src;
    link.className = "figure";
    image.replaceWith(link);
    link.append(image);
  }
});

const root = document.documentElement;
let theme;
window.addEventListener("beforeprint", () => {
  theme = root.dataset.theme;
  root.dataset.theme = "light";
});
window.addEventListener("afterprint", () => {
  root.dataset.theme = theme;
});
