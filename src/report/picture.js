// The step of a coder as a picture: the interval as it narrows, where codIOffset and codILow lie, and the registers bit by bit.

// How a request divides the interval before it: where each part begins and ends, which one is taken, and by how much that is widened.
function division(slice, at) {
  const range = slice.before(at).range, { kind, value } = slice.request(at);
  const whole = { range, cuts: [0, range], names: [""], taken: 0, shift: 0 };
  if (kind === "c") {
    const lps = slice.lps(at), mps = slice.model(at).mps;
    const taken = value === mps ? 0 : 1, width = taken ? lps : range - lps;
    return { range, cuts: [0, range - lps, range], names: [`MPS = ${mps}`, `LPS = ${1 - mps}`], taken, shift: widening(width) };
  }
  if (kind === "b") return { range, cuts: [0, range / 2, range], names: ["0", "1"], taken: value, shift: 1 };
  if (kind === "t") {
    const width = value ? 2 : range - 2;
    return { range, cuts: [0, range - 2, range], names: ["0", "1"], taken: value, shift: widening(width) };
  }
  if (kind === "a") return { range, cuts: [0, 256, range], names: ["codIRange := 256", ""], taken: 0, shift: 0 };
  return whole;
}

// How often RenormE and RenormD double a range.
function widening(width) {
  let shift = 0;
  while (width << shift < 256) shift++;
  return shift;
}

// What an encoder does with codILow at a request, one line a step of RenormE, PutBit or EncodeFlush; and what it ends with.
function encoding(slice, at) {
  const { kind, value } = slice.request(at), state = slice.before(at), lines = [], runs = [];
  let { low, outstanding, range } = state, written = "";
  const put = (bit, why) => {
    const first = slice.isFirstBit(at) && !put.done;
    put.done = true;
    runs.push({ run: outstanding, carry: bit === 1 });
    const run = outstanding ? String(1 - bit).repeat(Math.min(outstanding, 40)) + (outstanding > 40 ? "…" : "") : "";
    const resolved = outstanding ? `: ${bit ? "a" : "no"} carry, so the ${outstanding === 1 ? "outstanding bit is" : several(outstanding, "outstanding bit") + " are"} ${run}` : "";
    lines.push(`${why}: ${first ? "the first bit, which is not written" : "put " + bit}${resolved}`);
    written += (first ? "" : bit) + String(1 - bit).repeat(outstanding);
    outstanding = 0;
  };
  const renorm = () => {
    while (range < 256) {
      if (low < 256) put(0, `codILow ${low} < 256`);
      else if (low >= 512) { put(1, `codILow ${low} ≥ 512`); low -= 512; }
      else { outstanding++; lines.push(`256 ≤ codILow ${low} < 512: one more outstanding bit, ${outstanding} now`); low -= 256; }
      range <<= 1; low <<= 1;
    }
  };
  if (kind === "c") {
    const lps = slice.lps(at);
    range -= lps;
    if (value !== slice.model(at).mps) { low += range; lines.push(`LPS: codILow + ${range} = ${low}`); range = lps; }
    renorm();
  } else if (kind === "b") {
    low = low * 2 + (value ? range : 0);
    const why = `codILow ${state.low} × 2${value ? " + " + range : ""} = ${low}`;
    if (low >= 1024) { put(1, why + " ≥ 1024"); low -= 1024; }
    else if (low < 512) put(0, why + " < 512");
    else { low -= 512; outstanding++; lines.push(`512 ≤ ${why} < 1024: one more outstanding bit, ${outstanding} now`); }
  } else if (kind === "t") {
    range -= 2;
    if (!value) renorm();
    else {
      low += range; range = 2;
      lines.push(`EncodeFlush: codILow + ${state.range - 2} = ${low}, codIRange := 2`);
      renorm();
      put(low >> 9 & 1, "flush");
      lines.push(`flush: then ${low >> 8 & 1} and the stop bit 1, and zeros to the end of the byte`);
      written += `${low >> 8 & 1}1`;
      low = 0; range = 510; outstanding = 0;
    }
  } else if (kind === "a") range = 256;
  return { lines, low, range, outstanding, written, runs };
}

// The intervals of the last requests, each as wide as the part of the one before that was taken.
function ladder(slice, at) {
  const SHOWN = 3, WIDTH = 680, LEFT = 62, HIGH = 17, GAP = 23, unit = (WIDTH - LEFT - 8) / 512;
  const steps = [];
  for (let k = at; k >= 0 && steps.length < SHOWN; k--) if ("cbta".includes(slice.request(k).kind) || k === at) steps.unshift(k);
  const height = (steps.length + 1) * HIGH + steps.length * GAP + 14;
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": ladderWords(slice, at) });
  const x = value => LEFT + value * unit;
  steps.forEach((k, row) => {
    const group = picture.appendChild(svg("g", k === at ? {} : { class: "past" }));
    const y = row * (HIGH + GAP) + 12, parts = division(slice, k), { kind } = slice.request(k);
    group.append(svg("text", { x: 0, y: y + 13, class: "dim" }, "cbt".includes(kind) ? `bin ${slice.bin(k)}` : slice.short(k)));
    parts.names.forEach((name, i) => {
      const from = parts.cuts[i], to = parts.cuts[i + 1], wide = (to - from) * unit;
      group.append(svg("rect", { x: x(from), y, width: Math.max(wide, 1), height: HIGH, class: i === parts.taken ? "chosen" : "not" }));
      const words = [`${name}${name ? "  ·  " : ""}${to - from}`, name, String(to - from)].find(text => text.length * 6 + 6 < wide);
      if (words) group.append(svg("text", { x: x(from) + wide / 2, y: y + 13, "text-anchor": "middle" }, words));
    });
    const from = parts.cuts[parts.taken], to = parts.cuts[parts.taken + 1], next = y + HIGH + GAP;
    const after = k === steps.at(-1) ? slice.after(at).range : slice.before(steps[row + 1]).range;
    group.append(svg("path", { class: "fan", d: `M${x(from)} ${y + HIGH}L${x(0)} ${next}M${x(to)} ${y + HIGH}L${x(after)} ${next}` }));
    if (parts.shift) group.append(svg("text", { x: 0, y: y + HIGH + 15, class: "dim" }, `× ${2 ** parts.shift}`));
    marker(group, slice, k, x, y, parts);
  });
  const y = steps.length * (HIGH + GAP) + 12, after = slice.after(at);
  picture.append(svg("text", { x: 0, y: y + 13, class: "dim" }, "after"));
  picture.append(svg("rect", { x: x(0), y, width: after.range * unit, height: HIGH, class: "chosen" }));
  picture.append(svg("text", { x: x(after.range / 2), y: y + 13, "text-anchor": "middle" }, `codIRange ${after.range}`));
  offsetMark(picture, x(after.offset), y, after.offset);
  return picture;
}

function ladderWords(slice, at) {
  const parts = division(slice, at);
  return `codIRange ${parts.range} is divided into ${parts.names.map((name, i) => `${name} ${parts.cuts[i + 1] - parts.cuts[i]}`).join(" and ")}; ` +
    `the ${parts.taken ? "upper" : "lower"} part is taken and becomes ${slice.after(at).range}`;
}

// Where codIOffset lies. A bypass bin compares it after one more bit is read.
function marker(group, slice, at, x, y, parts) {
  const { kind, value } = slice.request(at);
  if (!"cbta".includes(kind)) return;
  const offset = slice.before(at).offset;
  const exact = kind === "b" ? (slice.after(at).offset + (value ? parts.range : 0)) / 2 : offset;
  offsetMark(group, x(exact), y, offset);
}

function offsetMark(group, x, y, offset) {
  group.append(svg("path", { class: "at", d: `M${x - 4} ${y - 6}h8l-4 7z` }));
  group.append(svg("text", { x: x + 7, y: y - 1, class: "dim" }, offset));
}

// Where the interval lies on the encoder's scale, before codILow is renormalised.
function lowScale(slice, at) {
  const state = slice.before(at), { kind } = slice.request(at), parts = division(slice, at);
  // A bypass bin doubles codILow before it looks.
  const double = kind === "b" ? 2 : 1, most = 1024 * double;
  const WIDTH = 680, LEFT = 62, y = 16, unit = (WIDTH - LEFT - 8) / most;
  const low = state.low * double + (parts.taken ? parts.cuts[1] * double : 0);
  const width = (parts.cuts[parts.taken + 1] - parts.cuts[parts.taken]) * double;
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} 54`, role: "img", "aria-label": `codILow ${low}, the interval ends at ${low + width}` });
  const x = at => LEFT + at * unit;
  const zones = kind === "b" ? [[0, 512, "put 0"], [512, 1024, "one more outstanding"], [1024, most, "put 1"]] : [[0, 256, "put 0"], [256, 512, "one more outstanding"], [512, most, "put 1"]];
  picture.append(svg("text", { x: 0, y: y + 11, class: "dim" }, "codILow"));
  for (const [from, to, name] of zones) {
    picture.append(svg("rect", { x: x(from), y, width: (to - from) * unit, height: 14, class: "not" }));
    picture.append(svg("text", { x: x((from + to) / 2), y: 43, class: "dim", "text-anchor": "middle" }, name));
    picture.append(svg("text", { x: x(from), y: 43, class: "dim", "text-anchor": from ? "middle" : "start" }, from));
    picture.append(svg("path", { class: "axis", d: `M${x(from)} ${y}v16` }));
  }
  picture.append(svg("rect", { x: x(low), y: y + 2, width: Math.max(width * unit, 1), height: 10, class: "chosen" }));
  picture.append(svg("path", { class: "at", d: `M${x(low) - 4} ${y - 6}h8l-4 7z` }));
  picture.append(svg("text", { x: x(low) + 7, y: y - 1, class: "dim" }, `${low}, ${width} wide`));
  return picture;
}

// A register, bit by bit, with what has changed.
function bits(value, width, before) {
  const row = el("span", { class: "bits" });
  for (let i = width - 1; i >= 0; i--) {
    const bit = value >> i & 1, changed = before !== undefined && (before >> i & 1) !== bit;
    row.append(el("i", { class: changed ? "new" : bit ? "set" : null }, String(bit)));
    if (i % 4 === 0 && i) row.append(el("span", { class: "gap" }));
  }
  return row;
}

