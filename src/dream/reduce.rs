//! Makes a stream smaller as long as something still fails on it, so that a report has one macroblock instead of many pictures.
//!
//! First whole frames are removed, from the end and before an IDR picture, and slices of H.265 are joined. Then macroblocks are made
//! simpler (in H.265 coding tree units, coding units and transform blocks) and levels are set to 0: all at once, then halves, and so on
//! down to single ones. Each step gives a stream that is legal if the first one was, so that a failure is never caused by an illegal
//! stream.

use super::{avc::reduced as of_avc, hevc::reduced as of_hevc};
use crate::{avc, hevc};

/// How a macroblock or a coding tree unit is made simpler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// It is skipped.
    Skip,
    /// It is intra-predicted with one mode, without levels.
    Plain,
    /// It stays as it is, without levels.
    Bare,
    /// Its motion vector differences are 0.
    Still,
}

/// A slice that can be made simpler and stays legal. A method returns `None` if its change makes no difference.
pub(super) trait Simpler: Clone {
    /// How many macroblocks or coding tree units it has.
    fn blocks(&self) -> usize;

    /// How many of them are not skipped.
    fn coded(&self) -> usize;

    /// The places of levels that are not 0: the number of the block, and the place within it.
    fn levels(&self) -> Vec<(usize, usize)>;

    /// The slice with some blocks simpler.
    fn edited(&self, edit: Edit, numbers: &[usize]) -> Option<Self>;

    /// The places of the units that blocks consist of: the number of the block, and that of the unit in it.
    fn units(&self) -> Vec<(usize, usize)> {
        Vec::new()
    }

    /// The slice with some of these units simpler.
    fn with_units(&self, _: Edit, _: &[(usize, usize)]) -> Option<Self> {
        None
    }

    /// The places of blocks of levels: the number of the macroblock or coding tree unit, and that of the block in it.
    fn residuals(&self) -> Vec<(usize, usize)> {
        Vec::new()
    }

    /// The slice without some of these blocks of levels.
    fn without_residuals(&self, _: &[(usize, usize)]) -> Option<Self> {
        None
    }

    /// This slice and the one right after it in the same picture as one slice.
    fn joined(&self, _: &Self) -> Option<Self> {
        None
    }

    /// The slice as one segment.
    fn whole(&self) -> Option<Self> {
        None
    }

    /// The slice without some levels.
    fn without_levels(&self, places: &[(usize, usize)]) -> Option<Self>;

    /// Its bytes.
    fn write(&self) -> Option<Vec<u8>>;
}

/// What is left of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Frames; two fields of a frame count as one.
    pub frames: usize,
    /// Slices.
    pub slices: usize,
    /// Macroblocks that are not skipped, or coding tree units that have anything but skipped coding units.
    pub macroblocks: usize,
    /// Levels that are not 0.
    pub levels: usize,
    /// Bytes.
    pub bytes: usize,
}

/// A NAL unit; in H.265, a slice with its dependent segments.
#[derive(Clone, Debug)]
struct Part<S> {
    bytes: Vec<u8>,
    /// The bytes before it. For slices of H.265 they are part of the slice's bytes.
    prefix: Vec<u8>,
    slice: Option<S>,
    is_slice: bool,
    /// Whether it is the first slice of a frame, or of the first field of one.
    begins_frame: bool,
    is_idr: bool,
    /// Whether it is a parameter set.
    is_set: bool,
}

/// frame_num and bottom_field_flag of a first field, to which a second one may belong.
type FirstField = Option<(i64, bool)>;

impl Part<of_avc::Slice> {
    fn of_avc(unit: avc::StreamUnit, sent: &mut of_avc::Sent, first_field: &mut FirstField) -> Self {
        sent.take(&unit);
        Part {
            slice: of_avc::Slice::new(&unit, sent),
            is_slice: unit.slice_number.is_some(),
            begins_frame: unit.slice_number.is_some() && begins_frame(&unit, first_field),
            is_idr: unit.nal_unit_type() == Some(5),
            is_set: matches!(unit.nal_unit_type(), Some(7 | 8 | 13 | 15)),
            prefix: unit.unit.prefix,
            bytes: unit.unit.bytes,
        }
    }
}

/// The parts of an H.265 stream. A slice is left as it is if a segment elsewhere depends on it.
fn parts_of_hevc(stream: &[u8]) -> Vec<Part<of_hevc::Slice>> {
    let mut parts: Vec<Part<of_hevc::Slice>> = Vec::new();
    // Reading from memory does not fail.
    for unit in hevc::Stream::new(stream).map_while(Result::ok) {
        let bytes = [&unit.unit.prefix[..], &unit.unit.bytes].concat();
        let is_slice = unit.slice_number.is_some();
        if unit.is_dependent() {
            if let Some(last) = parts.last_mut().filter(|last| last.is_slice) {
                last.bytes.extend(bytes);
                last.slice = last.slice.take().and_then(|slice| slice.and(&unit));
                continue;
            }
            if let Some(last) = parts.iter_mut().rfind(|part| part.is_slice) {
                last.slice = None;
            }
        }
        let elements = unit.headers().elements;
        let is_first = |name| elements.iter().any(|coded| coded.element.0 == name && coded.value == 1);
        let kind = unit.nal_unit_type();
        parts.push(Part {
            slice: if unit.is_dependent() { None } else { of_hevc::Slice::new(&unit) },
            is_slice,
            begins_frame: is_slice && is_first("first_slice_segment_in_pic_flag"),
            is_idr: matches!(kind, Some(16..=21)),
            is_set: matches!(kind, Some(32..=34)),
            prefix: Vec::new(),
            bytes,
        });
    }
    parts
}

/// Whether a slice is the first one of its picture, and the picture is not a second field (clause 7.4.1.2.4).
fn begins_frame(unit: &avc::StreamUnit, first_field: &mut FirstField) -> bool {
    let elements = unit.headers().elements;
    let value = |name| elements.iter().find(|element| element.element.0 == name).map(|element| element.value);
    if value("first_mb_in_slice") != Some(0) {
        return false;
    }
    let field = value("bottom_field_flag").zip(value("frame_num"));
    let is_second = matches!((*first_field, field), (Some((first, is_bottom)), Some((bottom, second)))
        if first == second && is_bottom != (bottom == 1));
    *first_field = if is_second { None } else { field.map(|(bottom, frame_num)| (frame_num, bottom == 1)) };
    !is_second
}

fn joined<S>(parts: &[Part<S>]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&part.prefix[..], &part.bytes].concat()).collect()
}

fn left<S: Simpler>(parts: &[Part<S>]) -> Left {
    let slices = || parts.iter().filter_map(|part| part.slice.as_ref());
    Left {
        frames: parts.iter().filter(|part| part.begins_frame).count(),
        slices: slices().count(),
        macroblocks: slices().map(S::coded).sum(),
        levels: slices().map(|slice| slice.levels().len()).sum(),
        bytes: joined(parts).len(),
    }
}

/// A stream that is being made smaller.
struct Reducer<S, F> {
    parts: Vec<Part<S>>,
    /// Whether a stream fails; it is also given what is left of the stream.
    fails: F,
}

impl<S, F, E> Reducer<S, F>
where
    S: Simpler,
    F: FnMut(&[u8], &Left) -> Result<bool, E>,
{
    /// Replaces the stream by these parts, if it still fails.
    fn attempt(&mut self, parts: Vec<Part<S>>) -> Result<bool, E> {
        let is_kept = (self.fails)(&joined(&parts), &left(&parts))?;
        if is_kept {
            self.parts = parts;
        }
        Ok(is_kept)
    }

    /// Makes the stream as small as possible.
    fn run(mut self) -> Result<(Vec<u8>, Left), E> {
        const EDITS: [Edit; 4] = [Edit::Skip, Edit::Plain, Edit::Bare, Edit::Still];
        self.frames()?;
        self.simplify(|_| vec![()], |slice, _| slice.whole())?;
        self.join()?;
        for edit in EDITS {
            self.simplify(|slice| (0..slice.blocks()).collect(), |slice, some| slice.edited(edit, some))?;
        }
        for edit in EDITS {
            self.simplify(S::units, |slice, some| slice.with_units(edit, some))?;
        }
        self.simplify(S::residuals, S::without_residuals)?;
        self.simplify(S::levels, S::without_levels)?;
        Ok((joined(&self.parts), left(&self.parts)))
    }

    /// Leaves out frames.
    fn frames(&mut self) -> Result<(), E> {
        let begins = |parts: &[Part<S>]| -> Vec<usize> {
            (0..parts.len()).filter(|&index| parts[index].begins_frame).collect()
        };
        // The first frames alone, as few as possible.
        let starts = begins(&self.parts);
        let (mut too_few, mut enough) = (0, starts.len());
        while too_few + 1 < enough {
            let count = too_few.midpoint(enough);
            let mut parts = self.parts.clone();
            parts.truncate(starts[count]);
            // Units before a frame belong to that frame.
            while parts.last().is_some_and(|part| !part.is_slice) {
                parts.pop();
            }
            if self.attempt(parts)? {
                enough = count;
            } else {
                too_few = count;
            }
        }
        // The frames from a later IDR picture on.
        let starts = begins(&self.parts);
        for &start in
            starts.iter().skip(1).rev().filter(|&&start| self.parts[start].is_idr).collect::<Vec<_>>()
        {
            let mut parts = self.parts.clone();
            let mut index = 0;
            parts.retain(|part| {
                index += 1;
                index > start || part.is_set
            });
            if self.attempt(parts)? {
                break;
            }
        }
        Ok(())
    }

    /// Joins two slices that follow each other in a picture.
    fn join(&mut self) -> Result<(), E> {
        let mut index = 0;
        while let Some([first, second]) = self.parts.get(index..index + 2) {
            let both = first.slice.as_ref().zip(second.slice.as_ref()).filter(|_| !second.begins_frame);
            let joined = both.and_then(|(first, second)| first.joined(second));
            if let Some((slice, bytes)) = joined.and_then(|slice| slice.write().map(|bytes| (slice, bytes))) {
                let mut parts = self.parts.clone();
                (parts[index].slice, parts[index].bytes) = (Some(slice), bytes);
                parts.remove(index + 1);
                if self.attempt(parts)? {
                    continue;
                }
            }
            index += 1;
        }
        Ok(())
    }

    /// Makes parts of slices simpler: all of them, then halves, and so on.
    fn simplify<T: Copy>(
        &mut self,
        things: impl Fn(&S) -> Vec<T>,
        change: impl Fn(&S, &[T]) -> Option<S>,
    ) -> Result<(), E> {
        let all: Vec<(usize, T)> = (self.parts.iter().enumerate())
            .flat_map(|(index, part)| {
                let of_slice = part.slice.as_ref().map(&things).unwrap_or_default();
                of_slice.into_iter().map(move |thing| (index, thing))
            })
            .collect();
        let mut size = all.len();
        while size > 0 {
            for some in all.chunks(size) {
                let mut parts = self.parts.clone();
                let mut has_changed = false;
                for of_part in some.chunk_by(|(one, _), (other, _)| one == other) {
                    let part = &mut parts[of_part[0].0];
                    let things: Vec<T> = of_part.iter().map(|(_, thing)| *thing).collect();
                    let changed = part.slice.as_ref().and_then(|slice| change(slice, &things));
                    if let Some((slice, bytes)) =
                        changed.and_then(|slice| slice.write().map(|bytes| (slice, bytes)))
                    {
                        (part.slice, part.bytes, has_changed) = (Some(slice), bytes, true);
                    }
                }
                if has_changed {
                    self.attempt(parts)?;
                }
            }
            size /= 2;
        }
        Ok(())
    }
}

/// Makes an H.264 stream smaller, as long as `fails` is true. `fails` is called with each stream that is tried, and with what is left in
/// it.
///
/// ```
/// use silicabac::dream::{avc, features_of_avc, reduce::reduce};
/// let stream = avc(7, &["pcm"])?;
/// // A stream fails if it has an I_PCM macroblock.
/// let fails = |stream: &[u8], _: &_| Ok::<_, std::convert::Infallible>(features_of_avc(stream).contains("pcm"));
/// let (small, left) = reduce(&stream, fails).unwrap();
/// assert!(small.len() < stream.len() && features_of_avc(&small).contains("pcm"));
/// assert_eq!(left.bytes, small.len());
/// # Ok::<(), silicabac::dream::DreamError>(())
/// ```
///
/// # Errors
/// The error of `fails`.
pub fn reduce<E>(
    stream: &[u8],
    fails: impl FnMut(&[u8], &Left) -> Result<bool, E>,
) -> Result<(Vec<u8>, Left), E> {
    let (mut sent, mut first_field) = (of_avc::Sent::default(), None);
    // Reading from memory does not fail.
    let units = avc::Stream::new(stream).map_while(Result::ok);
    let parts = units.map(|unit| Part::of_avc(unit, &mut sent, &mut first_field)).collect();
    Reducer { parts, fails }.run()
}

/// The same for an H.265 stream. Slices are joined where possible, each without dependent segments; each stream that is tried has the right
/// entry points.
///
/// ```
/// use silicabac::dream::{hevc, features_of_hevc, reduce::reduce_hevc};
/// let stream = hevc(7, &["pcm"])?;
/// let fails = |stream: &[u8], _: &_| Ok::<_, std::convert::Infallible>(features_of_hevc(stream).contains("pcm"));
/// let (small, _) = reduce_hevc(&stream, fails).unwrap();
/// assert!(small.len() < stream.len() && features_of_hevc(&small).contains("pcm"));
/// # Ok::<(), silicabac::dream::DreamError>(())
/// ```
///
/// # Errors
/// The error of `fails`.
pub fn reduce_hevc<E>(
    stream: &[u8],
    fails: impl FnMut(&[u8], &Left) -> Result<bool, E>,
) -> Result<(Vec<u8>, Left), E> {
    Reducer { parts: parts_of_hevc(stream), fails }.run()
}
