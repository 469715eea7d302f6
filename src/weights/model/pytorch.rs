//! Checkpoints of PyTorch, as `torch.save` writes them since version 1.6: a zip archive of a pickle, `data.pkl`, and of
//! the storages that it names, `data/0`, `data/1`, ...
//!
//! Invariant: each storage that has bytes is one tensor, and all else is skeleton, so that the archive comes back byte for byte. A storage
//! of floats counts as weights only if one tensor of the pickle, or the same one several times, covers all of it in order; its name is the
//! tensor's place in the pickle, such as `model.layers.0.weight`. Every other storage is carried as bytes.

use std::collections::HashMap;
use std::io::Read;

use super::archive::{self, Archive, Entry};
use super::pickle::{self, Id, Kind, Objects, Role};
use super::source::Source;
use super::{Format, ModelError, Parsed, TensorInfo, Type, cut, name_apart};

/// The longest pickle.
const MAX_PICKLE: u64 = 1 << 26;
/// The longest name, in bytes; if a tensor's place in the pickle is longer, its entry's name is shown.
const MAX_NAME: usize = 1 << 10;

/// The most dimensions that are accepted; no tensor has as many.
const MAX_DIMENSIONS: usize = 64;

/// Whether an entry is the pickle of a checkpoint, in the one folder that all entries are in.
pub(super) fn is_pickle(name: &str) -> bool {
    folder(name).is_some_and(|folder| folder.bytes().filter(|&byte| byte == b'/').count() <= 1)
}

fn folder(name: &str) -> Option<&str> {
    name.strip_suffix("data.pkl").filter(|folder| folder.is_empty() || folder.ends_with('/'))
}

pub(super) fn parse(mut archive: Archive, source: &mut Source) -> Result<Parsed, ModelError> {
    let entries = (0..archive.len()).map(|index| archive.entry(index)).collect::<Result<Vec<_>, _>>()?;
    let pickles: Vec<usize> = (0..entries.len()).filter(|&index| is_pickle(&entries[index].name)).collect();
    let [number] = pickles[..] else {
        return Err(damaged("it has several pickles called data.pkl"));
    };
    let folder = folder(&entries[number].name).unwrap_or_default().to_string();
    let find = |name: &str| entries.iter().position(|entry| entry.name.strip_prefix(&folder) == Some(name));
    if find("constants.pkl").is_some() {
        return Err(ModelError::Refused {
            what: "a TorchScript archive",
            instead: "write its weights with torch.save(torch.jit.load(PATH).state_dict(), OUTPUT)",
        });
    }
    if let Some(index) = find("byteorder") {
        let mut order = Vec::new();
        archive.reader(index)?.take(16).read_to_end(&mut order)?;
        if order.trim_ascii() != b"little" {
            return Err(ModelError::Refused {
                what: "a checkpoint that is not little-endian",
                instead: "load it and write it again on a machine that is",
            });
        }
    }
    if entries[number].place.bytes > MAX_PICKLE {
        return Err(ModelError::Refused {
            what: "a checkpoint whose pickle is longer than 64 MiB",
            instead: "save the state_dict alone",
        });
    }
    let mut bytes = Vec::new();
    archive.reader(number)?.take(MAX_PICKLE).read_to_end(&mut bytes)?;
    drop(archive);
    source.rewind()?;

    let mut storages = storages(&pickle::read(&bytes)?);
    drop(bytes);
    let mut found = Vec::new();
    for entry in entries {
        let key = entry.name.strip_prefix(&folder).and_then(|name| name.strip_prefix("data/"));
        let Some(key) = key else { continue };
        let storage = storages.remove(key);
        if entry.place.bytes > 0 {
            found.push((info(&entry, storage)?, entry));
        }
    }
    if let Some(key) = storages.keys().min() {
        return Err(damaged(format_args!(
            "its pickle names the entry \"{folder}data/{key}\", which it lacks"
        )));
    }
    found.sort_by_key(|(_, entry)| entry.place.start);
    name_apart(found.iter_mut().map(|(tensor, _)| &mut tensor.name));

    let marks = archive::marks(source, found.iter().map(|(_, entry)| entry))?;
    let marks = marks.ok_or(ModelError::Refused {
        what: "a checkpoint whose storages do not lie in it as torch.save writes them",
        instead: "write it again with torch.save(torch.load(PATH), OUTPUT)",
    })?;
    let (tensors, places): (Vec<_>, Vec<_>) =
        found.into_iter().map(|(tensor, entry)| (tensor, entry.place)).unzip();
    let skeleton = cut::skeleton(source, &tensors, &places, Some(&marks))?;
    Ok(Parsed { tensors, places, skeleton, others: Vec::new() })
}

/// The tensor that an entry is shown as.
fn info(entry: &Entry, storage: Option<Storage>) -> Result<TensorInfo, ModelError> {
    let bytes = entry.place.bytes;
    let storage = storage.unwrap_or_default();
    let name = if storage.name.is_empty() { entry.name.clone() } else { storage.name };
    if let Some((element, size)) = storage.element.and_then(|element| Some((element, element.bytes()?))) {
        let expected = storage.count.saturating_mul(size as u64);
        if expected != bytes {
            return Err(ModelError::Length { tensor: name, expected, found: bytes });
        }
        if let Some(shape) = storage.shape {
            return Ok(TensorInfo { name, element, shape, bytes });
        }
    }
    Ok(TensorInfo { name, element: Type::Other, shape: vec![bytes], bytes })
}

/// What a pickle says of a storage.
#[derive(Debug, Default)]
struct Storage {
    element: Option<Type>,
    /// How many elements it has.
    count: u64,
    /// The place of its first tensor in the pickle.
    name: String,
    /// The shape that it has in all of its uses, if they agree.
    shape: Option<Vec<u64>>,
}

/// A step on the way from the root to an object.
struct Step {
    /// The number of the step before; the first has none.
    before: usize,
    object: Id,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    None,
    Key(Id),
    Index(usize),
    /// The arguments of a call, whose items have no name.
    Arguments,
}

/// All storages of a pickle by their keys. Each object is visited once, at the first of its places.
fn storages(objects: &Objects<'_>) -> HashMap<String, Storage> {
    let mut all = HashMap::new();
    let mut is_seen = vec![false; objects.len()];
    let mut steps = vec![Step { before: 0, object: objects.root, part: Part::None }];
    let mut next = vec![0];
    while let Some(step) = next.pop() {
        let id = steps[step].object;
        if std::mem::replace(&mut is_seen[id as usize], true) {
            continue;
        }
        let object = objects.get(id);
        let is_arguments = matches!(steps[step].part, Part::Arguments);
        let from = steps.len();
        let mut go = |object, part| steps.push(Step { before: step, object, part });
        match object.kind {
            Kind::Persistent(_) => {
                // Something else than a known tensor uses the storage, in a way that is not known.
                note(objects, id, None, String::new(), &mut all);
            }
            Kind::Call(function, arguments) => {
                if let Some((storage, shape)) = tensor(objects, function, arguments) {
                    let name = name(objects, &steps, step);
                    note(objects, storage, shape, name, &mut all);
                    continue;
                }
                go(arguments, Part::Arguments);
            }
            _ => {}
        }
        for (index, &(role, child)) in object.children.iter().enumerate() {
            let part = match role {
                Role::Key(key) => Part::Key(key),
                Role::Item if !is_arguments => Part::Index(index),
                Role::Item | Role::State => Part::None,
            };
            go(child, part);
        }
        next.extend((from..steps.len()).rev());
    }
    all
}

/// The storage of a tensor, if a call makes one, and its shape, if it covers all of the storage in order.
fn tensor(objects: &Objects<'_>, function: Id, arguments: Id) -> Option<(Id, Option<Vec<u64>>)> {
    let ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") = objects.global(function)? else {
        return None;
    };
    let mut arguments = objects.items(arguments);
    let storage = arguments.next().filter(|&id| matches!(objects.get(id).kind, Kind::Persistent(_)))?;
    let offset = objects.number(arguments.next()?)?;
    let mut numbers = || -> Option<Vec<u64>> {
        let numbers = objects.items(arguments.next()?).take(MAX_DIMENSIONS + 1);
        numbers.map(|id| objects.number(id)?.try_into().ok()).collect()
    };
    let (shape, strides) = (numbers()?, numbers()?);
    let mut stride = Some(1u64);
    let mut is_in_order = offset == 0 && shape.len() == strides.len() && shape.len() <= MAX_DIMENSIONS;
    for (&size, &claimed) in shape.iter().zip(&strides).rev() {
        is_in_order &= size == 1 || Some(claimed) == stride;
        stride = stride.and_then(|stride| stride.checked_mul(size));
    }
    let count = count(objects, storage).unwrap_or(0);
    is_in_order &= stride == Some(count);
    Some((storage, is_in_order.then_some(shape)))
}

/// Notes a use of a storage, by a tensor of a shape or by something else.
fn note(
    objects: &Objects<'_>,
    storage: Id,
    shape: Option<Vec<u64>>,
    name: String,
    all: &mut HashMap<String, Storage>,
) {
    let Kind::Persistent(id) = objects.get(storage).kind else { return };
    let mut parts = objects.items(id);
    let (Some(kind), Some(class), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return };
    let (Some("storage"), Some(key)) = (objects.text(kind), objects.text(key)) else { return };
    let element = match objects.global(class) {
        Some((module, class)) if module == "torch" || module.starts_with("torch.") => match class {
            "FloatStorage" => Some(Type::F32),
            "HalfStorage" => Some(Type::F16),
            "BFloat16Storage" => Some(Type::BF16),
            "DoubleStorage" => Some(Type::F64),
            _ => None,
        },
        _ => None,
    };
    let count = count(objects, storage).unwrap_or(0);
    if let Some(known) = all.get_mut(key) {
        if (known.element, known.count, &known.shape) != (element, count, &shape) {
            known.shape = None;
        }
        if known.name.is_empty() {
            known.name = name;
        }
    } else {
        all.insert(key.into(), Storage { element, count, name, shape });
    }
}

/// How many elements a storage has.
fn count(objects: &Objects<'_>, storage: Id) -> Option<u64> {
    let Kind::Persistent(id) = objects.get(storage).kind else { return None };
    objects.number(objects.items(id).nth(4)?)?.try_into().ok()
}

/// The place of an object, as names with dots between them; empty if it is too long.
fn name(objects: &Objects<'_>, steps: &[Step], mut step: usize) -> String {
    let mut parts = Vec::new();
    let mut length = 0;
    while step > 0 && length <= MAX_NAME {
        // Steps without names count, too, so that the loop ends on a long way of such steps.
        length += 1;
        let part = match steps[step].part {
            Part::None | Part::Arguments => String::new(),
            Part::Index(index) => index.to_string(),
            Part::Key(key) => match (objects.text(key), objects.number(key)) {
                (Some(text), _) => text.into(),
                (_, Some(number)) => number.to_string(),
                _ => "?".into(),
            },
        };
        step = steps[step].before;
        if !part.is_empty() {
            length += part.len();
            parts.push(part);
        }
    }
    if length > MAX_NAME {
        return String::new();
    }
    parts.reverse();
    parts.join(".")
}

fn damaged(what: impl std::fmt::Display) -> ModelError {
    ModelError::damaged(Format::PyTorch, what)
}
