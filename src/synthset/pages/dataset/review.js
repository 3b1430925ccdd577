const {key, verdicts} = JSON.parse(document.getElementById("data").textContent);
const said = new Map(Object.entries(verdicts));
const next = {"": "drop", drop: "keep", keep: ""};
try {
  for (const [id, row] of Object.entries(JSON.parse(localStorage.getItem(key) || "{}"))) said.set(id, row);
} catch (fault) { /* a browser that keeps nothing for files: the verdicts last as long as the page */ }
const picks = document.querySelectorAll(".pick");
function show() {
  let drop = 0, keep = 0;
  for (const [, [verdict]] of said) { drop += verdict === "drop"; keep += verdict === "keep"; }
  for (const pick of picks) {
    pick.dataset.verdict = (said.get(pick.dataset.id) || [""])[0];
    pick.setAttribute("aria-pressed", pick.dataset.verdict ? "true" : "false");
  }
  document.getElementById("state").textContent = `${drop} to drop, ${keep} to keep`;
}
for (const pick of picks) pick.addEventListener("click", () => {
  const [verdict, note] = said.get(pick.dataset.id) || ["", ""];
  said.set(pick.dataset.id, [next[verdict], note]);
  try { localStorage.setItem(key, JSON.stringify(Object.fromEntries(said))); } catch (fault) { /* as above */ }
  show();
});
// as synthset's own sheets: no cell runs as a formula
const formula = (text) => /^'*[=+\-@＝＋－＠\t\r\n]/.test(text) && !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text);
const marked = (text) => formula(text) ? `'${text}` : text;
const cell = (text) => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
document.getElementById("save").addEventListener("click", () => {
  const lines = [...said].filter(([, [verdict]]) => verdict).map(([id, [verdict, note]]) => [id, verdict, note].map(marked).map(cell).join(","));
  const blob = new Blob([["id,verdict,note", ...lines].join("\n") + "\n"], {type: "text/csv"});
  const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(blob), download: "review.csv"});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
show();
