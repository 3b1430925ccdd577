// The map is whole without this; it adds what a circle stands for, other rules, and groups to hide.
(() => {
  "use strict";
  const { rules, classes } = JSON.parse(document.querySelector("#data").textContent);
  const card = document.querySelector(".mapcard"), hover = card.querySelector(".hover");
  const circles = [...card.querySelectorAll(".map circle")], select = card.querySelector("select");
  const groups = [...card.querySelectorAll("button[data-group]")];
  let rule = rules.indexOf(select.value);
  const line = (tag, text, style) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (style) made.className = style;
    return made;
  };
  const tell = (one) => {
    const count = one.counts[rule];
    const rate = count === null ? "not known by this rule" : `${count} of ${one.images} recognised, ${Math.round(100 * count / one.images)} %`;
    hover.replaceChildren(line("b", one.name), line("p", rate));
    if (one.groups) hover.append(line("p", one.groups, "soft"));
    if (one.gloss) hover.append(line("p", one.gloss, "soft"));
    if (one.taken.length) hover.append(line("p", `classified as ${one.taken.join(", ")}`));
    const strip = line("div", "", "few-pictures");
    for (const [uri, right] of one.pictures) {
      const image = document.createElement("img");
      image.src = uri;
      if (right) image.className = "right";
      strip.append(image);
    }
    hover.append(strip);
  };
  const show = (circle) => {
    tell(classes[circle.dataset.i]);
    hover.hidden = false;
    const at = circle.getBoundingClientRect(), room = card.getBoundingClientRect();
    const right = at.right - room.left + 12, left = at.left - room.left - hover.offsetWidth - 12;
    hover.style.left = `${Math.max(8, right + hover.offsetWidth > room.width ? left : right)}px`;
    const top = at.top - room.top - hover.offsetHeight / 3;
    hover.style.top = `${Math.max(8, Math.min(top, room.height - hover.offsetHeight - 8))}px`;
  };
  for (const circle of circles) {
    circle.querySelector("title").remove();
    circle.addEventListener("pointerenter", () => { circle.classList.add("on"); show(circle); });
    circle.addEventListener("pointerleave", () => { circle.classList.remove("on"); hover.hidden = true; });
  }
  select.hidden = select.options.length < 2;
  select.addEventListener("change", () => {
    rule = rules.indexOf(select.value);
    for (const circle of circles) {
      const radius = circle.dataset.r.split(" ")[rule];
      circle.setAttribute("r", radius);
      const none = !classes[circle.dataset.i].counts[rule], colour = `var(--${circle.dataset.group})`;
      circle.setAttribute("fill", none ? "none" : colour);
      circle.setAttribute("stroke", none ? colour : "var(--surface)");
    }
  });
  for (const button of groups) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      for (const part of card.querySelectorAll(`.map [data-group=${button.dataset.group}]`)) part.style.display = on ? "" : "none";
    });
  }
})();
