//! Picks the slices of `golden/` out of recorded traces: as few bytes as possible that together touch every cell of the LPS table (63
//! states x 4 ranges) with both values of valMPS and of the bin, and every feature that a slice can have. The choice is greedy: the next
//! slice is the one that adds most items for its size.
//!
//!     cargo run --release --example pick_golden -- OUTPUT.cbt.zst TRACE...

use std::{collections::BTreeSet, env, fs::File, process::ExitCode};

use silicabac::bin::{BinCoder, Decode, Event, Tail};
use silicabac::spec;
use silicabac::trace::{Start, Trace, TracedSlice};

fn main() -> ExitCode {
    let mut files = env::args().skip(1);
    let (Some(output), traces) = (files.next(), files.collect::<Vec<_>>()) else {
        eprintln!("usage: pick_golden OUTPUT TRACE...");
        return ExitCode::from(2);
    };
    let mut all: Vec<Trace> = traces.iter().map(|path| Trace::read(path.as_ref()).expect(path)).collect();
    let mut picked = Trace { slices: Vec::new(), ..all[0].clone() };
    let mut slices: Vec<TracedSlice> = all.iter_mut().flat_map(|trace| trace.slices.drain(..)).collect();
    let mut items: Vec<BTreeSet<Item>> = slices.iter().map(touched).collect();
    let wanted = items.iter().flatten().count();
    loop {
        let value = |i: usize| items[i].len() as f64 / (200 + slices[i].payload.len()) as f64;
        let Some(best) = (0..slices.len()).max_by(|&a, &b| value(a).total_cmp(&value(b))) else { break };
        if items[best].is_empty() {
            break;
        }
        let new = items.swap_remove(best);
        let slice = slices.swap_remove(best);
        println!(
            "{:6} bytes, {:4} new items, QP {}",
            slice.payload.len(),
            new.len(),
            slice.header.slice_qp_y
        );
        picked.slices.push(slice);
        items.iter_mut().for_each(|others| others.retain(|item| !new.contains(item)));
    }
    let cells: BTreeSet<Item> = picked.slices.iter().flat_map(touched).collect();
    let table = cells.iter().filter(|item| matches!(item, Item::Cell(..))).count();
    println!(
        "{} slices, {table} of 1008 cells, {} items of {wanted} mentions",
        picked.slices.len(),
        cells.len()
    );
    picked.write_to(File::create(&output).expect("an output that can be written")).expect("a whole trace");
    ExitCode::SUCCESS
}

/// A cell of the table or a feature that a slice can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    /// pStateIdx, qCodIRangeIdx, valMPS, bin.
    Cell(u8, u8, bool, bool),
    SliceType(u8),
    Init(u8),
    Start(u8),
    Align,
    /// Whether the bits after the stop bit in its byte are not all zero, and whether bytes follow.
    Tail(bool, bool),
    /// The position modulo 8 of a terminate bin of 1, and whether the bin before it was a context bin.
    FlushPhase(u64, bool),
    /// The length of the longest sequence of bypass bins, in powers of two.
    BypassRun(u32),
    /// The length of the longest run of outstanding bits, in powers of two.
    OutstandingRun(u32),
}

fn touched(slice: &TracedSlice) -> BTreeSet<Item> {
    let mut items: BTreeSet<Item> =
        [Item::SliceType(slice.header.slice_type), Item::Init(slice.header.init)].into();
    items.extend(slice.segments.iter().map(|segment| {
        Item::Start(match segment.start {
            Start::Slice => 0,
            Start::Pcm => 1,
            Start::Subset => 2,
        })
    }));
    let (mut decoder, mut encoder) = (spec::Decoder::new(&slice.payload), spec::Encoder::new());
    let (mut bypass_run, mut after_context) = (0u32, false);
    for event in slice.events() {
        match event {
            Event::Context { ctx, bin } => {
                let model = decoder.save(ctx);
                let q = (decoder.cod_i_range() >> 6 & 3) as u8;
                items.insert(Item::Cell(model.p_state_idx(), q, model.val_mps(), bin));
            }
            Event::Align => _ = items.insert(Item::Align),
            Event::Terminate { bin: true } => {
                items.insert(Item::FlushPhase(decoder.position() % 8, after_context));
            }
            _ => {}
        }
        bypass_run = if matches!(event, Event::Bypass { .. }) { bypass_run + 1 } else { 0 };
        items.insert(Item::BypassRun(log2(bypass_run)));
        after_context = matches!(event, Event::Context { .. });
        decoder.code(event);
        encoder.code(event);
        items.insert(Item::OutstandingRun(log2(encoder.bits_outstanding())));
    }
    let tail = Tail::of(&slice.payload, decoder.position());
    items.insert(Item::Tail(tail.bits != 0, !tail.bytes.is_empty()));
    items
}

/// 0 for 0, otherwise one more than the logarithm.
fn log2(n: u32) -> u32 {
    n.checked_ilog2().map_or(0, |log| log + 1)
}
