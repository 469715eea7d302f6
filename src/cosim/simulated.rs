//! A simulated core, accessed by its ports, with a history of its ports' values.

use std::{io, path::Path};

use silicabac_sim::{Instance, SimError, Stopped};

use super::{
    Model, Waves,
    model::Place,
    player::{Device, Form, Observer},
};
use crate::cycle::{Fields, Inputs, Outputs};
use crate::files;

/// A simulated core.
#[derive(Debug)]
pub struct Simulated<'a> {
    pub(super) model: &'a Model,
    instance: Instance,
    lanes: usize,
    /// Where each field of [`Inputs`] goes; a port that the core does not have goes to a word that is never read.
    input_at: Vec<Place>,
    /// Where each field of [`Outputs`] comes from; a port that the core does not have comes from a word of zero.
    output_at: Vec<Place>,
    /// The words of all inputs in the last clocks, with one word more for the ports that the core does not have; clock `n` is the row `n %
    /// HISTORY`. Likewise for the outputs.
    inputs: Rows,
    outputs: Rows,
    /// The number of clocks so far.
    clocks: u64,
}

/// Rows of words.
#[derive(Debug)]
struct Rows {
    words: Vec<u32>,
    width: usize,
}

impl Rows {
    fn new(width: usize) -> Rows {
        Rows { words: vec![0; HISTORY * width], width }
    }

    #[inline(always)]
    fn of(&self, clock: u64) -> &[u32] {
        let row = clock as usize % HISTORY;
        &self.words[row * self.width..][..self.width]
    }

    #[inline(always)]
    fn of_mut(&mut self, clock: u64) -> &mut [u32] {
        let row = clock as usize % HISTORY;
        &mut self.words[row * self.width..][..self.width]
    }
}

/// The number of clocks that are remembered: a power of two.
const HISTORY: usize = 256;

impl<'a> Simulated<'a> {
    /// A core whose uninitialised bits are random, from this seed.
    pub(super) fn new(model: &'a Model, seed: u32) -> Simulated<'a> {
        let (inputs, outputs) = (model.library().input_words(), model.library().output_words());
        let places = |places: &[Option<Place>], nowhere| {
            let nowhere = Place { word: nowhere, width: 32, lanes: 1 };
            places.iter().map(|place| place.unwrap_or(nowhere)).collect()
        };
        Simulated {
            model,
            instance: model.library().instance(seed),
            lanes: model.form.lanes.max(model.form.bytes),
            input_at: places(&model.ports.inputs, inputs),
            output_at: places(&model.ports.outputs, outputs),
            inputs: Rows::new(inputs + 1),
            outputs: Rows::new(outputs + 1),
            clocks: 0,
        }
    }

    /// One clock.
    ///
    /// # Errors
    /// [`Stopped`]: the Verilog can end the simulation.
    #[inline]
    pub fn clock(&mut self, inputs: &Inputs) -> Result<(), Stopped> {
        let words = self.inputs.of_mut(self.clocks);
        match self.lanes {
            // Every port is then a single word.
            1 => inputs.visit(1, |field, _, value| words[self.input_at[field].word] = value),
            lanes => inputs.visit(lanes, |field, lane, value| {
                let at = self.input_at[field];
                if lane < at.lanes {
                    put(words, at, lane, value);
                }
            }),
        }
        for &(at, value) in &self.model.constants {
            put(words, at, 0, value);
        }
        let (inputs, outputs) = (&*words, self.outputs.of_mut(self.clocks));
        self.clocks += 1;
        let (input_words, output_words) = (inputs.len() - 1, outputs.len() - 1);
        self.instance.clock(&inputs[..input_words], &mut outputs[..output_words])
    }

    /// The core's outputs in the last clock, before the edge; zero for a port that the core does not have. Lanes that it does not have are
    /// left unchanged.
    #[inline]
    pub fn outputs(&self, outputs: &mut Outputs) {
        let words = self.last();
        match self.lanes {
            1 => outputs.fill(1, |field, _| words[self.output_at[field].word]),
            lanes => outputs.fill(lanes, |field, lane| {
                let at = self.output_at[field];
                if lane < at.lanes { get(words, at, lane) } else { 0 }
            }),
        }
    }

    /// The words of all outputs in the last clock.
    #[inline(always)]
    fn last(&self) -> &[u32] {
        self.outputs.of(self.clocks.wrapping_sub(1))
    }

    /// The last clocks, each with its number and the words of its inputs and outputs, in order.
    pub(super) fn history(&self) -> impl Iterator<Item = (u64, &[u32], &[u32])> {
        let known = self.clocks.min(HISTORY as u64);
        (self.clocks - known..self.clocks).map(|clock| (clock, self.inputs.of(clock), self.outputs.of(clock)))
    }

    /// The coverage so far, in Verilator's format.
    ///
    /// # Errors
    /// [`SimError::Coverage`], in particular if the core was built without coverage.
    pub(super) fn coverage(&mut self) -> Result<String, SimError> {
        let failed = |path: &Path, error: io::Error| SimError::Coverage {
            path: path.to_owned(),
            message: error.to_string(),
        };
        let dir = tempfile::env::temp_dir();
        let file = tempfile::Builder::new().tempfile_in(&dir).map_err(|error| failed(&dir, error))?;
        self.instance.write_coverage(file.path())?;
        files::read_to_string(file.path()).map_err(|error| failed(file.path(), error))
    }
}

impl Device for Simulated<'_> {
    fn form(&self) -> Form {
        self.model.form
    }

    #[inline]
    fn clock(&mut self, inputs: &Inputs) -> Result<(), Stopped> {
        Simulated::clock(self, inputs)
    }

    #[inline]
    fn outputs(&self, outputs: &mut Outputs) {
        Simulated::outputs(self, outputs);
    }

    #[inline]
    fn debug(&self) -> &[u32] {
        let words = self.last();
        &words[self.model.ports.debug.unwrap_or(words.len())..]
    }

    fn clocks(&self) -> u64 {
        self.clocks
    }

    fn waves<O: Observer>(&mut self, observer: &mut O, inputs: &Inputs, observed: bool) -> Waves {
        Waves::new(self, observer, inputs, observed)
    }
}

/// Sets a lane of a port. The lanes lie one after the other, lane 0 first.
#[inline(always)]
fn put(words: &mut [u32], at: Place, lane: usize, value: u32) {
    let (word, shift) = (at.word + lane * at.width / 32, lane * at.width % 32);
    match shift {
        0 => words[word] = value,
        _ => words[word] |= value << shift,
    }
    if shift + at.width > 32 {
        words[word + 1] = value >> (32 - shift);
    }
}

/// Reads a lane of a port.
#[inline(always)]
fn get(words: &[u32], at: Place, lane: usize) -> u32 {
    let (word, shift) = (at.word + lane * at.width / 32, lane * at.width % 32);
    let high = if shift + at.width > 32 { words[word + 1] } else { 0 };
    let both = u64::from(high) << 32 | u64::from(words[word]);
    (both >> shift) as u32 & (u64::MAX >> (64 - at.width)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_come_back_from_the_words_of_a_port() {
        let at = Place { word: 1, width: 10, lanes: 8 };
        let mut words = [u32::MAX; 5];
        let values = [1_023, 0, 512, 1, 700, 1_023, 3, 999];
        for (lane, &value) in values.iter().enumerate() {
            put(&mut words, at, lane, value);
        }
        assert_eq!(std::array::from_fn(|lane| get(&words, at, lane)), values);
        assert_eq!((words[0], words[4], words[3] >> 16), (u32::MAX, u32::MAX, 0));
    }
}
