//! The points of coverage in Verilator's file.
//!
//! Each line is `C '`, then fields of `\x01` key `\x02` value, then `' ` and a count. The keys that matter are `f` for the file, `l` for
//! the line, `page` for the kind and the module, and `o` for the object: a bit of a signal, or a part of a statement.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::Path,
};

use crate::files;

/// The kind of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A line or a branch that runs.
    Line,
    /// A bit that toggles.
    Toggle,
}

/// A point of the Verilog, over all instances of its module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The name of the file.
    pub file: String,
    /// Its kind.
    pub kind: Kind,
    /// The line.
    pub line: u32,
    /// The bit of a signal, or the part of a statement with the text of its line.
    pub name: String,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { file, kind, line, name } = self;
        let kind = if *kind == Kind::Toggle { "toggle" } else { "line" };
        write!(f, "{file}:{line}: {kind} {name}")
    }
}

/// All points with their number of hits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Points(BTreeMap<Point, u64>);

impl Points {
    /// Adds the counts of a file that Verilator wrote.
    pub fn add(&mut self, written: &str) {
        let mut sources = HashMap::new();
        for (point, hits) in written.lines().filter_map(|line| read(line, &mut sources)) {
            *self.0.entry(point).or_default() += hits;
        }
    }

    /// Adds the counts of other plays.
    pub fn merge(&mut self, others: Points) {
        for (point, hits) in others.0 {
            *self.0.entry(point).or_default() += hits;
        }
    }

    /// All points with their number of hits.
    pub fn iter(&self) -> impl Iterator<Item = (&Point, u64)> {
        self.0.iter().map(|(point, &hits)| (point, hits))
    }

    /// The points that were never hit.
    pub fn missed(&self) -> impl Iterator<Item = &Point> {
        self.iter().filter(|&(_, hits)| hits == 0).map(|(point, _)| point)
    }
}

/// Reads a line of the file; `None` if it is not a point.
fn read(line: &str, sources: &mut HashMap<String, Vec<String>>) -> Option<(Point, u64)> {
    let (fields, hits) = line.strip_prefix("C '")?.rsplit_once("' ")?;
    let fields: HashMap<&str, &str> =
        fields.split('\x01').filter_map(|field| field.split_once('\x02')).collect();
    let (path, number, comment) = (*fields.get("f")?, fields.get("l")?.parse().ok()?, *fields.get("o")?);
    let (kind, name) = if fields.get("page")?.starts_with("v_toggle") {
        (Kind::Toggle, comment.to_owned())
    } else {
        let lines = sources.entry(path.to_owned()).or_insert_with(|| {
            let text = files::read_to_string(Path::new(path)).unwrap_or_default();
            text.lines().map(|line| line.trim().to_owned()).collect()
        });
        let text = lines.get(u32::checked_sub(number, 1)? as usize).map_or("", String::as_str);
        (Kind::Line, format!("{comment} of `{text}`"))
    };
    let file = Path::new(path).file_name()?.to_string_lossy().into_owned();
    Some((Point { file, kind, line: number, name }, hits.trim().parse().ok()?))
}
