//! Groups as whoever knows the syntax makes them: as long as they can be, or cut anywhere. Bytes are compared with the oracle's.

use silicabac::{
    bin::{BinCoder, Event},
    context::{ContextModel, CtxIdx},
    cycle::kind,
    spec,
    trace::Trace,
};
use silicabac_sim::{Design, Direction, Instance, Library};

use super::{Random, build};

/// `cabac_encoder4_pkg::group_t`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slot {
    kind: u32,
    bin: u32,
    ctx_idx: u32,
    count: u32,
    data: u32,
}

const EMPTY: Slot = Slot { kind: kind::BYPASS, bin: 0, ctx_idx: 0, count: 0, data: 0 };

/// Takes the next group from the events: all that it has room for, or, if `cuts`, less now and then.
fn group(events: &mut &[Event], random: &mut Random, cuts: bool) -> [Slot; 4] {
    let mut group = [EMPTY; 4];
    let mut used = 0;
    while let Some(&event) = events.first() {
        if used > 0 && cuts && random.one_in(9) {
            break;
        }
        let (kind, bin, ctx_idx, data) = match event {
            Event::Context { ctx, bin } => (kind::CONTEXT, bin, ctx.get() as u32, 0),
            Event::Bypass { bin } => (kind::BYPASS, bin, 0, 0),
            Event::Terminate { bin } => (kind::TERMINATE, bin, 0, 0),
            Event::Align => (kind::ALIGN, false, 0, 0),
            Event::Raw(byte) => (kind::RAW, false, 0, byte.into()),
            Event::Start => (kind::START, false, 0, 0),
            Event::Load { ctx, model } => (kind::LOAD, false, ctx.get() as u32, model.bits().into()),
        };
        let room = |slot: &Slot| match slot.kind {
            kind::CONTEXT | kind::TERMINATE | kind::ALIGN => slot.count < 2,
            kind::BYPASS => slot.count < 8,
            _ => false,
        };
        if kind == kind::BYPASS && used > 0 && room(&group[used - 1]) && !(cuts && random.one_in(5)) {
            let slot = &mut group[used - 1];
            (slot.count, slot.data) = (slot.count + 1, slot.data << 1 | u32::from(bin));
        } else if used == 4 {
            break;
        } else {
            let bypass = u32::from(kind == kind::BYPASS);
            group[used] =
                Slot { kind, bin: bin.into(), ctx_idx, count: bypass, data: data | bypass & u32::from(bin) };
            used += 1;
        }
        *events = &events[1..];
        if event.ends_life() {
            break;
        }
    }
    group
}

/// The bytes of the oracle, and where lives end.
fn expect(events: &[Event]) -> Vec<(u8, bool)> {
    let mut encoder = spec::Encoder::new();
    let mut bytes = Vec::new();
    for &event in events {
        encoder.code(event);
        if event.ends_life() || matches!(event, Event::Raw(_)) {
            bytes.extend(encoder.bytes()[bytes.len()..].iter().map(|&byte| (byte, false)));
            bytes.last_mut().unwrap().1 = event.ends_life();
        }
    }
    bytes
}

/// How the ports wait.
#[derive(Clone, Copy, Debug)]
struct Waits {
    offer: u32,
    take: u32,
    cuts: bool,
}

const FLOWING: Waits = Waits { offer: 1, take: 1, cuts: false };

struct Coder {
    core: Instance,
    inputs: Vec<u32>,
    outputs: Vec<u32>,
    at: [usize; 8],
}

impl Coder {
    fn new(library: &Library) -> Coder {
        let input = |name, width| library.word_of(name, Direction::Input, width).unwrap();
        let output = |name, width| library.word_of(name, Direction::Output, width).unwrap();
        let at = [
            input("rst", 1),
            input("group_valid", 1),
            input("group", 104),
            input("out_ready", 1),
            output("group_ready", 1),
            output("out_valid", 1),
            output("out_count", 4),
            output("out_data", 32),
        ];
        let (inputs, outputs) = (vec![0; library.input_words()], vec![0; library.output_words()]);
        let mut coder = Coder { core: library.instance(3), inputs, outputs, at };
        coder.reset();
        coder
    }

    fn reset(&mut self) {
        self.inputs[self.at[0]] = 1;
        self.core.clock(&self.inputs, &mut self.outputs).unwrap();
        self.inputs[self.at[0]] = 0;
    }

    fn offer(&mut self, slots: Option<[Slot; 4]>) {
        let [_, valid, at, ..] = self.at;
        self.inputs[valid] = slots.is_some().into();
        let all = |width: usize, field: fn(&Slot) -> u32| {
            let slots = slots.unwrap_or([EMPTY; 4]);
            (0..4).fold(0u128, |bits, k| bits | u128::from(field(&slots[k])) << (width * k))
        };
        let bits = all(3, |slot| slot.kind) << 92
            | all(1, |slot| slot.bin) << 88
            | all(10, |slot| slot.ctx_idx) << 48
            | all(4, |slot| slot.count) << 32
            | all(8, |slot| slot.data);
        for word in 0..4 {
            self.inputs[at + word] = (bits >> (32 * word)) as u32;
        }
    }

    /// Plays a slice, up to `clocks` if that is less: the clocks until the last group was taken. Fails with what is wrong.
    fn play(
        &mut self,
        last: usize,
        events: &[Event],
        waits: Waits,
        random: &mut Random,
        clocks: u64,
    ) -> Result<u64, String> {
        let [_, _, _, ready, taken, valid, count, data] = self.at;
        let (expected, mut left, mut given) = (expect(events), events, 0);
        let (mut offered, mut used) = (None, 0);
        for clock in 0..clocks {
            if offered.is_none() && !left.is_empty() && random.one_in(waits.offer) {
                offered = Some(group(&mut left, random, waits.cuts));
            }
            self.offer(offered);
            self.inputs[ready] = random.one_in(waits.take).into();
            self.core.clock(&self.inputs, &mut self.outputs).unwrap();
            if offered.is_some() && self.outputs[taken] == 1 {
                offered = None;
                used = clock + 1;
            }
            if self.outputs[valid] == 1 && self.inputs[ready] == 1 {
                for k in 0..self.outputs[count] {
                    let found = (self.outputs[data] >> (8 * k)) as u8;
                    let ends = k + 1 == self.outputs[count] && self.outputs[last] == 1;
                    if expected.get(given) != Some(&(found, ends)) {
                        let byte = expected.get(given);
                        return Err(format!("byte {given} is {found:02x}, {ends}, not {byte:02x?}"));
                    }
                    given += 1;
                }
            }
            if given == expected.len() {
                return Ok(used);
            }
        }
        Err(format!("{given} of {} bytes in {clocks} clocks", expected.len()))
    }
}

/// A random slice: few contexts or many, runs of outstanding bits, bursts of bypass bins, several lives, raw bytes, loads anywhere.
fn slice(random: &mut Random) -> Vec<Event> {
    let contexts = 1 + random.below(9);
    let ctx = |random: &mut Random| CtxIdx::new((random.below(contexts) * 113) as u16).unwrap();
    let load = |ctx, random: &mut Random| Event::Load {
        ctx,
        model: ContextModel::new(random.below(63) as u8, random.one_in(2)).unwrap(),
    };
    let mut events: Vec<Event> =
        (0..contexts).map(|k| load(CtxIdx::new((k * 113) as u16).unwrap(), random)).collect();
    for _ in 0..=random.below(3) {
        let (bypass, ones, other) = (1 + random.below(4), 1 + random.below(40), 10 + random.below(90));
        for _ in 0..random.below(400) {
            let bin = !random.one_in(ones);
            match random.below(other) {
                0 => events.push(load(ctx(random), random)),
                1 => events.push(Event::Align),
                2 => events.push(Event::Terminate { bin: false }),
                3 => {
                    // Now and then so many that each group makes a word.
                    let many = if random.one_in(40) { 2_000 } else { random.below(70) };
                    events.extend((0..many).map(|_| Event::Bypass { bin: !random.one_in(ones) }));
                }
                _ if random.one_in(bypass) => events.push(Event::Bypass { bin }),
                _ => events.push(Event::Context { ctx: ctx(random), bin: bin != random.one_in(3) }),
            }
        }
        events.push(Event::Terminate { bin: true });
        if random.one_in(2) {
            events.extend((0..random.below(9)).map(|_| Event::Raw(random.below(256) as u8)));
        }
    }
    // Raw bytes leave with the life after them.
    events.push(Event::Terminate { bin: true });
    events
}

const WAITS: [Waits; 6] = [
    FLOWING,
    Waits { cuts: true, ..FLOWING },
    Waits { offer: 3, take: 1, cuts: true },
    Waits { offer: 1, take: 3, cuts: false },
    Waits { offer: 1, take: 40, cuts: true },
    Waits { offer: 9, take: 9, cuts: true },
];

/// Plays random slices one after the other, some of which are given up by a reset.
fn play(slices: u32, edit: Option<[&str; 3]>) -> Result<(), String> {
    let library = build(Design::new("cabac_encoder4_coder", "clk"), edit);
    let last = library.word_of("out_last", Direction::Output, 1).unwrap();
    let (mut coder, mut random) = (Coder::new(&library), Random(0x5117_caba_c000_0004));
    for number in 0..slices {
        let waits = WAITS[random.below(WAITS.len() as u32) as usize];
        let events = slice(&mut random);
        if random.one_in(3) {
            let clocks = random.below(100).into();
            match coder.play(last, &events, waits, &mut random, clocks) {
                Err(error) if error.contains(" bytes in ") => {}
                ended => drop(ended?),
            }
            coder.reset();
        }
        let played = coder.play(last, &events, waits, &mut random, 100_000);
        played.map_err(|error| format!("slice {number}, {waits:?}: {error}"))?;
    }
    Ok(())
}

#[test]
fn any_groups_make_the_bytes_of_the_oracle() {
    play(4_000, None).unwrap();
}

#[test]
fn a_wrong_coder_is_noticed() {
    for edit in [
        ["cabac_encoder4_slot.sv", "{9'd0, data}", "{9'd0, data & 8'h7f}"],
        ["cabac_encoder4_front.sv", "same_3[1] &= !same_3[2];", ""],
        ["cabac_encoder4_contexts.sv", "same[3] ? write_data[27:21] : same[2]", "same[2]"],
        ["cabac_encoder4_queue.sv", "few = fill <= 5'd1", "few = fill <= 5'd2"],
        ["cabac_encoder4_coder.sv", "rst ? 4'd15", "rst ? 4'd9"],
    ] {
        assert!(play(4_000, Some(edit)).is_err(), "{edit:?}");
    }
}

#[test]
fn recorded_slices_take_as_few_clocks_as_their_groups() {
    let library = build(Design::new("cabac_encoder4_coder", "clk"), None);
    let last = library.word_of("out_last", Direction::Output, 1).unwrap();
    let mut coder = Coder::new(&library);
    for (name, least) in [("avc", 4.8), ("hevc", 7.8)] {
        let path = format!("{}/golden/{name}.cbt.zst", env!("CARGO_MANIFEST_DIR"));
        let (mut bins, mut clocks) = (0, 0);
        for slice in &Trace::read(path.as_ref()).unwrap().slices {
            let events = slice.events();
            let (loads, coded): (Vec<Event>, Vec<Event>) =
                events.iter().partition(|event| matches!(event, Event::Load { .. }));
            let loads = loads.len() as u64 / 4;
            bins += coded.iter().filter(|event| event.is_bin()).count();
            clocks += coder.play(last, &events, FLOWING, &mut Random(1), 1 << 20).unwrap() - loads;
        }
        let rate = bins as f64 / clocks as f64;
        println!("{name}: {bins} bins in {clocks} clocks, {rate:.3} a clock");
        assert!(rate > least, "{name}: {rate}");
    }
}
