//! `silicabac stream syntax`

use std::{
    io::{self, Write},
    path::Path,
};

use silicabac::stream::{State, StreamUnit, UnitLines};

use super::{Done, Input, Selection, for_each, open};
use crate::cli::{
    Failure, Verdict,
    output::{Kind, to_output},
};

pub(super) fn syntax(
    input: &Input,
    selection: &Selection,
    output: Option<&Path>,
) -> Result<Verdict, Failure> {
    let opened = open(&input.path)?;
    let work = |unit: &StreamUnit| {
        let lines = unit.lines(true);
        let result = text(&lines);
        let damage = match unit.state() {
            State::Slice | State::Damaged(_) => lines.unit.error,
            _ => None,
        };
        Done { result, damage }
    };
    to_output(output, Kind::Text, |out| {
        let count = for_each(input, selection, opened, work, |_, text| {
            out.write_all(&text?)?;
            Ok(true)
        })?;
        count.say_passed_over();
        Ok(count.verdict())
    })
}

/// The lines of a unit as they stand in a file.
pub(super) fn text(lines: &UnitLines) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    serde_json::to_writer(&mut text, &lines.unit)?;
    writeln!(text)?;
    for line in &lines.data {
        serde_json::to_writer(&mut text, line)?;
        writeln!(text)?;
    }
    Ok(text)
}
