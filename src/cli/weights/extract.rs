//! `silicabac weights extract`

use std::{
    io::{self, Write},
    path::Path,
};

use silicabac::weights::{
    container::Tensor,
    decompress::extract,
    model::Type,
    numbers::{kind, weights},
};

use super::super::output::write_whole;
use super::files::{open_container, warn_if_repaired, weights_failure};
use super::{Failure, Verdict, print::Progress};

/// Writes one tensor of a container: as an array of NumPy where the name of the file says so, else its raw bytes.
pub(super) fn extract_tensor(path: &Path, name: &str, output: &Path) -> Result<Verdict, Failure> {
    let (mut container, _) = open_container(path)?;
    let tensors = &container.index().tensors;
    let Some(number) = tensors.iter().position(|tensor| tensor.name == name) else {
        return Err(Failure::Usage(no_tensor(path, name, tensors)));
    };
    let tensor = tensors[number].clone();
    let is_npy = output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"));
    let element = kind(tensor.element);
    let header = match (is_npy, element) {
        (false, _) => Vec::new(),
        (true, Type::F32 | Type::BF16) => npy_header("<f4", &tensor.shape),
        (true, Type::F16) => npy_header("<f2", &tensor.shape),
        (true, Type::F64) => npy_header("<f8", &tensor.shape),
        (true, Type::Other) => {
            let what = format!(
                "tensor {name} is of a type that a container does not know; name an output that does not end in .npy, for its raw bytes"
            );
            return Err(Failure::Usage(what));
        }
    };
    let bar = Progress::new(tensor.bytes, "bytes");
    let written = write_whole(output, |sink| {
        sink.write_all(&header).map_err(|source| Failure::Write { path: output.to_owned(), source })?;
        // NumPy has no BF16; F32 has all its values.
        let mut wide = Widened(&mut *sink);
        let sink: &mut dyn Write = if is_npy && element == Type::BF16 { &mut wide } else { sink };
        extract(&mut container, number, sink, &|bytes| bar.inc(bytes)).map_err(weights_failure(path))
    });
    bar.finish();
    written?;
    warn_if_repaired(path, &container);
    Ok(Verdict::Equal)
}

fn no_tensor(path: &Path, name: &str, tensors: &[Tensor]) -> String {
    let nearest = tensors.iter().find(|tensor| tensor.name.contains(name) || name.contains(&tensor.name));
    let hint = nearest.map_or_else(
        || format!("silicabac weights inspect {} lists them", path.display()),
        |nearest| format!("is it {}?", nearest.name),
    );
    format!("{}: there is no tensor {name}; {hint}", path.display())
}

/// How a file of NumPy begins.
fn npy_header(descr: &str, shape: &[u64]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // With the ten bytes before it and the line end it is a multiple of 64.
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text.extend(std::iter::repeat_n(' ', length - 1 - text.len()));
    text.push('\n');
    // A length of two bytes is enough for a hundred dimensions; a container's shape has fewer.
    [&b"\x93NUMPY\x01\x00"[..], &(length as u16).to_le_bytes(), text.as_bytes()].concat()
}

/// Takes BF16 and writes F32.
struct Widened<'a>(&'a mut dyn Write);

impl Write for Widened<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wide: Vec<u8> = weights(Type::BF16, bytes).into_iter().flat_map(f32::to_le_bytes).collect();
        self.0.write_all(&wide)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
