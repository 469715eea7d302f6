//! ONNX: a protobuf of a graph, in which the weights are TensorProtos: initialisers and values of Constant nodes, also in
//! subgraphs and functions.
//!
//! The protobuf is walked at the wire level (`wire`), by a table of the few fields that lead to a tensor, and the ranges of data are cut
//! out of it. The rest of the graph is kept as bytes, with all fields that this module does not know. Data that is in several pieces or
//! short stays there too.
//!
//! Invariant: if no run changes its length, the file is cut (`cut`). Halves in `int32_data` are varints, whose lengths depend
//! on their values: a file that has some is written anew around them (`nested`). So is one with external data, which comes back as one file
//! with the data in it: the same model.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::nested::{self, Cut, Put};
use super::payload::{Origin, Packing, Place};
use super::source::Source;
use super::wire::{self, Message, Value};
use super::{
    Format, ModelError, Parsed, TensorInfo, Type, bad_shape, beside, check_length, cut, halves, name_apart,
};

/// How deep messages can be nested; protobuf's own libraries stop at 100.
const MAX_DEPTH: u32 = 100;
/// The most dimensions that are accepted; no tensor has as many.
const MAX_DIMENSIONS: usize = 64;
/// The longest name, in bytes.
const MAX_NAME: u64 = 1 << 16;
/// Data that is shorter stays in the graph: as a tensor it would cost more than it saves.
const MIN_DATA: u64 = 64;

/// Fields of a TensorProto that hold its data: `float_data`, `int32_data`, `int64_data`, `raw_data`, `double_data`,
/// `uint64_data`.
const FLOATS: u64 = 4;
const INTS: u64 = 5;
const LONGS: u64 = 7;
const RAW: u64 = 9;
const DOUBLES: u64 = 10;
const UNSIGNED: u64 = 11;

/// Whether a file begins as all exporters begin: with `ir_version`, a small number, and a further field of ModelProto.
pub(super) fn is_likely(head: &[u8; 16]) -> bool {
    head[0] == 0x08
        && head[1] < 0x40
        && matches!(head[2], 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42 | 0x72 | 0xa2)
}

/// Messages that lead to tensors, named as in `onnx.proto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Model,
    TrainingInfo,
    Function,
    Graph,
    Node,
    Attribute,
    SparseTensor,
    Tensor,
}

impl Kind {
    /// The message that a field leads to.
    fn child(self, field: u64) -> Option<Kind> {
        Some(match (self, field) {
            (Kind::Model, 7) => Kind::Graph,
            (Kind::Model, 20) => Kind::TrainingInfo,
            (Kind::Model, 25) => Kind::Function,
            (Kind::TrainingInfo, 1 | 2) => Kind::Graph,
            (Kind::Function, 7) => Kind::Node,
            (Kind::Function, 11) => Kind::Attribute,
            (Kind::Graph, 1) => Kind::Node,
            (Kind::Graph, 5) => Kind::Tensor,
            (Kind::Graph, 15) => Kind::SparseTensor,
            (Kind::Node, 5) => Kind::Attribute,
            (Kind::Attribute, 5 | 10) => Kind::Tensor,
            (Kind::Attribute, 6 | 11) => Kind::Graph,
            (Kind::Attribute, 22 | 23) => Kind::SparseTensor,
            (Kind::SparseTensor, 1 | 2) => Kind::Tensor,
            _ => return None,
        })
    }
}

pub(super) fn parse(path: &Path, source: &mut Source) -> Result<Parsed, ModelError> {
    let model = Message { begin: 0, end: source.length() };
    let mut walk = Walk {
        path,
        source,
        tensors: Vec::new(),
        around: Vec::new(),
        cuts: BTreeMap::new(),
        others: HashMap::new(),
        has_graph: false,
    };
    walk.message(Kind::Model, model, 0)?;
    let Walk { mut tensors, mut cuts, others, has_graph, .. } = walk;
    if !has_graph {
        return Err(ModelError::damaged(Format::Onnx, "it has no graph (one of TensorFlow is for tf2onnx)"));
    }
    let outside = tensors.iter().filter(|found| found.place.file > 0).map(|found| found.place.bytes);
    let bytes = outside.fold(source.length(), u64::saturating_add);
    if !others.is_empty() && bytes > i32::MAX as u64 {
        return Err(ModelError::Inline { bytes });
    }
    tensors.sort_by_key(|found| found.at);
    // Subgraphs that stand side by side, and several attributes of a node, may give two tensors the same name.
    name_apart(tensors.iter_mut().map(|found| &mut found.tensor.name));
    if !cuts.is_empty() {
        for Found { at, place, .. } in &tensors {
            let removed = if place.file == 0 { place.taken() } else { 0 };
            let is_packed = place.packing != Packing::Stored;
            cuts.insert((*at, DATA), Cut { at: *at, removed, put: Put::Data { is_packed } });
        }
    }
    let (tensors, places): (Vec<_>, Vec<_>) =
        tensors.into_iter().map(|found| (found.tensor, found.place)).unzip();
    let skeleton = match cuts.is_empty() {
        true => cut::skeleton(source, &tensors, &places, None)?,
        false => nested::skeleton(source, &cuts.into_values().collect::<Vec<_>>())?,
    };
    let mut others: Vec<_> = others.into_values().collect();
    others.sort_by_key(|other| other.number);
    let others = others.into_iter().map(|other| Origin::Closed(other.path)).collect();
    Ok(Parsed { tensors, places, skeleton, others })
}

/// The order of cuts that begin at the same place.
type Rank = u8;
const TEXT: Rank = 0;
const LENGTH: Rank = 1;
const DATA: Rank = 2;

/// A tensor, and where it was found.
struct Found {
    /// Where its data comes in the file that is written, whatever file it is read from.
    at: u64,
    tensor: TensorInfo,
    place: Place,
}

/// Another file, with external data of tensors.
struct Other {
    number: usize,
    path: PathBuf,
    length: u64,
}

/// The fields of `external_data`.
#[derive(Default)]
struct External {
    location: Option<String>,
    offset: Option<String>,
    length: Option<String>,
}

struct Walk<'a> {
    path: &'a Path,
    source: &'a mut Source,
    tensors: Vec<Found>,
    /// The messages around the current one, except the whole file.
    around: Vec<Message>,
    /// What is cut out besides data, by where it begins.
    cuts: BTreeMap<(u64, Rank), Cut>,
    /// The other files, by their names in the model.
    others: HashMap<String, Other>,
    has_graph: bool,
}

impl Walk<'_> {
    /// Walks through a message that is not a tensor.
    fn message(&mut self, kind: Kind, mut message: Message, depth: u32) -> Result<(), ModelError> {
        if depth > MAX_DEPTH {
            let what = format_args!("more than {MAX_DEPTH} messages lie in each other");
            return Err(ModelError::damaged(Format::Onnx, what));
        }
        // The output that names an attribute's tensor can come after the attribute.
        let mut output = None;
        let before = self.tensors.len();
        let mut initialisers = HashSet::new();
        while let Some((field, value)) = wire::next(self.source, &mut message)? {
            let Value::Bytes(inner) = value else { continue };
            self.has_graph |= (kind, field) == (Kind::Model, 7);
            match kind.child(field) {
                Some(Kind::Tensor) => {
                    let name = self.tensor(inner, kind == Kind::Attribute)?;
                    if kind == Kind::Graph && !name.is_empty() && initialisers.contains(&name) {
                        let what = format_args!("two initialisers of one graph are called {name:?}");
                        return Err(ModelError::damaged(Format::Onnx, what));
                    }
                    initialisers.insert(name);
                }
                Some(child) => {
                    self.around.push(inner);
                    self.message(child, inner, depth + 1)?;
                    self.around.pop();
                }
                None if (kind, field) == (Kind::Node, 2) && output.is_none() => {
                    output = Some(self.text(inner)?);
                }
                None => {}
            }
        }
        if let Some(output) = output {
            for Found { tensor, .. } in &mut self.tensors[before..] {
                if tensor.name.is_empty() {
                    tensor.name.clone_from(&output);
                }
            }
        }
        Ok(())
    }

    /// Notes where the data of a tensor is, if it can be cut out, and returns the tensor's name. The value of an attribute is named after
    /// its node.
    fn tensor(&mut self, whole: Message, is_value: bool) -> Result<String, ModelError> {
        let mut message = whole;
        let mut name = String::new();
        let mut shape = Vec::new();
        let mut data_type = 0;
        let mut is_external = false;
        let mut external = External::default();
        // The fields that say that the data is external.
        let mut outside = Vec::new();
        let mut data = Vec::new();
        let mut begin = message.begin;
        while let Some((field, value)) = wire::next(self.source, &mut message)? {
            if field == 13 || field == 14 {
                outside.push((begin, message.begin - begin));
            }
            begin = message.begin;
            match (field, value) {
                (1, Value::Varint(size)) => shape.push(size),
                (1, Value::Bytes(mut sizes)) => {
                    while sizes.length() > 0 && shape.len() <= MAX_DIMENSIONS {
                        self.source.seek(sizes.begin)?;
                        shape.push(wire::varint(self.source, &mut sizes)?);
                    }
                }
                (2, Value::Varint(number)) => data_type = number,
                (FLOATS | INTS | LONGS | RAW | DOUBLES | UNSIGNED, Value::Bytes(run))
                    if run.length() == 0 => {}
                (FLOATS | INTS | LONGS | RAW | DOUBLES | UNSIGNED, value) if data.len() < 2 => {
                    data.push((field, value));
                }
                (8, Value::Bytes(text)) => name = self.text(text)?,
                (13, Value::Bytes(entry)) => self.external(entry, &mut external)?,
                (14, Value::Varint(location)) => is_external = location == 1,
                _ => {}
            }
            if shape.len() > MAX_DIMENSIONS {
                return Err(bad_shape(&name, &shape));
            }
        }
        let shown = if is_value { String::new() } else { name.clone() };
        if is_external {
            if !data.is_empty() {
                let what = format_args!("tensor {name:?} has data both in the file and in another one");
                return Err(ModelError::damaged(Format::Onnx, what));
            }
            let element = match data_type {
                1 => Type::F32,
                10 => Type::F16,
                11 => Type::F64,
                16 => Type::BF16,
                _ => Type::Other,
            };
            let place = self.outside(&name, external)?;
            if let Some(size) = element.bytes() {
                check_length(&name, &shape, 8 * size as u64, place.bytes)?;
            }
            let at = self.put_in(whole, &outside)?;
            self.tensors.push(Found {
                at,
                tensor: TensorInfo { name: shown, element, shape, bytes: place.bytes },
                place,
            });
            return Ok(name);
        }
        if let [(field, Value::Bytes(run))] = data[..]
            && run.length() >= MIN_DATA
        {
            let mut place = Place::plain(run.begin, run.length());
            let element = match (data_type, field) {
                (1, FLOATS | RAW) => Type::F32,
                (10, RAW) => Type::F16,
                (16, RAW) => Type::BF16,
                (11, DOUBLES | RAW) => Type::F64,
                (10 | 16, INTS) if self.is_of_halves(whole, run, &mut place)? => match data_type {
                    10 => Type::F16,
                    _ => Type::BF16,
                },
                _ => Type::Other,
            };
            if let Some(size) = element.bytes() {
                check_length(&name, &shape, 8 * size as u64, place.bytes)?;
            }
            let tensor = TensorInfo { name: shown, element, shape, bytes: place.bytes };
            self.tensors.push(Found { at: run.begin, tensor, place });
        }
        Ok(name)
    }

    /// Whether a run of varints can be restored from the halves that it stands for. If so, the halves are the tensor's data, and the
    /// lengths of all messages around them are cut out.
    fn is_of_halves(&mut self, tensor: Message, run: Message, place: &mut Place) -> Result<bool, ModelError> {
        let Some(count) = halves::count(self.source, run)? else { return Ok(false) };
        let mut cuts = Vec::new();
        for &message in self.around.iter().chain([&tensor, &run]) {
            let cut = Cut::length(self.source, message)?;
            if cut.removed != wire::width(message.length()) {
                return Ok(false);
            }
            cuts.push(((cut.at, LENGTH), cut));
        }
        self.cuts.extend(cuts);
        (place.bytes, place.packing) = (2 * count, Packing::Varints(run.length()));
        Ok(true)
    }

    /// Reads one of the pairs that say where external data is.
    fn external(&mut self, mut entry: Message, external: &mut External) -> Result<(), ModelError> {
        let (mut key, mut value) = (String::new(), String::new());
        let begin = entry.begin;
        while let Some((field, run)) = wire::next(self.source, &mut entry)? {
            match (field, run) {
                (1, Value::Bytes(run)) => key = self.text(run)?,
                (2, Value::Bytes(run)) => value = self.text(run)?,
                _ => {}
            }
        }
        let known = match &key[..] {
            "location" => &mut external.location,
            "offset" => &mut external.offset,
            "length" => &mut external.length,
            _ => return Ok(()),
        };
        if known.replace(value).is_some() {
            let what = format_args!("external data has two values of {key:?} at byte {begin}");
            return Err(ModelError::damaged(Format::Onnx, what));
        }
        Ok(())
    }

    /// Where the data of a tensor is in another file.
    fn outside(&mut self, name: &str, external: External) -> Result<Place, ModelError> {
        let damaged = |what: &str| {
            let what = format_args!("the external data of tensor {name:?} has {what}");
            ModelError::damaged(Format::Onnx, what)
        };
        let number = |text: String| text.parse::<u64>().map_err(|_| damaged("a position that is no number"));
        let location = external.location.ok_or_else(|| damaged("no location"))?;
        if !self.others.contains_key(&location) {
            let path = beside::path(self.path, &location)?;
            let length = beside::open(&path)?.metadata()?.len();
            let other = Other { number: self.others.len() + 1, path, length };
            self.others.insert(location.clone(), other);
        }
        let other = &self.others[&location];
        let start = external.offset.map_or(Ok(0), number)?;
        let bytes = external.length.map(number).transpose()?;
        let end = bytes.map_or(Some(other.length), |bytes| start.checked_add(bytes));
        if start > other.length || end.is_none_or(|end| end > other.length) {
            let (tensor, end) = (name.into(), end.unwrap_or(u64::MAX));
            return Err(ModelError::Place { tensor, begin: start, end, from: 0, to: other.length });
        }
        let bytes = bytes.unwrap_or(other.length - start);
        Ok(Place { file: other.number, ..Place::plain(start, bytes) })
    }

    /// Cuts the fields that say that the data is external out of a tensor, and puts a field for the data in; returns where.
    fn put_in(&mut self, tensor: Message, fields: &[(u64, u64)]) -> Result<u64, ModelError> {
        for &message in self.around.iter().chain([&tensor]) {
            let cut = Cut::length(self.source, message)?;
            self.cuts.insert((cut.at, LENGTH), cut);
        }
        for &(at, removed) in fields {
            self.cuts.insert((at, TEXT), Cut { at, removed, put: Put::Text(&[]) });
        }
        // There is at least one such field.
        let at = fields.first().map_or(tensor.end, |field| field.0);
        if let Some(cut) = self.cuts.get_mut(&(at, TEXT)) {
            cut.put = Put::Text(&[(RAW as u8) << 3 | 2]);
        }
        self.cuts.insert((at, LENGTH), Cut { at, removed: 0, put: Put::Length { end: at } });
        Ok(at)
    }

    fn text(&mut self, run: Message) -> Result<String, ModelError> {
        if run.length() > MAX_NAME {
            let what = format_args!("the name at byte {} is longer than {MAX_NAME} bytes", run.begin);
            return Err(ModelError::damaged(Format::Onnx, what));
        }
        let mut bytes = Vec::new();
        self.source.append(run.begin, run.length(), &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
