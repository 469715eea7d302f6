//! `silicabac weights decompress`

use std::path::Path;

use silicabac::weights::{container::ContainerError, decompress::decompress};

use super::super::output::write_seekable;
use super::files::{open_container, warn_if_repaired, weights_failure};
use super::{Failure, Verdict, print::Progress};

pub(super) fn decompress_file(path: &Path, output: &Path, skip_damaged: bool) -> Result<Verdict, Failure> {
    let (mut container, _) = open_container(path)?;
    let total = container.index().tensors.iter().map(|tensor| tensor.bytes).sum();
    let bar = Progress::new(total, "bytes");
    let mut damaged = 0;
    let mut on_damage = |error: ContainerError| {
        damaged += 1;
        if !skip_damaged {
            return Err(error);
        }
        bar.say(format_args!("error: {}: {error}; zeros take its place", path.display()));
        Ok(())
    };
    let written = write_seekable(output, |sink| {
        let written = decompress(&mut container, sink, &mut on_damage, &|bytes| bar.inc(bytes));
        written.map(drop).map_err(weights_failure(path))
    });
    bar.finish();
    written?;
    warn_if_repaired(path, &container);
    Ok(if damaged == 0 { Verdict::Equal } else { Verdict::BadInput })
}
