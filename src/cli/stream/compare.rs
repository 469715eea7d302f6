//! `silicabac stream trace --compare`

use std::{io::Write, path::Path};

use silicabac::context::Codec;
use silicabac::trace::{FormatError, TracedSlice, Unpacked};

use super::{
    Input, Selection, open, place,
    rows::{Wanted, rows},
    trace::traces,
};
use crate::cli::{
    Failure, Verdict,
    print::{line, out},
};

/// How many bins are shown before the first one that differs, and after it.
const CONTEXT: (usize, usize) = (8, 4);

pub(super) fn compare(input: &Input, selection: &Selection, path: &Path) -> Result<Verdict, Failure> {
    let failed = |source| Failure::Trace { path: path.to_owned(), source };
    let trace = Unpacked::read(path).map_err(failed)?;
    let mut expected = trace.slices().map_err(failed)?.peekable();
    let is_whole = selection.is_all();
    let mut damage = None;
    let (mut compared, mut bins, mut differing) = (0, 0, 0);
    let opened = open(&input.path)?;
    let unit_name = match opened.codec {
        Codec::Avc => "macroblock",
        Codec::Hevc => "coding tree unit",
    };
    let mut count = traces(input, selection, opened, |unit, traced| {
        if !is_whole {
            // Both are in the order of the stream.
            while let Some(Ok(_)) = expected.next_if(|slice| is_before(slice, unit.offset())) {}
        }
        let slice = match expected.peek() {
            Some(Ok(slice)) if is_whole || slice.header.nal_offset == unit.offset() => slice,
            Some(Err(error)) => {
                damage = Some(error.clone());
                return Ok(false);
            }
            _ if is_whole => return Ok(false),
            _ => {
                differing += 1;
                compared += 1;
                writeln!(out(), "{}: the trace has no slice of this place", place(unit))?;
                return Ok(true);
            }
        };
        compared += 1;
        bins += traced.slice.segments.iter().map(|segment| segment.events.len()).sum::<usize>();
        if let Err(difference) = traced.slice.compare(slice) {
            differing += 1;
            let (address, element) = traced.place(difference.bin);
            let element = element.map_or("", |element| element.0);
            let (bin, what) = (difference.bin, difference.what);
            writeln!(out(), "{}, bin {bin}, {unit_name} {address}, {element}: {what}", place(unit))?;
            let bins = Some((bin.saturating_sub(CONTEXT.0), bin + CONTEXT.1));
            out().write_all(&rows(unit, Wanted { macroblocks: None, bins }).text)?;
        }
        expected.next();
        Ok(!is_whole || expected.peek().is_some())
    })?;
    // The rest of the trace is read as well, since any damage to it is an error.
    let mut left = 0;
    for slice in expected {
        match slice {
            Ok(_) => left += 1,
            Err(error) => damage = damage.or(Some(error)),
        }
    }
    if let Some(error) = damage {
        return Err(failed(error.into()));
    }
    if is_whole && left > 0 {
        line(format_args!(
            "the stream has {compared} slices that can be read, the trace {}",
            compared + left
        ))?;
        differing += 1;
    }
    line(format_args!("{compared} slices, {bins} bins, {differing} differences"))?;
    count.differing = differing;
    match compared {
        0 => count.verdict_on_slices(input, selection),
        _ => Ok(count.verdict()),
    }
}

fn is_before(slice: &Result<TracedSlice, FormatError>, offset: u64) -> bool {
    slice.as_ref().is_ok_and(|slice| slice.header.nal_offset < offset)
}
