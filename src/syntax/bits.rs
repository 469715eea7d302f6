//! The codes of header bits, u(n), ue(v) and se(v) (H.264 clauses 7.2 and 9.1, H.265 clauses 7.2 and 9.2), once for both directions: a
//! walk through a header names each element, its code and its legal values, and gets the value.
//!
//! The coder decides where values come from: [`BitReader`] takes them from the bits of a NAL unit, [`BitWriter`] from any source of
//! values. So a walk keeps nothing but what later syntax depends on; [`Traced`] records all elements.

use std::ops::RangeInclusive;

use crate::bin::Element;

/// How an element is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descriptor {
    /// u(n): n bits, 32 at the most.
    U(u32),
    /// A bit that fills up a byte and should have this value; decoders accept either.
    Alignment(bool),
    /// ue(v): an unsigned Exp-Golomb code.
    Ue,
    /// se(v): a signed Exp-Golomb code.
    Se,
}

impl Descriptor {
    /// Every value that can be coded.
    pub const fn all(self) -> RangeInclusive<i64> {
        match self {
            Descriptor::U(bits) => 0..=(1 << bits) - 1,
            Descriptor::Alignment(_) => 0..=1,
            Descriptor::Ue => 0..=MOST_UE,
            Descriptor::Se => -i32::MAX as i64..=i32::MAX as i64,
        }
    }

    /// The value of an element that nobody gives a value.
    pub fn implied(self) -> Option<i64> {
        match self {
            Descriptor::Alignment(bit) => Some(bit.into()),
            _ => None,
        }
    }
}

/// The largest value of ue(v).
const MOST_UE: i64 = u32::MAX as i64 - 1;

/// Why a header cannot be read or written to its end. Bits are counted in the NAL unit without emulation prevention bytes, from
/// its first bit on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// An element has a value that it cannot have.
    #[error("{element} is {value}; it can be {} to {} (bit {bit})", .legal.start(), .legal.end())]
    Illegal {
        /// The element.
        element: Element,
        /// Its value.
        value: i64,
        /// What it can be.
        legal: RangeInclusive<i64>,
        /// Where it begins.
        bit: u64,
    },
    /// The NAL unit ends in an element.
    #[error("the NAL unit ends within {element}, which begins at bit {bit}")]
    Ends {
        /// The element.
        element: Element,
        /// Where it begins.
        bit: u64,
    },
    /// The value of an Exp-Golomb code has more than 32 bits.
    #[error("{element} has more than 31 leading zeros (bit {bit})")]
    TooLong {
        /// The element.
        element: Element,
        /// Where it begins.
        bit: u64,
    },
    /// The source of a writer has no value for an element.
    #[error("{element} is missing")]
    Missing {
        /// The element.
        element: Element,
    },
    /// There are fewer bytes than the length before the NAL unit says.
    #[error("the length before it says that it has {missing} bytes more than are left")]
    Cut {
        /// How many are missing.
        missing: u64,
    },
    /// An element names a parameter set that the stream has not sent.
    #[error("{element} is {value}; the stream has sent no such parameter set that could be read (bit {bit})")]
    Unsent {
        /// The element.
        element: Element,
        /// Its value.
        value: i64,
        /// Where it begins.
        bit: u64,
    },
}

impl HeaderError {
    /// The element that the error is about, if it is about one.
    pub fn element(&self) -> Option<Element> {
        match *self {
            HeaderError::Illegal { element, .. }
            | HeaderError::Ends { element, .. }
            | HeaderError::TooLong { element, .. }
            | HeaderError::Missing { element }
            | HeaderError::Unsent { element, .. } => Some(element),
            HeaderError::Cut { .. } => None,
        }
    }
}

/// A coder of header bits.
pub trait BitCoder {
    /// Codes an element and returns its value.
    ///
    /// # Errors
    /// [`HeaderError`]; a value that is not legal is one.
    fn code(
        &mut self,
        element: Element,
        descriptor: Descriptor,
        legal: RangeInclusive<i64>,
    ) -> Result<i64, HeaderError>;

    /// more_rbsp_data(): whether the header goes on; if so, `next` is the next element.
    fn more_rbsp_data(&mut self, next: Element) -> bool;

    /// The number of bits before the next element.
    fn position(&self) -> u64;

    /// An element of `bits` bits, 32 at the most, that can have any value.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn u(&mut self, bits: u32, name: &'static str) -> Result<i64, HeaderError> {
        self.code(Element(name), Descriptor::U(bits), Descriptor::U(bits).all())
    }

    /// An element of one bit.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn flag(&mut self, name: &'static str) -> Result<bool, HeaderError> {
        Ok(self.u(1, name)? != 0)
    }

    /// Fills up the byte with elements of this name, each with the value `bit`.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn align(&mut self, bit: bool, name: &'static str) -> Result<(), HeaderError> {
        while !self.position().is_multiple_of(8) {
            self.alignment_bit(bit, name)?;
        }
        Ok(())
    }

    /// One bit of an alignment.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn alignment_bit(&mut self, bit: bool, name: &'static str) -> Result<(), HeaderError> {
        let descriptor = Descriptor::Alignment(bit);
        self.code(Element(name), descriptor, descriptor.all()).map(drop)
    }

    /// The same, with its legal values.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn u_in(
        &mut self,
        bits: u32,
        name: &'static str,
        legal: RangeInclusive<i64>,
    ) -> Result<i64, HeaderError> {
        self.code(Element(name), Descriptor::U(bits), legal)
    }

    /// An element with an unsigned Exp-Golomb code, with its legal values.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn ue_in(&mut self, name: &'static str, legal: RangeInclusive<i64>) -> Result<i64, HeaderError> {
        self.code(Element(name), Descriptor::Ue, legal)
    }

    /// The same for an element on whose value nothing depends: all values are legal.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn ue(&mut self, name: &'static str) -> Result<i64, HeaderError> {
        self.ue_in(name, Descriptor::Ue.all())
    }

    /// An element with a signed Exp-Golomb code, with its legal values.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn se_in(&mut self, name: &'static str, legal: RangeInclusive<i64>) -> Result<i64, HeaderError> {
        self.code(Element(name), Descriptor::Se, legal)
    }

    /// The same for an element on whose value nothing depends: all values are legal.
    ///
    /// # Errors
    /// [`HeaderError`].
    fn se(&mut self, name: &'static str) -> Result<i64, HeaderError> {
        self.se_in(name, Descriptor::Se.all())
    }
}

/// The value, if it is legal.
fn legal(element: Element, value: i64, legal: RangeInclusive<i64>, bit: u64) -> Result<i64, HeaderError> {
    match legal.contains(&value) {
        true => Ok(value),
        false => Err(HeaderError::Illegal { element, value, legal, bit }),
    }
}

/// Reads the bits of a NAL unit without its emulation prevention bytes.
///
/// ```
/// use silicabac::syntax::{BitCoder, BitReader};
/// let mut reader = BitReader::new(&[0b0110_0101, 0b1000_0000]);
/// assert_eq!(reader.u(2, "nal_ref_idc"), Ok(1));
/// assert_eq!(reader.ue("first_mb_in_slice"), Ok(0)); // 1
/// assert_eq!(reader.se("slice_qp_delta"), Ok(-2)); // 00101
/// let error = reader.ue_in("cabac_init_idc", 1..=2).unwrap_err();
/// assert_eq!(error.to_string(), "cabac_init_idc is 0; it can be 1 to 2 (bit 8)");
/// ```
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    /// How many zero bits come after the bytes.
    zeros: u64,
    position: u64,
}

impl<'a> BitReader<'a> {
    /// A reader at the first bit.
    pub fn new(bytes: &'a [u8]) -> BitReader<'a> {
        BitReader { bytes, zeros: 0, position: 0 }
    }

    /// The same reader, with `zeros` zero bits after the last byte.
    pub fn with_zeros(self, zeros: u64) -> BitReader<'a> {
        BitReader { zeros, ..self }
    }

    fn bit(&self, position: u64) -> Option<bool> {
        match self.bytes.get(usize::try_from(position / 8).ok()?) {
            Some(byte) => Some(byte >> (7 - position % 8) & 1 != 0),
            None => (position < 8 * self.bytes.len() as u64 + self.zeros).then_some(false),
        }
    }

    fn bits(&mut self, count: u32) -> Option<i64> {
        let mut value = 0;
        for position in self.position..self.position + u64::from(count) {
            value = value << 1 | i64::from(self.bit(position)?);
        }
        self.position += u64::from(count);
        Some(value)
    }

    /// The bits that have not been read.
    pub fn rest(&self) -> impl Iterator<Item = bool> + use<'a> {
        let reader = self.clone();
        (self.position..8 * self.bytes.len() as u64).map_while(move |position| reader.bit(position))
    }

    /// Whether the stop bit comes next and only zeros follow it in its byte. More bytes may follow, which no standard has, but cameras
    /// write.
    pub fn is_at_stop_bit(&self) -> bool {
        let left = 8 - self.position % 8;
        let byte = usize::try_from(self.position / 8).ok().and_then(|byte| self.bytes.get(byte));
        byte.is_some_and(|byte| u64::from(*byte) & ((1 << left) - 1) == 1 << (left - 1))
    }

    /// Whether rbsp_trailing_bits() is all that is left.
    pub fn is_at_trailing_bits(&self) -> bool {
        self.is_at_stop_bit() && self.position / 8 + 1 == self.bytes.len() as u64
    }
}

impl BitCoder for BitReader<'_> {
    fn code(
        &mut self,
        element: Element,
        descriptor: Descriptor,
        range: RangeInclusive<i64>,
    ) -> Result<i64, HeaderError> {
        let bit = self.position;
        let ends = HeaderError::Ends { element, bit };
        let value = match descriptor {
            Descriptor::U(bits) => self.bits(bits).ok_or(ends)?,
            Descriptor::Alignment(_) => self.bits(1).ok_or(ends)?,
            Descriptor::Ue | Descriptor::Se => {
                let mut zeros = 0;
                while !self.bit(bit + u64::from(zeros)).ok_or(ends.clone())? {
                    zeros += 1;
                    if zeros > 31 {
                        return Err(HeaderError::TooLong { element, bit });
                    }
                }
                self.position += u64::from(zeros);
                let code = self.bits(zeros + 1).ok_or_else(|| {
                    self.position = bit;
                    ends
                })? - 1;
                match descriptor {
                    Descriptor::Se if code % 2 == 0 => -(code / 2),
                    Descriptor::Se => (code + 1) / 2,
                    _ => code,
                }
            }
        };
        legal(element, value, range, bit).inspect_err(|_| self.position = bit)
    }

    fn more_rbsp_data(&mut self, _: Element) -> bool {
        let Some(last) = self.bytes.iter().rposition(|&byte| byte != 0) else { return false };
        let stop_bit = 8 * last as u64 + 7 - u64::from(self.bytes[last].trailing_zeros());
        self.position < stop_bit
    }

    fn position(&self) -> u64 {
        self.position
    }
}

/// A source of the values that a writer writes.
pub trait Values {
    /// The value of the next element, if there is one.
    fn value(&mut self, element: Element, legal: &RangeInclusive<i64>) -> Option<i64>;

    /// Whether there is a value for this element.
    fn has(&self, element: Element) -> bool;
}

/// Writes header bits.
///
/// ```
/// use silicabac::bin::Element;
/// use silicabac::syntax::{BitCoder, BitWriter, Values};
/// struct Lowest;
/// impl Values for Lowest {
///     fn value(&mut self, _: Element, legal: &std::ops::RangeInclusive<i64>) -> Option<i64> {
///         Some(*legal.start())
///     }
///     fn has(&self, _: Element) -> bool {
///         true
///     }
/// }
/// let mut writer = BitWriter::new(Lowest);
/// writer.u(5, "nal_unit_type")?;
/// writer.se_in("slice_qp_delta", -2..=2)?;
/// assert_eq!(writer.into_parts().0, [0b0000_0001, 0b0100_0000]);
/// # Ok::<(), silicabac::syntax::HeaderError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BitWriter<V> {
    bytes: Vec<u8>,
    position: u64,
    values: V,
}

impl<V> BitWriter<V> {
    /// A writer that has written nothing yet.
    pub fn new(values: V) -> BitWriter<V> {
        BitWriter { bytes: Vec::new(), position: 0, values }
    }

    /// Appends a bit that belongs to no element.
    pub fn push(&mut self, bit: bool) {
        if self.position.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.position % 8);
        }
        self.position += 1;
    }

    /// Appends eight bits that belong to no element.
    pub fn push_byte(&mut self, byte: u8) {
        if self.position.is_multiple_of(8) {
            self.bytes.push(byte);
            self.position += 8;
        } else {
            self.bits(8, byte.into());
        }
    }

    /// The source of the values.
    pub fn values(&self) -> &V {
        &self.values
    }

    /// The bytes, the last one filled up with zeros, and the source of the values.
    pub fn into_parts(self) -> (Vec<u8>, V) {
        (self.bytes, self.values)
    }

    fn bits(&mut self, count: u32, value: i64) {
        (0..count).rev().for_each(|bit| self.push(value >> bit & 1 != 0));
    }
}

impl<V: Values> BitCoder for BitWriter<V> {
    fn code(
        &mut self,
        element: Element,
        descriptor: Descriptor,
        range: RangeInclusive<i64>,
    ) -> Result<i64, HeaderError> {
        let value = match self.values.value(element, &range) {
            Some(value) => value,
            None => descriptor.implied().ok_or(HeaderError::Missing { element })?,
        };
        let value = legal(element, value, range, self.position)?;
        let code = match descriptor {
            Descriptor::U(bits) => {
                self.bits(bits, value);
                return Ok(value);
            }
            Descriptor::Alignment(_) => {
                self.push(value != 0);
                return Ok(value);
            }
            Descriptor::Se if value > 0 => 2 * value,
            Descriptor::Se => -2 * value + 1,
            Descriptor::Ue => value + 1,
        };
        self.bits(2 * code.ilog2() + 1, code);
        Ok(value)
    }

    fn more_rbsp_data(&mut self, next: Element) -> bool {
        self.values.has(next)
    }

    fn position(&self) -> u64 {
        self.position
    }
}

/// An element of a header, as it was coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderElement {
    /// The element.
    pub element: Element,
    /// How it is coded.
    pub descriptor: Descriptor,
    /// Its value.
    pub value: i64,
    /// Where it begins, in bits from the first one of the NAL unit without emulation prevention bytes.
    pub bit: u64,
    /// How many bits it has.
    pub bits: u64,
}

/// The elements of the headers of a NAL unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// The elements, from forbidden_zero_bit up to slice data, or to what is not known.
    pub elements: Vec<HeaderElement>,
    /// Why elements are missing.
    pub error: Option<HeaderError>,
    /// The bit after them.
    pub end: u64,
}

/// A coder that records every element.
#[derive(Clone, Debug)]
pub struct Traced<C> {
    /// The coder.
    pub coder: C,
    /// The elements so far.
    pub elements: Vec<HeaderElement>,
}

impl<C> Traced<C> {
    /// A coder that has coded nothing yet.
    pub fn new(coder: C) -> Traced<C> {
        Traced { coder, elements: Vec::new() }
    }
}

impl<C: BitCoder> BitCoder for Traced<C> {
    fn code(
        &mut self,
        element: Element,
        descriptor: Descriptor,
        legal: RangeInclusive<i64>,
    ) -> Result<i64, HeaderError> {
        let bit = self.position();
        let value = self.coder.code(element, descriptor, legal)?;
        self.elements.push(HeaderElement { element, descriptor, value, bit, bits: self.position() - bit });
        Ok(value)
    }

    fn more_rbsp_data(&mut self, next: Element) -> bool {
        self.coder.more_rbsp_data(next)
    }

    fn position(&self) -> u64 {
        self.coder.position()
    }
}
