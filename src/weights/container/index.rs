//! Writes an index as bytes, unpacked, and reads it from them.

use super::super::levels::{MAX_ABS_GR, MAX_SUFFIX_CONTEXTS};
use super::super::quantise::Values;
use super::{Coding, Index, MAX_PLANES, MAX_STREAM, Stream, Tensor, elements};

impl Index {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.format];
        put_bytes(&mut bytes, &self.skeleton);
        put(&mut bytes, self.tensors.len() as u64);
        for tensor in &self.tensors {
            put_bytes(&mut bytes, tensor.name.as_bytes());
            bytes.push(tensor.element);
            put(&mut bytes, tensor.shape.len() as u64);
            tensor.shape.iter().for_each(|&size| put(&mut bytes, size));
            put(&mut bytes, tensor.bytes);
            match &tensor.coding {
                Coding::Lossless { planes: 1 } => bytes.push(0),
                Coding::Lossless { planes } => bytes.extend([3, *planes]),
                Coding::DeepCabac { abs_gr, sign_contexts, suffix_contexts, row_flags, values } => {
                    let flags = u8::from(*sign_contexts) | suffix_contexts << 1 | u8::from(*row_flags) << 3;
                    let kind = if let Values::Grid { .. } = values { 1 } else { 2 };
                    bytes.extend([kind, *abs_gr, flags]);
                    put_values(&mut bytes, values);
                }
                Coding::Packed { width, values, .. } => {
                    let kind = if let Values::Grid { .. } = values { 4 } else { 5 };
                    bytes.extend([kind, *width]);
                    put(&mut bytes, tensor.streams.len() as u64);
                    put_values(&mut bytes, values);
                }
            }
            for stream in &tensor.streams {
                put(&mut bytes, stream.len);
                bytes.extend(stream.crc32.to_le_bytes());
            }
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Index> {
        let mut rest = Rest(bytes);
        let format = rest.byte()?;
        let skeleton = rest.counted()?.to_vec();
        let count = rest.number()?;
        let mut tensors = Vec::new();
        for _ in 0..count {
            let name = String::from_utf8(rest.counted()?.to_vec()).ok()?;
            let element = rest.byte()?;
            let dimensions = rest.number()?;
            let shape = (0..dimensions).map(|_| rest.number()).collect::<Option<Vec<u64>>>()?;
            let bytes = rest.number()?;
            // The index has the number of streams of packed levels; for other codings it follows from the size of the tensor.
            let mut packed = None;
            let coding = match rest.byte()? {
                0 => Coding::Lossless { planes: 1 },
                3 => Coding::Lossless {
                    planes: rest.byte().filter(|planes| (1..=MAX_PLANES).contains(planes))?,
                },
                kind @ (1 | 2) => {
                    let abs_gr = rest.byte().filter(|n| (1..=MAX_ABS_GR).contains(n))?;
                    let is_known = |flags: &u8| flags >> 4 == 0 && flags >> 1 & 3 <= MAX_SUFFIX_CONTEXTS;
                    let flags = rest.byte().filter(is_known)?;
                    let values = rest.values(kind == 1)?;
                    Coding::DeepCabac {
                        abs_gr,
                        sign_contexts: flags & 1 == 1,
                        suffix_contexts: flags >> 1 & 3,
                        row_flags: flags >> 3 == 1,
                        values,
                    }
                }
                kind @ (4 | 5) => {
                    let width = rest.byte().filter(|width| [1, 2, 4].contains(width))?;
                    let streams = *packed.insert(rest.number()?);
                    Coding::Packed { width, owns_xz_file: streams > 0, values: rest.values(kind == 4)? }
                }
                _ => return None,
            };
            let width = [Some(4), Some(2), Some(2), None, Some(8)].get(usize::from(element)).copied()?;
            let size =
                elements(&shape).zip(width).map(|(elements, width): (u64, u64)| elements.checked_mul(width));
            let is_whole = size.is_none_or(|size| size == Some(bytes));
            if !is_whole || (width.is_none() && !matches!(coding, Coding::Lossless { .. })) {
                return None;
            }
            let mut tensor = Tensor { name, element, shape, bytes, coding, streams: Vec::new() };
            for _ in 0..packed.unwrap_or(tensor.part_count()) {
                let len = rest.number().filter(|len| *len <= MAX_STREAM)?;
                let crc32 = u32::from_le_bytes(rest.take(4)?.try_into().ok()?);
                tensor.streams.push(Stream { len, crc32 });
            }
            tensors.push(tensor);
        }
        rest.0.is_empty().then_some(Index { format, skeleton, tensors })
    }
}

/// Appends a varint: seven bits in each byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_bytes(bytes: &mut Vec<u8>, counted: &[u8]) {
    put(bytes, counted.len() as u64);
    bytes.extend_from_slice(counted);
}

/// Appends the values that levels stand for.
fn put_values(bytes: &mut Vec<u8>, values: &Values) {
    match values {
        Values::Grid { step } => bytes.extend(step.to_le_bytes()),
        Values::Codebook { values, zero } => {
            put(bytes, values.len() as u64);
            put(bytes, *zero as u64);
            values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        }
    }
}

/// The part of an index that has not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 127);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    fn float(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn values(&mut self, is_grid: bool) -> Option<Values> {
        if is_grid {
            return Some(Values::Grid { step: self.float()? });
        }
        let (count, zero) = (self.number()?, self.number()?);
        let values = (0..count).map(|_| self.float()).collect::<Option<Vec<f32>>>()?;
        let zero = usize::try_from(zero).ok().filter(|zero| *zero < values.len())?;
        Some(Values::Codebook { values, zero })
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let count = usize::try_from(self.number()?).ok()?;
        self.take(count)
    }
}
