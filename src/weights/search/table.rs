//! The table of all trials, from which an interrupted search goes on.
//!
//! Invariant: a trial of one search is never taken for one of another. The table begins with a digest of all that the trials depend on.

use sha2::{Digest, Sha256};

use super::super::compress::Options;
use super::super::model::{ModelError, ModelFile};
use super::{Method, Outcome, Trial};

/// The second line of the table.
const CSV_HEADER: &str = "method,size,price,bytes,tuning,accuracy";

/// The beginning of a table of trials.
pub const TABLE: &str = "# trials of ";

/// A digest of all that the trials of a search depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The digest of a model with all its files, of its standard deviations, of the options that are not tried, and of an evaluator: its
    /// command, and its accuracies for the original model, so that a changed evaluator under the same name is noticed, too.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn new(
        model: &mut ModelFile,
        sigma: Option<&mut ModelFile>,
        options: &Options,
        evaluator: &str,
        (tuning, accuracy): (f64, f64),
    ) -> Result<Fingerprint, ModelError> {
        let mut hash = Sha256::new();
        take_in(&mut hash, model)?;
        if let Some(sigma) = sigma {
            hash.update("sigma");
            take_in(&mut hash, sigma)?;
        }
        hash.update(format!("{options:?} {evaluator:?} {tuning} {accuracy}"));
        let digits = |text: String, byte: &u8| text + &format!("{byte:02x}");
        Ok(Fingerprint(hash.finalize()[..12].iter().fold(String::new(), digits)))
    }

    /// The first two lines of a table.
    pub fn heading(&self) -> String {
        format!("{TABLE}{}: the model, the evaluator and the options\n{CSV_HEADER}", self.0)
    }
}

fn take_in(hash: &mut Sha256, model: &mut ModelFile) -> Result<(), ModelError> {
    const BLOCK: u64 = 1 << 20;
    let tensors = model.tensors().to_vec();
    hash.update(format!("{:?} {tensors:?} {}", model.format(), model.skeleton().len()));
    hash.update(model.skeleton());
    let mut block = vec![0; BLOCK as usize];
    for (number, tensor) in tensors.iter().enumerate() {
        for from in (0..tensor.bytes).step_by(BLOCK as usize) {
            let part = &mut block[..BLOCK.min(tensor.bytes - from) as usize];
            model.read(number, from, part)?;
            hash.update(part);
        }
    }
    Ok(())
}

impl Outcome {
    /// A line of the table.
    pub fn to_csv(self) -> String {
        let Outcome { trial: Trial { method, size, price }, bytes, tuning, accuracy } = self;
        format!("{},{size},{price},{bytes},{tuning},{accuracy}", method.name())
    }

    /// The outcome in a line of the table; `None` if it is not such a line.
    pub fn from_csv(line: &str) -> Option<Outcome> {
        let fields: Vec<&str> = line.trim().split(',').collect();
        let [method, size, price, bytes, tuning, accuracy] = fields[..] else { return None };
        let outcome = Outcome {
            trial: Trial {
                method: Method::from_name(method)?,
                size: size.parse().ok()?,
                price: price.parse().ok()?,
            },
            bytes: bytes.parse().ok()?,
            tuning: tuning.parse().ok()?,
            accuracy: accuracy.parse().ok()?,
        };
        let Trial { size, price, .. } = outcome.trial;
        let is_trial = size.is_finite() && size >= 0.0 && price.is_finite() && price >= 0.0;
        (is_trial && outcome.tuning.is_finite() && outcome.accuracy.is_finite()).then_some(outcome)
    }
}

/// Why a table of trials cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TableError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// The outcomes in a table of trials.
///
/// ```
/// use silicabac::weights::{compress::Options, model::ModelFile, search::{Fingerprint, read_table}};
/// let mut model = ModelFile::open("examples/models/lenet300_sparse.safetensors".as_ref())?;
/// let mut of = |evaluator| Fingerprint::new(&mut model, None, &Options::default(), evaluator, (98.0, 98.0));
/// let table = format!("{}\nnearest,0.125,0,4096,98.5,98.25\n", of("./eval {}")?.heading());
/// assert_eq!(read_table(&table, &of("./eval {}")?)?[0].bytes, 4096);
/// assert_eq!(read_table(&table, &of("./other {}")?).unwrap_err().line, 1);
/// assert_eq!(read_table(&(table + "nearest,0.125,0,"), &of("./eval {}")?).unwrap_err().line, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`TableError`]: a table of another search, a line that is not a trial, or a trial for the second time.
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
            return Err(TableError { line, what: "this trial is in the table already" });
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}
