//! The rules that depend on other macroblocks and pictures, applied to macroblock after macroblock.

use super::intra::Modes;
use super::levels::{self, Scaling};
use super::motion::Motion;
use crate::avc::{Derived, Grid, Macroblock, Parameters};
use crate::dream::random::Random;

/// What legal slice data depends on besides [`Parameters`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) constrained_intra_pred_flag: bool,
    pub(super) scaling: Scaling,
    /// The largest motion vector, and the largest vector that can be inferred, in quarters of a sample.
    pub(super) motion: [[i32; 2]; 2],
}

/// Makes the macroblocks of a slice legal, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Legal<'a> {
    parameters: &'a Parameters,
    scaling: Scaling,
    modes: Modes,
    motion: Motion,
}

impl<'a> Legal<'a> {
    /// The state before the first macroblock of a slice.
    pub(super) fn new(parameters: &'a Parameters, limits: &Limits) -> Legal<'a> {
        let (grid, first) = (Grid::of(parameters), parameters.first_mb_addr());
        let [most, direct] = limits.motion;
        let modes = Modes::new(parameters, limits.constrained_intra_pred_flag);
        let motion = Motion { grid, first, most, direct, bounds: Vec::new() };
        Legal { parameters, scaling: limits.scaling, modes, motion }
    }

    /// Whether the next macroblock can be this one, unchanged.
    pub(super) fn allows(&self, macroblock: &Macroblock, derived: Derived) -> bool {
        let mut kept = macroblock.clone();
        self.clone().take(&mut Random::new(0), &mut kept, derived);
        kept == *macroblock
    }

    /// Replaces all that is not legal in the next macroblock.
    pub(super) fn take(&mut self, random: &mut Random, macroblock: &mut Macroblock, derived: Derived) {
        self.modes.take(macroblock, derived.is_field, |choice| {
            random.legal(choice.mode, choice.count, choice.is_legal)
        });
        self.motion.take(macroblock, self.parameters.mbaff_frame_flag && derived.is_field);
        levels::limit(macroblock, self.parameters, &self.scaling, derived.qp_y);
    }
}
