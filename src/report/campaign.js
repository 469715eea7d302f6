// The results of a campaign: the cores, what fails and why, coverage, mutants, and the machines.
PAGES.campaign = (page, { report: { of, result, run } }) => {
  const words = result.failed ? `fails in ${several(result.failed, "item")}` : result.given_up ? `could not do ${several(result.given_up, "item")}` : result.open ? `is not finished: ${several(result.open, "item")} to be done` : "passes";
  const duration = seconds => seconds < 120 ? `${seconds.toFixed(0)} s` : seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
  page.append(
    el("div", { class: "head" }, el("h1", {}, `${of.name} `, verdict(result.pass, words))),
    facts(["items", count(result.items)], ["passed", count(result.passed)], result.failed && ["failed", count(result.failed)], result.given_up && ["given up", count(result.given_up)],
      result.open && ["open", count(result.open)], ["work", duration(run.seconds)], run.from && ["from", new Date(1000 * run.from).toISOString().slice(0, 16).replace("T", " ")],
      run.from && ["from first to last", duration(run.to - run.from)], ["commands run in", of.root], ["by", of.tool], of.commit && ["commit", of.commit]),
    ...result.tools.map(tools => el("p", { class: "dim" }, tools)), ...run.stopped.map(why => el("p", { class: "note" }, `Stopped before all was done: ${why}.`)));
  if (result.cores.length) page.append(el("h2", {}, "Cores"), coresTable(result.cores));
  if (result.failures.length) page.append(el("h2", {}, "What fails"), ...result.failures.map(failure => el("div", {},
    el("h3", {}, [failure.of, failure.what].filter(Boolean).join(", "), el("span", { class: "dim" }, ` in ${several(failure.items, "item")}, first in ${failure.first}`)),
    el("p", {}, failure.how), command(failure.command, failure.first))));
  if (result.causes.length) page.append(el("h2", {}, "Why"), ...result.causes.map((cause, i) => el("div", {},
    el("h3", {}, `Cause ${i + 1}, ${cause.core}`), el("p", {}, cause.text),
    facts(["found in", cause.item], ["classes", cause.classes.join(", ")], cause.bins && ["bins of the smallest failure", count(cause.bins)], cause.file && ["written to", cause.file]),
    cause.requests && el("details", {}, el("summary", {}, "Its requests"), el("pre", { class: "mono" }, cause.requests.join("\n"))),
    cause.replay && command(cause.replay, `cause ${i + 1}`))));
  if (result.errors.length) page.append(el("h2", {}, "What could not be done"), table(null, [{ name: "item" }, { name: "why" }, { name: "command" }], result.errors.map(error => [error.item, error.why, el("code", {}, error.command)])));
  if (result.coverage.length) page.append(el("h2", {}, "Coverage"), sharesTable(result.coverage));
  if (run.growth.length > 1) page.append(el("h3", {}, "Cells that were hit, over time"), growthPicture(run.growth, duration));
  if (result.mutants) {
    const part = el("section");
    PAGES.mutation(part, { report: result.mutants });
    page.append(el("h2", {}, "Mutants"), part);
  }
  page.append(el("h2", {}, "Machines"), machinesTable(run, duration));
};

function coresTable(cores) {
  const columns = [{ name: "core" }, { name: "simulator" }, { name: "items", n: true }, { name: "passed", n: true }, { name: "failed", n: true }, { name: "" }, { name: "vectors", n: true },
    { name: "bins", n: true }, { name: "bins/clock", n: true }, { name: "first failing seed", n: true }];
  const width = core => 100 * core.passed / Math.max(core.items, 1);
  return table("Vectors and bins of all items together; bins a clock when nothing waits.", columns, cores.map(core => {
    const gauge = el("span", { class: "gauge" }, el("span", { style: `width: ${width(core)}%` }));
    const row = [core.core, core.simulator || "", count(core.items), count(core.passed), count(core.failed), gauge, count(core.vectors), count(core.bins),
      core.clocks ? (core.bins / core.clocks).toFixed(4) : "", core.first_failing_seed ?? ""];
    if (core.failed) row.class = "wrong";
    return row;
  }));
}

function sharesTable(shares) {
  const rows = shares.map(share => {
    const possible = share.cells - share.excluded, part = possible ? 100 * share.hit / possible : 100;
    return [share.name, el("span", { class: "gauge" }, el("span", { style: `width: ${part}%` })), percent(part), count(share.hit), count(possible)];
  });
  return table(null, [{ name: "item" }, { name: "" }, { name: "%", n: true }, { name: "hit", n: true }, { name: "of", n: true }], rows);
}

function growthPicture(growth, duration) {
  const W = 640, H = 180, left = 70, right = 12, top = 10, bottom = 24;
  const most = growth[growth.length - 1], least = growth[0][1];
  const x = seconds => left + (W - left - right) * seconds / Math.max(most[0], 1e-9), y = cells => top + (H - top - bottom) * (most[1] - cells) / Math.max(most[1] - least, 1);
  const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: "img", "aria-label": `${count(least)} cells at first, ${count(most[1])} at the end` });
  // Coverage grows in steps: between the ends of two items nothing is known.
  const path = growth.map(([seconds, cells], i) => i ? `H${x(seconds).toFixed(1)}V${y(cells).toFixed(1)}` : `M${x(seconds).toFixed(1)} ${y(cells).toFixed(1)}`).join("");
  picture.append(
    svg("line", { class: "axis", x1: left, x2: W - right, y1: H - bottom, y2: H - bottom }), svg("line", { class: "axis", x1: left, x2: left, y1: top, y2: H - bottom }),
    svg("path", { d: path, fill: "none", stroke: "var(--accent)", "stroke-width": 1.5 }),
    svg("text", { x: left - 6, y: top + 8, "text-anchor": "end" }, count(most[1])), svg("text", { x: left - 6, y: H - bottom, "text-anchor": "end" }, count(least)),
    svg("text", { x: left, y: H - 8 }, "0"), svg("text", { x: W - right, y: H - 8, "text-anchor": "end" }, duration(most[0])));
  return picture;
}

function machinesTable(run, duration) {
  const rows = run.machines.map(machine => {
    const row = [machine.host, count(machine.items), duration(machine.seconds), count(machine.lost), count(machine.errors), count(machine.flaky)];
    if (machine.flaky) row.class = "wrong";
    return row;
  });
  const shown = [table(null, [{ name: "machine" }, { name: "items", n: true }, { name: "work", n: true }, { name: "began and never ended", n: true }, { name: "could not be done", n: true }, { name: "not as elsewhere", n: true }], rows)];
  shown.push(facts(["the largest memory of an item", `${count(run.memory)} MiB`], run.twice && ["items done more than once, and counted once", count(run.twice)], run.torn && ["lines cut short", count(run.torn)]));
  if (run.flaky.length) shown.push(table("Items with different results. An item depends on nothing but its command, so a machine or its tools are at fault.",
    [{ name: "item" }, { name: "ends" }], run.flaky.map(({ item, ends }) => [item, ends.map(([host, outcome]) => `${typeof outcome === "string" ? outcome : "error"} on ${host}`).join(", ")])));
  return el("div", {}, ...shown);
}
