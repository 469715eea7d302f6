//! `silicabac stream synth`

use std::{
    io::{BufRead, BufReader},
    path::Path,
};

use silicabac::files;
use silicabac::stream::{LineReader, LinesError};

use crate::cli::{
    Failure, Verdict,
    output::{Kind, to_output},
    print::{say, unless_closed},
};

pub(super) fn synth(lines: &Path, output: &Path) -> Result<Verdict, Failure> {
    let failed = |source| Failure::Read { path: lines.to_owned(), source };
    let source: Box<dyn BufRead> = Box::new(BufReader::new(files::open(lines).map_err(failed)?));
    let (mut units, mut bytes) = (0, 0);
    to_output(Some(output), Kind::Binary, |out| {
        for unit in LineReader::new(source) {
            let unit = unit.map_err(|error| match error {
                LinesError::Io(source) => Failure::Read { path: lines.to_owned(), source },
                LinesError::Line { .. } => Failure::Lines { path: lines.to_owned(), source: error },
            })?;
            units += 1;
            bytes += unit.len();
            let written = out.write_all(&unit);
            let is_closed = written.is_err();
            unless_closed(written)?;
            if is_closed {
                break;
            }
        }
        match units {
            0 => Err(Failure::NoLine { path: lines.to_owned() }),
            _ => Ok(()),
        }
    })?;
    say(format_args!("{units} NAL units, {bytes} bytes"));
    Ok(Verdict::Equal)
}
