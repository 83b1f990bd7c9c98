// A tap on a figure shows it in its full size; paper is white, whatever the screen is.

document.addEventListener("DOMContentLoaded", () => {
  const whole = document.createElement("dialog");
  whole.className = "whole-figure";
  whole.addEventListener("click", () => whole.close());
  document.body.append(whole);
  for (const image of document.querySelectorAll("article img")) {
    if (image.closest("a")) continue;
    const link = document.createElement("a");
    link.href = image.src; // a new tab, or a browser without dialogs, shows the file
    image.replaceWith(link);
    link.append(image);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      whole.replaceChildren(image.cloneNode());
      whole.showModal();
    });
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
