//! `silicabac weights compress`

use std::path::Path;

use silicabac::weights::compress::compress;

use super::super::output::{is_stdout, write_whole};
use super::files::{container_for, open_model, warn_of_patterns, weights_failure};
use super::print::{Format, Progress, out, say, unless_closed};
use super::report::{print, rows};
use super::{Failure, How, Verdict};

pub(super) fn compress_file(
    path: &Path,
    output: Option<&Path>,
    how: &How,
    format: Format,
) -> Result<Verdict, Failure> {
    let mut model = open_model(path)?;
    let mut sigma = how.sigma.as_deref().map(open_model).transpose()?;
    let (options, output) = (how.options()?, container_for(path, output)?);
    warn_of_patterns(&model, &options);
    let total = model.tensors().iter().map(|tensor| tensor.bytes).sum();
    let bar = Progress::new(total, "bytes");
    let written = write_whole(&output, |sink| {
        let compressed = compress(&mut model, sigma.as_mut(), &options, sink, &|bytes| bar.inc(bytes));
        compressed.map_err(weights_failure(path))
    });
    bar.finish();
    let (length, index, summaries) = written?;
    let tensors = rows(&index, length, |number| Some(summaries[number].zeros), &summaries);
    if is_stdout(&output) {
        let mut report = Vec::new();
        print(&mut report, &output, length, &index, tensors, format).map_err(Failure::Print)?;
        say(String::from_utf8_lossy(&report).trim_end());
    } else {
        unless_closed(print(out(), &output, length, &index, tensors, format))?;
    }
    Ok(Verdict::Equal)
}
