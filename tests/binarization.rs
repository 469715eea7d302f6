//! Binarisations: the bins are those of the standard's definitions, and come back as the value.

use proptest::prelude::*;
use silicabac::avc::binarization::fixed_length;
use silicabac::bin::{BinCoder, Encode, Event};
use silicabac::binarization::{Table, exp_golomb, signed, truncated_unary, unary_exp_golomb, unsigned};
use silicabac::context::CtxIdx;
use silicabac::engine::{Decoder, Encoder};
use silicabac::observed::{Observed, Observer};

/// Records bins as the standard prints them; those with a context with its index.
#[derive(Default)]
struct Bins(Vec<(bool, Option<usize>)>);

impl<C> Observer<C> for Bins {
    fn after(&mut self, _: &C, coded: Event) {
        match coded {
            Event::Context { ctx, bin } => self.0.push((bin, Some(ctx.get()))),
            Event::Bypass { bin } => self.0.push((bin, None)),
            _ => {}
        }
    }
}

impl Bins {
    fn text(&self) -> String {
        self.0.iter().map(|(bin, _)| if *bin { '1' } else { '0' }).collect()
    }
}

/// The bins of a value, which also have to come back as the value.
fn bins<T: Copy + PartialEq + std::fmt::Debug>(
    value: T,
    zero: T,
    write: impl Fn(&mut Observed<Encoder, Bins>, T) -> T,
    read: impl Fn(&mut Decoder<'_>, T) -> T,
) -> Bins {
    let mut encoder = Observed { coder: Encoder::new(), observer: Bins::default() };
    assert_eq!(write(&mut encoder, value), value);
    let bins = std::mem::take(&mut encoder.observer);
    encoder.terminate(true);
    let bytes = encoder.coder.finish();
    assert_eq!(read(&mut Decoder::new(&bytes), zero), value);
    bins
}

fn ctx(bin_idx: u32) -> CtxIdx {
    CtxIdx::new(100 + bin_idx as u16).unwrap()
}

/// Clause 9.3.2.5, implemented a second time: the suffix of UEGk.
fn by_definition(value: u32, k: u32) -> String {
    let (mut rest, mut k, mut bins) = (u64::from(value), k, String::new());
    while rest >= 1 << k {
        bins.push('1');
        rest -= 1 << k;
        k += 1;
    }
    bins.push('0');
    (0..k).rev().for_each(|bit| bins.push(if rest >> bit & 1 != 0 { '1' } else { '0' }));
    bins
}

proptest! {
    #[test]
    fn truncated_unary_is_ones_and_a_zero(value in 0..20_u32, more in 0..20_u32) {
        let c_max = value + more;
        let bins = bins(value, 0, |c, v| truncated_unary(c, v, c_max, ctx), |c, v| truncated_unary(c, v, c_max, ctx));
        let zero = if value < c_max { "0" } else { "" };
        prop_assert_eq!(bins.text(), "1".repeat(value as usize) + zero);
        prop_assert!(bins.0.iter().enumerate().all(|(i, (_, ctx))| *ctx == Some(100 + i)));
    }

    #[test]
    fn fixed_length_begins_with_the_lowest_bit(value: u32, count in 1..33_u32) {
        let value = value >> (32 - count);
        let bins = bins(value, 0, |c, v| fixed_length(c, v, count, ctx), |c, v| fixed_length(c, v, count, ctx));
        let text: String = format!("{value:0width$b}", width = count as usize).chars().rev().collect();
        prop_assert_eq!(bins.text(), text);
    }

    #[test]
    fn exp_golomb_is_as_defined(value in 0..u32::MAX >> 2, shift in 0..30_u32, k in 0..8_u32) {
        let value = value >> shift;
        let bins = bins(value, 0, |c, v| exp_golomb(c, v, k), |c, v| exp_golomb(c, v, k));
        prop_assert_eq!(bins.text(), by_definition(value, k));
        prop_assert!(bins.0.iter().all(|(_, ctx)| ctx.is_none()));
    }

    #[test]
    fn unary_exp_golomb_is_a_prefix_and_a_suffix(value in 0..60_000_u32, shift in 0..16_u32, k in 0..4_u32) {
        let (value, u_coff) = (value >> shift, 9);
        let code = |value| move |c: &mut Observed<Encoder, Bins>, _| unary_exp_golomb(c, value, u_coff, k, ctx);
        let bins = bins(value, 0, code(value), |c, v| unary_exp_golomb(c, v, u_coff, k, ctx));
        let expected = match value.checked_sub(u_coff) {
            None => "1".repeat(value as usize) + "0",
            Some(rest) => "1".repeat(9) + &by_definition(rest, k),
        };
        prop_assert_eq!(bins.text(), expected);
    }

    #[test]
    fn signed_values_are_mapped_both_ways(value in -1_000_000_000..1_000_000_000_i32) {
        prop_assert_eq!(signed(unsigned(value)), value);
        prop_assert_eq!(unsigned(value), if value > 0 { 2 * value as u32 - 1 } else { (-2 * value) as u32 });
    }
}

#[test]
fn tables_code_the_strings_that_they_are_made_of() {
    const STRINGS: [&str; 5] = ["000", "011", "010", "001", "1"];
    const TABLE: Table<5> = Table::new(STRINGS);
    // The context depends on binIdx and on the bins before.
    let by_bins = |bin_idx: u32, bins: u32| ctx(10 * bin_idx + bins);
    for (value, string) in STRINGS.into_iter().enumerate() {
        let bins = bins(value, 0, |c, v| TABLE.code(c, v, by_bins), |c, v| TABLE.code(c, v, by_bins));
        assert_eq!(bins.text(), string);
        for (bin_idx, (_, ctx)) in bins.0.iter().enumerate() {
            let before = usize::from_str_radix(&format!("0{}", &string[..bin_idx]), 2).unwrap();
            assert_eq!(*ctx, Some(100 + 10 * bin_idx + before));
        }
    }
}

#[test]
#[should_panic(expected = "sum == 1 << 16")]
fn a_table_with_a_gap_is_refused() {
    let _ = Table::new(["00", "01", "10"]);
}

#[test]
#[should_panic(expected = "begins")]
fn a_table_in_which_one_string_begins_another_is_refused() {
    let _ = Table::new(["0", "01", "11"]);
}

/// Even an endless prefix does not give a value that is too large for its type.
#[test]
fn prefixes_are_cut_where_values_end() {
    let mut encoder = Encoder::new();
    (0..200).for_each(|_| _ = encoder.bypass(true));
    encoder.terminate(true);
    let bytes = encoder.finish();
    for k in 0..8 {
        assert!(exp_golomb(&mut Decoder::new(&bytes), 0, k) >= 1 << 31);
    }
}
