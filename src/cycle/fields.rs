//! Structs whose fields have the names and widths of Verilog's: ports and registers.

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, the same as in the Verilog.
    pub name: &'static str,
    /// Its width in bits, 1..=32.
    pub width: usize,
}

/// A struct of fields.
pub trait Fields: Copy + Eq + Default + core::fmt::Debug {
    /// Names and widths, in order.
    const FIELDS: &'static [Field];

    /// The width of all of them together.
    const WIDTH: usize;

    /// Shows every field's number and value.
    fn visit(&self, see: impl FnMut(usize, u32));

    /// The struct whose field of each number has the value that `value` gives.
    fn build(value: impl FnMut(usize) -> u32) -> Self;

    /// The struct from a packed vector, low word first: the first field in the highest bits, as in a packed
    /// struct of SystemVerilog.
    ///
    /// # Panics
    /// If there are fewer than [`WIDTH`](Self::WIDTH) bits.
    fn unpack(words: &[u32]) -> Self;

    /// The inverse of [`unpack`](Self::unpack), onto words of zero.
    ///
    /// # Panics
    /// If there are fewer than [`WIDTH`](Self::WIDTH) bits.
    fn pack(&self, words: &mut [u32]);
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

/// Defines a struct of `u32` fields, each with its width, and implements [`Fields`] for it.
macro_rules! fields {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $width:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: u32,)*
        }

        impl Eq for $name {}

        /// Without a branch a field, as the derived comparison has: lockstep compares every clock.
        impl PartialEq for $name {
            #[inline(always)]
            fn eq(&self, other: &Self) -> bool {
                0 == 0 $(| self.$field ^ other.$field)*
            }
        }

        impl $crate::cycle::Fields for $name {
            const FIELDS: &'static [$crate::cycle::Field] =
                &[$($crate::cycle::Field { name: stringify!($field), width: $width }),*];
            const WIDTH: usize = 0 $(+ $width)*;

            #[inline(always)]
            fn visit(&self, mut see: impl FnMut(usize, u32)) {
                let mut number = 0..;
                $(see(number.next().unwrap_or(0), self.$field);)*
            }

            #[inline(always)]
            fn build(mut value: impl FnMut(usize) -> u32) -> Self {
                let mut number = 0..;
                Self { $($field: value(number.next().unwrap_or(0)),)* }
            }

            #[inline(always)]
            fn unpack(words: &[u32]) -> Self {
                let mut lsb = Self::WIDTH;
                Self { $($field: { lsb -= $width; $crate::cycle::fields::extract(words, lsb, $width) },)* }
            }

            #[inline(always)]
            fn pack(&self, words: &mut [u32]) {
                let mut lsb = Self::WIDTH;
                $({ lsb -= $width; $crate::cycle::fields::insert(words, lsb, $width, self.$field) })*
            }
        }
    };
}
pub(crate) use fields;

#[cfg(test)]
#[allow(unreachable_pub)] // the macro makes public structs
mod tests {
    use super::Fields;

    fields! {
        Sample { a: 3, b: 32, c: 1, d: 20, }
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
        sample.visit(|i, value| seen[i] = value);
        assert_eq!(Sample::build(|i| seen[i]), sample);
    }
}
