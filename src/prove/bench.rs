//! A core with its checkers, and the properties that are proved of it.

use super::Sources;

/// A core with some of its checkers.
#[derive(Clone, Copy, Debug)]
pub struct Bench {
    /// The top module.
    pub top: &'static str,
    /// The files of `formal/` with their names.
    pub files: &'static [(&'static str, &'static str)],
    /// Macros that these are read with: they say which module is under test, if several cores share the files.
    pub defines: &'static [(&'static str, &'static str)],
    /// Whether the memories of the Verilog are part of it; otherwise their outputs can have any value.
    pub keeps_memory: bool,
    /// The number of clocks within which each situation has to be reached, and within which a property has to fail if it can.
    pub clocks: usize,
    /// The properties that it proves.
    pub properties: &'static [Property],
}

/// A statement about every clock of a core.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The cell of its assertion in the flattened bench.
    pub cell: &'static str,
    /// The property in words.
    pub says: &'static str,
    /// An edit of the Verilog with which it fails.
    pub control: Control,
}

impl Property {
    /// The label of its assertion.
    pub fn name(&self) -> &'static str {
        self.cell.rsplit('.').next().unwrap_or(self.cell)
    }
}

/// An edit of the Verilog: a text that occurs exactly once in a file is replaced.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// The file.
    pub file: &'static str,
    /// The text to be replaced.
    pub from: &'static str,
    /// The replacement.
    pub to: &'static str,
}

impl Control {
    /// The edited sources. `None` if the text does not occur exactly once.
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

/// A [`Control`] in short: file, text, replacement.
pub type Edit = [&'static str; 3];

/// A property, from the cell of its assertion, its words and its control.
pub const fn property(cell: &'static str, says: &'static str, edit: Edit) -> Property {
    let [file, from, to] = edit;
    Property { cell, says, control: Control { file, from, to } }
}

/// The properties of one core for another core that has the same, with other controls for some of them, which are given by the cells of
/// their properties.
///
/// # Panics
/// If there is no such property; in a constant, this is a compile error.
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

/// `==` as a `const` function.
const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
