// Arrows, space and the page keys turn the slides; N shows or hides the notes for whoever speaks.

const slides = [...document.querySelectorAll("section")];
const STEPS = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };

function show(number) {
  slides[Math.max(0, Math.min(slides.length - 1, number))].scrollIntoView();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const now = Math.round(scrollY / innerHeight);
  if (event.key in STEPS) show(now + STEPS[event.key]);
  else if (event.key === "Home") show(0);
  else if (event.key === "End") show(slides.length - 1);
  else if (event.key.toLowerCase() === "n") document.body.classList.toggle("notes");
  else return;
  event.preventDefault();
});
