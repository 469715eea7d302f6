// The fates of mutants of the cores, and of wrong designs.
PAGES.mutation = (page, { report }) => {
  const sum = of => report.tallies.reduce((all, tally) => all + of(tally), 0), killed = tally => tally.killed.reduce((a, b) => a + b, 0);
  const all = sum(tally => tally.mutants), survived = sum(tally => tally.survived);
  page.append(
    el("div", { class: "head" }, el("h1", {}, "Mutants of the cores ", verdict(report.pass, report.pass ? "all are killed, proved equal or explained" : `${several(survived, "mutant")} unexplained`))),
    facts(["mutants", count(all)], ["killed", count(sum(killed))], ["proved equal", count(sum(tally => tally.proved + tally.proved_if_short))], ["explained", count(sum(tally => tally.explained))],
      ["asked for of each netlist", count(report.count)], report.sample && ["played of each kind", count(report.sample)], ["seed", report.seed], ["tools", report.tools]));
  const share = tally => {
    const parts = [[killed(tally), "--good"], [tally.paced, "--accent"], [tally.proved + tally.proved_if_short + tally.explained, "--other"], [tally.survived, "--bad"]];
    return el("span", { class: "gauge" }, ...parts.map(([part, color]) => el("span", { style: `width: ${100 * part / Math.max(tally.mutants, 1)}%; background: var(${color})` })));
  };
  const columns = [{ name: "core" }, { name: "mutants of" }, { name: "mutants", n: true }, { name: "" }, ...report.suites.map(suite => ({ name: suite, n: true })),
    { name: "by pace", n: true }, { name: "proved equal", n: true }, { name: "equal if short", n: true }, { name: "explained", n: true }, { name: "unexplained", n: true }];
  page.append(el("h2", {}, "By core"), table("For each suite, how many mutants it killed that no suite before it had killed; then the fates of the others.", columns, report.tallies.map(tally => {
    const row = [tally.core, tally.of, count(tally.mutants), share(tally), ...tally.killed.map(count), ...[tally.paced, tally.proved, tally.proved_if_short, tally.explained, tally.survived].map(count)];
    if (tally.survived) row.class = "wrong";
    return row;
  })));
  const swatch = (color, text) => [el("span", { class: "swatch", style: `background: var(${color})` }), el("span", {}, text)];
  page.append(el("div", { class: "legend" }, ...swatch("--good", "killed"), ...swatch("--accent", "by pace"), ...swatch("--other", "proved equal or explained"), ...swatch("--bad", "unexplained")));
  for (const core of report.cores) page.append(...coreSection(core));
};

const FATES = [["survived", "unexplained"], ["explained", "explained by hand"], ["paced", "right, but in another number of clocks"], ["proved", "proved equal"]];

function coreSection({ core, fates }) {
  const shown = [el("h2", {}, core)], names = group => [...(group.netlist || []), ...(group.tables || [])];
  for (const [fate, words] of FATES) {
    const rows = fates.filter(group => group.fate === fate).flatMap(group => names(group).map(name => [el("code", {}, name), reason(group)]));
    const list = rows.length && el("details", { open: fate === "survived" || fate === "explained" }, el("summary", {}, `${count(rows.length)} ${words}`), table(null, [{ name: "mutant" }, { name: "" }], rows));
    if (list) shown.push(list);
  }
  const MOST = 25, killers = new Map();
  for (const group of fates.filter(group => group.fate === "killed")) {
    const known = killers.get(group.vector) || { suite: group.suite, killed: 0, stalls: new Set() };
    known.killed += names(group).length;
    known.stalls.add(group.stalls);
    killers.set(group.vector, known);
  }
  const sorted = [...killers].sort((a, b) => b[1].killed - a[1].killed), rows = sorted.slice(0, MOST).map(([vector, { suite, killed, stalls }]) => [vector, suite, count(killed), [...stalls].join(", ")]);
  if (rows.length) shown.push(el("details", {}, el("summary", {}, `The vectors that kill most, ${rows.length} of ${count(sorted.length)}`), table(null, [{ name: "vector" }, { name: "suite" }, { name: "mutants", n: true }, { name: "stalls" }], rows)));
  return shown;
}

function reason(group) {
  if (group.fate === "paced") return `suite ${group.suite}, stalls: ${group.stalls}: ${group.clocks} clocks, not ${group.right}`;
  if (group.fate === "proved") return group.proof === "equal" ? "" : "unless a run of outstanding bits has 2^19 bits, or a slice 2^21";
  return group.reason || "";
}

PAGES.designs = (page, { report }) => {
  const fates = { convicted: "convicted", equal: "right all the same", passed: "no vector shows it" }, of = fate => report.faults.filter(row => row.fate === fate).length;
  page.append(
    el("div", { class: "head" }, el("h1", {}, "Wrong designs ", verdict(report.pass, report.pass ? "each is convicted, or right all the same" : `${several(of("passed"), "fault")} no vector shows`))),
    facts(["faults", count(report.faults.length)], ["convicted", count(of("convicted"))], ["right all the same", count(of("equal"))], ["seed", report.seed], ["tools", report.tools]));
  for (const core of new Set(report.faults.map(row => row.core))) {
    const rows = report.faults.filter(row => row.core === core).sort((a, b) => (a.fate === "passed" ? 0 : 1) - (b.fate === "passed" ? 0 : 1)).map(row => {
      const cells = [row.kind, row.fault, verdict(row.fate !== "passed", fates[row.fate]), row.class || "", row.vector || "", row.way || "", row.what || row.reason || ""];
      if (row.fate === "passed") cells.class = "wrong";
      return cells;
    });
    page.append(el("h2", {}, `${core}: ${several(rows.length, "fault")}`), table(null, [{ name: "kind" }, { name: "fault" }, { name: "", class: "name" }, { name: "class" }, { name: "vector" }, { name: "played" }, { name: "what was seen" }], rows));
  }
};

