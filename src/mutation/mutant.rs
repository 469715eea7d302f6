//! Mutants: the changes to a core.

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

impl Mutant {
    pub(super) fn cell(&self) -> Option<&Cell> {
        match self {
            Mutant::Cell(cell) => Some(cell),
            Mutant::Table(_) => None,
        }
    }
}

/// A bit at a port of a cell of the netlist. Yosys picks it and changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Yosys' command.
    pub(super) command: String,
    name: String,
    /// Whether anything changes: a constant may be replaced by itself.
    pub(super) is_change: bool,
}

impl Cell {
    /// Reads a line of Yosys' list of mutants of a netlist.
    ///
    /// ```text
    /// mutate -mode inv -module m -cell $flatten\core.\low_step.$add$rtl/x.sv:9$3 -port Y -portbit 5 -src x.sv:9.3-9.7
    /// ```
    pub(super) fn parse(line: &str, cells: &Cells) -> Option<Cell> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let all = |option: &'static str| {
            let pairs = words.windows(2).filter(move |pair| pair[0] == option);
            pairs.map(|pair| pair[1].rsplit('/').next().unwrap_or(pair[1]))
        };
        let value = |option| words.iter().position(|word| *word == option).and_then(|at| words.get(at + 1));
        let (mode, cell, port) = (*value("-mode")?, *value("-cell")?, *value("-port")?);
        let bit = value("-portbit")?.parse().ok()?;
        let control = match value("-ctrlbit") {
            Some(control) => Some(control.parse().ok()?),
            None => None,
        };
        let is_change = cells.is_change(cell, port, mode, bit, control);
        let cell = cells.name(cell);
        let control = control.map(|bit| format!(" by [{bit}]")).unwrap_or_default();
        let wire = value("-wire").zip(value("-wirebit")).map(|(wire, bit)| format!(" = {wire}[{bit}]"));
        let mut sources: Vec<&str> = all("-src").collect();
        sources.dedup();
        let name = format!(
            "{cell}.{port}[{bit}]{} {mode}{control}; {}",
            wire.unwrap_or_default(),
            sources.join(", ")
        );
        Some(Cell { command: line.trim().to_owned(), name, is_change })
    }

    /// The command that makes the change when an input has this value.
    pub(super) fn where_input_is(&self, input: &str, width: usize, value: usize) -> String {
        self.command.replacen(" -module ", &format!(" -ctrl {input} {width} {value} -module "), 1)
    }
}

/// The cells of a netlist, with names that stay the same when other modules change, and with the constants at their ports.
///
/// Yosys numbers the cells of all modules together. Here a name consists of the cell's place, its kind, and its number among the cells of
/// that kind in that place.
#[derive(Debug, Default)]
pub(super) struct Cells {
    names: BTreeMap<String, String>,
    /// Constants by cell and port; the highest bit comes first.
    constants: BTreeMap<(String, String), String>,
}

impl Cells {
    /// The cells of a netlist in Yosys' format: `cell KIND NAME`, then lines such as `connect \A 4'0110`.
    pub(super) fn of(rtlil: &str) -> Cells {
        let mut constants = BTreeMap::new();
        let mut places: BTreeMap<String, BTreeSet<(u64, &str)>> = BTreeMap::new();
        let mut current = "";
        for line in rtlil.lines().map(str::trim_start) {
            if let Some((_, cell)) = line.strip_prefix("cell ").and_then(|rest| rest.split_once(' ')) {
                current = cell;
                places.entry(place_of(cell)).or_default().insert((number_of(cell), cell));
            } else if let Some((port, value)) =
                line.strip_prefix("connect \\").and_then(|rest| rest.split_once(' '))
                && let Some(bits) = constant(value)
            {
                constants.insert((current.to_owned(), port.to_owned()), bits.to_owned());
            }
        }
        let numbered = places.into_iter().flat_map(|(place, cells)| {
            let one = cells.len() == 1;
            (1..).zip(cells).map(move |(number, (_, cell))| match one {
                true => (cell.to_owned(), place.clone()),
                false => (cell.to_owned(), format!("{place}#{number}")),
            })
        });
        Cells { names: numbered.collect(), constants }
    }

    fn name(&self, cell: &str) -> String {
        self.names.get(cell).cloned().unwrap_or_else(|| cell.to_owned())
    }

    /// Whether a bit of a port differs from what it is changed to.
    fn is_change(&self, cell: &str, port: &str, mode: &str, bit: usize, control: Option<usize>) -> bool {
        let bits = self.constants.get(&(cell.to_owned(), port.to_owned()));
        let held = |bit: usize| bits.and_then(|bits| bits.chars().rev().nth(bit));
        match (mode, held(bit)) {
            ("const0", Some(held)) => held != '0',
            ("const1", Some(held)) => held != '1',
            ("cnot0", Some(_)) => control.and_then(held) == Some('0'),
            ("cnot1", Some(_)) => control.and_then(held) == Some('1'),
            _ => true,
        }
    }
}

/// The bits of a constant: `4'0110`.
fn constant(value: &str) -> Option<&str> {
    let (width, bits) = value.split_once('\'')?;
    let is_constant =
        width.parse::<usize>().is_ok() && bits.bytes().all(|bit| matches!(bit, b'0' | b'1' | b'x'));
    is_constant.then_some(bits)
}

/// The place of a cell: `$flatten\core.\low_step.$add$rtl/x.sv:9$3` is at `core.low_step.add`.
fn place_of(cell: &str) -> String {
    let clean = cell.trim_start_matches("$flatten").replace('\\', "");
    let (path, kind) = clean.split_once('$').unwrap_or((&clean, ""));
    let kind = kind.split('$').next().unwrap_or(kind);
    let part = cell.rsplit_once('_').map_or("", |(_, part)| part);
    let part =
        if part.starts_with("CMP") || part.starts_with("CTRL") { format!("_{part}") } else { String::new() };
    format!("{path}{kind}{part}")
}

/// The number after the last `$`.
fn number_of(cell: &str) -> u64 {
    let last = cell.rsplit('$').next().unwrap_or_default();
    last.chars()
        .take_while(char::is_ascii_digit)
        .fold(0, |number, digit| 10 * number + u64::from(digit as u32 - '0' as u32))
}

/// The tables of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// rangeTabLPS, 32 bits per state.
    Range,
    /// transIdxLps, 6 bits per state.
    Transition,
}

/// One bit of one entry of a table, flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableBit {
    pub(super) table: Table,
    pub(super) state: u32,
    /// The bit in the row of this state; qCodIRangeIdx 0 is in the highest bits.
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
            Cell::parse(&line, &Cells::of(&rtlil)).unwrap()
        };
        let cell = name(36);
        assert_eq!(cell.name, "core.low_step.procmux#2.B[5] = w[1] cnot1 by [3]; a.sv:1.2-3.4, b.sv:5.6-7.8");
        assert_eq!(cell.name, name(98).name);
        let at = cell.where_input_is("sel", 12, 7);
        assert!(at.starts_with("mutate -mode cnot1 -ctrl sel 12 7 -module m -cell "), "{at}");
    }

    #[test]
    fn a_constant_that_becomes_what_it_is_is_no_change() {
        let cells = Cells::of(
            "  cell $eq $flatten\\c.$procmux$7_CMP0\n    connect \\A \\x\n    connect \\B 4'0110\n",
        );
        let is_change = |port: &str, mode: &str, bit: usize, control: &str| {
            let line = format!(
                "mutate -mode {mode} -module m -cell $flatten\\c.$procmux$7_CMP0 -port {port} -portbit {bit} {control}"
            );
            Cell::parse(&line, &cells).unwrap().is_change
        };
        assert!(
            !is_change("B", "const0", 0, "")
                && is_change("B", "const1", 0, "")
                && is_change("B", "inv", 0, "")
        );
        assert!(!is_change("B", "const1", 1, "") && is_change("B", "const0", 1, ""));
        assert!(is_change("B", "cnot1", 0, "-ctrlbit 2") && !is_change("B", "cnot0", 0, "-ctrlbit 2"));
        assert!(is_change("A", "const0", 0, "") && is_change("A", "cnot0", 0, "-ctrlbit 2"));
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
