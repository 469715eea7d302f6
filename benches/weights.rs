//! Coding the weights of a tensor, in megabytes of 32-bit floats a second on one thread, at quantisation steps of 8 and of 5 bits.
//!
//! The tensors are those of the model that `SILICABAC_MODEL` names, or else of the LeNet of the examples.

use std::{env, hint::black_box, path::PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use silicabac::weights::{
    container::{columns, slice_size},
    levels::{ABS_GR, Layout, nearest},
    model::ModelFile,
    numbers::weights,
    quantise::step_of,
};

fn benches(criterion: &mut Criterion) {
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/models/lenet300.safetensors");
    let path = env::var_os("SILICABAC_MODEL").map_or_else(|| ours.into(), PathBuf::from);
    let mut model = ModelFile::open(&path).expect("a model");
    let mut slices = Vec::new();
    for (number, info) in model.tensors().to_vec().iter().enumerate().filter(|(_, info)| info.shape.len() > 1)
    {
        let mut bytes = vec![0; info.bytes as usize];
        model.read(number, 0, &mut bytes).expect("a whole model");
        let weights = weights(info.element, &bytes);
        let largest = weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        let columns = columns(&info.shape);
        slices
            .extend(weights.chunks(slice_size(&info.shape)).map(|slice| (columns, largest, slice.to_vec())));
    }
    let count: usize = slices.iter().map(|(.., slice)| slice.len()).sum();
    for bits in [8, 5] {
        let encode = || -> Vec<(Layout, usize, Vec<u8>)> {
            let code = |(columns, largest, weights): &(usize, f32, Vec<f32>)| {
                let step = step_of(*largest, bits);
                let layout = Layout {
                    abs_gr: ABS_GR,
                    sign_contexts: true,
                    suffix_contexts: 0,
                    row_flags: false,
                    columns: *columns,
                };
                let mut levels: Vec<i32> = weights.iter().map(|weight| nearest(weight / step)).collect();
                (layout, levels.len(), layout.encode(&mut levels))
            };
            slices.iter().map(code).collect()
        };
        let streams = encode();
        let bytes: usize = streams.iter().map(|(.., stream)| stream.len()).sum();
        println!("{count} weights at {bits} bits: {:.4} bits a weight", 8.0 * bytes as f64 / count as f64);
        let mut group = criterion.benchmark_group(format!("weights at {bits} bits"));
        group.throughput(Throughput::Bytes(4 * count as u64)).sample_size(10);
        group.bench_function("encode", |bencher| bencher.iter(|| black_box(encode())));
        group.bench_function("decode", |bencher| {
            bencher.iter(|| {
                for (layout, count, stream) in &streams {
                    black_box(layout.decode(stream, *count)).expect("a whole stream");
                }
            });
        });
        group.finish();
    }
}

criterion_group!(coding, benches);
criterion_main!(coding);
