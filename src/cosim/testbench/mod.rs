//! A testbench as files, for a user who has a simulator and a core in the socket, and no Rust.
//!
//! The testbench is plain SystemVerilog, which lies beside this file, plays vectors in the ways of [`ways`] and contains the standard's
//! coder as a model. This module writes its inputs: the requests and the bytes of a decoder in compressed form (`tape.rs`); tables and
//! constants, so that none exists twice; names; and, for each vector, a digest of what the oracle says a core has to give, with which the
//! model must agree.

mod tape;

use std::fmt::Write;

use super::{
    Stalls,
    player::{codec_number, rsp_bits, slice_type_number},
    rtl,
    script::{Answer, Script},
    ways,
};
use crate::bin::Event;
use crate::context::{CONTEXTS, SliceInit, hevc_line};
use crate::cores::Direction;
use crate::cosim::{Class, Port};
use crate::cycle::Request;
use crate::fit::{Can, Loads};
use crate::tables::{RANGE_TAB_LPS, TRANS_IDX_LPS, avc_init, hevc_init};
use crate::vectors::{Flag, Vector};
use tape::Tape;

/// The number of a class has 16 bits, and that of a vector a few more.
const MOST_VECTORS: usize = 1 << 16;
/// An `integer` of Verilog has 31 bits besides its sign, and it counts the words.
const MOST_WORDS: usize = 0x7fff_ffff;

/// Why there is no testbench for some vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TestbenchError {
    /// Nothing would be played.
    #[error("no vector is for this core ({}): there is nothing to write", .0.name())]
    NoVector(Direction),
    /// There are too many vectors for one testbench.
    #[error("{0} vectors are more than the {MOST_VECTORS} of a testbench; write several")]
    Vectors(usize),
    /// There are too many requests or bytes for one testbench.
    #[error("{0} words are more than the {MOST_WORDS} of a testbench; write several")]
    Words(usize),
}

/// The core that a testbench is for.
#[derive(Clone, Copy, Debug)]
pub struct TestbenchFor<'a> {
    /// Whether it encodes or decodes.
    pub direction: Direction,
    /// What it can be asked for.
    pub can: Can,
    /// The name of its module; a macro can override it.
    pub top: Option<&'a str>,
    /// After this many clocks in which nothing moves, although nothing makes the core wait, it is a deadlock.
    pub patience: u32,
}

/// The files of a testbench, as names and contents, for a core in the socket and vectors that are fitted to it.
///
/// ```
/// use silicabac::{cores::Direction, cosim::{TestbenchFor, classes, testbench}, fit::{Can, Fitter}, stress};
/// let vectors = stress::smoke();
/// let classes = classes(&Fitter::new(Direction::Encoder, Can::ALL), &vectors);
/// let core = TestbenchFor { direction: Direction::Encoder, can: Can::ALL, top: Some("my_encoder"), patience: 20_000 };
/// let files = testbench(&core, &classes)?;
/// assert!(files.iter().any(|(name, _)| name == "encoder_tb.sv"));
/// assert!(files.iter().map(|(_, contents)| contents.len()).sum::<usize>() < 200_000);
/// # Ok::<(), silicabac::cosim::TestbenchError>(())
/// ```
///
/// # Errors
/// [`TestbenchError`].
pub fn testbench(
    core: &TestbenchFor<'_>,
    classes: &[Class<'_>],
) -> Result<Vec<(String, Vec<u8>)>, TestbenchError> {
    let classes: Vec<Members<'_>> = classes.iter().filter_map(members).collect();
    let count: usize = classes.iter().map(|(_, members)| members.len()).sum();
    match count {
        0 => return Err(TestbenchError::NoVector(core.direction)),
        1..=MOST_VECTORS => {}
        many => return Err(TestbenchError::Vectors(many)),
    }
    let mut tables = Tables::default();
    for (number, (_, members)) in classes.iter().enumerate() {
        members.iter().for_each(|vector| tables.push(core, number, vector));
    }
    let words = tables.requests.words().max(tables.bytes.words());
    if words > MOST_WORDS {
        return Err(TestbenchError::Words(words));
    }
    let all = || classes.iter().flat_map(|(_, members)| members.iter().copied());
    let lines = |text: &dyn Fn(&Vector) -> &str| {
        all().map(|vector| format!("{}\n", text(vector))).collect::<String>()
    };
    let names = all().map(|vector| vector.id.len()).chain(classes.iter().map(|(name, _)| name.len()));
    let constants = [
        ("NAME", names.max().unwrap_or(0).max(LONGEST_PLAN)),
        ("COMMENT", all().map(|vector| vector.comment.len()).max().unwrap_or(0) + 1),
        ("VECTORS", count),
        ("CLASSES", classes.len()),
        ("REQUEST_WORDS", tables.requests.words()),
        ("BYTE_WORDS", tables.bytes.words()),
        ("QUEUE_BITS", tables.most_bytes.max(LEAST_DUE).next_power_of_two().ilog2() as usize),
    ];
    let mut texts = written(core.direction);
    texts.extend([
        ("cabac_config.vh", config(core, &constants)),
        ("cabac_ways.vh", way_functions()),
        ("cabac_classes.txt", class_lines(&classes)),
        ("cabac_vectors.txt", lines(&|vector| &vector.id)),
        ("cabac_comments.txt", lines(&|vector| &vector.comment)),
        ("cabac_vectors.hex", tables.vectors),
        ("cabac_states.hex", states()),
    ]);
    if core.can.loads == Loads::None {
        texts.push(("cabac_initial.hex", initial()));
    }
    let mut files: Vec<_> = texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    files.push(("cabac_requests.bin", tables.requests.into_bytes()));
    if core.direction == Direction::Decoder {
        files.push(("cabac_bytes.bin", tables.bytes.into_bytes()));
    }
    Ok(files.into_iter().map(|(name, contents)| (name.to_owned(), contents)).collect())
}

/// The name of a class, and its vectors that have requests.
type Members<'a> = (&'a str, Vec<&'a Vector>);

fn members<'a>(class: &'a Class<'_>) -> Option<Members<'a>> {
    let mut vectors = class.fitted.played();
    vectors.retain(|vector| !vector.events.is_empty());
    (!vectors.is_empty()).then_some((&class.name, vectors))
}

/// The files that are the same in all testbenches of a direction.
fn written(direction: Direction) -> Vec<(&'static str, String)> {
    let (of_direction, template) = match direction {
        Direction::Encoder => (
            [
                ("encoder_tb.sv", include_str!("encoder_tb.sv")),
                ("cabac_encoder_model.sv", include_str!("cabac_encoder_model.sv")),
            ],
            rtl::SOCKETS[0],
        ),
        Direction::Decoder => (
            [
                ("decoder_tb.sv", include_str!("decoder_tb.sv")),
                ("cabac_decoder_model.sv", include_str!("cabac_decoder_model.sv")),
            ],
            rtl::SOCKETS[1],
        ),
    };
    let of_both = [
        ("cabac_tape.sv", include_str!("cabac_tape.sv")),
        ("cabac_requests.vh", include_str!("cabac_requests.vh")),
        ("cabac_contexts.vh", include_str!("cabac_contexts.vh")),
        ("cabac_script.vh", include_str!("cabac_script.vh")),
        ("cabac_play.vh", include_str!("cabac_play.vh")),
    ];
    let sockets = [template].into_iter().chain(rtl::HANDSHAKE);
    let sockets = sockets.map(|(path, text)| (rtl::file_name(path), text));
    of_direction
        .into_iter()
        .chain(of_both)
        .chain(sockets)
        .map(|(name, text)| (name, text.to_owned()))
        .collect()
}

/// There is room for at least this many bytes or answers that a core owes.
const LEAST_DUE: usize = 1 << 16;

/// The vectors as the testbench reads them.
#[derive(Default)]
struct Tables {
    requests: Tape,
    /// The bytes that a decoder is given.
    bytes: Tape,
    /// A line for each vector, in the format of `cabac_play.vh`.
    vectors: String,
    /// The most bytes of a vector; an encoder may hold them all back until the vector ends.
    most_bytes: usize,
}

impl Tables {
    fn push(&mut self, core: &TestbenchFor<'_>, class: usize, vector: &Vector) {
        let all = [vector];
        let mut script = Script::new(core.direction, &all, &core.can);
        let (mut requests, mut count, mut digest) = (Vec::new(), 0, Digest::default());
        let (mut ends_with_error, mut due) = (false, 0);
        while script.has_next() {
            let Some(asked) = script.take() else { break };
            count += 1;
            requests.extend(words(core.direction, asked.request, asked.model.bits(), script.init(0)));
            due += script.bytes.len();
            script.bytes.drain(..).for_each(|byte| digest.push(byte.data.into()));
            for answer in script.answers.drain(..) {
                ends_with_error |= answer.is_undefined;
                digest.push_answer(answer);
            }
        }
        self.most_bytes = self.most_bytes.max(due);
        let first_request = self.requests.push(&requests);
        let (first_byte, bytes) = match core.direction {
            Direction::Encoder => (0, 0),
            Direction::Decoder => {
                let bytes: Vec<u16> = vector.bytes.iter().map(|&byte| byte.into()).collect();
                (self.bytes.push(&bytes), bytes.len())
            }
        };
        let flags = flags(vector) | u16::from(ends_with_error) << ENDS_WITH_ERROR;
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.vectors,
            "{class:04x}{flags:04x}{first_request:08x}{count:08x}{first_byte:08x}{bytes:08x}{:08x}",
            digest.0
        );
    }
}

/// The flags that determine how a vector is played, in the order of their bits in `cabac_play.vh`.
const FLAGS: [Flag; 9] = [
    Flag::GiveUp,
    Flag::Wait,
    Flag::FullPacker,
    Flag::ManySlices,
    Flag::VeryManySlices,
    Flag::Large,
    Flag::EachWait,
    Flag::BrokenOff,
    Flag::ManyGiveUps,
];
/// The bit after those of the flags.
const ENDS_WITH_ERROR: usize = FLAGS.len();

fn flags(vector: &Vector) -> u16 {
    (0..).zip(FLAGS).map(|(bit, flag)| u16::from(vector.flags.contains(&flag)) << bit).sum()
}

/// The words of a request: kind `[13:11]`, bin `[10]`, and ctx_idx or data. The model of a LOAD and the header of a SLICE take a second
/// word.
fn words(
    direction: Direction,
    request: Request,
    model: u8,
    init: Option<SliceInit>,
) -> impl Iterator<Item = u16> {
    let fields = request.fields();
    let has_bin =
        direction == Direction::Encoder || matches!(request, Request::Event(Event::Terminate { .. }));
    let bin = if has_bin { fields.bin } else { 0 };
    let low = match request {
        Request::Event(Event::Context { .. } | Event::Load { .. }) => fields.ctx_idx,
        Request::Event(Event::Raw(_)) if direction == Direction::Encoder => fields.data,
        _ => 0,
    };
    let more = match request {
        Request::Event(Event::Load { .. }) => Some(model.into()),
        Request::Slice => Some(init.map_or(0, header)),
        _ => None,
    };
    [(fields.kind << 11 | bin << 10 | low) as u16].into_iter().chain(more)
}

/// A slice header: codec `[12]`, slice_type `[11:10]`, index `[9:8]`, SliceQPY `[7:0]`.
fn header(init: SliceInit) -> u16 {
    let SliceInit { codec, slice_type, slice_qp_y, index } = init;
    u16::from(codec_number(codec)) << 12
        | u16::from(slice_type_number(slice_type)) << 10
        | u16::from(index & 3) << 8
        | u16::from(slice_qp_y as u8)
}

/// The digest of everything that a core gives for a vector: FNV-1a over words.
struct Digest(u32);

impl Default for Digest {
    fn default() -> Self {
        Digest(2_166_136_261)
    }
}

impl Digest {
    fn push(&mut self, word: u32) {
        self.0 = (self.0 ^ word).wrapping_mul(16_777_619);
    }

    fn push_answer(&mut self, answer: Answer) {
        self.push(answer.value);
        self.push(rsp_bits(answer.bits) ^ answer.error << 30);
    }
}

fn config(core: &TestbenchFor<'_>, constants: &[(&str, usize)]) -> String {
    let default = match core.direction {
        Direction::Encoder => "cabac_encoder_socket",
        Direction::Decoder => "cabac_decoder_socket",
    };
    let mut text = String::new();
    for (name, value) in [("DUT", core.top.unwrap_or(default)), ("PATIENCE", &core.patience.to_string())] {
        text += &format!("`ifndef {name}\n`define {name} {value}\n`endif\n");
    }
    let Can { loads, reset, early_slice, groups, bypass_after, .. } = core.can;
    let of_core = [
        ("LOADS", usize::from(loads != Loads::None)),
        ("CAN_RESET", usize::from(reset)),
        ("CAN_CUT", usize::from(early_slice)),
        ("GROUPS", usize::from(groups)),
        ("BYPASS_AFTER", bypass_after.into()),
    ];
    let of_ways = [
        ("STALLS", Stalls::ALL.len()),
        ("UNEVEN_WITHOUT_GIVE_UPS", Stalls::ALL.len()),
        ("SHORT", ways::SHORT as usize),
        ("LAST", ways::LAST as usize),
        ("NEAR", ways::NEAR as usize),
        ("EACH", ways::EACH as usize),
        ("BEGUN", ways::BEGUN as usize),
        ("LAST_TRANSFERS", ways::LAST_TRANSFERS as usize),
        ("FEW", ways::FEW as usize),
        ("LARGE_WAIT", ways::LARGE_WAIT as usize),
        ("LONG_WAIT", ways::LONG_WAIT as usize),
        ("LONGER", ways::LONGER as usize),
        ("LONGEST", ways::LONGEST as usize),
        ("FILLED", ways::FILLED as usize),
        ("EVERY", ways::EVERY as usize),
        ("ABOUT", ways::ABOUT as usize),
        ("LESS", ways::LESS as usize),
        ("MANY_TIMES", ways::MANY),
        ("VERY_MANY_TIMES", ways::VERY_MANY),
    ];
    let all = constants.iter().copied().chain(of_core).chain(of_ways);
    all.for_each(|(name, value)| text += &format!("`define CABAC_{name} {value}\n"));
    text
}

/// The ways in which vectors are played, as functions of Verilog.
fn way_functions() -> String {
    let kinds: Vec<Stalls> = Stalls::ALL.into_iter().chain([ways::UNEVEN_ALONE]).collect();
    let odds = (0..).zip(&kinds).flat_map(|(kind, stalls)| {
        let of = |port: Port| (4 * kind + port as usize, stalls.odds(port).into());
        [Port::Requests, Port::Bytes, Port::Answers].map(of)
    });
    let give_ups = (0..).zip(&kinds).map(|(kind, stalls)| (kind, stalls.give_ups.into()));
    let looks_first = (0..).zip(&kinds).map(|(kind, stalls)| (kind, u64::from(stalls.looks_first)));
    let waits = |from: usize, waits: &[u64]| (from..).zip(waits.to_vec()).collect::<Vec<_>>();
    let mut text = String::new();
    text += "  // Of 256 clocks, in how many a port waits under these stalls.\n";
    text += &function("odds", "kind, input integer port", "4 * kind + port", odds);
    text += "  // How often a vector is given up at random.\n";
    text += &function("most_give_ups", "kind", "kind", give_ups);
    text += "  // Whether whoever takes what the core gives is ready only once there is something to take.\n";
    text += &function("looks_first", "kind", "kind", looks_first);
    text += "  // For how many clocks a port waits; 0 after the last.\n";
    let all = [waits(0, &ways::WAITS), waits(16, &ways::FILLS)].concat();
    text += &function("wait_of", "fills, input integer number", "16 * fills + number", all);
    text += "  // After how many clocks a core may fall asleep.\n";
    text += &function("sleep_of", "number", "number", waits(0, &ways::SLEEPS));
    let plans = (0..)
        .zip(plans())
        .map(|(number, name): (usize, _)| format!("      {number}: plan_name = \"{name}\";\n"));
    text += &format!(
        "  function [8*`CABAC_NAME-1:0] plan_name(input integer number);\n    case (number)\n{}      \
         default: plan_name = \"nothing\";\n    endcase\n  endfunction\n",
        plans.collect::<String>()
    );
    text
}

/// A function of Verilog with these values; all others are 0.
fn function(name: &str, arguments: &str, of: &str, values: impl IntoIterator<Item = (usize, u64)>) -> String {
    let cases = values.into_iter().filter(|&(_, value)| value > 0);
    let cases: String = cases.map(|(number, value)| format!("      {number}: {name} = {value};\n")).collect();
    format!(
        "  function integer {name}(input integer {arguments});\n    case ({of})\n{cases}      default: {name} = 0;\n    \
         endcase\n  endfunction\n"
    )
}

/// The longest name that a way may have.
const LONGEST_PLAN: usize = 16;

/// The names of the ways.
fn plans() -> Vec<&'static str> {
    let stalls = Stalls::ALL.map(|stalls| stalls.name);
    [&stalls[..], &["given-up", "waiting", "full", "repeated", "broken-off", "given-up-often"]].concat()
}

/// A line for each class: the number of its first vector, and its name.
fn class_lines(classes: &[Members<'_>]) -> String {
    let lines = classes.iter().scan(0, |first, (name, members)| {
        let line = format!("{first} {name}\n");
        *first += members.len();
        Some(line)
    });
    lines.collect()
}

/// A line for each pStateIdx: transIdxLPS, and the entries of rangeTabLPS with that of qCodIRangeIdx 0 in the lowest bits.
fn states() -> String {
    let row = |(ranges, next): (&[u8; 4], &u8)| {
        let [a, b, c, d] = ranges;
        format!("{next:02x}{d:02x}{c:02x}{b:02x}{a:02x}\n")
    };
    RANGE_TAB_LPS.iter().zip(&TRANS_IDX_LPS).map(row).collect()
}

/// A line for each ctxIdx, with m and n for I slices of H.264 and its three values of cabac_init_idc, then for the initTypes of H.265.
fn initial() -> String {
    let avc = (0..4).flat_map(|column| avc_init::MN.iter().map(move |row| row[column]));
    let hevc = (0..3).flat_map(|column| {
        (0..CONTEXTS)
            .map(move |ctx| hevc_init::INIT_VALUE.get(ctx).map_or((0, 0), |row| hevc_line(row[column])))
    });
    avc.chain(hevc).map(|(m, n)| format!("{:02x}{:02x}\n", m as u8, n as u8)).collect()
}
