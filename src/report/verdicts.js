// The verdicts on a core: the result, why it fails, each class of vectors, how fast it is, and which vectors do not apply to it.
PAGES.verdicts = (page, { report, failures }) => {
  if (report.results) return lockstepVerdicts(page, report);
  const rows = report.verdicts, failed = rows.filter(row => row.failure), played = rows.filter(row => row.vectors > 0);
  const vectors = rows.reduce((sum, row) => sum + row.vectors, 0);
  const leftOut = rows.flatMap(row => (row.not_applicable || []).map(few => ({ ...few, class: row.class })));
  const pace = report.throughput || total(rows);
  page.append(
    el("div", { class: "head" }, el("h1", {}, `${report.direction} ${report.top} `, verdict(report.pass, played.length ? report.pass ? "passes" : "FAILS" : "no vector is for this core")),
      el("span", {}, failed.length ? `in ${failed.length} of ${several(played.length, "class", "classes")} of vectors` : `${several(vectors, "vector")} of ${several(played.length, "class", "classes")}`)),
    facts(["vectors", count(vectors)], report.causes.length && ["causes", report.causes.length], pace && ["bins a clock", pace.bins_per_clock.toFixed(4)], report.lanes > 1 && ["requests at once", report.lanes],
      report.waived && ["vectors waived", count(report.waived)], ["seed", report.seed], ["tools", report.tools]));
  if (report.unchecked.length) page.append(el("p", { class: "note" }, `Not checked, since the core has no such port: ${report.unchecked.join(", ")}.`));
  const views = report.causes.map((cause, i) => causeSection(page, report, cause, i + 1, failures[i]));
  page.append(el("h2", { id: "classes" }, "Classes of vectors"), classTable(rows));
  if (report.throughput) page.append(...throughputSection(report.throughput));
  if (leftOut.length) page.append(el("h2", {}, "Not applicable"), reasonTable(leftOut));
  followCauses(views);
};

// Whether a slip in the flowcharts makes a difference at a request.
function isBlamed(slice, at, slip) {
  const { kind, value } = slice.request(at), context = kind === "c" && slice.model(at), before = slice.before(at);
  switch (slip.slip) {
    case "range": return context && context.state === slip.state && (before.range >> 6 & 3) === slip.quarter;
    case "after_lps": return context && context.state === slip.state && value !== context.mps;
    case "after_mps": return context && context.state === slip.state && value === context.mps;
    case "no_swap": return context && context.state === 0 && value !== context.mps;
    case "terminate": return kind === "t";
    case "no_align": return kind === "a";
    case "decided": case "run": return slice.encoder && "cbt".includes(kind) && encoding(slice, at).runs.some(({ run, carry }) =>
      (run === slip.run || slip.or_more && run > slip.run) && (slip.slip === "run" || carry === slip.carry));
    default: return false;
  }
}

const verdict = (pass, words) => el("span", { class: "verdict " + (pass ? "good" : "bad") }, `${pass ? "✓" : "✗"} ${words}`);

function total(rows) {
  const paces = rows.map(row => row.throughput || row.pace).filter(Boolean), sum = name => paces.reduce((all, pace) => all + pace[name], 0);
  return paces.length ? { bins_per_clock: sum("bins") / Math.max(sum("clocks"), 1) } : null;
}

// A cause in its sentence, the smallest failure request by request, and how to see it again.
function causeSection(page, report, cause, number, data) {
  const some = cause.classes.slice(0, 6).join(", "), more = cause.classes.length - 6;
  const section = el("section", { id: `cause-${number}` }, el("h2", {}, `Cause ${number}: ${cause.text}`),
    el("p", { class: "dim" }, `${cause.rule ? several(cause.vectors, "vector") + " of " : ""}${several(cause.classes.length, "class", "classes")}: ${some}${more > 0 ? ` and ${more} more` : ""}`));
  const slice = data && new Slice(data);
  section.append(el("h3", {}, "The smallest failure"),
    el("p", {}, `Of vector ${cause.vector}, ${several(cause.bins, "bin")} ${cause.bins === 1 ? "is" : "are"} enough, stalls: ${cause.stalls}. `,
      el("b", { class: "bad" }, `At bin ${cause.bin}, in clock ${count(cause.clock)}: ${cause.what}.`)),
    slice ? failureTable(report, cause, slice) : plainTable(cause));
  if (cause.replay) section.append(el("p", { class: "dim" }, "To play it again:"), command(cause.replay, `replay of cause ${number}`));
  if (cause.rule) section.append(el("p", { class: "dim" }, "To see what else is wrong, without what this explains:"), command(`--waive '${cause.rule}'`, `waiver of cause ${number}`));
  page.append(section);
  if (!data) return null;
  const holder = el("details", { class: "screen" }, el("summary", {}, "Bin by bin, with the interval and all registers"));
  let view = null;
  const open = () => {
    if (view) return view;
    view = new SliceView(data, at => { if (view) setFragment({ cause: number, bin: slice.bin(at) }); });
    view.name = `c${number}`;
    view.root.addEventListener("keydown", event => { if (!event.target.closest("input, button, summary")) view.key(event); });
    holder.append(view.root, el("p", { class: "dim keys" }, "in the list: ← → or j k: a step; PageUp, PageDown, Home, End; / searches, n and N: next and last found; f: the wrong one"));
    view.go(data.failure ? data.failure.step : 0);
    return view;
  };
  holder.addEventListener("toggle", () => { if (holder.open) open(); });
  section.append(holder);
  return { holder, open, slice };
}

// The last requests up to the wrong one, as the oracle goes through them, and what the core gave of each.
function failureTable(report, cause, slice) {
  const SHOWN = 12, wrong = slice.failure.step, isEncoder = report.direction === "encoder" && slice.encoder;
  const first = wrong < SHOWN + 2 ? 0 : wrong - SHOWN + 1, fault = cause;
  const byte = /byte (\d+) of the output/.exec(cause.field);
  const rows = [];
  if (first) rows.push(["", `… ${several(first, "request")} before`, ...Array(isEncoder ? 7 : 6).fill("")]);
  for (let at = first; at <= wrong; at++) {
    const state = slice.after(at), isWrong = at === wrong;
    const expected = isEncoder ? bytesDecided(slice, at) : answerOf(slice, at);
    const values = fault.found !== undefined && fault.found !== null;
    const mark = el("b", { class: "bad" }, values ? `✗ ${fault.found}` : "✗ " + (fault.cause === "deadlock" ? "deadlock" : fault.cause));
    const right = isWrong && values ? `${fault.expected} (${fault.field})` : expected;
    const got = isWrong ? mark : expected;
    const isContext = slice.request(at).kind === "c", model = isContext && slice.model(at);
    const row = [slice.isBin(at) ? String(slice.bin(at)) : "", slice.name(at), isContext ? `${model.state} / ${model.mps}` : "", isContext ? String(slice.lps(at)) : "", String(state.range)];
    if (isEncoder) row.push(String(state.low), String(state.outstanding)); else row.push(String(state.offset));
    row.push(right, got);
    if (isWrong) row.class = "wrong";
    const blamed = cause.slip && isBlamed(slice, at, cause.slip);
    if (blamed && !isWrong) row.class = "blamed";
    if (blamed) row[1] = el("span", {}, row[1], el("b", { class: "bad", title: "here it matters" }, " ◂"));
    rows.push(row);
  }
  const columns = [{ name: "bin", n: true }, { name: "request", class: "name" }, { name: "state / MPS", n: true }, { name: "LPS range", n: true }, { name: "codIRange", n: true }, ...(isEncoder ? [{ name: "codILow", n: true }, { name: "outstanding", n: true }] : [{ name: "codIOffset", n: true }]),
    { name: isEncoder ? "bytes that it decides" : "answer expected" }, { name: "the core gave" }];
  const words = `${byte && isEncoder ? firstBit(slice, Number(byte[1]), fault) : ""}States, ranges, registers and what is expected are the oracle's: a state and the range of its LPS before the request, registers after it.${cause.slip ? " ◂ marks requests to which the cause matters." : ""}`;
  return table(words, columns, rows, "requests");
}

// Which bit of a wrong byte is the first that differs, and which request puts it: an earlier one may be at fault, a later one is not.
function firstBit(slice, byte, { expected, found }) {
  const differing = Number(expected) ^ Number(found);
  if (!differing) return "";
  const bit = 8 * byte + Math.clz32(differing) - 24;
  let at = 0;
  while (at < slice.length - 1 && slice.after(at).written <= bit) at++;
  return `The first bit that differs is bit ${bit % 8} of byte ${byte}, from the highest on: ${slice.bits(bit, bit + 1)} is expected, and bin ${slice.bin(at)} puts it; what is wrong happens there or before. `;
}

function bytesDecided(slice, at) {
  const from = slice.before(at).written >> 3, to = slice.after(at).written >> 3;
  const bytes = slice.data.bytes.slice(2 * from, 2 * Math.min(to, from + 6)).replace(/../g, byte => "0x" + byte + " ").trim();
  return to - from > 6 ? `${bytes} … ${to - from} bytes` : bytes || "–";
}

function answerOf(slice, at) {
  const { kind, value } = slice.request(at);
  return "cbt".includes(kind) ? String(value) : kind === "r" ? `0x${hex(value)}` : "–";
}

// Where only the requests are known.
function plainTable(cause) {
  const rows = cause.requests.map((request, i) => {
    const [, bin, words] = /^(\d+) (.*)$/.exec(request) || [0, "", request], isLast = i === cause.requests.length - 1;
    const row = [bin, words, isLast ? cause.expected ?? "" : "", isLast ? el("b", { class: "bad" }, "✗ " + (cause.found ?? cause.cause)) : ""];
    if (isLast) row.class = "wrong";
    return row;
  });
  return table(null, [{ name: "bin", n: true }, { name: "request" }, { name: "expected" }, { name: "the core gave" }], rows, "requests");
}

function classTable(rows) {
  const verdictOf = row => row.failure ? verdict(false, "fails") : row.vectors ? verdict(true, "passes") : el("span", { class: "dim" }, "not applicable");
  const link = number => el("a", { href: `#cause-${number}`, onclick: event => { event.preventDefault(); document.getElementById(`cause-${number}`).scrollIntoView(); } }, `cause ${number}`);
  const why = row => {
    const { failure } = row;
    if (!failure) return row.vectors || !row.not_applicable ? "" : row.not_applicable.map(few => few.reason).join("; ");
    const which = failure.alone ? `from ${failure.first} on` : failure.alone === undefined ? "no cause was looked for" : "among the others only";
    return el("span", {}, ...failure.causes.flatMap((number, i) => [i ? ", " : "", link(number)]), failure.causes.length ? "; " : "", `${which}; stalls: ${failure.stalls}; ${failure.vector}, bin ${failure.bin}: ${failure.what}`);
  };
  const pace = row => row.throughput || row.pace;
  const sorted = [...rows].sort((a, b) => (b.failure ? 1 : 0) - (a.failure ? 1 : 0));
  return table(null, [{ name: "class", class: "name" }, { name: "vectors", n: true }, { name: "bins/clock", n: true }, { name: "verdict", class: "name" }, { name: "why" }],
    sorted.map(row => [row.class, count(row.vectors) + (row.in_part ? ` (${row.in_part} in part)` : ""), pace(row) ? pace(row).bins_per_clock.toFixed(4) : "–", verdictOf(row), why(row)]));
}

function reasonTable(leftOut) {
  const reasons = new Map();
  for (const few of leftOut) {
    const known = reasons.get(few.reason) || { vectors: 0, classes: [] };
    known.vectors += few.vectors;
    known.classes.push(few.class);
    reasons.set(few.reason, known);
  }
  const names = classes => classes.slice(0, 8).join(", ") + (classes.length > 8 ? ` and ${classes.length - 8} more` : "");
  return table(null, [{ name: "vectors", n: true }, { name: "why they do not apply to this core" }, { name: "of the classes" }],
    [...reasons].map(([reason, { vectors, classes }]) => [count(vectors), reason, names(classes)]));
}

// How fast the core is when nothing outside makes it wait.
function throughputSection(all) {
  const WIDTH = 300, kinds = all.kinds || [], waits = all.waits || [], most = Math.max(1, ...waits.map(wait => wait.transactions));
  const clocks = kinds.reduce((sum, kind) => sum + kind.clocks, 0) || 1;
  const bar = (part, of) => el("span", { class: "meter", style: `width: ${Math.round(WIDTH * part / of)}px` });
  const span = wait => wait.from === wait.to ? String(wait.from) : `${count(wait.from)} to ${count(wait.to)}`;
  const shown = [el("h2", {}, "Throughput, when nothing outside the core waits"), facts(["bins a clock", all.bins_per_clock.toFixed(4)], ["bins", count(all.bins)], ["clocks", count(all.clocks)], ["and of context loads", count(all.load_clocks)],
    all.latency && [`clocks from a request to ${all.latency.of === "bytes" ? "the byte that it decides" : "its answer"}`, `${all.latency.min} to ${count(all.latency.max)}, ${all.latency.mean.toFixed(2)} on the mean`])];
  if (kinds.length) shown.push(el("h3", {}, "By kind of request"), table(null, [{ name: "kind" }, { name: "requests", n: true }, { name: "requests/clock", n: true }, { name: "longest", n: true }, { name: "clocks", n: true }, { name: "of all clocks" }],
    kinds.map(kind => [kind.kind, count(kind.requests), kind.requests_per_clock.toFixed(4), several(kind.longest, "clock"), count(kind.clocks), el("span", { class: "share" }, bar(kind.clocks, clocks), ` ${(100 * kind.clocks / clocks).toFixed(1)} %`)])));
  if (waits.length) shown.push(el("h3", {}, "For how many clocks a request is not taken"), table(null, [{ name: "clocks", n: true }, { name: "transactions", n: true }, { name: "" }],
    waits.map(wait => [span(wait), count(wait.transactions), bar(wait.transactions, most)])));
  const { longest_wait: wait, slowest_vector: vector, slowest_stretch: stretch } = all, rows = [];
  if (wait) rows.push(["the longest wait", several(wait.clocks, "clock"), `${wait.kind}${wait.after ? " after " + wait.after : ""}: ${wait.vector}, bin ${wait.bin}`]);
  if (vector) rows.push(["the slowest vector", `${vector.clocks_each.toFixed(2)} clocks a bin or raw byte`, `${vector.vector}: ${several(vector.bins, "bin")}, ${several(vector.clocks, "clock")}`]);
  if (stretch) rows.push([`the slowest ${stretch.length} in a row`, `${stretch.per_clock.toFixed(4)} a clock`, `${stretch.vector}, from bin ${stretch.bin} on: ${several(stretch.clocks, "clock")}`]);
  if (rows.length) shown.push(el("h3", {}, "Where it is slowest"), table(null, [{ name: "what" }, { name: "how slow" }, { name: "where" }], rows));
  return shown;
}

// #cause=2&bin=90 opens the failure of a cause at a bin.
function followCauses(views) {
  const follow = () => {
    const wanted = fragment(), cause = views[Number(wanted.get("cause")) - 1];
    if (!cause) return;
    cause.holder.open = true;
    const view = cause.open();
    if (wanted.get("bin") !== null) view.go(cause.slice.ofBin(Number(wanted.get("bin")) || 0));
    cause.holder.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
}

// The cores of this project, by suite.
function lockstepVerdicts(page, report) {
  const failed = report.results.filter(result => result.failure);
  page.append(el("div", { class: "head" }, el("h1", {}, "co-simulation ", verdict(report.pass, report.pass ? "all equal" : "FAILS")),
    el("span", {}, failed.length ? `in ${failed.length} of ${several(report.results.length, "suite")}` : "oracle, engine, cycle model and Verilog")),
    facts(["seed", report.seed], ["tools", report.tools]));
  for (const error of report.errors) page.append(el("p", { class: "note bad" }, error));
  for (const { suite, core, failure } of failed) {
    const before = failure.bins_before || [];
    const rows = before.map((request, i) => {
      const row = [request, i === before.length - 1 ? el("b", { class: "bad" }, `✗ ${failure.what}`) : ""];
      if (i === before.length - 1) row.class = "wrong";
      return row;
    });
    page.append(el("h2", {}, `Suite ${suite}, ${core}`), el("p", {}, `Vector ${failure.vector}, stalls: ${failure.stalls}: ${failure.what}`), table(null, [{ name: "bin and request" }, { name: "what is wrong" }], rows, "requests"));
    if (failure.shrunk) page.append(el("p", { class: "dim" }, "The fewest requests that fail, bin by bin and clock by clock:"), command(`silicabac view ${failure.shrunk} -o failure.html`, "page of this failure"));
  }
  page.append(el("h2", {}, "Suites"), table(null, [{ name: "suite" }, { name: "core" }, { name: "vectors", n: true }, { name: "bins", n: true }, { name: "clocks", n: true }, { name: "bins/clock", n: true }, { name: "verdict" }],
    report.results.map(result => [result.suite, result.core, count(result.vectors), count(result.bins), count(result.clocks), result.failure ? "–" : result.bins_per_clock.toFixed(4),
      result.failure ? verdict(false, "mismatch") : result.vectors ? verdict(true, "equal") : el("span", { class: "dim" }, "no vector is for it")])));
}

