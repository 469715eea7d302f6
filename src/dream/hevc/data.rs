//! The data of a slice segment: coding tree units are chosen at random, or read from planted bits, made legal, and written.

use super::layout::Block;
use super::levels::{self, Scaling};
use super::qp::Qp;
use crate::bin::{BinCoder, Decode, Encode as _};
use crate::dream::DreamError;
use crate::dream::choice::{Chooser, Counted, Hits};
use crate::dream::planted::{Pattern, Planting};
use crate::dream::random::Random;
use crate::dream::zero_words::Spent;
use crate::engine;
use crate::hevc::{CodingTreeUnit, Fault, Parameters, SegmentEnd, Walk, read_each};
use crate::observed::Observed;
use crate::syntax::nal::escape;

/// What legal slice data depends on besides [`Parameters`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) scaling: Scaling,
    /// How many elements a coding tree unit may have (see `choice.rs`).
    pub(super) most_richness: u32,
    /// Whether it is the last slice segment of its picture.
    pub(super) is_last: bool,
    /// What the bits of its data should contain, if that was asked for.
    pub(super) pattern: Option<Pattern>,
}

/// The state that a dependent slice segment continues from.
#[derive(Clone, Debug)]
pub(super) struct Before {
    pub(super) end: Option<SegmentEnd>,
    pub(super) qp: Qp,
    pub(super) qp_offset: i64,
}

/// A slice segment that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) bytes: Vec<u8>,
    /// The lengths of its substreams in the NAL unit, except the last.
    pub(super) entry_points: Vec<u64>,
    pub(super) after: Before,
}

/// The data of a slice segment with these coding tree blocks.
pub(super) fn segment(
    random: &mut Random,
    hits: &mut Hits,
    parameters: &Parameters,
    before: Before,
    blocks: &[Block],
    rules: &Rules,
    spent: &mut Spent,
) -> Result<Made, DreamError> {
    let mut richness = Pattern::richness(rules.pattern, random).min(rules.most_richness);
    loop {
        let mut qp = before.qp.clone();
        let units = Units { parameters, before: before.end.as_ref(), blocks, rules };
        let (mut bytes, end) = units.write(random, hits, &mut qp, richness)?;
        let observed = Observed { coder: engine::Decoder::new(&bytes), observer: Counted::default() };
        let (mut largest, mut position, mut starts) = (0, 9, Vec::new());
        let (observed, read) = read_each(parameters, units.before, observed, |read_unit| {
            largest = largest.max(read_unit.decoder.position() - position);
            position = read_unit.decoder.position();
            starts.extend(read_unit.next_substream());
        });
        read?;
        if largest > most_bits(parameters) && richness > 0 {
            richness -= 1;
            continue;
        }
        spent.bins += observed.observer.bins();
        observed.observer.add_to(hits);
        // A substream does not end with a zero, so there is no emulation prevention byte between two of them.
        let starts = starts.iter().map(|&start| escape(&bytes[..start]).len() as u64);
        let mut last = 0;
        let entry_points = starts.map(|start| start - std::mem::replace(&mut last, start)).collect();
        spent.bytes += bytes.len() as u64;
        if rules.is_last {
            let samples = parameters.sps.pic_size.map(u64::from);
            spent.fill(raw_bits(parameters, samples[0] * samples[1]), &mut bytes);
        }
        let after = Before { end: Some(end), qp, qp_offset: before.qp_offset };
        return Ok(Made { bytes, entry_points, after });
    }
}

/// How many bits this many luma samples have, with their chroma.
fn raw_bits(parameters: &Parameters, samples: u64) -> u64 {
    let sps = &parameters.sps;
    let chroma = samples / 2 * [0, 1, 2, 4][usize::from(sps.chroma_array_type() & 3)];
    samples * u64::from(sps.bit_depth_luma) + chroma * u64::from(sps.bit_depth_chroma)
}

/// The most bits that a coding tree unit may have (clause A.3.2): five thirds of RawCtuBits.
fn most_bits(parameters: &Parameters) -> u64 {
    5 * raw_bits(parameters, 1 << (2 * parameters.sps.ctb_log2_size)) / 3
}

/// The coding tree units of a slice segment.
struct Units<'a> {
    parameters: &'a Parameters,
    before: Option<&'a SegmentEnd>,
    blocks: &'a [Block],
    rules: &'a Rules,
}

impl Units<'_> {
    /// Makes each coding tree unit legal and writes it before the next one is chosen.
    fn write(
        &self,
        random: &mut Random,
        hits: &Hits,
        qp: &mut Qp,
        richness: u32,
    ) -> Result<(Vec<u8>, SegmentEnd), DreamError> {
        let Units { parameters, before, blocks, rules } = *self;
        let has_rows = parameters.pps.entropy_coding_sync_enabled_flag;
        let mut planting = rules.pattern.map(|pattern| Planting::new(random.fork(), pattern, hits));
        let mut writer = Walk::new(engine::Encoder::new(), parameters, before);
        let mut written = CodingTreeUnit::default();
        for (index, block) in blocks.iter().enumerate() {
            let (origin, is_last) = (writer.position(), index + 1 == blocks.len());
            if block.begins_tile || has_rows && block.begins_row {
                qp.begin();
            }
            let limit = |unit: &mut CodingTreeUnit, qp: &mut Qp| {
                levels::limit(unit, parameters, &rules.scaling, origin, qp);
            };
            let read = planting.as_mut().and_then(|planting| {
                planting.read(writer.coder(), most_bits(parameters), |code| {
                    let (unit, code) = next(&writer, code, is_last).ok()?;
                    let mut limited = unit.clone();
                    limit(&mut limited, &mut qp.clone());
                    (limited == unit).then_some((unit, code))
                })
            });
            let mut unit = match read {
                Some(unit) => unit,
                None => next(&writer, Chooser::new(random, hits, richness), is_last)?.0,
            };
            limit(&mut unit, qp);
            // A hidden sign follows from the levels as they are after the limit.
            writer.coding_tree_unit(&unit, &mut written, is_last)?;
        }
        let end = writer.end();
        Ok((writer.into_coder().finish(), end))
    }
}

/// The coding tree unit that a coder reads or chooses at the writer's position.
fn next<C: BinCoder>(
    writer: &Walk<'_, engine::Encoder>,
    coder: C,
    is_last: bool,
) -> Result<(CodingTreeUnit, C), Fault> {
    let mut walk = writer.fork(coder);
    let mut unit = CodingTreeUnit::default();
    walk.coding_tree_unit(&CodingTreeUnit::default(), &mut unit, is_last)?;
    Ok((unit, walk.into_coder()))
}
