//! Structs whose fields have the names and widths of those in the Verilog: ports and registers.

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the Verilog.
    pub name: &'static str,
    /// The width of a lane in bits, 1..=32.
    pub width: usize,
    /// How many lanes it has; 1 unless it is an array.
    pub lanes: usize,
}

/// A struct of fields.
pub trait Fields: Copy + Eq + Default + core::fmt::Debug {
    /// The fields, in order.
    const FIELDS: &'static [Field];

    /// The width of all of them together.
    const WIDTH: usize;

    /// Shows the number of the field, the lane and the value of everything in the first `lanes` lanes.
    fn visit(&self, lanes: usize, see: impl FnMut(usize, usize, u32));

    /// Sets everything in the first `lanes` lanes to what `value` gives for the number of the field and the lane.
    fn fill(&mut self, lanes: usize, value: impl FnMut(usize, usize) -> u32);

    /// The struct from a packed vector, low word first. As in a packed struct of SystemVerilog the first field is in the highest bits; the
    /// first lane of an array is in the lowest bits of its field.
    ///
    /// # Panics
    /// If there are fewer than [`WIDTH`](Self::WIDTH) bits.
    fn unpack(words: &[u32]) -> Self;

    /// The inverse of [`unpack`](Self::unpack), into words that are zero.
    ///
    /// # Panics
    /// If there are fewer than [`WIDTH`](Self::WIDTH) bits.
    fn pack(&self, words: &mut [u32]);
}

/// The type of a field: a number, or an array with one for each lane.
pub(crate) trait Lanes: Copy {
    /// How many lanes there are.
    const LANES: usize;

    /// The value in a lane.
    fn lane(&self, lane: usize) -> u32;

    /// Sets the first `lanes` lanes.
    fn fill(&mut self, lanes: usize, value: impl FnMut(usize) -> u32);

    /// The bits in which two fields differ, of all lanes ORed together.
    fn differs(&self, other: &Self) -> u32;
}

impl Lanes for u32 {
    const LANES: usize = 1;

    #[inline(always)]
    fn lane(&self, _: usize) -> u32 {
        *self
    }

    #[inline(always)]
    fn fill(&mut self, _: usize, mut value: impl FnMut(usize) -> u32) {
        *self = value(0);
    }

    #[inline(always)]
    fn differs(&self, other: &u32) -> u32 {
        self ^ other
    }
}

impl<const N: usize> Lanes for [u32; N] {
    const LANES: usize = N;

    #[inline(always)]
    fn lane(&self, lane: usize) -> u32 {
        self[lane]
    }

    #[inline(always)]
    fn fill(&mut self, lanes: usize, mut value: impl FnMut(usize) -> u32) {
        self.iter_mut().enumerate().take(lanes).for_each(|(lane, field)| *field = value(lane));
    }

    #[inline(always)]
    fn differs(&self, other: &[u32; N]) -> u32 {
        (0..N).fold(0, |bits, lane| bits | self[lane] ^ other[lane])
    }
}

/// Bits `lsb..lsb + width` of a vector.
#[inline(always)]
pub(crate) fn extract(words: &[u32], lsb: usize, width: usize) -> u32 {
    let (word, shift) = (lsb / 32, lsb % 32);
    let high = if shift + width > 32 { words[word + 1] } else { 0 };
    let both = u64::from(high) << 32 | u64::from(words[word]);
    (both >> shift) as u32 & (u64::MAX >> (64 - width)) as u32
}

/// Sets bits `lsb..lsb + width` of a vector, which are zero.
#[inline(always)]
pub(crate) fn insert(words: &mut [u32], lsb: usize, width: usize, value: u32) {
    let (word, shift) = (lsb / 32, lsb % 32);
    let both = u64::from(value) << shift;
    words[word] |= both as u32;
    if shift + width > 32 {
        words[word + 1] |= (both >> 32) as u32;
    }
}

/// Defines a struct of `u32` fields, each with its width, and implements [`Fields`] for it. `a: 10 x 4` is an array of
/// four lanes of ten bits.
macro_rules! fields {
    (@type) => { u32 };
    (@type $lanes:expr) => { [u32; $lanes] };
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $width:literal $(x $lanes:expr)?,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $crate::cycle::fields::fields!(@type $($lanes)?),)*
        }

        impl Eq for $name {}

        /// Compares without a branch for each field, which the derived comparison has: lockstep compares in every clock.
        impl PartialEq for $name {
            #[inline(always)]
            fn eq(&self, other: &Self) -> bool {
                use $crate::cycle::fields::Lanes;
                0 == 0 $(| self.$field.differs(&other.$field))*
            }
        }

        impl $crate::cycle::Fields for $name {
            const FIELDS: &'static [$crate::cycle::Field] = &[$($crate::cycle::Field {
                name: stringify!($field),
                width: $width,
                lanes: <$crate::cycle::fields::fields!(@type $($lanes)?) as $crate::cycle::fields::Lanes>::LANES,
            }),*];
            const WIDTH: usize = {
                let (mut width, mut i) = (0, 0);
                while i < Self::FIELDS.len() {
                    width += Self::FIELDS[i].width * Self::FIELDS[i].lanes;
                    i += 1;
                }
                width
            };

            #[inline(always)]
            fn visit(&self, lanes: usize, mut see: impl FnMut(usize, usize, u32)) {
                use $crate::cycle::fields::Lanes;
                let mut number = 0..;
                $({
                    let number = number.next().unwrap_or(0);
                    for lane in 0..lanes.min(Self::FIELDS[number].lanes) {
                        see(number, lane, self.$field.lane(lane));
                    }
                })*
            }

            #[inline(always)]
            fn fill(&mut self, lanes: usize, mut value: impl FnMut(usize, usize) -> u32) {
                use $crate::cycle::fields::Lanes;
                let mut number = 0..;
                $({
                    let number = number.next().unwrap_or(0);
                    self.$field.fill(lanes, |lane| value(number, lane));
                })*
            }

            #[inline(always)]
            fn unpack(words: &[u32]) -> Self {
                use $crate::cycle::fields::{Lanes, extract, lanes_of};
                let mut lsb = Self::WIDTH;
                let mut fields = Self::default();
                $({
                    lsb -= $width * lanes_of(|fields: &Self| &fields.$field);
                    fields.$field.fill(usize::MAX, |lane| extract(words, lsb + lane * $width, $width));
                })*
                fields
            }

            #[inline(always)]
            fn pack(&self, words: &mut [u32]) {
                use $crate::cycle::fields::{Lanes, insert, lanes_of};
                let mut lsb = Self::WIDTH;
                $({
                    let lanes = lanes_of(|fields: &Self| &fields.$field);
                    lsb -= $width * lanes;
                    for lane in 0..lanes {
                        insert(words, lsb + lane * $width, $width, self.$field.lane(lane));
                    }
                })*
            }
        }
    };
}
pub(crate) use fields;

/// How many lanes a field of a struct has.
#[inline(always)]
pub(crate) const fn lanes_of<S, L: Lanes>(_: fn(&S) -> &L) -> usize {
    L::LANES
}

#[cfg(test)]
#[allow(unreachable_pub)] // the macro makes public structs
mod tests {
    use super::Fields;

    fields! {
        Sample { a: 3, b: 32, c: 1, d: 20, }
    }

    fields! {
        Lanes { first: 1, ctx_idx: 10 x 4, last: 2, }
    }

    #[test]
    fn the_first_field_is_the_highest() {
        let packed = 0b101u64 << 53 | 0xdead_beefu64 << 21 | 1 << 20 | 0x1_2345;
        let sample = Sample::unpack(&[packed as u32, (packed >> 32) as u32]);
        assert_eq!(sample, Sample { a: 5, b: 0xdead_beef, c: 1, d: 0x1_2345 });
        assert_eq!(Sample::WIDTH, 56);
        let mut words = [0; 2];
        sample.pack(&mut words);
        assert_eq!(words, [packed as u32, (packed >> 32) as u32]);
        let mut seen = [0; 4];
        sample.visit(1, |i, _, value| seen[i] = value);
        let mut filled = Sample::default();
        filled.fill(1, |i, _| seen[i]);
        assert_eq!(filled, sample);
    }

    #[test]
    fn an_array_may_be_wider_than_a_word_and_its_first_lane_is_the_lowest() {
        let packed = 1u64 << 42 | 1_023 << 32 | 5 << 22 | 700 << 12 | 9 << 2 | 2;
        let lanes = Lanes::unpack(&[packed as u32, (packed >> 32) as u32]);
        assert_eq!(lanes, Lanes { first: 1, ctx_idx: [9, 700, 5, 1_023], last: 2 });
        assert_eq!(Lanes::WIDTH, 43);
        let mut words = [0; 2];
        lanes.pack(&mut words);
        assert_eq!(words, [packed as u32, (packed >> 32) as u32]);
        let mut seen = Vec::new();
        lanes.visit(3, |i, lane, value| seen.push((i, lane, value)));
        assert_eq!(seen, [(0, 0, 1), (1, 0, 9), (1, 1, 700), (1, 2, 5), (2, 0, 2)]);
        let mut filled = Lanes::default();
        filled.fill(2, |i, lane| (10 * i + lane) as u32);
        assert_eq!(filled.ctx_idx, [10, 11, 0, 0]);
        assert_ne!(lanes, Lanes { ctx_idx: [9, 700, 4, 1_023], ..lanes });
    }
}
