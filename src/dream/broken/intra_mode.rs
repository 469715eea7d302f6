//! H.264 slices in which one mode of intra prediction needs samples that are not available (clause 8.3): all bins can be read, and only a
//! decoder that derives the modes notices. H.265 has no such modes, since it substitutes missing samples.
//!
//! Slices of MBAFF frames are neither broken in this way nor judged: there the rules of [`Modes`] exclude some modes that are legal.

use crate::avc::{Macroblock, Parameters, SliceData, StreamUnit};
use crate::bin::Element;
use crate::dream::avc::intra::{Choice, Modes};
use crate::dream::random::Random;

/// A mode that needs samples which are not available.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{element} of macroblock {mb_addr}{} makes the mode {mode}, which needs samples that are not there", of_block(*block))]
pub struct WrongMode {
    /// The element that codes it.
    pub element: Element,
    /// The address of the macroblock.
    pub mb_addr: usize,
    /// luma4x4BlkIdx or luma8x8BlkIdx, if it is the mode of one block.
    pub block: Option<usize>,
    /// Intra4x4PredMode, Intra8x8PredMode, Intra16x16PredMode or intra_chroma_pred_mode.
    pub mode: u8,
}

fn of_block(block: Option<usize>) -> String {
    block.map_or_else(String::new, |block| format!(", block {block},"))
}

/// The first mode of a slice that needs samples which are not available. It is `None`, too, if the slice cannot be read, or is one of an
/// MBAFF frame.
///
/// ```
/// use silicabac::{avc::Stream, dream::{avc, broken::{Class, break_one, wrong_mode}}};
/// let (stream, broken) = break_one(&avc(7, &["p"])?, Class::IntraMode, 1).unwrap();
/// let found = Stream::new(&stream[..]).find_map(|unit| wrong_mode(&unit.unwrap())).unwrap();
/// assert_eq!((Some(found.mb_addr), found.to_string()), (broken.mb_addr, broken.error));
/// # Ok::<(), silicabac::dream::DreamError>(())
/// ```
pub fn wrong_mode(unit: &StreamUnit) -> Option<WrongMode> {
    let (parameters, data) = unit.slice()?;
    first_wrong(parameters, data, is_constrained(unit)?)
}

/// The same for slice data, given constrained_intra_pred_flag.
pub(super) fn first_wrong(parameters: &Parameters, data: &[u8], is_constrained: bool) -> Option<WrongMode> {
    let mut macroblocks = macroblocks(parameters, data)?.macroblocks;
    let mut found = None;
    each_mode(
        parameters,
        is_constrained,
        &mut macroblocks,
        |&Choice { element, mb_addr, block, mode, is_legal, .. }| {
            if !is_legal(mode) {
                found.get_or_insert(WrongMode { element, mb_addr, block, mode });
            }
            mode
        },
    );
    found
}

/// constrained_intra_pred_flag of a slice.
pub(super) fn is_constrained(unit: &StreamUnit) -> Option<bool> {
    let elements = unit.headers().elements;
    let id = elements.iter().find(|coded| coded.element.0 == "pic_parameter_set_id")?.value;
    Some(unit.sets.picture(u8::try_from(id).ok()?)?.constrained_intra_pred_flag)
}

/// Slice data with one wrong mode. `None` if every mode would be legal at each place.
pub(super) fn broken(unit: &StreamUnit, random: &mut Random) -> Option<Vec<u8>> {
    let (parameters, data) = unit.slice()?;
    let is_constrained = is_constrained(unit)?;
    let mut slice = macroblocks(parameters, data)?;
    let wrong_modes = |choice: &Choice<'_>| -> Vec<u8> {
        (0..choice.count).filter(|&mode| !(choice.is_legal)(mode)).collect()
    };
    let mut places = 0;
    each_mode(parameters, is_constrained, &mut slice.macroblocks.clone(), |choice| {
        places += u32::from(!wrong_modes(choice).is_empty());
        choice.mode
    });
    let mut left = if places == 0 { return None } else { random.below(places) + 1 };
    each_mode(parameters, is_constrained, &mut slice.macroblocks, |choice| {
        let wrong = wrong_modes(choice);
        if left > 0 && !wrong.is_empty() {
            left -= 1;
            if left == 0 {
                return random.one_of(&wrong);
            }
        }
        // A block that was predicted from the wrong mode may have another mode now.
        random.legal(choice.mode, choice.count, choice.is_legal)
    });
    slice.write(parameters).ok()
}

fn macroblocks(parameters: &Parameters, data: &[u8]) -> Option<SliceData> {
    if parameters.mbaff_frame_flag { None } else { SliceData::read(parameters, data).ok() }
}

/// Goes through a slice, and gives each macroblock the modes that are chosen for it.
fn each_mode(
    parameters: &Parameters,
    is_constrained: bool,
    macroblocks: &mut [Macroblock],
    mut choose: impl FnMut(&Choice<'_>) -> u8,
) {
    let mut modes = Modes::new(parameters, is_constrained);
    for macroblock in macroblocks {
        modes.take(macroblock, parameters.field_pic_flag, &mut choose);
    }
}
