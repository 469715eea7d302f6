//! A testbench as files: for whoever has a simulator, a core in a socket, and no Rust.
//!
//! The testbenches are plain SystemVerilog beside this file; what is written here is what they read with
//! `$readmemh` and include. All that is expected is known beforehand, so they need no model.

use std::fmt::Write;

use super::{
    player::{codec_number, rsp_bits, slice_type_number},
    rtl,
    script::{Answer, Asked, Script},
};
use crate::context::SliceInit;
use crate::cores::Direction;
use crate::cycle::RequestFields;
use crate::fit::{Can, Errors};
use crate::vectors::Vector;

/// The number of a vector has 20 bits.
const MOST_VECTORS: usize = 1 << 20;
/// An `integer` of Verilog has 31 bits without its sign, and counts words.
const MOST_WORDS: usize = 0x7fff_ffff;

/// Why there is no testbench for some vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestbenchError {
    /// Nothing would be played.
    #[error("no vector is for this core ({}): there is nothing to write", .0.name())]
    NoVector(Direction),
    /// There are too many vectors for one testbench.
    #[error("{0} vectors are more than the {MOST_VECTORS} of a testbench; write several")]
    Vectors(usize),
    /// There are too many requests or bytes for one testbench.
    #[error("{0} requests or bytes are more than the {MOST_WORDS} of a testbench; write several")]
    Words(usize),
}

/// The files of a testbench for a core in a socket that can this, with vectors that fit it: their names, and what is in
/// them.
///
/// ```
/// use silicabac::{cores::Direction, cosim::testbench, fit::{Can, Fitter}, stress};
/// let vectors = Fitter::new(Direction::Encoder, Can::ALL).fit_all(&stress::smoke()).into_vectors();
/// let files = testbench(Direction::Encoder, &vectors, &Can::ALL)?;
/// let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
/// assert_eq!(names, [
///     "encoder_tb.sv", "encoder_config.vh", "encoder_names.vh", "encoder_requests.hex", "encoder_bytes.hex",
///     "cabac_encoder_socket.sv", "cabac_handshake.sv",
/// ]);
/// # Ok::<(), silicabac::cosim::TestbenchError>(())
/// ```
///
/// # Errors
/// [`TestbenchError`].
pub fn testbench(
    direction: Direction,
    vectors: &[Vector],
    can: &Can,
) -> Result<Vec<(String, String)>, TestbenchError> {
    let played: Vec<&Vector> = vectors.iter().collect();
    match played.len() {
        0 => return Err(TestbenchError::NoVector(direction)),
        1..=MOST_VECTORS => {}
        many => return Err(TestbenchError::Vectors(many)),
    }
    let tables = Tables::new(direction, &played, can);
    let longest = tables.requests.count.max(tables.bytes.count);
    if longest > MOST_WORDS {
        return Err(TestbenchError::Words(longest));
    }
    let name = direction.name();
    let (text, (template_path, template)) = match direction {
        Direction::Encoder => (include_str!("encoder_tb.sv"), rtl::SOCKETS[0]),
        Direction::Decoder => (include_str!("decoder_tb.sv"), rtl::SOCKETS[1]),
    };
    let mut files = vec![
        (format!("{name}_tb.sv"), text.to_owned()),
        (format!("{name}_config.vh"), tables.config()),
        (format!("{name}_names.vh"), names(&played)),
        (format!("{name}_requests.hex"), tables.requests.text),
        (format!("{name}_bytes.hex"), tables.bytes.text),
    ];
    if direction == Direction::Decoder {
        files.push((format!("{name}_answers.hex"), tables.answers.text));
    }
    for (path, text) in [(template_path, template)].into_iter().chain(rtl::HANDSHAKE) {
        files.push((rtl::file_name(path).to_owned(), text.to_owned()));
    }
    Ok(files)
}

/// What the testbench reads.
#[derive(Default)]
struct Tables {
    requests: Words,
    /// What an encoder gives, or a decoder is given.
    bytes: Words,
    answers: Words,
}

/// A file for `$readmemh`.
#[derive(Default)]
struct Words {
    text: String,
    count: usize,
}

impl Words {
    fn push(&mut self, word: u64) {
        self.count += 1;
        // A string takes whatever is written to it.
        let _ = writeln!(self.text, "{word:x}");
    }
}

impl Tables {
    fn new(direction: Direction, vectors: &[&Vector], can: &Can) -> Tables {
        let mut tables = Tables::default();
        // The testbench knows which error comes, or none at all.
        let errors = if can.errors == Errors::Convention { Errors::Convention } else { Errors::None };
        let can = Can { errors, ..*can };
        let mut script = Script::new(direction, vectors, &can);
        while script.has_next() {
            let Some(asked) = script.take() else { break };
            tables.requests.push(request(&asked, script.init(asked.vector)));
            script
                .bytes
                .drain(..)
                .for_each(|given| tables.bytes.push(byte(asked.vector, given.data, given.last)));
            script.answers.drain(..).for_each(|given| tables.answers.push(answer(asked.vector, given)));
        }
        if direction == Direction::Decoder {
            for (number, vector) in vectors.iter().enumerate() {
                let last = vector.bytes.len();
                (1..)
                    .zip(&vector.bytes)
                    .for_each(|(i, &data)| tables.bytes.push(byte(number, data, i == last)));
            }
        }
        tables
    }

    fn config(&self) -> String {
        let (requests, bytes, answers) = (self.requests.count, self.bytes.count, self.answers.count);
        format!("`define REQUESTS {requests}\n`define TOTAL_BYTES {bytes}\n`define ANSWERS {answers}\n")
    }
}

/// A task that prints the id of a vector, since no simulator reads strings with `$readmemh`.
fn names(vectors: &[&Vector]) -> String {
    let cases = (0..).zip(vectors).map(|(number, vector): (usize, _)| {
        format!(
            "    {number}: $display(\"vector {}: {}\");\n",
            vector.id,
            vector.comment.replace(['"', '\\'], "'")
        )
    });
    let cases: String = cases.collect();
    format!(
        "task show_name(input integer number);\n  case (number)\n{cases}    default: ;\n  endcase\nendtask\n"
    )
}

/// vector `[63:44]`, slice header `[41:29]`, kind `[28:26]`, bin `[25]`, ctx_idx `[24:15]`, model `[14:8]`, data.
fn request(asked: &Asked, init: Option<SliceInit>) -> u64 {
    let RequestFields { kind, bin, ctx_idx, data } = asked.request.fields();
    let model = u32::from(asked.model.bits());
    let data = if asked.request.is_raw() { data } else { 0 };
    (asked.vector as u64) << 44
        | u64::from(init.map_or(0, header)) << 29
        | u64::from(kind << 26 | bin << 25 | ctx_idx << 15 | model << 8 | data)
}

/// codec `[12]`, slice_type `[11:10]`, index `[9:8]`, SliceQPY `[7:0]`.
fn header(init: SliceInit) -> u32 {
    let SliceInit { codec, slice_type, slice_qp_y, index } = init;
    u32::from(codec_number(codec)) << 12
        | u32::from(slice_type_number(slice_type)) << 10
        | u32::from(index & 3) << 8
        | u32::from(slice_qp_y as u8)
}

/// vector `[31:12]`, last `[8]`, the byte.
fn byte(vector: usize, data: u8, last: bool) -> u64 {
    (vector as u64) << 12 | u64::from(last) << 8 | u64::from(data)
}

/// vector `[63:44]`, bits `[43:12]`, error `[11:10]`, raw byte `[9:2]`, whether it is one `[1]`, bin `[0]`.
fn answer(vector: usize, answer: Answer) -> u64 {
    let Answer { value, is_raw, error, bits, .. } = answer;
    let value = if is_raw { value << 2 | 2 } else { value };
    (vector as u64) << 44 | u64::from(rsp_bits(bits)) << 12 | u64::from(error) << 10 | u64::from(value)
}
