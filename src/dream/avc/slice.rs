//! The data of a slice: macroblocks are chosen, made legal, and written.

use super::legal::{Legal, Limits};
use crate::avc::{Macroblock, Parameters, SliceData, Walk, read_each};
use crate::bin::Decode;
use crate::dream::DreamError;
use crate::dream::choice::{Chooser, Counted, Hits};
use crate::dream::random::Random;
use crate::engine;
use crate::observed::Observed;

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
    let mut legal = Legal::new(parameters, limits);
    let mut repairs = random.fork();
    let mut walk = Walk::new(Chooser::new(random, hits, richness), parameters);
    let mut all = Vec::new();
    for index in 0..count {
        let mb_addr = walk.mb_addr();
        let mut macroblock = Macroblock::default();
        walk.macroblock(&mut macroblock, index + 1 == count)?;
        legal.take(&mut repairs, &mut macroblock, walk.derived(mb_addr));
        all.push(macroblock);
    }
    Ok(all)
}
