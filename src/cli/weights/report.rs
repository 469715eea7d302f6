//! What a container holds, tensor by tensor, as a table or as JSON.

use std::{
    io::{self, Write},
    path::Path,
};

use serde::Serialize;
use silicabac::weights::{
    compress::Summary,
    container::{Coding, Index, Tensor},
    quantise::Values,
};

use super::print::Format;

/// A tensor of the container.
#[derive(Serialize)]
pub(super) struct Row {
    name: String,
    shape: Vec<u64>,
    elements: u64,
    coding: String,
    step: Option<f32>,
    bytes: u64,
    bits_per_weight: f64,
    share: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    zeros: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_error: Option<f32>,
    /// The largest error in steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_error_in_steps: Option<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

pub(super) fn rows(
    index: &Index,
    length: u64,
    zeros: impl Fn(usize) -> Option<u64>,
    summaries: &[Summary],
) -> Vec<Row> {
    let row = |(number, tensor): (usize, &Tensor)| {
        let elements = tensor.elements().unwrap_or(0);
        let (coding, values) = match &tensor.coding {
            Coding::Lossless { .. } => ("lossless", None),
            Coding::DeepCabac { values, .. } => ("deepcabac", Some(values)),
            Coding::Packed { values, .. } => ("xz", Some(values)),
        };
        let (coding, step) = match values {
            Some(Values::Codebook { values, .. }) => (format!("{coding}, {} values", values.len()), None),
            Some(Values::Grid { step }) => (coding.to_string(), Some(*step)),
            None => (coding.to_string(), None),
        };
        let is_coded = values.is_some();
        let summary = summaries.get(number);
        let largest_error = summary.filter(|_| is_coded).map(|summary| summary.largest_error);
        Row {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            elements,
            coding,
            step,
            bytes: tensor.stored(),
            bits_per_weight: tensor.stored() as f64 * 8.0 / elements.max(1) as f64,
            share: tensor.stored() as f64 / length.max(1) as f64,
            zeros: zeros(number).filter(|_| is_coded).map(|zeros| zeros as f64 / elements.max(1) as f64),
            largest_error,
            largest_error_in_steps: largest_error.zip(step).map(|(error, step)| error / step),
            notes: summary.iter().flat_map(|summary| &summary.notes).map(ToString::to_string).collect(),
        }
    };
    index.tensors.iter().enumerate().map(row).collect()
}

#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    bytes: u64,
    raw_bytes: u64,
    bits_per_weight: f64,
    tensors: Vec<Row>,
}

pub(super) fn print(
    mut out: impl Write,
    path: &Path,
    length: u64,
    index: &Index,
    tensors: Vec<Row>,
    format: Format,
) -> io::Result<()> {
    let raw_bytes: u64 = index.tensors.iter().map(|tensor| tensor.bytes).sum();
    let elements: u64 = tensors.iter().map(|row| row.elements).sum();
    let bits_per_weight = length as f64 * 8.0 / elements.max(1) as f64;
    if format == Format::Json {
        serde_json::to_writer_pretty(
            &mut out,
            &Report { file: path, bytes: length, raw_bytes, bits_per_weight, tensors },
        )?;
        return writeln!(out);
    }
    let width = tensors.iter().map(|row| row.name.len()).max().unwrap_or(0).clamp(6, 48);
    writeln!(
        out,
        "{:width$}  {:>16}  {:>14}  {:>10}  {:>6}  {:>10}  {:>6}  {:>6}",
        "tensor", "shape", "coding", "step", "zeros", "bytes", "bits", "share"
    )?;
    for row in &tensors {
        let name: String = row.name.chars().take(48).collect();
        let shape = row.shape.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
        let step = row.step.map(|step| format!("{step:.3e}")).unwrap_or_default();
        let zeros = row.zeros.map(|zeros| format!("{:.1} %", 100.0 * zeros)).unwrap_or_default();
        writeln!(
            out,
            "{name:width$}  {shape:>16}  {:>14}  {step:>10}  {zeros:>6}  {:>10}  {:>6.3}  {:>5.1}%",
            row.coding,
            row.bytes,
            row.bits_per_weight,
            100.0 * row.share
        )?;
    }
    for row in &tensors {
        row.notes.iter().try_for_each(|note| writeln!(out, "note: {}: {note}", row.name))?;
    }
    writeln!(
        out,
        "{}: {length} bytes of {raw_bytes}, {:.2} %, {bits_per_weight:.3} bits an element, all headers counted",
        path.display(),
        100.0 * length as f64 / raw_bytes.max(1) as f64
    )
}
