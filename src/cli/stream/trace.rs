//! `silicabac stream trace`, but for `--compare`

use std::{io, path::Path};

use silicabac::stream::StreamUnit;
use silicabac::trace::{SliceTrace, TraceWriter};

use super::{
    Count, Done, Input, Opened, Selection, for_each, open,
    rows::{Table, Wanted, rows},
    selection,
};
use crate::cli::{
    Failure, Verdict,
    output::{Kind, distinct, to_output, write_file},
};

pub(super) fn trace(
    input: &Input,
    selection: &Selection,
    macroblocks: Option<&selection::Range>,
    output: Option<&Path>,
) -> Result<Verdict, Failure> {
    // The input is opened first, so that no output replaces it.
    let opened = open(&input.path)?;
    match output.filter(|path| path.to_string_lossy().ends_with(".cbt.zst")) {
        Some(_) if macroblocks.is_some() => Err(Failure::Usage(
            "a bin trace has whole slices; --macroblock is for tables, whose names do not end with .cbt.zst"
                .to_owned(),
        )),
        Some(path) => packed(input, selection, opened, path),
        None => table(input, selection, opened, macroblocks, output),
    }
}

fn packed(input: &Input, selection: &Selection, opened: Opened, path: &Path) -> Result<Verdict, Failure> {
    distinct(&[path])?;
    let codec = opened.codec;
    let mut writer = TraceWriter::new(codec, codec.contexts() as u16);
    let mut failed = Ok(());
    let count = traces(input, selection, opened, |_, traced| {
        failed = writer.push(&traced.slice);
        Ok(failed.is_ok())
    })?;
    failed.map_err(|source| write_failed(path, source))?;
    let verdict = count.verdict_on_slices(input, selection)?;
    write_file(path, |sink| writer.finish(sink).map_err(io::Error::other))?;
    Ok(verdict)
}

fn write_failed(path: &Path, source: silicabac::trace::TraceError) -> Failure {
    Failure::Write { path: path.to_owned(), source: io::Error::other(source) }
}

fn table(
    input: &Input,
    selection: &Selection,
    opened: Opened,
    macroblocks: Option<&selection::Range>,
    output: Option<&Path>,
) -> Result<Verdict, Failure> {
    let wanted = Wanted { macroblocks: macroblocks.copied(), bins: None };
    let work = |unit: &StreamUnit| {
        let Table { mut text, has_rows, error } = rows(unit, wanted);
        if let Some(what) = &error {
            text.extend(format!("# {}: {what}\n", super::place(unit)).into_bytes());
        }
        Done { result: (text, has_rows), damage: error }
    };
    let mut is_empty = true;
    to_output(output, Kind::Text, |out| {
        let count = for_each(input, selection, opened, work, |_, (text, has_rows)| {
            is_empty &= !has_rows;
            out.write_all(&text)?;
            Ok(true)
        })?;
        let verdict = count.verdict_on_slices(input, selection)?;
        match (macroblocks, &verdict) {
            (Some(_), Verdict::Equal) if is_empty => {
                Err(Failure::NoSuchMacroblock { path: input.path.clone() })
            }
            _ => Ok(verdict),
        }
    })
}

/// The slices that can be read, traced.
pub(super) fn traces(
    input: &Input,
    selection: &Selection,
    opened: Opened,
    mut sink: impl FnMut(&StreamUnit, SliceTrace) -> io::Result<bool>,
) -> Result<Count, Failure> {
    let work = |unit: &StreamUnit| match unit.trace().transpose() {
        Ok(traced) => Done { result: traced, damage: None },
        Err(error) => Done { result: None, damage: Some(error.to_string()) },
    };
    for_each(input, selection, opened, work, |unit, traced| match traced {
        Some(traced) => sink(unit, traced),
        None => Ok(true),
    })
}
