// Ports and registers clock by clock, those of the twin beside those of the core: a window of clocks that can be moved.
class ClocksView {
  constructor(data, failure) {
    this.data = data;
    this.failure = failure;
    this.hasTwin = data.signals.some(signal => signal.twin);
    const wrong = failure ? data.numbers.indexOf(failure.clock) : -1;
    this.first = Math.max(0, (wrong < 0 ? data.numbers.length : wrong) - 7);
    this.only = el("input", { type: "checkbox", id: "changing", checked: true, onchange: () => this.draw() });
    this.table = el("div");
    const move = by => el("button", { type: "button", "aria-label": by < 0 ? "earlier clocks" : "later clocks", onclick: () => { this.first += by; this.draw(); } }, by < 0 ? "◂ earlier" : "later ▸");
    this.root = el("section", { class: "clocks" }, el("h2", {}, "Clock by clock"),
      el("p", { class: "dim" }, this.hasTwin ? "The core; where its twin shows something else, twin → core." : "What the core was given and what it showed."),
      el("div", { class: "bar" }, move(-SHOWN_CLOCKS), move(SHOWN_CLOCKS), el("label", {}, this.only, " only what changes")), this.table);
    this.draw();
  }

  draw() {
    const { numbers, signals } = this.data;
    this.first = Math.min(Math.max(this.first, 0), Math.max(numbers.length - SHOWN_CLOCKS, 0));
    const clocks = [...Array(Math.min(SHOWN_CLOCKS, numbers.length)).keys()].map(i => this.first + i);
    const differs = (signal, clock) => signal.twin && signal.twin[clock] !== signal.core[clock];
    const isShown = signal => !this.only.checked || clocks.some(clock => differs(signal, clock) || signal.core[clock] !== signal.core[clocks[0]]);
    const cell = (signal, clock) => el("td", { class: "n" + (differs(signal, clock) ? " differs" : "") + (this.isHere(clock) ? " here" : "") },
      differs(signal, clock) ? `${signal.twin[clock]} → ${signal.core[clock]}` : signal.core[clock]);
    const row = signal => el("tr", {}, el("th", { scope: "row" }, signal.name, el("span", { class: "dim" }, signal.is_input ? " in" : "")), ...clocks.map(clock => cell(signal, clock)));
    const head = clocks.map(clock => el("th", { scope: "col", class: "n" + (this.isHere(clock) ? " here" : "") }, count(numbers[clock])));
    this.table.replaceChildren(el("div", { class: "wide" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "clock"), ...head)),
      el("tbody", {}, ...signals.filter(isShown).map(row)))));
  }

  isHere(clock) { return this.failure && this.data.numbers[clock] === this.failure.clock; }
}
const SHOWN_CLOCKS = 14;

