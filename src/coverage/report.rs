//! The report on coverage, for programs.

use serde_json::{Value, json};

use super::{Coverage, Item};

/// Coverage to be reported.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The number of slices taken.
    pub slices: u64,
    /// The number of bins taken.
    pub bins: u64,
    /// The items with their hits.
    pub items: Vec<&'a Item>,
}

impl Coverage {
    /// The report on all items.
    pub fn report(&self) -> Report<'_> {
        Report { slices: self.slices, bins: self.bins, items: self.items() }
    }
}

impl<'a> Report<'a> {
    /// The items of which less than this percentage of the cells that can be hit was hit.
    pub fn below(&self, goal: f64) -> Vec<&'a Item> {
        self.items.iter().copied().filter(|item| item.percent() < goal).collect()
    }

    /// The hits of each cell.
    pub fn to_short_json(&self) -> Value {
        let items = self.items.iter().copied().map(counted);
        json!({"slices": self.slices, "bins": self.bins, "items": items.collect::<Vec<_>>()})
    }

    /// Everything, with the missed cells also in words.
    pub fn to_json(&self, goal: f64) -> Value {
        let item = |item: &Item| {
            let mut value = counted(item);
            let missed = item.missed().into_iter();
            value["missed"] = missed.map(|cell| json!({"cell": cell, "is": item.label(cell)})).collect();
            value
        };
        json!({
            "format": "silicabac-coverage",
            "version": 1,
            "tool": concat!("silicabac ", env!("CARGO_PKG_VERSION")),
            "slices": self.slices,
            "bins": self.bins,
            "goal": goal,
            "reached": self.below(goal).is_empty(),
            "items": self.items.iter().copied().map(item).collect::<Vec<_>>(),
        })
    }
}

/// An item with its numbers of cells.
fn counted(item: &Item) -> Value {
    let mut value = json!(item);
    value["cells"] = json!(item.cells());
    value["hit"] = json!(item.hit_cells());
    value["excluded"] = json!(item.excluded_cells());
    value["percent"] = json!(item.percent());
    value
}
