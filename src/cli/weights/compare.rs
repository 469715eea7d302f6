//! `silicabac weights compare`

use std::{
    io::{self, Write},
    path::Path,
};

use clap::ValueEnum;
use serde::Serialize;
use silicabac::weights::{
    compare::{Compared, compared},
    compress::{Coder, Options, compress},
};

use super::files::{open_model, warn_of_patterns, weights_failure};
use super::print::{Progress, out, unless_closed};
use super::{Failure, How, Verdict, how::Which};

/// How the sizes are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Table {
    Human,
    Json,
    Csv,
}

/// What all coders need after one quantizer, in bytes; tensors that are kept lossless are not counted.
#[derive(Serialize)]
struct Row {
    quantizer: String,
    weights: u64,
    entropy: f64,
    huffman: u64,
    csr_huffman: u64,
    bzip2: u64,
    xz: u64,
    zstd_19: u64,
    deepcabac: u64,
}

impl Row {
    const COLUMNS: [&str; 7] = ["entropy", "Huffman", "CSR-Huffman", "bzip2", "xz", "zstd -19", "Silicabac"];

    fn sizes(&self) -> [f64; 7] {
        let Row { huffman, csr_huffman, bzip2, xz, zstd_19, deepcabac, .. } = *self;
        let counted = [huffman, csr_huffman, bzip2, xz, zstd_19, deepcabac].map(|bytes| bytes as f64);
        let [huffman, csr_huffman, bzip2, xz, zstd_19, deepcabac] = counted;
        [self.entropy / 8.0, huffman, csr_huffman, bzip2, xz, zstd_19, deepcabac]
    }
}

pub(super) fn compare(path: &Path, how: &How, format: Table) -> Result<Verdict, Failure> {
    let all = [Which::Nearest, Which::Rd, Which::Lloyd, Which::Kmeans];
    // The model is opened only once, since a pipe can be read only once.
    let mut model = open_model(path)?;
    let mut sigma = how.sigma.as_deref().map(open_model).transpose()?;
    warn_of_patterns(&model, &how.options()?);
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
        let compared = compared(&bytes, &|| bar.inc(1)).map_err(weights_failure(path))?;
        table.push(Row::new(quantizer, compared));
    }
    bar.finish();
    unless_closed(print_compared(&table, format))?;
    Ok(Verdict::Equal)
}

impl Row {
    fn new(quantizer: Which, compared: Compared) -> Row {
        let name = quantizer.to_possible_value().map(|value| value.get_name().to_string());
        let Compared { weights, stored, others } = compared;
        Row {
            quantizer: name.unwrap_or_default(),
            weights,
            entropy: others.entropy,
            huffman: others.huffman as u64,
            csr_huffman: others.csr_huffman as u64,
            bzip2: others.bzip2 as u64,
            xz: others.xz as u64,
            zstd_19: others.zstd as u64,
            deepcabac: stored,
        }
    }
}

fn print_compared(table: &[Row], format: Table) -> io::Result<()> {
    let mut out = out();
    match format {
        Table::Json => {
            serde_json::to_writer_pretty(&mut out, table)?;
            writeln!(out)
        }
        Table::Csv => {
            writeln!(out, "quantizer,weights,entropy,huffman,csr_huffman,bzip2,xz,zstd_19,deepcabac")?;
            table.iter().try_for_each(|row| {
                let sizes: Vec<String> = row.sizes().iter().map(|bytes| format!("{bytes:.0}")).collect();
                writeln!(out, "{},{},{}", row.quantizer, row.weights, sizes.join(","))
            })
        }
        Table::Human => {
            let titles: Vec<String> = Row::COLUMNS.iter().map(|title| format!("{title:>12}")).collect();
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
