//! Lockstep (twin, Verilog, comparison of every output and register) against the Verilated core alone, both
//! clocked from Rust with the same inputs. The ratio is what matters; the last line has it, measured in turns
//! so that a noisy machine bears on both alike.

use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use silicabac::cosim::{self, Suite, encoder, lockstep::Lockstep};
use silicabac::cycle::encoder::{Encoder, Inputs};
use silicabac_sim::{Cache, Tools};

const CLOCKS: usize = 100_000;

fn lockstep(criterion: &mut Criterion) {
    let cache = Cache::from_env().expect("a cache");
    let tools = Tools::find(&cache, &mut |line| eprintln!("{line}")).expect("the tools");
    let model = cosim::build_encoder(encoder::TOP, None, &cache, &tools).expect("the core");
    let inputs = real_inputs();

    let mut alone = model.instance(1);
    let mut alone = || inputs.iter().for_each(|inputs| alone.advance(inputs).expect("no $finish"));
    let mut both = Lockstep::new(Encoder::new(), model.instance(1));
    encoder::switch_on(&mut both).expect("no $finish");
    let mut both = || inputs.iter().for_each(|inputs| _ = both.clock(inputs).expect("equal rows"));

    let mut group = criterion.benchmark_group("encoder");
    group.throughput(Throughput::Elements(CLOCKS as u64));
    group.bench_function("alone", |bencher| bencher.iter(&mut alone));
    group.bench_function("lockstep", |bencher| bencher.iter(&mut both));
    group.finish();

    let mut ratios: Vec<f64> = (0..101).map(|_| seconds(&mut alone) / seconds(&mut both)).collect();
    ratios.sort_by(f64::total_cmp);
    println!("lockstep runs at {:.2} of the speed of the core alone (median of 101 pairs)", ratios[50]);
}

fn seconds(work: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The requests of real slices, each held until it is taken.
fn real_inputs() -> Vec<Inputs> {
    let suite = Suite::built_in("avc", 1).expect("a built-in suite");
    let mut core = Encoder::new();
    core.step(&Inputs { rst: 1, ..Inputs::default() });
    let mut events = suite.slices.iter().flatten().copied().cycle().peekable();
    let next = || {
        let inputs = Inputs { out_ready: 1, ..Inputs::request(*events.peek()?) };
        if core.step(&inputs).outputs.in_ready == 1 {
            events.next();
        }
        Some(inputs)
    };
    std::iter::from_fn(next).take(CLOCKS).collect()
}

criterion_group!(benches, lockstep);
criterion_main!(benches);
