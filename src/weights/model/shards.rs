//! A model of several safetensors files, the shards, with an index in the same directory: JSON whose `weight_map` says of each tensor which
//! file has it.
//!
//! Invariant: all tensors of all shards are there once. The model is written as one safetensors file, made anew: the names, types and
//! shapes are those of the shards, the metadata that of the first one, and the data of a tensor begins at a multiple of its element's
//! length.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::payload::Origin;
use super::safetensors::{self, Contents, Entry, MAX_HEADER, METADATA};
use super::source::Source;
use super::{ModelError, Parsed, beside, cut};
use crate::json;

/// Whether a file begins with a JSON object.
pub(super) fn is_likely(head: &[u8; 16]) -> bool {
    let mut text = head.iter().filter(|byte| !byte.is_ascii_whitespace());
    text.next() == Some(&b'{') && matches!(text.next(), Some(b'"' | b'}'))
}

/// The fields of the index that are needed.
#[derive(serde::Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

pub(super) fn parse(path: &Path, source: &mut Source) -> Result<Parsed, ModelError> {
    if source.length() > MAX_HEADER {
        return Err(unfit(format_args!("it has {} bytes, more than {MAX_HEADER}", source.length())));
    }
    let mut text = Vec::new();
    source.append(0, source.length(), &mut text)?;
    let Index { weight_map } = json::read(&text).map_err(unfit)?;
    drop(text);

    let shards: Vec<&String> = weight_map.values().collect::<BTreeSet<_>>().into_iter().collect();
    let (mut others, mut entries, mut metadata) = (Vec::new(), Vec::new(), None);
    for (number, &shard) in shards.iter().enumerate() {
        let path = beside::path(path, shard)?;
        let of_shard = |error| ModelError::Shard { shard: shard.clone(), source: Box::new(error) };
        let contents =
            beside::open(&path).and_then(|file| open(&path, &mut Source::new(file)?)).map_err(of_shard)?;
        if number == 0 {
            metadata = contents.metadata;
        }
        others.push(Origin::Closed(path));
        // The index itself is file 0.
        entries.extend(contents.entries.into_iter().map(|entry| (number + 1, entry)));
    }

    let mut found = HashMap::new();
    for (file, entry) in &entries {
        if let Some(other) = found.insert(&entry.tensor.name, *file) {
            let name = &entry.tensor.name;
            let (one, two) = (shards[other - 1], shards[file - 1]);
            return Err(unfit(format_args!("tensor {name:?} is in {one:?} and in {two:?}")));
        }
    }
    for (name, shard) in &weight_map {
        if found.get(name).is_none_or(|file| shards[file - 1] != shard) {
            return Err(unfit(format_args!("tensor {name:?} is not in {shard:?}")));
        }
    }
    // The largest elements first, so that all data is aligned.
    entries.sort_by_key(|(_, entry)| Reverse(safetensors::bits(&entry.dtype)));
    one(entries, metadata, others)
}

/// Reads a shard, which has to be the file that the index means.
fn open(path: &Path, source: &mut Source) -> Result<Contents, ModelError> {
    match super::format_of(path, source)? {
        super::Layout::Safetensors => safetensors::contents(source),
        _ => Err(ModelError::Refused {
            what: "a shard that is not safetensors",
            instead: "write the model with save_pretrained(DIRECTORY, safe_serialization=True)",
        }),
    }
}

/// The header of one file with all tensors, and the order of their data.
fn one(
    entries: Vec<(usize, Entry)>,
    metadata: Option<serde_json::Value>,
    others: Vec<Origin>,
) -> Result<Parsed, ModelError> {
    let mut text = String::from("{");
    if let Some(metadata) = metadata {
        text.push_str(&format!("\"{METADATA}\":{metadata},"));
    }
    let (mut tensors, mut places) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
    let mut at = 0u64;
    for (file, Entry { tensor, mut place, dtype }) in entries {
        let end = at.saturating_add(tensor.bytes);
        let name = serde_json::Value::from(&tensor.name[..]);
        let dtype = serde_json::Value::from(dtype);
        let shape = serde_json::Value::from(&tensor.shape[..]);
        text.push_str(&format!(
            "{name}:{{\"dtype\":{dtype},\"shape\":{shape},\"data_offsets\":[{at},{end}]}},"
        ));
        at = end;
        place.file = file;
        tensors.push(tensor);
        places.push(place);
    }
    if text.ends_with(',') {
        text.pop();
    }
    text.push('}');
    while text.len() % 8 != 0 {
        text.push(' ');
    }
    if text.len() as u64 > MAX_HEADER {
        return Err(unfit(format_args!(
            "all shards together would have a header of more than {MAX_HEADER} bytes"
        )));
    }
    let header = [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let skeleton = cut::headed(&header, &tensors);
    Ok(Parsed { tensors, places, skeleton, others })
}

fn unfit(what: impl std::fmt::Display) -> ModelError {
    ModelError::Index { what: what.to_string() }
}
