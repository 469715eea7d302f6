//! ONNX: a protobuf of a graph, in which the weights are TensorProtos: initialisers, values of Constant nodes, also in
//! subgraphs and functions.
//!
//! The protobuf is walked at the wire level (`wire`), by a table of the few fields that lead to a tensor, and the ranges
//! of data are cut out of it: the rest of the graph is kept as bytes, with all fields that nobody here knows. Data that
//! is in several pieces or short stays there too.
//!
//! Invariant: if each run is as long when it comes back, the file is cut (`cut`). Halves in `int32_data` are varints,
//! whose lengths depend on what they are: a file that has some is written anew around them (`nested`).

use std::collections::{BTreeMap, HashSet};

use super::nested::{self, Cut, Put};
use super::payload::{Packing, Place};
use super::source::Source;
use super::wire::{self, Message, Value};
use super::{Format, ModelError, Parsed, TensorInfo, Type, bad_shape, check_length, cut, halves};

/// How many messages can lie in each other; protobuf's own libraries stop at 100.
const MAX_DEPTH: u32 = 100;
/// More than any tensor has.
const MAX_DIMENSIONS: usize = 64;
/// In bytes.
const MAX_NAME: u64 = 1 << 16;
/// Data that is shorter stays in the graph: a tensor costs more than it saves.
const MIN_DATA: u64 = 64;

/// Fields of a TensorProto that hold its data: `float_data`, `int32_data`, `int64_data`, `raw_data`, `double_data`,
/// `uint64_data`.
const FLOATS: u64 = 4;
const INTS: u64 = 5;
const LONGS: u64 = 7;
const RAW: u64 = 9;
const DOUBLES: u64 = 10;
const UNSIGNED: u64 = 11;

/// Whether a file begins as all exporters begin: with `ir_version`, a small number, and a field of ModelProto.
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
    /// What a field holds.
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

pub(super) fn parse(source: &mut Source) -> Result<Parsed, ModelError> {
    let model = Message { begin: 0, end: source.length() };
    let mut walk =
        Walk { source, tensors: Vec::new(), around: Vec::new(), cuts: BTreeMap::new(), has_graph: false };
    walk.message(Kind::Model, model, 0)?;
    let Walk { mut tensors, mut cuts, has_graph, .. } = walk;
    if !has_graph {
        return Err(ModelError::damaged(Format::Onnx, "it has no graph"));
    }
    tensors.sort_by_key(|tensor| tensor.1.start);
    name_apart(&mut tensors);
    let (tensors, places): (Vec<_>, Vec<_>) = tensors.into_iter().unzip();
    if cuts.is_empty() {
        let skeleton = cut::skeleton(source, &tensors, &places, None)?;
        return Ok(Parsed { tensors, places, skeleton });
    }
    for place in &places {
        let is_packed = place.packing != Packing::Stored;
        let cut = Cut { at: place.start, removed: place.taken(), put: Put::Data { is_packed } };
        cuts.insert(place.start, cut);
    }
    let skeleton = nested::skeleton(source, &cuts.into_values().collect::<Vec<_>>())?;
    Ok(Parsed { tensors, places, skeleton })
}

/// Subgraphs that stand side by side, and several attributes of a node, may call two tensors the same: those behind the
/// first get a number, for whoever looks for one by its name.
fn name_apart(tensors: &mut [(TensorInfo, Place)]) {
    let mut taken = HashSet::new();
    for (tensor, _) in tensors {
        let name = tensor.name.clone();
        let mut number = 1;
        while !taken.insert(tensor.name.clone()) {
            number += 1;
            tensor.name = format!("{name}#{number}");
        }
    }
}

struct Walk<'a> {
    source: &'a mut Source,
    tensors: Vec<(TensorInfo, Place)>,
    /// The messages that lie around the present one, but for the whole file.
    around: Vec<Message>,
    /// What else than data is cut out, by where it begins.
    cuts: BTreeMap<u64, Cut>,
    has_graph: bool,
}

impl Walk<'_> {
    /// Walks through a message that is not a tensor.
    fn message(&mut self, kind: Kind, mut message: Message, depth: u32) -> Result<(), ModelError> {
        if depth > MAX_DEPTH {
            let what = format_args!("more than {MAX_DEPTH} messages lie in each other");
            return Err(ModelError::damaged(Format::Onnx, what));
        }
        // An output can stand behind the attributes that it names.
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
            for (tensor, _) in &mut self.tensors[before..] {
                if tensor.name.is_empty() {
                    tensor.name.clone_from(&output);
                }
            }
        }
        Ok(())
    }

    /// Notes where the data of a tensor is, if it can be cut out, and tells its name. The value of an attribute is called after
    /// its node.
    fn tensor(&mut self, whole: Message, is_value: bool) -> Result<String, ModelError> {
        let mut message = whole;
        let mut name = String::new();
        let mut shape = Vec::new();
        let mut data_type = 0;
        let mut is_external = false;
        let mut data = Vec::new();
        while let Some((field, value)) = wire::next(self.source, &mut message)? {
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
                (13, Value::Bytes(_)) => is_external = true,
                (14, Value::Varint(location)) => is_external |= location == 1,
                _ => {}
            }
            if shape.len() > MAX_DIMENSIONS {
                return Err(bad_shape(&name, &shape));
            }
        }
        if is_external {
            return Err(ModelError::External { tensor: name });
        }
        if let [(field, Value::Bytes(run))] = data[..]
            && run.length() >= MIN_DATA
        {
            let mut place = Place::plain(run.begin, run.length());
            let element = match (data_type, field) {
                (1, FLOATS | RAW) => Type::F32,
                (10, RAW) => Type::F16,
                (16, RAW) => Type::BF16,
                (10 | 16, INTS) if self.is_of_halves(whole, run, &mut place)? => match data_type {
                    10 => Type::F16,
                    _ => Type::BF16,
                },
                _ => Type::Other,
            };
            if let Some(size) = element.bytes() {
                check_length(&name, &shape, 8 * size as u64, place.bytes)?;
            }
            let shown = if is_value { String::new() } else { name.clone() };
            let tensor = TensorInfo { name: shown, element, shape, bytes: place.bytes };
            self.tensors.push((tensor, place));
        }
        Ok(name)
    }

    /// Whether a run of varints comes back from the halves that it stands for. If so, they are what is read there, and the
    /// lengths of all around them are cut out.
    fn is_of_halves(&mut self, tensor: Message, run: Message, place: &mut Place) -> Result<bool, ModelError> {
        let Some(count) = halves::count(self.source, run)? else { return Ok(false) };
        let mut cuts = Vec::new();
        for &message in self.around.iter().chain([&tensor, &run]) {
            let Some(cut) = Cut::length(self.source, message)? else { return Ok(false) };
            cuts.push((cut.at, cut));
        }
        self.cuts.extend(cuts);
        (place.bytes, place.packing) = (2 * count, Packing::Varints(run.length()));
        Ok(true)
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
