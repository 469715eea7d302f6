// A slice bin by bin: the list of its requests, of which only those in sight are drawn, and beside it the step of the one that is chosen.

// What the page knows of a slice, request by request. All numbers are the oracle's.
class Slice {
  constructor(data) {
    this.data = data;
    this.columns = data.steps;
    this.length = data.steps.kind.length;
    this.encoder = data.steps.encoder;
    this.failure = data.failure || null;
    this.elements = data.elements || null;
  }
  bin(at) { return this.columns.bin[at]; }
  request(at) { return { kind: this.columns.kind[at], value: this.columns.value[at], ctx: this.columns.ctx[at] }; }
  isBin(at) { return "cbt".includes(this.columns.kind[at]); }
  model(at) { return unpack(this.columns.model[at]); }
  next(at) { return unpack(this.columns.next[at]); }
  lps(at) { return this.data.lps[this.model(at).state][this.before(at).range >> 6 & 3]; }
  // The registers after a request; before the first of all they are those of a start.
  after(at) {
    const { range, offset, position } = this.columns, encoder = this.encoder;
    if (at < 0) return { range: 510, offset: range.length ? offset[0] : 0, position: 0, low: 0, outstanding: 0, written: 0, first: true };
    return { range: range[at], offset: offset[at], position: position[at], low: encoder?.low[at], outstanding: encoder?.outstanding[at],
      written: encoder?.written[at], first: encoder?.first[at] === "1" };
  }
  before(at) { return this.after(at - 1); }
  isFirstBit(at) { return this.before(at).first; }
  name(at) {
    const { kind, value, ctx } = this.request(at), model = kind === "l" ? this.next(at) : null;
    return { s: "start", c: `context ${ctx} = ${value}`, b: `bypass = ${value}`, t: `terminate = ${value}`, a: "align",
      r: `raw 0x${hex(value)}`, l: model && `load ${ctx}: state ${model.state}, MPS ${model.mps}` }[kind];
  }
  short(at) { return { s: "start", a: "align", r: "raw", l: "load", c: "context", b: "bypass", t: "terminate" }[this.columns.kind[at]]; }
  element(at) {
    const { elements } = this;
    if (!elements || elements.element[at] < 0) return null;
    const place = elements.place[at];
    return { name: elements.names[elements.element[at]], place: place < 0 ? "" : elements.places[place], index: elements.index[at], value: elements.value[at] };
  }
  // The bits of the slice from one place to another, as text; those beyond its end are 0.
  bits(from, to) {
    let text = "";
    for (let at = Math.max(from, 0); at < to; at++) text += parseInt(this.data.bytes[at >> 2] || "0", 16) >> (3 - at % 4) & 1;
    return text;
  }
  // The request of a bin: the bin itself, not what comes before it.
  ofBin(bin) {
    let low = 0, high = this.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; this.columns.bin[middle] <= bin ? low = middle : high = middle - 1; }
    while (low > 0 && !this.isBin(low) && this.columns.bin[low - 1] === this.columns.bin[low]) low--;
    while (low < this.length - 1 && !this.isBin(low) && this.columns.bin[low + 1] === this.columns.bin[low]) low++;
    return low;
  }
}

const hex = byte => byte.toString(16).padStart(2, "0");
const unpack = model => model < 0 ? null : { state: model >> 1, mps: model & 1 };

// What a search says of a request: a number of a bin, `ctx 60`, `state 12`, or words of an element, a place or a request.
function matcher(slice, text) {
  const words = text.trim().toLowerCase(), of = words.match(/^(ctx|context|state)?\s*=?\s*(\d+)$/);
  if (!words) return () => false;
  if (of && !of[1]) { const at = slice.ofBin(Number(of[2])); return i => i === at; }
  if (of && of[1] === "state") return at => slice.model(at)?.state === Number(of[2]);
  if (of) return at => slice.columns.ctx[at] === Number(of[2]);
  if (words === "lps" || words === "mps") return at => slice.columns.kind[at] === "c" && (slice.request(at).value === slice.model(at).mps) === (words === "mps");
  const { elements } = slice, has = names => new Set(names.flatMap((name, i) => name.toLowerCase().includes(words) ? [i] : []));
  const names = has(elements?.names || []), places = has(elements?.places || []);
  if (names.size || places.size) return at => names.has(elements.element[at]) || places.has(elements.place[at]);
  return at => slice.name(at).toLowerCase().includes(words);
}

class SliceView {
  // `told` is called with each request that is chosen.
  constructor(data, told) {
    this.slice = new Slice(data);
    this.told = told;
    this.at = -1;
    this.root = el("div", { class: data.clocks ? "slice with-clocks" : "slice" });
    this.makeBar();
    this.makeList();
    this.step = el("section", { class: "step", "aria-live": "off", "aria-label": "the request that is chosen" });
    this.root.append(this.bar, el("div", { class: "columns" }, this.list, this.step));
    if (data.clocks) this.root.append(new ClocksView(data.clocks, this.slice.failure).root);
    new ResizeObserver(() => this.draw()).observe(this.lines);
  }

  makeBar() {
    const { length, failure } = this.slice;
    this.slider = el("input", { type: "range", min: 0, max: length - 1, value: 0, "aria-label": "request", oninput: () => this.go(Number(this.slider.value)) });
    this.state = el("output", { "aria-live": "polite" });
    this.search = el("input", { type: "search", placeholder: this.slice.elements ? "element, ctx 60, lps or bin" : "ctx 60, lps, bypass or bin", "aria-label": "search", onkeydown: event => {
      if (event.key === "Enter") { event.preventDefault(); this.find(event.shiftKey ? -1 : 1); }
      if (event.key === "Escape") { this.search.value = ""; this.find(0); this.lines.focus(); }
      event.stopPropagation();
    }, oninput: () => this.find(0) });
    this.hits = el("span", { class: "dim", "aria-live": "polite" });
    const wrong = failure && el("button", { type: "button", onclick: () => this.go(failure.step) }, "the wrong one");
    this.bar = el("div", { class: "bar" }, this.state, this.slider, this.search, this.hits, wrong);
  }

  makeList() {
    const { elements, encoder, failure } = this.slice;
    const text = (name, width, of, n) => ({ name, width, of, n });
    const digits = Math.max(3, String(this.slice.bin(this.slice.length - 1)).length);
    this.fields = [
      text("bin", `${digits + 1}ch`, at => this.slice.isBin(at) ? this.slice.bin(at) : "", true),
      text("request", elements ? "112px" : "minmax(112px, 1fr)", at => this.slice.name(at)),
      elements && text("element", "minmax(90px, 1fr)", at => { const element = this.slice.element(at); return element ? `${element.name}` : ""; }),
      text("state", "58px", at => { const model = this.slice.model(at); return model && this.slice.request(at).kind === "c" ? `${model.state} / ${model.mps}` : ""; }, true),
      text("range", "40px", at => this.slice.columns.range[at], true),
      encoder && text("low", "38px", at => encoder.low[at], true),
      encoder && text("open", "38px", at => encoder.outstanding[at], true),
      text("offset", "42px", at => this.slice.columns.offset[at], true),
      !elements && text("bytes", "64px", at => this.bytesOf(at)),
    ].filter(Boolean);
    this.list = el("div", { class: "list", style: `--lines: ${this.fields.map(field => field.width).join(" ")}` });
    const head = el("div", { class: "line lines-head", "aria-hidden": "true" }, ...this.fields.map(field => el("span", { class: field.n ? "n" : null, title: TITLES[field.name] }, field.name)));
    this.space = el("div", { class: "space", role: "presentation", style: `height: ${this.slice.length * LINE}px` });
    this.lines = el("div", { class: "lines", style: `--most: ${this.slice.length * LINE + 2}px`, role: "listbox", tabindex: 0, "aria-label": "requests", onscroll: () => this.draw(), onkeydown: event => this.key(event) }, this.space);
    this.space.addEventListener("click", event => {
      const row = event.target.closest("[data-at]");
      if (row) this.go(Number(row.dataset.at));
    });
    this.list.append(head, this.lines);
    if (failure) this.wrong = failure.step;
  }

  // The bytes that this request decides.
  bytesOf(at) {
    if (!this.slice.encoder) return "";
    const from = this.slice.before(at).written >> 3, to = this.slice.after(at).written >> 3;
    const bytes = this.slice.data.bytes.slice(2 * from, 2 * Math.min(to, from + 4)).replace(/../g, byte => byte + " ").trim();
    return to - from > 4 ? bytes + " …" : bytes;
  }

  // Keys of the page too, where nothing else wants them.
  key(event) {
    const page = Math.max(1, Math.floor(this.lines.clientHeight / LINE) - 1), last = this.slice.length - 1;
    const steps = { ArrowDown: 1, ArrowRight: 1, j: 1, ArrowUp: -1, ArrowLeft: -1, k: -1, PageDown: page, PageUp: -page, Home: -last, End: last };
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key in steps) this.go(this.at + steps[event.key]);
    else if (event.key === "n") this.find(1);
    else if (event.key === "N") this.find(-1);
    else if (event.key === "f" && this.slice.failure) this.go(this.slice.failure.step);
    else if (event.key === "/") { this.search.focus(); this.search.select(); }
    else return;
    event.preventDefault();
  }

  // Goes to the next request that is searched for, or the one before; with 0 it only counts them.
  find(way) {
    const is = matcher(this.slice, this.search.value), { length } = this.slice;
    const words = this.search.value.trim();
    if (this.searched !== words) {
      this.searched = words;
      this.found = [];
      if (words) for (let at = 0; at < length; at++) if (is(at)) this.found.push(at);
      this.isFound = new Set(this.found);
    }
    if (way && this.found.length) {
      const next = way > 0 ? this.found.find(at => at > this.at) ?? this.found[0] : this.found.findLast(at => at < this.at) ?? this.found.at(-1);
      this.go(next);
    }
    const number = this.found.indexOf(this.at) + 1;
    this.hits.textContent = !words ? "" : number ? `${count(number)} of ${count(this.found.length)}` : `${count(this.found.length)} found`;
    this.draw();
  }

  go(at) {
    at = Math.min(Math.max(at, 0), this.slice.length - 1);
    if (at !== this.at) {
      this.at = at;
      this.slider.value = at;
      this.slider.setAttribute("aria-valuetext", this.slice.name(at));
      this.state.textContent = this.slice.isBin(at) ? `bin ${count(this.slice.bin(at))} of ${count(this.slice.data.bins)}` : `before bin ${count(this.slice.bin(at))}`;
      this.root.dataset.at = at;
      this.step.replaceChildren(...stepOf(this.slice, at));
      this.told?.(at);
    }
    const top = at * LINE, { scrollTop, clientHeight } = this.lines;
    if (top < scrollTop + 2 * LINE) this.lines.scrollTop = top - Math.floor(clientHeight / 3 / LINE) * LINE;
    else if (top > scrollTop + clientHeight - 3 * LINE) this.lines.scrollTop = top - Math.floor(clientHeight * 2 / 3 / LINE) * LINE;
    this.draw();
  }

  // Draws the lines in sight, and a few more.
  draw() {
    const first = Math.max(0, Math.floor(this.lines.scrollTop / LINE) - 4);
    const last = Math.min(this.slice.length, first + Math.ceil(this.lines.clientHeight / LINE) + 9);
    const rows = [];
    for (let at = first; at < last; at++) {
      const wrong = at === this.wrong ? " wrong" : "", found = this.isFound?.has(at) ? " found" : "";
      // What has no element has the room of one.
      const fields = this.fields.filter(field => field.name !== "element" || this.slice.element(at));
      const cell = field => el("span", { class: field.n ? "n" : null, style: field.name === "request" && fields.length < this.fields.length ? "grid-column: span 2" : null }, String(field.of(at)));
      rows.push(el("div", { class: "line" + wrong + found, role: "option", id: `${this.name || "r"}-${at}`, "data-at": at, "aria-selected": String(at === this.at),
        "aria-posinset": at + 1, "aria-setsize": this.slice.length, style: `top: ${at * LINE}px` },
        ...fields.map(cell)));
    }
    this.space.replaceChildren(...rows);
    this.lines.setAttribute("aria-activedescendant", `${this.name || "r"}-${this.at}`);
  }
}

const LINE = 19;
const TITLES = { bin: "the number of the bin", state: "pStateIdx / valMPS before the bin", range: "codIRange after the request", low: "codILow after the request",
  open: "bitsOutstanding after the request", offset: "codIOffset after the request", bytes: "the bytes that this request decides", element: "the syntax element that the bin belongs to" };

// All that is known of one request.
function stepOf(slice, at) {
  const { kind, value, ctx } = slice.request(at), before = slice.before(at), after = slice.after(at), parts = division(slice, at);
  const shown = [], element = slice.element(at), { failure } = slice;
  const how = kind !== "c" ? "" : value === slice.model(at).mps ? ", the MPS" : ", the LPS";
  shown.push(el("h2", {}, `${slice.isBin(at) ? `bin ${slice.bin(at)}: ` : ""}${slice.name(at)}${how}`));
  if (element) shown.push(el("p", {}, el("b", {}, element.name), element.value === null ? "" : ` = ${element.value}`, `, bin ${element.index} of it`, el("span", { class: "dim" }, element.place ? `  ·  ${element.place}` : "")));
  if (failure && failure.step === at) shown.push(wrongNote(failure));
  if (slice.data.error && slice.data.error.step === at) shown.push(el("p", { class: "note bad" }, "a decoder raises ", el("b", {}, slice.data.error.is), " here"));
  shown.push(ladder(slice, at));
  if (slice.encoder && "cbt".includes(kind)) shown.push(lowScale(slice, at));
  shown.push(registers(slice, at, before, after));
  if (kind === "c") {
    const model = slice.model(at), next = slice.next(at);
    shown.push(table(null, [{ name: "context" }, { name: "pStateIdx" }, { name: "valMPS" }, { name: "qCodIRangeIdx" }, { name: "codIRangeLPS" }, { name: "bin" }, { name: "doubled" }],
      [[`${ctx}`, `${model.state} → ${next.state}`, `${model.mps} → ${next.mps}${model.mps !== next.mps ? " (swapped)" : ""}`, `${before.range >> 6 & 3}`,
        `${slice.lps(at)}`, `${value}${how}`, several(parts.shift, "time")]]));
  }
  shown.push(...streams(slice, at, before, after));
  return shown;
}

function wrongNote(failure) {
  const found = failure.found !== undefined && failure.found !== null;
  return el("p", { class: "note bad" }, el("b", {}, "Here the core is wrong. "),
    found ? `${failure.field}: expected ${failure.expected}, got ${failure.found}` : failure.what, failure.lane !== undefined ? ` (lane ${failure.lane})` : "", `, in clock ${failure.clock}.`);
}

function registers(slice, at, before, after) {
  const rows = [["codIRange", 9, before.range, after.range]];
  if (slice.encoder) rows.push(["codILow", 10, before.low, after.low]);
  rows.push(["codIOffset", 9, before.offset, after.offset]);
  return table(null, [{ name: "register" }, { name: "before" }, { name: "", n: true }, { name: "after" }, { name: "", n: true }],
    rows.map(([name, width, from, to]) => [name, bits(from, width), String(from), bits(to, width, from), String(to)]));
}

// What goes out of an encoder and into a decoder at a request.
function streams(slice, at, before, after) {
  const shown = [], PAST = 16;
  const boxes = (past, fresh, open, behind) => {
    const row = el("span", { class: "bits" }), add = (text, name) => [...text].forEach(bit => row.append(el("i", { class: name }, bit)));
    add(past, null); add(fresh, "new"); add(open, "open"); add(behind || "", "open");
    return row;
  };
  if (slice.encoder && slice.request(at).kind !== "l") {
    const from = before.written, to = after.written, fresh = slice.bits(from, Math.min(to, from + 32));
    const bytes = slice.data.bytes.slice(2 * Math.max(0, (to >> 3) - 12), 2 * (to >> 3)).replace(/../g, byte => byte + " ");
    shown.push(el("h3", {}, `encoder: ${several(to - from, "bit")} out, ${several(after.outstanding, "outstanding bit")}`));
    shown.push(boxes(slice.bits(Math.max(0, from - PAST), from), fresh, "?".repeat(Math.min(after.outstanding, 8))));
    if (to - from > 32) shown.push(` and ${to - from - 32} more`);
    if (after.outstanding > 8) shown.push(` and ${after.outstanding - 8} more`);
    const { lines } = encoding(slice, at);
    if (lines.length) shown.push(el("ol", { class: "ops" }, ...lines.map(line => el("li", {}, line))));
    shown.push(el("p", { class: "dim" }, `bytes out, ${to >> 3} so far: `, el("span", { class: "mono" }, bytes || "none")));
  }
  const from = before.position, to = after.position;
  if (slice.request(at).kind !== "l") {
    shown.push(el("h3", {}, `decoder: ${several(to - from, "bit")} in, ${count(to)} read; codIOffset looks at the last nine`));
    shown.push(boxes(slice.bits(Math.max(0, from - PAST), from), slice.bits(from, Math.min(to, from + 32)), "", slice.bits(to, Math.min(to + 8, 4 * slice.data.bytes.length))));
  }
  return shown;
}

PAGES.slice = (page, data) => {
  const slice = new Slice(data), { failure } = slice;
  const kinds = data.decode_only ? "for decoders alone: no encoder makes these bytes" : "for encoders and decoders";
  page.append(el("div", { class: "head" }, el("h1", {}, data.title), el("span", { class: "dim" }, data.comment)),
    facts(["bins", count(data.bins)], ["bytes", count(data.bytes.length / 2)], ["", kinds], data.error && ["a decoder raises", data.error.is]));
  if (data.note) page.append(el("p", { class: "note" }, data.note));
  // The flag of a recorded slice says nothing.
  for (const flag of data.flags.filter(flag => flag.name !== "Recorded").slice(0, 2)) page.append(el("p", { class: "dim" }, `${flag.name}: ${flag.bug}; it shows so: ${flag.shows}`));
  if (failure) page.append(el("p", { class: "note bad" }, el("b", {}, `Wrong at bin ${failure.bin}: `), failure.what));
  const view = new SliceView(data, at => setFragment({ bin: slice.bin(at), ...(slice.isBin(at) ? {} : { step: at }) }));
  page.append(view.root, el("p", { class: "dim keys" }, ...["← → or j k: a step; PageUp, PageDown, Home, End; ", "/ searches, n and N: next and last found", failure ? "; f: the wrong one" : "", "; the address names the bin"]));
  document.addEventListener("keydown", event => { if (!event.target.closest("input, button, summary, select, .lines")) view.key(event); });
  const follow = () => {
    const bin = fragment().get("bin"), step = fragment().get("step");
    view.go(step !== null ? Number(step) || 0 : bin !== null ? slice.ofBin(Number(bin) || 0) : failure ? failure.step : slice.ofBin(0));
  };
  addEventListener("hashchange", follow);
  view.lines.style.setProperty("--above", `${Math.round(view.lines.getBoundingClientRect().top + scrollY) + 12}px`);
  follow();
};

