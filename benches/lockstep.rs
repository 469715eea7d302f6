//! Lockstep (twin, Verilog, comparison of every output and register) against the Verilated core alone, both
//! clocked from Rust with the same inputs. The ratio is what matters; the last line has it, measured in turns
//! so that a noisy machine bears on both alike.

use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use silicabac::cores::{
    self, CoreSpec,
    decoder::{self as decoder_core, Decoder},
    encoder::{self as encoder_core, Encoder},
};
use silicabac::cosim::{Judged, lockstep::Lockstep, rtl};
use silicabac::cycle::Request;
use silicabac::suites::Suite;
use silicabac_sim::{Cache, Tools};

const CLOCKS: usize = 100_000;

fn benches(criterion: &mut Criterion) {
    measure::<Encoder>(criterion, &cores::encoder::SPEC, &encoder_inputs());
    measure::<Decoder>(criterion, &cores::decoder::SPEC, &decoder_inputs());
}

fn measure<C: Judged>(criterion: &mut Criterion, core: &CoreSpec, inputs: &[C::Inputs]) {
    let cache = Cache::from_env().expect("a cache");
    let tools = Tools::find(&cache, &mut |line| eprintln!("{line}")).expect("the tools");
    let model = rtl::built_in(core, &cache)
        .and_then(|sources| rtl::Model::<C>::build(core.top, sources, false, &cache, &tools))
        .expect("the core");

    let mut alone = model.instance(1);
    let mut alone = || inputs.iter().for_each(|inputs| alone.advance(inputs).expect("no $finish"));
    let mut both = Lockstep::new(C::default(), model.instance(1));
    C::switch_on(&mut both).expect("no $finish");
    let mut both = || inputs.iter().for_each(|inputs| _ = both.clock(inputs).expect("equal rows"));

    let mut group = criterion.benchmark_group(core.name);
    group.throughput(Throughput::Elements(CLOCKS as u64));
    group.bench_function("alone", |bencher| bencher.iter(&mut alone));
    group.bench_function("lockstep", |bencher| bencher.iter(&mut both));
    group.finish();

    // `cargo test` runs a benchmark once.
    let pairs = if std::env::args().any(|argument| argument == "--bench") { 101 } else { 1 };
    let mut ratios: Vec<f64> = (0..pairs).map(|_| seconds(&mut alone) / seconds(&mut both)).collect();
    ratios.sort_by(f64::total_cmp);
    let name = core.name;
    println!(
        "{name}: lockstep runs at {:.2} of the speed of the core alone (median of {pairs} pairs)",
        ratios[pairs / 2]
    );
}

fn seconds(work: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The requests of real slices, each held until it is taken.
fn encoder_inputs() -> Vec<encoder_core::Inputs> {
    let suite = Suite::built_in("avc", 1).expect("a built-in suite");
    let mut core = Encoder::new();
    core.step(&encoder_core::Inputs { rst: 1, ..Default::default() });
    let mut events = suite.vectors.iter().flat_map(|vector| &vector.events).copied().cycle().peekable();
    let next = || {
        let inputs = encoder_core::Inputs {
            out_ready: 1,
            ..encoder_core::Inputs::request(Request::Event(*events.peek()?))
        };
        if core.step(&inputs).outputs.req_ready == 1 {
            events.next();
        }
        Some(inputs)
    };
    std::iter::from_fn(next).take(CLOCKS).collect()
}

/// The same, and slice data, each byte held until it is taken.
fn decoder_inputs() -> Vec<decoder_core::Inputs> {
    let suite = Suite::built_in("avc", 1).expect("a built-in suite");
    let mut core = Decoder::new();
    core.step(&decoder_core::Inputs { rst: 1, ..Default::default() });
    let requests = suite.vectors.iter().flat_map(|vector| Request::of_slice(&vector.events));
    let mut requests = requests.cycle().peekable();
    let bytes = suite.vectors.iter().flat_map(|vector| {
        let last = vector.bytes.len() - 1;
        vector.bytes.iter().enumerate().map(move |(i, &byte)| (byte, i == last))
    });
    let mut bytes = bytes.cycle().peekable();
    let next = || {
        let &(byte, last) = bytes.peek()?;
        let inputs = decoder_core::Inputs {
            in_valid: 1,
            in_data: byte.into(),
            in_last: last.into(),
            rsp_ready: 1,
            ..decoder_core::Inputs::request(*requests.peek()?)
        };
        let shown = core.step(&inputs).outputs;
        if shown.req_ready == 1 {
            requests.next();
        }
        if shown.in_ready == 1 {
            bytes.next();
        }
        Some(inputs)
    };
    std::iter::from_fn(next).take(CLOCKS).collect()
}

criterion_group!(lockstep, benches);
criterion_main!(lockstep);
