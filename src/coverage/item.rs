//! An item of coverage: a grid of cells with the number of hits of each.

use serde::Serialize;

/// One dimension of a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Axis {
    /// The quantity that it stands for.
    pub name: &'static str,
    /// Its values, in words.
    pub labels: Vec<String>,
}

impl Axis {
    pub(super) fn new<L: ToString>(name: &'static str, labels: impl IntoIterator<Item = L>) -> Axis {
        Axis { name, labels: labels.into_iter().map(|label| label.to_string()).collect() }
    }

    /// An axis with the values 0 and 1, for a flag or a bin.
    pub(super) fn bit(name: &'static str) -> Axis {
        Axis::new(name, [0, 1])
    }
}

/// Cells that nothing can hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// Why they cannot be hit.
    pub proof: &'static str,
    /// Their numbers.
    pub cells: Vec<usize>,
}

/// A grid of cells. The number of a cell counts the last axis fastest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its name.
    pub name: &'static str,
    /// What a hit is, in words.
    pub what: &'static str,
    /// The dimensions of the grid.
    pub axes: Vec<Axis>,
    /// How often each cell was hit.
    pub hits: Vec<u64>,
    /// The cells that cannot be hit.
    pub exclusions: Vec<Exclusion>,
}

impl Item {
    pub(super) fn new(name: &'static str, what: &'static str, axes: Vec<Axis>) -> Item {
        let cells = axes.iter().map(|axis| axis.labels.len()).product();
        Item { name, what, axes, hits: vec![0; cells], exclusions: Vec::new() }
    }

    /// The same item, with those cells excluded for whose indices along the axes `holds` is true.
    pub(super) fn without(mut self, proof: &'static str, holds: impl Fn(&[usize]) -> bool) -> Item {
        let cells = (0..self.hits.len()).filter(|&cell| holds(&self.places(cell))).collect();
        self.exclusions.push(Exclusion { proof, cells });
        self
    }

    /// Counts a hit of the cell with these indices along the axes. An index outside its axis has no cell.
    pub(super) fn hit(&mut self, places: &[usize]) {
        let number = places.iter().zip(&self.axes).try_fold(0, |number, (&place, axis)| {
            let count = axis.labels.len();
            (place < count).then(|| number * count + place)
        });
        if let Some(hits) = number.and_then(|number| self.hits.get_mut(number)) {
            *hits += 1;
        }
    }

    /// The indices of a cell along the axes.
    fn places(&self, cell: usize) -> Vec<usize> {
        let mut rest = cell;
        let mut places: Vec<usize> = Vec::new();
        for axis in self.axes.iter().rev() {
            places.push(rest % axis.labels.len());
            rest /= axis.labels.len();
        }
        places.reverse();
        places
    }

    /// A cell in words: `valMPS 0, bin 1, pStateIdx 62, codIRange 510`.
    pub fn label(&self, cell: usize) -> String {
        let words = self.places(cell).into_iter().zip(&self.axes);
        let words: Vec<String> =
            words.map(|(place, axis)| format!("{} {}", axis.name, axis.labels[place])).collect();
        words.join(", ")
    }

    /// The number of cells.
    pub fn cells(&self) -> usize {
        self.hits.len()
    }

    /// The number of cells that were hit.
    pub fn hit_cells(&self) -> usize {
        self.hits.iter().filter(|&&hits| hits > 0).count()
    }

    /// The number of cells that cannot be hit.
    pub fn excluded_cells(&self) -> usize {
        self.exclusions.iter().map(|exclusion| exclusion.cells.len()).sum()
    }

    /// The numbers of the cells that could have been hit and were not.
    pub fn missed(&self) -> Vec<usize> {
        let mut missed: Vec<bool> = self.hits.iter().map(|&hits| hits == 0).collect();
        self.exclusions.iter().flat_map(|exclusion| &exclusion.cells).for_each(|&cell| missed[cell] = false);
        (0..missed.len()).filter(|&cell| missed[cell]).collect()
    }

    /// The percentage of the cells that can be hit and were hit. It is 100 only if none is missed.
    pub fn percent(&self) -> f64 {
        let can_be = self.cells() - self.excluded_cells();
        100.0 * (can_be - self.missed().len()) as f64 / can_be.max(1) as f64
    }
}
