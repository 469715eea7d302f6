//! The files that come with a made-up stream, so that the place can be found where a decoder goes wrong: its bins, its syntax elements, and
//! what it covers.

use std::path::Path;

use sha2::{Digest, Sha256};
use silicabac::context::Codec;
use silicabac::coverage::StreamCoverage;
use silicabac::dream::suite::Companion;
use silicabac::stream::Stream;
use silicabac::trace::TraceWriter;

use super::syntax::text;
use crate::cli::{Failure, output::write_file};

/// Writes all of it beside the stream, whose name without its ending is `stem`.
pub(super) fn write(
    directory: &Path,
    stem: &str,
    codec: Codec,
    stream: &[u8],
) -> Result<Vec<Companion>, Failure> {
    let mut trace = TraceWriter::new(codec, codec.contexts() as u16);
    let mut coverage = StreamCoverage::new(codec);
    let mut syntax = Vec::new();
    let failed = |source| Failure::Write { path: directory.join(stem), source };
    for unit in Stream::new(codec, stream) {
        let unit = unit.map_err(failed)?;
        // Of a broken stream, only the part that can be read counts.
        let _ = coverage.take(&unit);
        if let Some(Ok(traced)) = unit.trace() {
            trace.push(&traced.slice).map_err(|error| failed(std::io::Error::other(error)))?;
        }
        syntax.extend(text(&unit.lines(true)).map_err(failed)?);
    }
    let mut bins = Vec::new();
    trace.finish(&mut bins).map_err(|error| failed(std::io::Error::other(error)))?;
    let covered = format!("{:#}\n", coverage.report().to_json(0.0)).into_bytes();
    let companions = [
        ("bin trace", "cbt.zst", bins),
        ("syntax elements", "jsonl", syntax),
        ("coverage", "coverage.json", covered),
    ];
    let mut written = Vec::new();
    for (what, ending, bytes) in companions {
        let file = format!("{stem}.{ending}");
        write_file(&directory.join(&file), |out| out.write_all(&bytes))?;
        written.push(Companion { file, what: what.to_owned(), sha256: hex::encode(Sha256::digest(&bytes)) });
    }
    Ok(written)
}
