//! A core with its checkers, and what is proved of it.

use super::Sources;

/// A core with some of its checkers.
#[derive(Clone, Copy, Debug)]
pub struct Bench {
    /// The top module.
    pub top: &'static str,
    /// The files of `formal/` with their names.
    pub files: &'static [(&'static str, &'static str)],
    /// Macros that these are read with: which module is under test, if several cores share them.
    pub defines: &'static [(&'static str, &'static str)],
    /// Whether the memories of the Verilog are a part of it; else what they answer may be anything.
    pub keeps_memory: bool,
    /// In how many clocks each situation has to be reached, and a property has to fail if it can.
    pub clocks: usize,
    /// What it proves.
    pub properties: &'static [Property],
}

/// Something that a core does in every clock.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its assertion in the flattened bench.
    pub cell: &'static str,
    /// It, in words.
    pub says: &'static str,
    /// An edit with which it fails.
    pub control: Control,
}

impl Property {
    /// The label of its assertion.
    pub fn name(&self) -> &'static str {
        self.cell.rsplit('.').next().unwrap_or(self.cell)
    }
}

/// An edit of the Verilog: in this file, this text, which is there once, becomes that.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// The file.
    pub file: &'static str,
    /// What is there.
    pub from: &'static str,
    /// What it becomes.
    pub to: &'static str,
}

impl Control {
    /// The edited sources, if the text is there just once.
    pub fn apply(&self, sources: &Sources) -> Option<Sources> {
        let mut edited = sources.clone();
        let (_, text) = edited.iter_mut().find(|(name, _)| name == self.file)?;
        if text.matches(self.from).count() != 1 {
            return None;
        }
        *text = text.replace(self.from, self.to);
        Some(edited)
    }
}

/// A [`Control`] in short: file, what is there, what it becomes.
pub type Edit = [&'static str; 3];

/// A property: the cell of its assertion, it in words, its control.
pub const fn property(cell: &'static str, says: &'static str, edit: Edit) -> Property {
    let [file, from, to] = edit;
    Property { cell, says, control: Control { file, from, to } }
}

/// The properties of a core for another that has the same, with the controls that are other ones there, by the cells of
/// their properties.
///
/// # Panics
/// In a constant, so while it is compiled: if there is no such property.
pub const fn with_controls<const N: usize>(
    mut properties: [Property; N],
    controls: &[(&str, Edit)],
) -> [Property; N] {
    let mut number = 0;
    while number < controls.len() {
        let (cell, [file, from, to]) = controls[number];
        let mut at = 0;
        while !equal(properties[at].cell, cell) {
            at += 1;
        }
        properties[at].control = Control { file, from, to };
        number += 1;
    }
    properties
}

/// `==`, which is not `const`.
const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
