// The page is whole without this; it adds a larger view of an image, and a filter by class.
(() => {
  "use strict";
  const dialog = document.querySelector("dialog");
  const large = dialog.querySelector("img"), facts = dialog.querySelector("dl");
  const open = (image) => {
    large.src = image.src;
    large.className = image.className;
    large.alt = image.alt;
    facts.replaceChildren();
    for (const line of image.title.split("\n")) {
      const cut = line.indexOf(": "), name = document.createElement("dt"), value = document.createElement("dd");
      name.textContent = cut < 0 ? "" : line.slice(0, cut).replaceAll("_", " ");
      value.textContent = line.slice(cut < 0 ? 0 : cut + 2);
      facts.append(name, value);
    }
    dialog.showModal();
  };
  for (const image of document.querySelectorAll(".sheet img")) {
    image.tabIndex = 0;
    image.addEventListener("click", () => open(image));
    image.addEventListener("keydown", (event) => { if (event.key === "Enter") open(image); });
  }
  dialog.addEventListener("click", () => dialog.close());
  const filter = document.querySelector("nav input");
  filter.hidden = false;
  const show = (fits) => {
    for (const part of document.querySelectorAll("[data-class]")) {
      part.toggleAttribute("hidden", fits !== null && !fits(part.dataset.class)); // SVG has no .hidden
    }
    for (const more of document.querySelectorAll("details[data-more]")) more.open = fits !== null;
  };
  const groups = document.querySelectorAll("button.only");
  const press = (pressed) => {
    for (const group of groups) group.setAttribute("aria-pressed", String(group === pressed));
  };
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    press(null);
    show(wanted === "" ? null : (name) => name.toLowerCase().includes(wanted));
  });
  for (const group of groups) {
    group.addEventListener("click", () => {
      const again = group.getAttribute("aria-pressed") === "true";
      const names = new Set(JSON.parse(group.dataset.only));
      filter.value = "";
      press(again ? null : group);
      show(again ? null : (name) => names.has(name));
    });
  }
})();
