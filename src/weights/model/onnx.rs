//! ONNX: a protobuf of a graph, in which the weights are TensorProtos: initialisers, values of Constant nodes, also in
//! subgraphs and functions.
//!
//! The protobuf is walked at the wire level (`wire`), by a table of the few fields that lead to a tensor, and the ranges
//! of raw data are cut out of it: the rest of the graph is kept as bytes, with all fields that nobody here knows. Data
//! that is not a run of fixed numbers (`int32_data`, `float_data` in several pieces) or is short stays there too.

use std::collections::HashSet;

use super::payload::Place;
use super::source::Source;
use super::wire::{self, Message, Value};
use super::{Format, ModelError, Parsed, TensorInfo, Type, bad_shape, check_length, cut};

/// How many messages can lie in each other; protobuf's own libraries stop at 100.
const MAX_DEPTH: u32 = 100;
/// More than any tensor has.
const MAX_DIMENSIONS: usize = 64;
/// In bytes.
const MAX_NAME: u64 = 1 << 16;
/// Data that is shorter stays in the graph: a tensor costs more than it saves.
const MIN_DATA: u64 = 64;

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
    let mut walk = Walk { source, tensors: Vec::new(), has_graph: false };
    walk.message(Kind::Model, model, 0)?;
    let Walk { mut tensors, has_graph, .. } = walk;
    if !has_graph {
        return Err(ModelError::damaged(Format::Onnx, "it has no graph"));
    }
    tensors.sort_by_key(|tensor| tensor.1.start);
    name_apart(&mut tensors);
    let (tensors, places): (Vec<_>, Vec<_>) = tensors.into_iter().unzip();
    let skeleton = cut::skeleton(source, &tensors, &places, None)?;
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
                Some(child) => self.message(child, inner, depth + 1)?,
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
    fn tensor(&mut self, mut message: Message, is_value: bool) -> Result<String, ModelError> {
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
                (4 | 9, Value::Bytes(run)) if run.length() > 0 && data.len() < 2 => data.push((field, run)),
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
        if let [(field, run)] = data[..]
            && run.length() >= MIN_DATA
        {
            let element = match data_type {
                1 => Type::F32,
                10 if field == 9 => Type::F16,
                16 if field == 9 => Type::BF16,
                _ => Type::Other,
            };
            if let Some(size) = element.bytes() {
                check_length(&name, &shape, 8 * size as u64, run.length())?;
            }
            let shown = if is_value { String::new() } else { name.clone() };
            let tensor = TensorInfo { name: shown, element, shape, bytes: run.length() };
            self.tensors.push((tensor, Place::plain(run.begin, run.length())));
        }
        Ok(name)
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
