//! The sources of a core in which any single bit of its tables can be flipped.
//!
//! The bits do not have a switch each, as the mutants of the netlist do: thousands of switches would make every clock slow, while an
//! additional table lookup costs nothing.

use super::{
    MutationError, TableBit,
    mutant::Table,
    netlist::{SELECT, SELECT_WIDTH},
};
use crate::cores::CoreSpec;
use crate::prove::Sources;

/// A table in the Verilog of a core: a case statement with 64 arms such as `6'd0 : row = ...`.
#[derive(Clone, Copy, Debug)]
pub struct TableText {
    /// Which table it is.
    pub table: Table,
    /// Its file.
    pub file: &'static str,
    /// The signal that the arms set.
    pub row: &'static str,
    /// The width of the signal in bits.
    pub width: u32,
    /// The signal that picks the arm.
    pub state: &'static str,
}

/// The value of the select input for a bit.
pub(super) fn select(TableBit { table, state, bit }: TableBit) -> u32 {
    number(table) << 11 | state << 5 | bit
}

fn number(table: Table) -> u32 {
    match table {
        Table::Range => 1,
        Table::Transition => 2,
    }
}

/// The edited sources with their names, packages first.
pub(super) fn sources(sources: &Sources, core: &CoreSpec) -> Result<Vec<(String, String)>, MutationError> {
    let (top, begin) = (core.top, format!("module {} (\n", core.top));
    let port = format!("    input  wire logic [{}:0] {SELECT},\n", SELECT_WIDTH - 1);
    if !sources.iter().any(|(_, text)| text.contains(&begin)) {
        return Err(MutationError::Top { begin: begin.trim_end().to_owned() });
    }
    let edited = sources.iter().map(|(name, text)| {
        let tables = core.mutants.tables.iter().filter(|table| table.file == name);
        let text = tables.into_iter().try_fold(text.clone(), |text, table| flippable(&text, table, top))?;
        let text = if text.contains(&begin) { text.replace(&begin, &format!("{begin}{port}")) } else { text };
        Ok((name.clone(), text))
    });
    edited.collect()
}

/// The text of a table in which a bit can be flipped.
fn flippable(text: &str, table: &TableText, top: &str) -> Result<String, MutationError> {
    let TableText { file, row, width, state, .. } = table;
    let (select, number, high) = (format!("{top}.{SELECT}"), number(table.table), width - 1);
    let declared = format!("  logic [{high}:0] {row};\n");
    let switched = format!(
        "  logic [{high}:0] {row}, listed;\n  assign {row} = listed ^ \
         ({{{high}'d0, {select}[12:11] == 2'd{number} && {select}[10:5] == {state}}} << {select}[4:0]);\n"
    );
    let text = edit(text, file, &declared, &switched, 1)?;
    edit(&text, file, &format!(": {row} = "), ": listed = ", 64)
}

/// Replaces a part of a text, which has to occur exactly `times` times.
fn edit(text: &str, name: &str, from: &str, to: &str, times: usize) -> Result<String, MutationError> {
    match text.matches(from).count() {
        count if count == times => Ok(text.replace(from, to)),
        count => {
            Err(MutationError::Edit { file: name.to_owned(), from: from.trim().to_owned(), count, times })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cores;
    use crate::prove;

    #[test]
    fn the_tables_of_all_cores_can_be_flipped() {
        for core in cores::ALL {
            let edited = sources(&prove::sources(core, None).unwrap(), core);
            let edited = edited.unwrap_or_else(|error| panic!("{}: {error}", core.name));
            assert_eq!(edited.iter().filter(|(_, text)| text.contains(&format!("] {SELECT},\n"))).count(), 1);
        }
    }

    #[test]
    fn a_top_that_begins_otherwise_is_refused() {
        let core = &cores::decoder::SPEC;
        let mut texts = prove::sources(core, None).unwrap();
        for (_, text) in &mut texts {
            *text = text.replace("module cabac_decoder (", "module cabac_decoder\n(");
        }
        let error = sources(&texts, core).unwrap_err().to_string();
        assert!(error.contains("\"module cabac_decoder (\""), "{error}");
    }
}
