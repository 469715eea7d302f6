//! `silicabac weights compare`

use std::{
    io::{self, Cursor, Write},
    path::Path,
};

use clap::ValueEnum;
use rayon::prelude::*;
use serde::Serialize;
use silicabac::weights::{
    compare::sizes,
    compress::{Coder, Options, WeightsError, compress},
    container::{Container, columns},
    decompress::levels,
};

use super::{
    Failure, How, Table, Verdict, Which, open_model,
    print::{Progress, out, unless_closed},
    weights_failure,
};

/// What all coders need after one quantizer, in bytes; tensors that are kept lossless are not counted.
#[derive(Default, Serialize)]
struct Compared {
    quantizer: String,
    weights: u64,
    entropy: f64,
    huffman: u64,
    csr_huffman: u64,
    bzip2: u64,
    xz: u64,
    zstd_19: u64,
    article: u64,
}

impl Compared {
    const COLUMNS: [&str; 7] = ["entropy", "Huffman", "CSR-Huffman", "bzip2", "xz", "zstd -19", "article"];

    fn sizes(&self) -> [f64; 7] {
        let Compared { huffman, csr_huffman, bzip2, xz, zstd_19, article, .. } = *self;
        let counted = [huffman, csr_huffman, bzip2, xz, zstd_19, article].map(|bytes| bytes as f64);
        let [huffman, csr_huffman, bzip2, xz, zstd_19, article] = counted;
        [self.entropy / 8.0, huffman, csr_huffman, bzip2, xz, zstd_19, article]
    }
}

pub(super) fn compare(path: &Path, how: &How, format: Table) -> Result<Verdict, Failure> {
    let all = [Which::Nearest, Which::Rd, Which::Lloyd, Which::Kmeans];
    // Once: what comes out of a pipe does so once.
    let mut model = open_model(path)?;
    let mut sigma = how.sigma.as_deref().map(open_model).transpose()?;
    let count = model.tensors().len();
    let bar = Progress::new((all.len() * count) as u64, "tensors");
    let mut table = Vec::new();
    for quantizer in all {
        let mut bytes = Vec::new();
        let compressed = compress(
            &mut model,
            sigma.as_mut(),
            &Options { coder: Coder::Cabac, ..how.options_with(quantizer)? },
            &mut bytes,
            &|_| (),
        );
        compressed.map_err(weights_failure(path))?;
        table.push(compared(quantizer, &bytes, &bar).map_err(weights_failure(path))?);
    }
    bar.finish();
    unless_closed(print_compared(&table, format))?;
    Ok(Verdict::Equal)
}

fn compared(quantizer: Which, container: &[u8], bar: &Progress) -> Result<Compared, WeightsError> {
    let name = quantizer.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default();
    let index = Container::open(Cursor::new(container))?.index().clone();
    let parts: Vec<Compared> = index
        .tensors
        .par_iter()
        .enumerate()
        .map(|(number, tensor)| {
            bar.inc(1);
            let mut container = Container::open(Cursor::new(container))?;
            let mut all = Vec::new();
            for slice in 0..tensor.streams.len() {
                all.extend(levels(&mut container, number, slice)?.unwrap_or_default());
            }
            if all.is_empty() {
                return Ok(Compared::default());
            }
            let sizes = sizes(&all, columns(&tensor.shape))?;
            Ok(Compared {
                quantizer: String::new(),
                weights: all.len() as u64,
                entropy: sizes.entropy,
                huffman: sizes.huffman as u64,
                csr_huffman: sizes.csr_huffman as u64,
                bzip2: sizes.bzip2 as u64,
                xz: sizes.xz as u64,
                zstd_19: sizes.zstd as u64,
                article: tensor.stored(),
            })
        })
        .collect::<Result<_, WeightsError>>()?;
    Ok(parts.into_iter().fold(Compared { quantizer: name, ..Compared::default() }, |sum, part| Compared {
        weights: sum.weights + part.weights,
        entropy: sum.entropy + part.entropy,
        huffman: sum.huffman + part.huffman,
        csr_huffman: sum.csr_huffman + part.csr_huffman,
        bzip2: sum.bzip2 + part.bzip2,
        xz: sum.xz + part.xz,
        zstd_19: sum.zstd_19 + part.zstd_19,
        article: sum.article + part.article,
        ..sum
    }))
}

fn print_compared(table: &[Compared], format: Table) -> io::Result<()> {
    let mut out = out();
    match format {
        Table::Json => {
            serde_json::to_writer_pretty(&mut out, table)?;
            writeln!(out)
        }
        Table::Csv => {
            writeln!(out, "quantizer,weights,entropy,huffman,csr_huffman,bzip2,xz,zstd_19,article")?;
            table.iter().try_for_each(|row| {
                let sizes: Vec<String> = row.sizes().iter().map(|bytes| format!("{bytes:.0}")).collect();
                writeln!(out, "{},{},{}", row.quantizer, row.weights, sizes.join(","))
            })
        }
        Table::Human => {
            let titles: Vec<String> = Compared::COLUMNS.iter().map(|title| format!("{title:>12}")).collect();
            writeln!(out, "{:10}{}   bytes; below, bits a weight", "quantizer", titles.concat())?;
            for row in table {
                let bytes: Vec<String> = row.sizes().iter().map(|bytes| format!("{bytes:>12.0}")).collect();
                writeln!(out, "{:10}{}", row.quantizer, bytes.concat())?;
                let bits =
                    row.sizes().map(|bytes| format!("{:>12.3}", 8.0 * bytes / row.weights.max(1) as f64));
                writeln!(out, "{:10}{}", "", bits.concat())?;
            }
            Ok(())
        }
    }
}
