//! `silicabac stream trace --compare`

use std::{io::Write, path::Path};

use silicabac::trace::Trace;

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
    let expected = Trace::read(path).map_err(|source| Failure::Trace { path: path.to_owned(), source })?;
    let is_whole = selection.is_all();
    let (mut compared, mut bins, mut differing) = (0, 0, 0);
    let mut count = traces(input, selection, open(&input.path)?, |unit, traced| {
        // Of slices that are selected, the trace has the ones at the same place.
        let slice = match is_whole {
            true => expected.slices.get(compared),
            false => expected.slices.iter().find(|slice| slice.header.nal_offset == unit.offset()),
        };
        compared += 1;
        let Some(slice) = slice else {
            if !is_whole {
                differing += 1;
                writeln!(out(), "{}: the trace has no slice of this place", place(unit))?;
            }
            return Ok(!is_whole);
        };
        bins += traced.slice.segments.iter().map(|segment| segment.events.len()).sum::<usize>();
        if let Err(difference) = traced.slice.compare(slice) {
            differing += 1;
            let (mb_addr, element) = traced.place(difference.bin);
            let element = element.map_or("", |element| element.0);
            let (bin, what) = (difference.bin, difference.what);
            writeln!(out(), "{}, bin {bin}, macroblock {mb_addr}, {element}: {what}", place(unit))?;
            let bins = Some((bin.saturating_sub(CONTEXT.0), bin + CONTEXT.1));
            out().write_all(&rows(unit, Wanted { macroblocks: None, bins }).0)?;
        }
        Ok(!is_whole || compared < expected.slices.len())
    })?;
    if is_whole && compared < expected.slices.len() {
        let there = expected.slices.len();
        line(format_args!("the stream has {compared} slices that can be read, the trace {there}"))?;
        differing += 1;
    }
    line(format_args!("{compared} slices, {bins} bins, {differing} differences"))?;
    count.differing = differing;
    match compared {
        0 => count.verdict_on_slices(input),
        _ => Ok(count.verdict()),
    }
}
