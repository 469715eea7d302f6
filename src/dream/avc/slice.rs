//! The data of a slice: macroblocks are chosen at random, or read from planted bits, made legal, and written.

use super::legal::{Legal, Limits};
use crate::avc::{Derived, Fault, Macroblock, Parameters, Walk, read_each};
use crate::bin::{BinCoder, Decode, Encode as _};
use crate::dream::DreamError;
use crate::dream::choice::{Chooser, Counted, Hits};
use crate::dream::planted::{Pattern, Planting};
use crate::dream::random::Random;
use crate::dream::zero_words::Spent;
use crate::engine;
use crate::observed::Observed;

/// What the data of a slice depends on.
pub(super) struct Slice<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) limits: &'a Limits,
    /// How many macroblocks it has.
    pub(super) count: usize,
    /// What the bits of its data should contain, if that was asked for.
    pub(super) pattern: Option<Pattern>,
    /// Whether it is the last slice of its picture.
    pub(super) is_last: bool,
}

impl Slice<'_> {
    /// Its bytes, in which no macroblock has more bits than allowed (clause A.3.1).
    pub(super) fn data(
        &self,
        random: &mut Random,
        hits: &mut Hits,
        spent: &mut Spent,
    ) -> Result<Vec<u8>, DreamError> {
        let mut richness = Pattern::richness(self.pattern, random);
        loop {
            let mut data = self.write(random, hits, richness)?;
            let observed = Observed { coder: engine::Decoder::new(&data), observer: Counted::default() };
            let (mut largest, mut position) = (0, 9);
            let (observed, read) = read_each(self.parameters, observed, |read_unit| {
                largest = largest.max(read_unit.decoder.position() - position);
                position = read_unit.decoder.position();
            });
            read?;
            if largest <= self.most_bits() || richness == 0 {
                spent.bins += observed.observer.bins();
                observed.observer.add_to(hits);
                spent.bytes += data.len() as u64;
                if self.is_last {
                    let raw_bits = 8 * self.parameters.pcm_bytes() as u64;
                    spent.fill(raw_bits * u64::from(self.parameters.pic_size_in_mbs), &mut data);
                }
                return Ok(data);
            }
            richness -= 1;
        }
    }

    fn most_bits(&self) -> u64 {
        128 + 8 * self.parameters.pcm_bytes() as u64
    }

    /// Makes each macroblock legal and writes it before the next one is chosen.
    fn write(&self, random: &mut Random, hits: &Hits, richness: u32) -> Result<Vec<u8>, DreamError> {
        let mut legal = Legal::new(self.parameters, self.limits);
        let mut repairs = random.fork();
        let mut planting = self.pattern.map(|pattern| Planting::new(random.fork(), pattern, hits));
        let mut writer = Walk::new(engine::Encoder::new(), self.parameters);
        for index in 0..self.count {
            let is_last = index + 1 == self.count;
            let read = planting.as_mut().and_then(|planting| {
                planting.read(writer.coder(), self.most_bits(), |code| {
                    let (macroblock, derived, code) = next(&writer, code, is_last).ok()?;
                    legal.allows(&macroblock, derived).then_some(((macroblock, derived), code))
                })
            });
            let (mut macroblock, derived) = match read {
                Some(read) => read,
                None => {
                    let chosen = next(&writer, Chooser::new(random, hits, richness), is_last)?;
                    (chosen.0, chosen.1)
                }
            };
            legal.take(&mut repairs, &mut macroblock, derived);
            writer.macroblock(&mut macroblock, is_last)?;
        }
        Ok(writer.into_coder().finish())
    }
}

/// The macroblock that a coder reads or chooses at the writer's position.
fn next<C: BinCoder>(
    writer: &Walk<'_, engine::Encoder>,
    coder: C,
    is_last: bool,
) -> Result<(Macroblock, Derived, C), Fault> {
    let mut walk = writer.fork(coder);
    let mut macroblock = Macroblock::default();
    let mb_addr = walk.mb_addr();
    walk.macroblock(&mut macroblock, is_last)?;
    Ok((macroblock, walk.derived(mb_addr), walk.into_coder()))
}
