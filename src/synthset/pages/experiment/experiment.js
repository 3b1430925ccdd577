// The page is whole without this; it shows one measure at a time, the confusions of any two arms, and any class's curves.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("experiment-data").textContent);
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

  const measure = document.getElementById("measure");
  const tables = [...document.querySelectorAll("[data-measure]")];
  const pick = () => { for (const table of tables) table.hidden = table.dataset.measure !== measure.value; };
  fill(measure, tables.map((table) => [table.dataset.measure, table.dataset.words]), "recall");
  measure.addEventListener("change", pick);
  pick();

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
        cell.title = `${data.classes[i]} taken for ${names[j]}: ${text || "0"} ${as.value === "rates" ? (minus ? "points" : "%") : "images"}`;
      });
    });
    place.replaceChildren(table);
  };
  fill(first, arms, String(data.arms.length > 1 && base === 0 ? 1 : 0));
  fill(second, [["", "nothing"], ...arms], "");
  fill(as, [["rates", "% of a class"], ["counts", "images, mean over seeds"]], "rates");
  for (const select of [first, second, as]) select.addEventListener("change", draw);
  draw();

  const chosen = document.getElementById("curve-class"), curves = document.getElementById("curves-drawn");
  const space = "http://www.w3.org/2000/svg", size = 300, edge = 34;
  const svg = (name, attributes, parent, text) => {
    const element = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const axes = (kind, words, index) => {
    const box = svg("svg", { viewBox: `0 0 ${size + edge + 12} ${size + edge + 22}`, role: "img" }, curves);
    const x = (value) => edge + size * value, y = (value) => 18 + size * (1 - value);
    for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
      svg("path", { class: "axis", d: `M${x(0)} ${y(tick)}H${x(1)}M${x(tick)} ${y(0)}V${y(1)}` }, box);
      svg("text", { class: "tick", x: x(tick), y: y(0) + 14, "text-anchor": "middle" }, box, tick);
      svg("text", { class: "tick", x: x(0) - 5, y: y(tick) + 4, "text-anchor": "end" }, box, tick);
    }
    svg("text", { class: "tick", x: x(0.5), y: y(0) + 30, "text-anchor": "middle" }, box, words[0]);
    svg("text", { class: "tick", x: x(0), y: 10 }, box, words[1]);
    for (const arm of data.arms) {
      const line = arm[kind][index];
      if (!line) continue;
      const start = kind === "roc" ? [[0, 0]] : [[0, line[0]]];
      const points = [...start, ...line.map((value, i) => [data.x[kind][i], value])];
      const d = "M" + points.map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("L");
      svg("title", {}, svg("path", { class: "line", d, stroke: arm.colour }, box), arm.text);
    }
  };
  const plot = () => {
    curves.replaceChildren();
    axes("roc", ["false positive rate", "recall"], Number(chosen.value));
    axes("pr", ["recall", "precision"], Number(chosen.value));
  };
  fill(chosen, [...data.classes, data.mean].map((name, i) => [String(i), name]), chosen.dataset.first);
  chosen.addEventListener("change", plot);
  plot();
})();
