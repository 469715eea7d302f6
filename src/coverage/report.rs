//! Coverage for machines.

use serde_json::{Value, json};

use super::{Coverage, Item};

/// What was covered, to be shown.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// How many slices were taken.
    pub slices: u64,
    /// How many bins were taken.
    pub bins: u64,
    /// What they could cover, and what of it they have.
    pub items: Vec<&'a Item>,
}

impl Coverage {
    /// All of it.
    pub fn report(&self) -> Report<'_> {
        Report { slices: self.slices, bins: self.bins, items: self.items() }
    }
}

impl<'a> Report<'a> {
    /// The items of which less was hit than so many percent of what can be hit.
    pub fn below(&self, goal: f64) -> Vec<&'a Item> {
        self.items.iter().copied().filter(|item| item.percent() < goal).collect()
    }

    /// What was hit, cell by cell.
    pub fn to_short_json(&self) -> Value {
        let items = self.items.iter().copied().map(counted);
        json!({"slices": self.slices, "bins": self.bins, "items": items.collect::<Vec<_>>()})
    }

    /// Everything there is to know, `missed` in words too.
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

/// An item, and how many of its cells are what.
fn counted(item: &Item) -> Value {
    let mut value = json!(item);
    value["cells"] = json!(item.cells());
    value["hit"] = json!(item.hit_cells());
    value["excluded"] = json!(item.excluded_cells());
    value["percent"] = json!(item.percent());
    value
}
