//! `silicabac weights inspect`

use std::path::Path;

use silicabac::weights::{container::Coding, decompress::levels};

use super::files::{open_container, warn_if_repaired};
use super::print::{Format, out, say, unless_closed};
use super::report::{print, rows};
use super::{Failure, Verdict};

pub(super) fn inspect(path: &Path, format: Format) -> Result<Verdict, Failure> {
    let (mut container, length) = open_container(path)?;
    let index = container.index().clone();
    let mut damaged = 0;
    let mut zeros = Vec::new();
    for number in 0..index.tensors.len() {
        let mut sum = Some(0);
        for part in 0..index.tensors[number].parts().count() {
            match levels(&mut container, number, part) {
                Ok(levels) => {
                    let found = levels.unwrap_or_default().iter().filter(|level| **level == 0).count() as u64;
                    sum = sum.map(|sum| sum + found);
                }
                Err(error) => {
                    damaged += 1;
                    sum = None;
                    say(format_args!("error: {}: {error}", path.display()));
                    // The parts of a packed tensor are damaged together, so one message is enough.
                    if let Coding::Packed { .. } = index.tensors[number].coding {
                        break;
                    }
                }
            }
        }
        zeros.push(sum);
    }
    warn_if_repaired(path, &container);
    unless_closed(print(
        out(),
        path,
        length,
        &index,
        rows(&index, length, |number| zeros[number], &[]),
        format,
    ))?;
    Ok(if damaged == 0 { Verdict::Equal } else { Verdict::BadInput })
}
