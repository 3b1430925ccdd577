// The page is whole without this; it hides and shows sets in the radar, sorts tables, and shows one level at a time.
(() => {
  "use strict";
  for (const controls of document.querySelectorAll(".controls[hidden]")) controls.hidden = false;
  for (const select of document.querySelectorAll("select")) select.disabled = false;

  const boxes = [...document.querySelectorAll(".toggle input")];
  const radars = [...document.querySelectorAll(".radar")];
  const parts = (arm) => radars.flatMap((radar) => [...radar.querySelectorAll(`svg [data-arm="${arm}"]`)]);
  const drawn = boxes.map((box) => parts(box.dataset.arm));
  const show = () => boxes.forEach((box, i) => { for (const part of drawn[i]) part.style.display = box.checked ? "" : "none"; });
  boxes.forEach((box, i) => {
    const label = box.closest("label");
    const dim = (on) => { if (box.checked) drawn.forEach((one, j) => { for (const part of one) part.classList.toggle("dim", on && i !== j); }); };
    box.addEventListener("change", () => { dim(false); show(); });
    for (const [event, on] of [["mouseenter", true], ["mouseleave", false]]) label.addEventListener(event, () => dim(on));
  });
  for (const button of document.querySelectorAll("button.all")) button.addEventListener("click", () => {
    for (const box of boxes) box.checked = button.dataset.on !== "";
    show();
  });
  show();
  const scale = document.getElementById("scale");
  if (scale) {
    const pick = () => {
      for (const one of document.querySelectorAll("[data-scale]")) one.hidden = one.dataset.scale !== scale.value;
      for (const chart of document.querySelectorAll(".radar .chart")) chart.scrollLeft = (chart.scrollWidth - chart.clientWidth) / 2;
    };
    scale.addEventListener("change", pick);
    pick();
  }

  for (const button of document.querySelectorAll("button.sort")) button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
    const up = head.ariaSort === "ascending" ? false : head.ariaSort === "descending" ? true : button.dataset.up === "1";
    for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const value = (row) => { const text = row.cells[head.cellIndex].dataset.v; return text === "" ? null : Number(text); };
    const rows = [...body.rows].sort((one, two) => {
      const a = value(one), b = value(two);
      if (a === null || b === null) return (a === null) - (b === null);
      return up ? a - b : b - a;
    });
    body.append(...rows);
  });

  for (const select of document.querySelectorAll("[data-levels]")) {
    const tables = [...select.closest(".suite").querySelectorAll("[data-level]")];
    const pick = () => { for (const table of tables) table.hidden = table.dataset.level !== select.value; };
    for (const table of tables) table.querySelector("p.small")?.remove();
    select.addEventListener("change", pick);
    pick();
  }
})();
