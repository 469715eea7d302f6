//! Co-simulation compared with the Verilated core alone, clocked from Rust. Co-simulation is all of it: the player, the oracle, the twin,
//! and the comparison of every output and register. What matters is the ratio of the clocks in a second. The last lines print it, measured
//! in turns so that a noisy machine slows both down alike.

use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use silicabac::cores::{self, CoreSpec, Direction};
use silicabac::cosim::{Model, Play, Source};
use silicabac::cycle::{Inputs, Request};
use silicabac::suites::Suite;
use silicabac::vectors::Vector;
use silicabac_sim::{Cache, Tools};

const CLOCKS: usize = 100_000;

fn benches(criterion: &mut Criterion) {
    let suite = Suite::built_in("avc", 1).expect("a built-in suite");
    for core in cores::ALL {
        measure(criterion, core, &suite.vectors);
    }
}

fn measure(criterion: &mut Criterion, core: &'static CoreSpec, vectors: &[Vector]) {
    let cache = Cache::from_env().expect("a cache");
    let tools = Tools::find(&cache, &mut |line| eprintln!("{line}")).expect("the tools");
    let source = Source::of(core, core.top, None, &cache).expect("the sources");
    let model = Model::build(&source, &cache, &tools).expect("the core");

    // The number of vectors that take about `CLOCKS` clocks.
    let mut bins = 0;
    let is_one_of_few = |vector: &&Vector| {
        bins += vector.bins();
        bins <= CLOCKS
    };
    let few: Vec<&Vector> = vectors.iter().take_while(is_one_of_few).collect();
    let play = Play::flowing(&few);
    let stats = model.play(&play, &mut |_| ()).expect("equal");
    let clocks = stats.clocks + stats.load_clocks;
    let mut both = || {
        model.play(&play, &mut |_| ()).expect("equal");
    };
    let inputs = inputs(core.direction, &few, clocks as usize);
    let mut alone = model.simulate(1);
    let mut alone = || inputs.iter().for_each(|inputs| alone.clock(inputs).expect("no $finish"));

    let mut group = criterion.benchmark_group(core.name);
    group.throughput(Throughput::Elements(clocks));
    group.bench_function("alone", |bencher| bencher.iter(&mut alone));
    group.bench_function("co-simulation", |bencher| bencher.iter(&mut both));
    group.finish();

    // `cargo test` runs a benchmark once.
    let pairs = if std::env::args().any(|argument| argument == "--bench") { 101 } else { 1 };
    let mut ratios: Vec<f64> = (0..pairs).map(|_| seconds(&mut alone) / seconds(&mut both)).collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "{}: co-simulation runs at {:.2} of the speed of the core alone (median of {pairs} pairs)",
        core.name,
        ratios[pairs / 2]
    );
}

fn seconds(work: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The inputs of slices: their requests, and for a decoder their bytes, one of each in every clock.
fn inputs(direction: Direction, vectors: &[&Vector], clocks: usize) -> Vec<Inputs> {
    let starts = direction == Direction::Decoder;
    let requests = vectors.iter().flat_map(|vector| Request::of_slice(&vector.events));
    let mut requests = requests.filter(|&request| starts || request != Request::START).cycle();
    let bytes = vectors.iter().flat_map(|vector| {
        let last = vector.bytes.len() - 1;
        vector.bytes.iter().enumerate().map(move |(i, &byte)| (byte, i == last))
    });
    let mut bytes = bytes.cycle();
    let next = || {
        let inputs = Inputs { out_ready: 1, rsp_ready: 1, ..Inputs::request(requests.next()?) };
        Some(match direction {
            Direction::Encoder => inputs,
            Direction::Decoder => {
                let (byte, last) = bytes.next()?;
                Inputs { in_valid: 1, in_data: byte.into(), in_last: last.into(), ..inputs }
            }
        })
    };
    std::iter::from_fn(next).take(clocks).collect()
}

criterion_group!(lockstep, benches);
criterion_main!(lockstep);
