//! Safetensors: the length of a header (u64, little-endian), the header (JSON), raw data.
//!
//! It is read here and not by the crate `safetensors`, which wants the whole file in memory or mapped, and mapping is unsafe code. The
//! header stays in the skeleton as it is, with its order, spaces and `__metadata__`: the file comes back byte for byte. Holes between
//! tensors, which the format forbids, are carried; overlaps are an error.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::payload::Place;
use super::source::Source;
use super::{Format, ModelError, Parsed, TensorInfo, Type, check_length, cut};
use crate::json;

/// The longest header, in bytes; the reference implementation has the same limit.
pub(super) const MAX_HEADER: u64 = 100_000_000;
/// The one key of a header that is not a tensor.
pub(super) const METADATA: &str = "__metadata__";

/// Whether a file begins with the length of a header that fits in it, and the header with a brace.
pub(super) fn is_likely(head: &[u8; 16], length: u64) -> bool {
    let header = u64::from_le_bytes(head[..8].try_into().expect("eight bytes"));
    head[8] == b'{' && header <= MAX_HEADER.min(length.saturating_sub(8))
}

/// A tensor in the header, and where its data is.
pub(super) struct Entry {
    pub(super) tensor: TensorInfo,
    pub(super) place: Place,
    pub(super) dtype: String,
}

/// All that a header says.
pub(super) struct Contents {
    /// In the order of their data.
    pub(super) entries: Vec<Entry>,
    /// The value of `__metadata__`, of any type.
    pub(super) metadata: Option<serde_json::Value>,
}

pub(super) fn parse(source: &mut Source) -> Result<Parsed, ModelError> {
    let entries = contents(source)?.entries;
    let (tensors, places): (Vec<_>, Vec<_>) =
        entries.into_iter().map(|entry| (entry.tensor, entry.place)).unzip();
    let skeleton = cut::skeleton(source, &tensors, &places, None)?;
    Ok(Parsed { tensors, places, skeleton, others: Vec::new() })
}

pub(super) fn contents(source: &mut Source) -> Result<Contents, ModelError> {
    let mut head = [0; 8];
    source.seek(0)?;
    source.read(&mut head)?;
    let length = u64::from_le_bytes(head);
    if length > MAX_HEADER {
        let what = format_args!("its header is said to have {length} bytes, more than {MAX_HEADER}");
        return Err(ModelError::damaged(Format::Safetensors, what));
    }
    let mut text = Vec::new();
    source.append(8, length, &mut text)?;
    let Header { mut records, metadata } = json::read(&text)
        .map_err(|error| ModelError::damaged(Format::Safetensors, format_args!("its header: {error}")))?;
    drop(text);

    records.sort_by_key(|(_, record)| record.data_offsets);
    let mut entries = Vec::with_capacity(records.len());
    for (name, record) in records {
        let (begin, end) = record.data_offsets;
        let start = begin.saturating_add(8 + length);
        if end < begin || end > source.length() - 8 - length {
            let end = end.saturating_add(8 + length);
            let (from, to) = (8 + length, source.length());
            return Err(ModelError::Place { tensor: name, begin: start, end, from, to });
        }
        let bytes = end - begin;
        if let Some(bits) = bits(&record.dtype) {
            check_length(&name, &record.shape, bits, bytes)?;
        }
        let element = match &record.dtype[..] {
            "F32" => Type::F32,
            "F16" => Type::F16,
            "BF16" => Type::BF16,
            "F64" => Type::F64,
            _ => Type::Other,
        };
        let tensor = TensorInfo { name, element, shape: record.shape, bytes };
        entries.push(Entry { tensor, place: Place::plain(start, bytes), dtype: record.dtype });
    }
    Ok(Contents { entries, metadata })
}

/// How many bits an element has; `None` for unknown types, whose lengths are not checked.
pub(super) fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E4M3" | "F8_E5M2" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => 8,
        "U16" | "I16" | "F16" | "BF16" => 16,
        "U32" | "I32" | "F32" => 32,
        "U64" | "I64" | "F64" | "C64" => 64,
        "C128" => 128,
        _ => return None,
    })
}

/// The header's record of a tensor.
#[derive(serde::Deserialize)]
struct Record {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// All tensors of a header, by name, in the order of the header.
struct Header {
    records: Vec<(String, Record)>,
    metadata: Option<serde_json::Value>,
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Header, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let (mut records, mut metadata) = (Vec::new(), None);
        while let Some(name) = map.next_key::<String>()? {
            if name == METADATA {
                metadata = Some(map.next_value()?);
            } else {
                records.push((name, map.next_value()?));
            }
        }
        Ok(Header { records, metadata })
    }
}
