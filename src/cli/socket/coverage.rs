//! What the vectors that fit a core make it do: its Verilog (`silicabac cosim --socket --coverage`), and any coder (the grids of
//! `silicabac vectors coverage`).

use std::{io, io::Write, path::Path};

use silicabac::cosim::{
    Class, Model,
    coverage::{self, Points, Waivers},
};
use silicabac::coverage::{Coverage, Item};

use crate::cli::{
    Failure, Verdict, judge,
    print::{Progress, counted},
    rtl_coverage,
};

/// Plays the classes to a core that counts, and prints what of its Verilog was never hit.
pub(super) fn of_verilog(
    model: &Model,
    classes: &[Class<'_>],
    seed: u64,
    tools: &str,
    waivers: Option<&Path>,
    common: &judge::Options,
) -> Result<Verdict, Failure> {
    let waivers = waivers.map_or_else(|| Ok(Waivers::default()), rtl_coverage::read_waivers)?;
    let bar = Progress::new(classes.len() as u64, "classes");
    let measured = judge::in_parallel(common.jobs, classes, |class| {
        bar.set_message(&class.name);
        let mut points = Points::default();
        let played = class.fitted.played();
        let measured = match played.is_empty() {
            true => Ok(()),
            false => coverage::measure_vectors(model, &played, seed, &mut points, &mut |_| ()),
        };
        bar.inc(1);
        measured.map(|()| points)
    });
    bar.finish();
    let mut points = Points::default();
    for (class, measured) in classes.iter().zip(measured) {
        match measured {
            Ok(more) => points.merge(more),
            Err(coverage::Failure::Sim(error)) => return Err(error.into()),
            Err(failure) => return rtl_coverage::mismatch(&format!("class {}", class.name), &failure),
        }
    }
    rtl_coverage::report(&points, &waivers, &format!("seed {seed}, {tools}"), common)
}

/// What the vectors of these classes cover, as far as the core is asked for them.
pub(super) fn of_bins(model: &Model, classes: &[Class<'_>]) -> Coverage {
    let (mut coverage, fitter) = (Coverage::new(), model.fitter());
    let vectors = classes.iter().flat_map(|class| class.fitted.played());
    vectors.for_each(|vector| coverage.play(&fitter.judged(vector)));
    coverage
}

/// Prints in one line how many grids are reached in full, and how much of the others.
pub(super) fn print(out: &mut impl Write, coverage: &Coverage) -> io::Result<()> {
    let items = coverage.items();
    let (full, others): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| item.percent() >= 100.0);
    let (none, some): (Vec<&Item>, Vec<&Item>) = others.into_iter().partition(|item| item.hit_cells() == 0);
    write!(out, "the vectors reach {} of {} in full", full.len(), counted(items.len(), "grid"))?;
    if !some.is_empty() {
        // Never rounded up: 100 means all.
        let percent = |item: &&Item| format!("{} {:.1} %", item.name, (item.percent() * 10.0).floor() / 10.0);
        write!(out, "; of {}", some.iter().map(percent).collect::<Vec<_>>().join(", "))?;
    }
    if !none.is_empty() {
        write!(out, "; nothing of {}", none.iter().map(|item| item.name).collect::<Vec<_>>().join(", "))?;
    }
    writeln!(out)
}
