//! `silicabac stream headers`

use std::{
    io::{self, Write},
    path::Path,
};

use silicabac::stream::{State, StreamUnit};
use silicabac::syntax::Elements;

use super::{Done, Input, Selection, for_each, open, place};
use crate::cli::{
    Failure, Verdict,
    output::{Kind, to_output},
    print::Format,
};

pub(super) fn headers(
    input: &Input,
    selection: &Selection,
    format: Format,
    output: Option<&Path>,
) -> Result<Verdict, Failure> {
    let opened = open(&input.path)?;
    let work = |unit: &StreamUnit| {
        let damage = match unit.state() {
            State::Damaged(error) => Some(error),
            _ => None,
        };
        let mut text = Vec::new();
        let result = match format {
            Format::Human => table(&mut text, unit),
            Format::Json => line(&mut text, unit),
        };
        Done { result: result.map(|()| text), damage }
    };
    to_output(output, Kind::Text, |out| {
        let count = for_each(input, selection, opened, work, |_, text| {
            out.write_all(&text?)?;
            Ok(true)
        })?;
        Ok(count.verdict())
    })
}

/// A row an element.
fn table(out: &mut Vec<u8>, unit: &StreamUnit) -> io::Result<()> {
    if !unit.is_there() {
        return Ok(());
    }
    let headers = unit.headers();
    writeln!(out, "# {}", place(unit))?;
    for element in &headers.elements {
        let bits = (element.bit..element.bit + element.bits).map(|bit| {
            let byte = unit.rbsp().get((bit / 8) as usize).copied().unwrap_or(0);
            if byte >> (7 - bit % 8) & 1 == 1 { '1' } else { '0' }
        });
        let (name, bits) = (element.element.0, bits.collect::<String>());
        writeln!(out, "{:>6}  {name:<44} {bits:>32} = {}", element.bit, element.value)?;
    }
    if let Some(error) = headers.error {
        writeln!(out, "{:>6}  {error}", headers.end)?;
    }
    Ok(())
}

fn line(out: &mut Vec<u8>, unit: &StreamUnit) -> io::Result<()> {
    let mut line = unit.lines(false).unit;
    line.bits = Some(Elements::of(&unit.headers().elements, |element| element.bit as i64));
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}
