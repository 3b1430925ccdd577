// The page is whole without this; it shows one measure at a time, the curves of one class, and the confusions of any two arms.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const make = (name, text, parent) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const fill = (select, options, chosen) => {
    for (const [value, text] of options) {
      const option = make("option", text, select);
      option.value = value;
      option.selected = value === chosen;
    }
    select.disabled = false;
  };
  for (const controls of document.querySelectorAll(".controls[hidden]")) controls.hidden = false;
  const arms = data.arms.map((arm, i) => [String(i), arm.text]);

  const choose = (id, parts, name, first) => {
    const select = document.getElementById(id);
    const pick = () => { for (const part of parts) part.hidden = part.dataset[name] !== select.value; };
    fill(select, parts.map((part) => [part.dataset[name], part.dataset.words ?? part.dataset[name]]), first);
    select.addEventListener("change", pick);
    pick();
  };
  choose("measure", [...document.querySelectorAll("[data-measure]")], "measure", "recall");
  choose("curve-class", [...document.querySelectorAll("[data-curve]")], "curve");

  const first = document.getElementById("cm-arm"), second = document.getElementById("cm-minus"), as = document.getElementById("cm-as");
  const place = document.getElementById("cm");
  const base = data.arms.findIndex((arm) => arm.name === data.base);
  const names = data.rest ? [...data.classes, `${data.rest} others`] : data.classes;
  const shares = (rows) => rows.map((row) => { const sum = row.reduce((a, b) => a + b, 0); return row.map((n) => sum ? 100 * n / sum : 0); });
  const matrix = (index) => as.value === "rates" ? shares(data.arms[index].confusion) : data.arms[index].confusion;
  const written = (value, minus) => {
    const digits = Math.abs(value) < 9.95 && !Number.isInteger(value) ? 1 : 0;
    const text = Math.abs(value).toFixed(digits);
    if (Number(text) === 0) return "";
    return (value < 0 ? "−" : minus ? "+" : "") + text;
  };
  const draw = () => {
    const rows = matrix(Number(first.value)), minus = second.value === "" ? null : matrix(Number(second.value));
    const values = minus ? rows.map((row, i) => row.map((value, j) => value - minus[i][j])) : rows;
    const top = Math.max(1e-9, ...values.map((row) => Math.max(...row.map(Math.abs))));
    const table = make("table");
    table.className = "cm";
    const head = make("tr", undefined, make("thead", undefined, table));
    make("th", undefined, head);
    for (const name of names) make("span", name, make("th", undefined, head));
    const body = make("tbody", undefined, table);
    values.forEach((row, i) => {
      const line = make("tr", undefined, body);
      make("th", data.classes[i], line);
      row.slice(0, names.length).forEach((value, j) => {
        const text = written(value, minus), cell = make("td", text, line), good = minus ? (i === j) === (value > 0) : i === j;
        const strength = text === "" ? 0 : 8 + 72 * (Math.abs(value) / (minus || as.value === "counts" ? top : 100)) ** 0.6;
        cell.style.background = `color-mix(in srgb, var(${good ? "--kept" : "--rejected"}) ${strength.toFixed(0)}%, var(--raised))`;
        if (i === j) cell.className = "right";
        cell.title = `${data.classes[i]} classified as ${names[j]}: ${text || "0"} ${as.value === "rates" ? (minus ? "points" : "%") : "images"}`;
      });
    });
    place.replaceChildren(table);
  };
  fill(first, arms, String(data.arms.length > 1 && base === 0 ? 1 : 0));
  fill(second, [["", "nothing"], ...arms], "");
  fill(as, [["rates", "% of a class"], ["counts", "images, mean over seeds"]], "rates");
  for (const select of [first, second, as]) select.addEventListener("change", draw);
  draw();
})();
