//! What is changed in a core.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// A core with one thing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// A bit of a cell of the netlist.
    Cell(Cell),
    /// A bit of a table.
    Table(TableBit),
}

/// A bit at a port of a cell of the netlist, as Yosys picks and changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Yosys' command.
    pub(super) command: String,
    name: String,
}

impl Cell {
    /// Reads a line of Yosys' list of mutants of a netlist.
    ///
    /// ```text
    /// mutate -mode inv -module m -cell $flatten\core.\low_step.$add$rtl/x.sv:9$3 -port Y -portbit 5 -src x.sv:9.3-9.7
    /// ```
    pub(super) fn parse(line: &str, names: &CellNames) -> Option<Cell> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let all = |option: &'static str| {
            let pairs = words.windows(2).filter(move |pair| pair[0] == option);
            pairs.map(|pair| pair[1].rsplit('/').next().unwrap_or(pair[1]))
        };
        let value = |option| words.iter().position(|word| *word == option).and_then(|at| words.get(at + 1));
        let (mode, port, bit) = (value("-mode")?, value("-port")?, value("-portbit")?);
        let cell = names.name(value("-cell")?);
        let control = value("-ctrlbit").map(|bit| format!(" by [{bit}]")).unwrap_or_default();
        let wire = value("-wire").zip(value("-wirebit")).map(|(wire, bit)| format!(" = {wire}[{bit}]"));
        let mut sources: Vec<&str> = all("-src").collect();
        sources.dedup();
        let name = format!(
            "{cell}.{port}[{bit}]{} {mode}{control}; {}",
            wire.unwrap_or_default(),
            sources.join(", ")
        );
        Some(Cell { command: line.trim().to_owned(), name })
    }

    /// The command that makes the change where an input has a value.
    pub(super) fn where_input_is(&self, input: &str, width: usize, value: usize) -> String {
        self.command.replacen(" -module ", &format!(" -ctrl {input} {width} {value} -module "), 1)
    }
}

/// Names for cells that stay when other modules change: where a cell is, of what kind, and its place among those.
///
/// Yosys numbers the cells of all modules together.
#[derive(Debug, Default)]
pub(super) struct CellNames(BTreeMap<String, String>);

impl CellNames {
    /// From a netlist as Yosys writes it: a cell stands there as `cell KIND NAME`.
    pub(super) fn of(rtlil: &str) -> CellNames {
        let cells = rtlil.lines().filter_map(|line| line.trim_start().strip_prefix("cell ")?.split_once(' '));
        let mut places: BTreeMap<String, BTreeSet<(u64, String)>> = BTreeMap::new();
        for (_, cell) in cells {
            places.entry(place_of(cell)).or_default().insert((number_of(cell), cell.to_owned()));
        }
        let numbered = places.into_iter().flat_map(|(place, cells)| {
            let one = cells.len() == 1;
            (1..).zip(cells).map(move |(number, (_, cell))| match one {
                true => (cell, place.clone()),
                false => (cell, format!("{place}#{number}")),
            })
        });
        CellNames(numbered.collect())
    }

    fn name(&self, cell: &str) -> String {
        self.0.get(cell).cloned().unwrap_or_else(|| cell.to_owned())
    }
}

/// `$flatten\core.\low_step.$add$rtl/x.sv:9$3` is at `core.low_step.add`.
fn place_of(cell: &str) -> String {
    let clean = cell.trim_start_matches("$flatten").replace('\\', "");
    let (path, kind) = clean.split_once('$').unwrap_or((&clean, ""));
    let kind = kind.split('$').next().unwrap_or(kind);
    let part = cell.rsplit_once('_').map_or("", |(_, part)| part);
    let part =
        if part.starts_with("CMP") || part.starts_with("CTRL") { format!("_{part}") } else { String::new() };
    format!("{path}{kind}{part}")
}

/// The number behind the last `$`.
fn number_of(cell: &str) -> u64 {
    let last = cell.rsplit('$').next().unwrap_or_default();
    last.chars()
        .take_while(char::is_ascii_digit)
        .fold(0, |number, digit| 10 * number + u64::from(digit as u32 - '0' as u32))
}

/// The tables of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// rangeTabLPS, in 32 bits a state.
    Range,
    /// transIdxLps, in 6 bits a state.
    Transition,
}

/// One bit of one entry of a table, flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableBit {
    pub(super) table: Table,
    pub(super) state: u32,
    /// Of the row of this state; qCodIRangeIdx 0 is in the highest bits.
    pub(super) bit: u32,
}

impl TableBit {
    /// Every bit of both tables, for the 63 states that a context variable can have.
    pub fn all() -> Vec<TableBit> {
        let row = |table, bits| {
            (0..63).flat_map(move |state| (0..bits).map(move |bit| TableBit { table, state, bit }))
        };
        row(Table::Range, 32).chain(row(Table::Transition, 6)).collect()
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mutant::Cell(Cell { name, .. }) => f.write_str(name),
            Mutant::Table(TableBit { table: Table::Range, state, bit }) => {
                write!(f, "rangeTabLPS[{state}][{}] bit {}", 3 - bit / 8, bit % 8)
            }
            Mutant::Table(TableBit { table: Table::Transition, state, bit }) => {
                write!(f, "transIdxLps[{state}] bit {bit}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_when_cells_are_numbered_anew() {
        let name = |number| {
            let cells =
                [number, number + 5].map(|number| format!("$flatten\\core.\\low_step.$procmux${number}"));
            let rtlil = format!("  cell $mux {}\n    connect x\n  cell $mux {}\n", cells[1], cells[0]);
            let line = format!(
                "mutate -mode cnot1 -module m -cell {} -port B -portbit 5 -ctrlbit 3 -wire w -wirebit 1 \
                 -src rtl/a.sv:1.2-3.4 -src rtl/b.sv:5.6-7.8",
                cells[1]
            );
            Cell::parse(&line, &CellNames::of(&rtlil)).unwrap()
        };
        let cell = name(36);
        assert_eq!(cell.name, "core.low_step.procmux#2.B[5] = w[1] cnot1 by [3]; a.sv:1.2-3.4, b.sv:5.6-7.8");
        assert_eq!(cell.name, name(98).name);
        let at = cell.where_input_is("sel", 12, 7);
        assert!(at.starts_with("mutate -mode cnot1 -ctrl sel 12 7 -module m -cell "), "{at}");
    }

    #[test]
    fn every_bit_of_the_tables_is_there_once() {
        let bits = TableBit::all();
        assert_eq!(bits.len(), 63 * 4 * 8 + 63 * 6);
        let names: std::collections::BTreeSet<_> =
            bits.iter().map(|&bit| Mutant::Table(bit).to_string()).collect();
        assert_eq!(names.len(), bits.len());
    }
}
