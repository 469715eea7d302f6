// Coverage: how often each cell of each grid was hit, as heat maps.
const MISSED = "#e2402b", NAMED = 200;

// Never rounded up: 100 means all.
const percent = n => (Math.floor(n * 100) / 100).toFixed(2);
const short = n => n < 10000 ? String(n) : n < 1e6 ? Math.round(n / 1e3) + "k" : Math.round(n / 1e6) + "M";

// From few to many hits, on a log scale: pale to dark.
const STOPS = [[226, 240, 216], [120, 198, 173], [42, 140, 160], [37, 84, 138], [34, 34, 84]];
function shade(part) {
  const at = Math.min(part, 0.9999) * (STOPS.length - 1), i = Math.floor(at), f = at - i;
  return STOPS[i].map((from, c) => Math.round(from + (STOPS[i + 1][c] - from) * f));
}
const css = rgb => `rgb(${rgb})`;
const scale = (hits, most) => hits > 1 ? Math.log(hits) / Math.log(most) : 0;
// The colours of the page, which are others in the dark.
const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

PAGES.coverage = (page, { report, of }) => {
  const excluded = report.items.some(item => item.excluded);
  page.append(
    el("div", { class: "head" }, el("h1", {}, "Functional coverage ", report.goal > 0 && verdict(report.reached, report.reached ? `every item is at ${report.goal} % or above` : `not every item is at ${report.goal} %`)), el("span", { class: "dim" }, of)),
    facts(["slices", count(report.slices)], ["bins", count(report.bins)]),
    table(null, [{ name: "item", class: "name" }, { name: "cells", n: true }, { name: "hit", n: true }, ...(excluded ? [{ name: "excluded", n: true }] : []), { name: "%", n: true }, { name: "" }, { name: "a hit is" }],
      report.items.map(item => [el("a", { href: "#" + item.name }, item.name), count(item.cells), count(item.hit), ...(excluded ? [count(item.excluded)] : []), percent(item.percent),
        el("span", { class: "gauge", title: `${percent(item.percent)} %` }, el("span", { style: `width: ${item.percent}%` })), item.what])));
  const tip = page.appendChild(el("div", { id: "tip", role: "status" }));
  const draw = () => report.items.forEach(item => document.getElementById(item.name).replaceChildren(...coverageSection(item, tip)));
  report.items.forEach(item => page.append(el("section", { id: item.name })));
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
};

function coverageSection(item, tip) {
  const shown = [el("h2", {}, `${item.name}: ${percent(item.percent)} %`), el("p", { class: "dim" }, item.what)];
  const why = new Map(item.exclusions.flatMap(e => e.cells.map(cell => [cell, e.proof])));
  const sizes = item.axes.map(axis => axis.labels.length);
  const columns = item.axes.at(-1), rows = item.axes.length > 1 ? item.axes.at(-2) : { name: "", labels: [""] };
  const inPanel = columns.labels.length * rows.labels.length;
  const most = item.hits.reduce((a, b) => Math.max(a, b), 0);
  const panels = el("div", { class: "panels" });
  for (let first = 0; first < item.hits.length; first += inPanel) {
    const place = label(item, sizes, first).slice(0, Math.max(item.axes.length - 2, 0)), panel = el("div", {}, place.length ? el("h3", {}, place.join(", ")) : null);
    panel.append(el("div", { class: "wide" }, heatMap(item, first, rows, columns, most, why, sizes, tip)));
    panels.append(panel);
  }
  shown.push(panels, legend(most, why.size > 0));
  if (item.exclusions.length) shown.push(el("ul", {}, ...item.exclusions.map(e => el("li", {}, `${count(e.cells.length)} cells excluded: ${e.proof}`))));
  if (item.missed.length) {
    const missed = item.missed.slice(0, NAMED).map(cell => el("li", {}, "missed: " + cell.is));
    if (item.missed.length > NAMED) missed.push(el("li", {}, `... and ${count(item.missed.length - NAMED)} more`));
    shown.push(el("div", { class: "missed", tabindex: 0, role: "region", "aria-label": `missed of ${item.name}` }, el("ul", {}, ...missed)));
  }
  return shown;
}

function label(item, sizes, cell) {
  const words = [];
  for (let i = sizes.length - 1; i >= 0; i--) {
    words.unshift(`${item.axes[i].name} ${item.axes[i].labels[cell % sizes[i]]}`);
    cell = Math.floor(cell / sizes[i]);
  }
  return words;
}

function heatMap(item, first, rows, columns, most, why, sizes, tip) {
  const nx = columns.labels.length, ny = rows.labels.length;
  const w = nx > 200 ? (ny > 10 ? 2 : 4) : nx > 40 ? 12 : nx > 20 ? 32 : 46;
  const h = ny > 20 ? 4 : 22;
  const canvas = el("canvas", { role: "img", "aria-label": `${item.name}: hits by ${columns.name}${rows.name ? " and " + rows.name : ""}` }), g = canvas.getContext("2d");
  const font = "12px system-ui, Arial, sans-serif";
  g.font = font;
  const long = Math.max(...columns.labels.map(text => g.measureText(text).width));
  const tilted = nx <= 40 && long > w - 4;
  const left = Math.max(...rows.labels.map(text => g.measureText(text).width)) + 30, top = 4;
  const bottom = (tilted ? 12 + long * 0.62 : 18) + 18;
  const width = left + nx * w + (tilted ? 20 : 12), height = top + ny * h + bottom, zoom = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: width * zoom, height: height * zoom });
  Object.assign(canvas.style, { width: width + "px", height: height + "px" });
  g.scale(zoom, zoom);
  g.font = font;
  const gap = w > 8 ? 1 : 0;
  for (let i = 0; i < nx * ny; i++) {
    const hits = item.hits[first + i], x = left + (i % nx) * w, y = top + Math.floor(i / nx) * h;
    const rgb = shade(scale(hits, most));
    g.fillStyle = hits ? css(rgb) : why.has(first + i) ? ink("--other") : MISSED;
    g.fillRect(x, y, w - gap, h - (h > 8 ? 1 : 0));
    if (w >= 28 && (hits || !why.has(first + i))) {
      g.fillStyle = hits && rgb[0] > 90 ? "#1c2733" : "#fff";
      g.textAlign = "center";
      g.fillText(short(hits), x + w / 2, y + h / 2 + 4);
    }
  }
  // Axes: as many labels as there is room for.
  g.fillStyle = ink("--ink");
  g.textAlign = "right";
  const everyRow = Math.ceil(14 / h), everyColumn = tilted ? 1 : Math.ceil((long + 8) / w);
  const step = n => n <= 1 ? 1 : n <= 2 ? 2 : n <= 5 ? 5 : n <= 10 ? 10 : n <= 20 ? 20 : 50;
  for (let y = 0; y < ny; y += step(everyRow)) g.fillText(rows.labels[y], left - 6, top + y * h + Math.min(h, 12) / 2 + (h > 8 ? 9 : 4));
  for (let x = 0; x < nx; x += step(everyColumn)) {
    const at = left + x * w + w / 2, under = top + ny * h + 14;
    g.save();
    g.translate(at, under);
    g.textAlign = tilted ? "right" : "center";
    if (tilted) { g.translate(4, -2); g.rotate(-0.65); }
    g.fillText(columns.labels[x], 0, 0);
    g.restore();
  }
  g.textAlign = "center";
  g.font = "600 " + font;
  g.fillText(columns.name, left + nx * w / 2, height - 5);
  g.save();
  g.translate(11, top + ny * h / 2);
  g.rotate(-Math.PI / 2);
  if (ny * h > g.measureText(rows.name).width) g.fillText(rows.name, 0, 0);
  g.restore();

  canvas.onmousemove = event => {
    const x = Math.floor((event.offsetX - left) / w), y = Math.floor((event.offsetY - top) / h);
    const inside = x >= 0 && x < nx && y >= 0 && y < ny, cell = first + y * nx + x;
    tip.style.display = inside ? "block" : "none";
    if (!inside) return;
    const hits = item.hits[cell], words = hits ? `${count(hits)} hits` : why.has(cell) ? "excluded: " + why.get(cell) : "missed";
    tip.textContent = label(item, sizes, cell).join(", ") + ": " + words;
    tip.style.left = Math.min(event.clientX + 14, window.innerWidth - 300) + "px";
    tip.style.top = event.clientY + 14 + "px";
  };
  canvas.onmouseleave = () => tip.style.display = "none";
  return canvas;
}

function legend(most, hasExcluded) {
  const swatch = (color, text) => [el("span", { class: "swatch", style: `background: ${color}` }), el("span", {}, text)];
  return el("div", { class: "legend" }, ...swatch(MISSED, "missed"), ...(hasExcluded ? swatch("var(--other)", "excluded") : []), el("span", {}, "hits: 1"),
    el("span", { style: `width: 140px; height: 11px; background: linear-gradient(90deg, ${STOPS.map(css)})` }), el("span", {}, `${count(most)} (log scale)`));
}

