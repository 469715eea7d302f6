//! The search for the smallest container that keeps the accuracy: the article's DC-v2, with the user's own evaluator.
//!
//! First a grid of steps with the nearest levels; then, with the coarsest steps that kept the accuracy, a grid of lambdas. A trial is
//! a pair of the two and has a line in a table, so that a search that was interrupted goes on where it was. The choice is made on
//! one split of the data and reported on another, where the evaluator gives both.
//!
//! Invariant: no trial is taken for one of another search. The table begins with what the trials hang on, as a digest.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::compress::{Options, Quantizer, Step};

/// A setting to be tried: the same for all tensors of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// The step, as a share of the largest absolute value of each tensor.
    pub step: f32,
    /// What a bit is worth, in squared steps; 0 is the nearest level.
    pub lambda: f32,
}

/// What came of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The setting.
    pub trial: Trial,
    /// The length of the container.
    pub bytes: u64,
    /// The accuracy that choices are made by.
    pub tuning: f64,
    /// The accuracy that is reported.
    pub accuracy: f64,
}

impl Trial {
    /// How a model is compressed in this trial; for all else as in `options`.
    pub fn options(self, options: &Options) -> Options {
        let quantizer = if self.lambda > 0.0 {
            Quantizer::RateDistortion { lambda: self.lambda }
        } else {
            Quantizer::Nearest
        };
        Options { step: Step::Relative(self.step), quantizer, ..options.clone() }
    }
}

/// So many steps with a lambda are tried: the coarsest ones that keep the accuracy with the nearest levels, and some coarser.
const STEPS: usize = 12;

/// The first grid: from 8 bits down to 2, four steps an octave.
pub fn steps() -> Vec<Trial> {
    let exponents = (0..=24).map(|i| i as f32 / 4.0);
    exponents.map(|exponent| Trial { step: (exponent - 7.0).exp2(), lambda: 0.0 }).collect()
}

/// The second grid, given what came of the first: fine steps with large lambdas make many zeros and few large errors, which often is
/// the best of all.
pub fn lambdas(outcomes: &[Outcome], least: f64) -> Vec<Trial> {
    let first = steps();
    let is_kept = |outcome: &&Outcome| outcome.tuning >= least && first.contains(&outcome.trial);
    let mut kept: Vec<f32> = outcomes.iter().filter(is_kept).map(|outcome| outcome.trial.step).collect();
    kept.sort_by(|a, b| b.total_cmp(a));
    let lambdas = [0.02, 0.04, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56, 0.8, 1.1, 1.6];
    let steps = kept.into_iter().take(STEPS);
    steps.flat_map(|step| lambdas.map(|lambda| Trial { step, lambda })).collect()
}

/// What to try next to the best outcome so far: steps and lambdas a little smaller and larger.
pub fn around(best: &Outcome) -> Vec<Trial> {
    let Trial { step, lambda } = best.trial;
    let factors = [0.85, 0.92, 1.0, 1.08, 1.18];
    let pairs = factors.iter().flat_map(|by| factors.iter().map(move |of| (by, of)));
    pairs.map(|(by, of)| Trial { step: step * by, lambda: lambda * of }).collect()
}

/// The smallest container of those that keep the accuracy.
pub fn best(outcomes: &[Outcome], least: f64) -> Option<&Outcome> {
    outcomes.iter().filter(|outcome| outcome.tuning >= least).min_by_key(|outcome| outcome.bytes)
}

/// The second line of the table.
const CSV_HEADER: &str = "step,lambda,bytes,tuning,accuracy";

/// How a table of trials begins.
pub const TABLE: &str = "# trials of ";

/// What the trials of a search hang on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// That of a model as a file, of how it is compressed but for what is tried, and of an evaluator: its command, and what it says of
    /// the model as it is, so that another evaluator by the same name is noticed, too.
    ///
    /// # Errors
    /// The model cannot be read.
    pub fn new(
        model: &mut impl Read,
        options: &Options,
        command: &str,
        (tuning, accuracy): (f64, f64),
    ) -> io::Result<Fingerprint> {
        let mut hash = Sha256::new();
        let mut block = vec![0; 1 << 16];
        loop {
            match model.read(&mut block)? {
                0 => break,
                read => hash.update(&block[..read]),
            }
        }
        hash.update(format!("{options:?} {command:?} {tuning} {accuracy}"));
        let digits = |text: String, byte: &u8| text + &format!("{byte:02x}");
        Ok(Fingerprint(hash.finalize()[..12].iter().fold(String::new(), digits)))
    }

    /// The first two lines of a table.
    pub fn heading(&self) -> String {
        format!("{TABLE}{}: the model, the evaluator and the options\n{CSV_HEADER}", self.0)
    }
}

impl Outcome {
    /// A line of the table.
    pub fn to_csv(self) -> String {
        let Outcome { trial, bytes, tuning, accuracy } = self;
        format!("{},{},{bytes},{tuning},{accuracy}", trial.step, trial.lambda)
    }

    /// What a line of the table says; `None` if it is no such line.
    pub fn from_csv(line: &str) -> Option<Outcome> {
        let fields: Vec<&str> = line.trim().split(',').collect();
        let [step, lambda, bytes, tuning, accuracy] = fields[..] else { return None };
        let outcome = Outcome {
            trial: Trial { step: step.parse().ok()?, lambda: lambda.parse().ok()? },
            bytes: bytes.parse().ok()?,
            tuning: tuning.parse().ok()?,
            accuracy: accuracy.parse().ok()?,
        };
        let Trial { step, lambda } = outcome.trial;
        let is_trial = step.is_finite() && step > 0.0 && lambda.is_finite() && lambda >= 0.0;
        (is_trial && outcome.tuning.is_finite() && outcome.accuracy.is_finite()).then_some(outcome)
    }
}

/// A line of a table of trials that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TableError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// What a table of trials says.
///
/// ```
/// use silicabac::weights::{compress::Options, search::{Fingerprint, read_table}};
/// let of = |command| Fingerprint::new(&mut &b"a model"[..], &Options::default(), command, (98.0, 98.0));
/// let table = format!("{}\n0.125,0,4096,98.5,98.25\n", of("./eval {}")?.heading());
/// assert_eq!(read_table(&table, &of("./eval {}")?)?[0].bytes, 4096);
/// assert_eq!(read_table(&table, &of("./other {}")?).unwrap_err().line, 1);
/// assert_eq!(read_table(&(table + "0.125,0,"), &of("./eval {}")?).unwrap_err().line, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`TableError`]: a table of another search, a line that is no trial, or a trial for the second time.
pub fn read_table(table: &str, fingerprint: &Fingerprint) -> Result<Vec<Outcome>, TableError> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut lines = (1..).zip(table.lines());
    let heading = fingerprint.heading();
    for expected in heading.lines() {
        if lines.next().is_none_or(|(_, line)| line.trim() != expected) {
            let what =
                "its trials are of another model, evaluator or other options: name another table with --csv";
            return Err(TableError { line: 1, what });
        }
    }
    for (line, text) in lines {
        let outcome = Outcome::from_csv(text).ok_or(TableError { line, what: "it is no trial" })?;
        if outcomes.iter().any(|known| known.trial == outcome.trial) {
            return Err(TableError { line, what: "this trial stands there already" });
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// What an evaluator has said: the accuracy to choose by, and the one to report.
///
/// These are the numbers behind the last words `tuning` and `accuracy` that it printed; with one of them, or with nothing but a number
/// in its last line, both are the same.
///
/// ```
/// use silicabac::weights::search::accuracies;
/// assert_eq!(accuracies("loading\ntuning 98.1\naccuracy 97.9\n"), Some((98.1, 97.9)));
/// assert_eq!(accuracies("0.981\n"), Some((0.981, 0.981)));
/// assert_eq!(accuracies("no idea"), None);
/// ```
pub fn accuracies(output: &str) -> Option<(f64, f64)> {
    let number = |text: &str| {
        text.trim().trim_end_matches('%').parse::<f64>().ok().filter(|number| number.is_finite())
    };
    let named = |name: &str| {
        let line = output.lines().rev().find_map(|line| line.trim().strip_prefix(name));
        line.map(|rest| rest.trim_start_matches([':', '=', ' ', '\t'])).and_then(number)
    };
    let last = || output.lines().rev().find(|line| !line.trim().is_empty()).and_then(number);
    let accuracy = named("accuracy").or_else(|| named("tuning")).or_else(last)?;
    Some((named("tuning").unwrap_or(accuracy), accuracy))
}

/// The picture: a dot a trial, size against accuracy; those that keep the accuracy filled, the best one named.
pub fn svg(outcomes: &[Outcome], original: (u64, f64), least: f64) -> String {
    const WIDTH: f64 = 860.0;
    const HEIGHT: f64 = 520.0;
    const LEFT: f64 = 80.0;
    const RIGHT: f64 = 30.0;
    const TOP: f64 = 56.0;
    const BOTTOM: f64 = 64.0;
    let best = best(outcomes, least);
    let sizes = || outcomes.iter().map(|outcome| outcome.bytes.max(1) as f64);
    let (small, large) = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(1.0, f64::max));
    // Far below the accuracy that counts, nobody looks.
    let span = (original.1 - least).abs().max(original.1.abs() * 0.001);
    let (low, high) = (original.1 - 12.0 * span, original.1 + 4.0 * span);
    let x =
        |bytes: f64| LEFT + (bytes / small).ln() / (large / small).max(1.0001).ln() * (WIDTH - LEFT - RIGHT);
    let y = |accuracy: f64| TOP + (high - accuracy.clamp(low, high)) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let mut text = |at: (f64, f64), anchor: &str, fill: &str, words: &str| {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{words}</text>",
            at.0, at.1
        );
    };
    text((LEFT, 26.0), "start", "#111", "Accuracy against size: a dot a setting");
    text(
        (LEFT, 44.0),
        "start",
        "#666",
        "filled: keeps the accuracy; circles: nearest level, diamonds: with lambda",
    );
    for i in 0..=4 {
        let bytes = small * (large / small).powf(f64::from(i) / 4.0);
        text((x(bytes), HEIGHT - BOTTOM + 20.0), "middle", "#444", &bytes_in_words(bytes));
        let accuracy = low + (high - low) * f64::from(i) / 4.0;
        text((LEFT - 8.0, y(accuracy) + 4.0), "end", "#444", &format!("{accuracy:.2}"));
    }
    text((LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 16.0), "middle", "#444", "size of the container");
    for (accuracy, colour) in [(original.1, "#2a7"), (least, "#b50")] {
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{1:.1}\" y2=\"{1:.1}\" stroke=\"{colour}\" stroke-dasharray=\"5 4\"/>",
            WIDTH - RIGHT,
            y(accuracy)
        );
    }
    let _ = writeln!(
        out,
        "<path d=\"M{LEFT} {TOP}V{0:.1}H{1:.1}\" fill=\"none\" stroke=\"#444\"/>",
        HEIGHT - BOTTOM,
        WIDTH - RIGHT
    );
    for outcome in outcomes {
        let (x, y) = (x(outcome.bytes.max(1) as f64), y(outcome.tuning));
        let fill = if outcome.tuning >= least { "#3366cc" } else { "none" };
        let shape = if outcome.trial.lambda > 0.0 {
            format!("M{:.1} {y:.1}l5 -5l5 5l-5 5z", x - 5.0)
        } else {
            format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", x - 4.0)
        };
        let _ = writeln!(
            out,
            "<path d=\"{shape}\" fill=\"{fill}\" fill-opacity=\"0.75\" stroke=\"#3366cc\"><title>step {}, lambda {}: {} bytes, {}</title></path>",
            outcome.trial.step, outcome.trial.lambda, outcome.bytes, outcome.tuning
        );
    }
    let mut label = |at: (f64, f64), fill: &str, words: &str| {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{fill}\" stroke=\"#fff\" stroke-width=\"5\" \
             paint-order=\"stroke\">{words}</text>",
            at.0, at.1
        );
    };
    let words = format!("original: {:.2}, {}", original.1, bytes_in_words(original.0 as f64));
    label((WIDTH - RIGHT, TOP + 4.0), "#2a7", &words);
    label((WIDTH - RIGHT, y(least) + 18.0), "#b50", &format!("least: {least:.2}"));
    if let Some(best) = best {
        let (x, y) = (x(best.bytes.max(1) as f64), y(best.tuning));
        label((x - 14.0, y - 8.0), "#c00", &format!("best: {} bytes, {:.2}", best.bytes, best.tuning));
        let _ = writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\" fill=\"none\" stroke=\"#c00\" stroke-width=\"2\"/>"
        );
    }
    out + "</svg>\n"
}

fn bytes_in_words(bytes: f64) -> String {
    match bytes {
        1e6.. => format!("{:.1} MB", bytes / 1e6),
        1e4.. => format!("{:.0} kB", bytes / 1e3),
        1e3.. => format!("{:.1} kB", bytes / 1e3),
        _ => format!("{bytes:.0} B"),
    }
}
