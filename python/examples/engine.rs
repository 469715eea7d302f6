//! How fast the engine is in Rust, for `bench.py`, which runs this between its own runs: nanoseconds a bin, as a line of JSON.

use std::hint::black_box;
use std::time::Instant;

use silicabac::bin::{BinCoder, Encode};
use silicabac::context::CtxIdx;
use silicabac::engine::{Decoder, Encoder};

const BINS: usize = 1 << 20;

/// The quickest of some runs, in nanoseconds a bin.
fn best(mut run: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_nanos() as f64 / BINS as f64
    };
    (0..15).map(time).fold(f64::INFINITY, f64::min)
}

fn main() {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let contexts: Vec<u16> = (0..BINS).map(|_| (random() % 460) as u16).collect();
    let bins: Vec<u8> = (0..BINS).map(|_| u8::from(random() % 100 < 15)).collect();

    let mut bytes = Vec::new();
    let encode = best(|| {
        let mut encoder = Encoder::new();
        for (ctx, bin) in contexts.iter().zip(&bins) {
            let Some(ctx) = CtxIdx::new(*ctx) else { return };
            encoder.context(ctx, *bin != 0);
        }
        encoder.terminate(true);
        bytes = encoder.finish();
    });
    let mut read = vec![0; BINS];
    let decode = best(|| {
        let mut decoder = Decoder::new(&bytes);
        for (ctx, bin) in contexts.iter().zip(&mut read) {
            let Some(ctx) = CtxIdx::new(*ctx) else { return };
            *bin = u8::from(decoder.context(ctx, false));
        }
        black_box(&read);
    });
    assert_eq!(read, bins);

    let mut raw = Vec::new();
    let encode_bypass = best(|| {
        let mut encoder = Encoder::new();
        for bins in bins.chunks(16) {
            let value = bins.iter().fold(0, |value, bin| value << 1 | u32::from(*bin));
            encoder.bypass_bits(bins.len() as u32, value);
        }
        encoder.terminate(true);
        raw = encoder.finish();
    });
    let decode_bypass = best(|| {
        let mut decoder = Decoder::new(&raw);
        for bins in read.chunks_mut(16) {
            let value = decoder.bypass_bits(bins.len() as u32, 0);
            for (bin, bit) in bins.iter_mut().rev().zip(0..) {
                *bin = (value >> bit & 1) as u8;
            }
        }
        black_box(&read);
    });
    assert_eq!(read, bins);
    println!(
        r#"{{"encode": {encode:.3}, "decode": {decode:.3}, "encode bypass": {encode_bypass:.3}, "decode bypass": {decode_bypass:.3}}}"#
    );
}
