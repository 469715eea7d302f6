//! Weights as the bytes of model files, and back.

use half::{bf16, f16};

use super::model::Type;

const KINDS: [Type; 5] = [Type::F32, Type::F16, Type::BF16, Type::Other, Type::F64];

/// The type with this number in a container.
pub fn kind(element: u8) -> Type {
    KINDS.into_iter().find(|kind| *kind as u8 == element).unwrap_or(Type::Other)
}

/// How many bytes a weight has.
pub(super) fn width(element: Type) -> Option<u64> {
    match element {
        Type::F32 => Some(4),
        Type::F16 | Type::BF16 => Some(2),
        Type::F64 => Some(8),
        Type::Other => None,
    }
}

/// Weights from their raw bytes, rounded to F32.
pub fn weights(element: Type, bytes: &[u8]) -> Vec<f32> {
    let pairs = bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    match element {
        Type::F32 => bytes
            .chunks_exact(4)
            .map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect(),
        Type::F16 => pairs.map(|pair| f16::from_le_bytes(pair).to_f32()).collect(),
        Type::BF16 => pairs.map(|pair| bf16::from_le_bytes(pair).to_f32()).collect(),
        Type::F64 => doubles(bytes).map(|weight| weight as f32).collect(),
        Type::Other => Vec::new(),
    }
}

/// Weights of F64 from their raw bytes.
pub(super) fn doubles(bytes: &[u8]) -> impl Iterator<Item = f64> + '_ {
    bytes.chunks_exact(8).map(|double| f64::from_le_bytes(double.try_into().expect("eight bytes")))
}

/// The raw bytes of weights. A weight beyond the largest finite number of the type becomes that number, so that no finite weight comes back
/// infinite.
pub(super) fn bytes_of(element: Type, weights: impl Iterator<Item = f32>) -> Vec<u8> {
    let most = largest(element);
    let weights = weights.map(|weight| weight.clamp(-most, most));
    match element {
        Type::F32 => weights.flat_map(f32::to_le_bytes).collect(),
        Type::F16 => weights.flat_map(|weight| f16::from_f32(weight).to_le_bytes()).collect(),
        Type::BF16 => weights.flat_map(|weight| bf16::from_f32(weight).to_le_bytes()).collect(),
        Type::F64 => weights.flat_map(|weight| f64::from(weight).to_le_bytes()).collect(),
        Type::Other => Vec::new(),
    }
}

/// The largest finite number of a type.
pub(super) fn largest(element: Type) -> f32 {
    match element {
        Type::F16 => f16::MAX.to_f32(),
        Type::BF16 => bf16::MAX.to_f32(),
        // F64 too: while weights are worked on they are F32.
        Type::F32 | Type::F64 | Type::Other => f32::MAX,
    }
}

/// The first bytes of all elements of `planes` bytes, then the second ones, and so on; an incomplete element at the end stays there. Bytes
/// at the same place of a number are alike, so that zstd packs them better.
pub(super) fn in_planes(bytes: &[u8], planes: u8) -> Vec<u8> {
    let planes = usize::from(planes.max(1));
    let whole = bytes.len() / planes;
    let (elements, rest) = bytes.split_at(whole * planes);
    let plane = |plane| elements.iter().skip(plane).step_by(planes).copied();
    (0..planes).flat_map(plane).chain(rest.iter().copied()).collect()
}

/// The reverse of [`in_planes`].
pub(super) fn from_planes(bytes: &[u8], planes: u8) -> Vec<u8> {
    let planes = usize::from(planes.max(1));
    let whole = bytes.len() / planes;
    let (by_plane, rest) = bytes.split_at(whole * planes);
    let element = |at: usize| by_plane.iter().skip(at).step_by(whole.max(1)).copied();
    (0..whole).flat_map(element).chain(rest.iter().copied()).collect()
}
