//! Reads the `f32` tensors of a safetensors file: a length, a header in JSON, the values.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;
use silicabac::weights::lenet::Tensor;

/// All tensors by their names.
pub(crate) type Tensors = BTreeMap<String, Tensor>;

/// The tensors of a file, or what is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Tensors, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&bytes).ok_or_else(|| format!("{}: this is no safetensors file of f32", path.display()))
}

fn parse(bytes: &[u8]) -> Option<Tensors> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let header: BTreeMap<String, Value> = serde_json::from_slice(header).ok()?;
    let tensor = |(name, about): (String, Value)| {
        let numbers = |key: &str| -> Option<Vec<usize>> {
            about[key].as_array()?.iter().map(|number| number.as_u64()?.try_into().ok()).collect()
        };
        let [begin, end] = numbers("data_offsets")?[..] else { return None };
        let values = data.get(begin..end)?.chunks_exact(4);
        let values = values.map(|four| Some(f32::from_le_bytes(four.try_into().ok()?)));
        (about["dtype"] == "F32").then_some((name, (numbers("shape")?, values.collect::<Option<_>>()?)))
    };
    header.into_iter().filter(|(name, _)| name != "__metadata__").map(tensor).collect()
}
