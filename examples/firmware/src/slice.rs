//! A slice of made-up bins, encoded and decoded.

use alloc::vec::Vec;
use core::mem::size_of_val;

use silicabac::{
    bin::{BinCoder, Decode, Encode},
    context::{AvcInit, ContextModel, CtxIdx},
    engine, spec,
};

/// How many bins the slice has, without the terminate bin at its end.
pub(crate) const BINS: u32 = 4096;

/// The memory that a coder takes, in bytes.
pub(crate) struct Memory {
    pub(crate) heap: usize,
    pub(crate) own: usize,
}

/// The results for the slice.
pub(crate) struct Report {
    pub(crate) bytes: usize,
    /// A hash of the bytes, so that the results of two machines can be compared.
    pub(crate) hash: u32,
    pub(crate) decoder: Memory,
    /// The memory of an encoder that has not written anything.
    pub(crate) encoder: Memory,
}

/// Encodes the slice and decodes it. Panics if the fast decoder or the oracle decodes another slice.
pub(crate) fn round_trip(arena: usize) -> Report {
    let before = free(arena);
    let mut encoder = engine::Encoder::new();
    let encoder_memory = Memory { heap: before - free(arena), own: size_of_val(&encoder) };
    let written = walk(&mut encoder);
    let bytes = encoder.finish();

    let before = free(arena);
    let mut decoder = engine::Decoder::new(&bytes);
    let decoder_memory = Memory { heap: before - free(arena), own: size_of_val(&decoder) };
    assert!(walk(&mut decoder) == written && decoder.error().is_none());
    drop(decoder);
    let mut oracle = spec::Decoder::new(&bytes);
    assert!(walk(&mut oracle) == written && oracle.error().is_none());

    Report { bytes: bytes.len(), hash: fnv1a(&bytes), decoder: decoder_memory, encoder: encoder_memory }
}

/// The most bytes that can be allocated at once.
fn free(arena: usize) -> usize {
    let (mut can, mut cannot) = (0, arena);
    while cannot - can > 1 {
        let middle = (can + cannot) / 2;
        match Vec::<u8>::new().try_reserve_exact(middle) {
            Ok(()) => can = middle,
            Err(_) => cannot = middle,
        }
    }
    can
}

/// Codes three context bins and a bypass bin in turn, with a few contexts of a P slice, and returns a hash of all that was coded.
fn walk(coder: &mut impl BinCoder) -> u32 {
    let contexts = (0..1024).filter_map(CtxIdx::new);
    for (ctx, model) in contexts.filter_map(|ctx| Some((ctx, ContextModel::avc(ctx, AvcInit::Inter0, 26)?))) {
        coder.load(ctx, model);
    }
    let mut hash = FNV_BASIS;
    let mut random = 1u32;
    for bin in 0..BINS {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let coded = match CtxIdx::new((60 + bin % 64) as u16) {
            Some(ctx) if bin % 4 != 3 => coder.context(ctx, random >> 28 == 0),
            _ => coder.bypass(random >> 31 != 0),
        };
        hash = fnv1a_of(hash, coded.into());
    }
    coder.terminate(true);
    hash
}

const FNV_BASIS: u32 = 0x811c_9dc5;

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(FNV_BASIS, |hash, &byte| fnv1a_of(hash, byte))
}

fn fnv1a_of(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}
