//! The data of a slice: macroblocks are chosen, made legal, and written.

use super::intra::Modes;
use super::levels::{self, Scaling};
use super::motion::Motion;
use crate::avc::{Grid, Macroblock, Parameters, SliceData, Walk, read_each};
use crate::bin::Decode;
use crate::dream::DreamError;
use crate::dream::choice::{Chooser, Counted, Hits};
use crate::dream::random::Random;
use crate::engine;
use crate::observed::Observed;

/// What legal slice data depends on besides [`Parameters`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) constrained_intra_pred_flag: bool,
    pub(super) scaling: Scaling,
    /// What no motion vector may be above, and how large inferred ones can be, in quarters of a sample.
    pub(super) motion: [[i32; 2]; 2],
}

/// The data of a slice of so many macroblocks.
pub(super) fn slice_data(
    random: &mut Random,
    hits: &mut Hits,
    parameters: &Parameters,
    limits: &Limits,
    count: usize,
) -> Result<Vec<u8>, DreamError> {
    let mut richness = random.below(4);
    loop {
        let macroblocks = macroblocks(random, hits, parameters, limits, count, richness)?;
        let data = SliceData { macroblocks, tail_bits: 0, tail: Vec::new() }.write(parameters)?;
        let observed = Observed { coder: engine::Decoder::new(&data), observer: Counted::default() };
        let (mut largest, mut position) = (0, 9);
        let (observed, read) = read_each(parameters, observed, |step| {
            largest = largest.max(step.decoder.position() - position);
            position = step.decoder.position();
        });
        read?;
        if largest <= 128 + 8 * parameters.pcm_bytes() as u64 || richness == 0 {
            observed.observer.add_to(hits);
            return Ok(data);
        }
        richness -= 1;
    }
}

/// Chooses macroblocks, and makes each legal before the next one is chosen.
fn macroblocks(
    random: &mut Random,
    hits: &Hits,
    parameters: &Parameters,
    limits: &Limits,
    count: usize,
    richness: u32,
) -> Result<Vec<Macroblock>, DreamError> {
    let (grid, first) = (Grid::of(parameters), parameters.first_mb_addr());
    let constrained_intra_pred_flag = limits.constrained_intra_pred_flag;
    let has_chroma_blocks = matches!(parameters.chroma_array_type, 1 | 2);
    let mut modes = Modes { grid, first, constrained_intra_pred_flag, has_chroma_blocks, coded: Vec::new() };
    let [most, direct] = limits.motion;
    let mut motion = Motion { grid, first, most, direct, bounds: Vec::new() };
    let mut repairs = random.fork();
    let mut walk = Walk::new(Chooser::new(random, hits, richness), parameters);
    let mut all = Vec::new();
    for index in 0..count {
        let mb_addr = walk.mb_addr();
        let mut macroblock = Macroblock::default();
        walk.macroblock(&mut macroblock, index + 1 == count)?;
        let derived = walk.derived(mb_addr);
        modes.take(&mut repairs, &mut macroblock, derived.is_field);
        motion.take(&mut macroblock, parameters.mbaff_frame_flag && derived.is_field);
        levels::limit(&mut macroblock, parameters, &limits.scaling, derived.qp_y);
        all.push(macroblock);
    }
    Ok(all)
}
