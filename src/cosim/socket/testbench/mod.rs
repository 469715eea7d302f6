//! A testbench as files: for whoever has a simulator, a core in a socket, and no Rust.
//!
//! The testbenches are plain SystemVerilog beside this file; what is written here is what they read with
//! `$readmemh` and include. All that is expected is known beforehand, so they need no model.

use super::script::{Answer, Asked, Byte, Script, codec_number, plays, rsp_bits, slice_type_number};
use crate::context::SliceInit;
use crate::cores::Direction;
use crate::cosim::rtl;
use crate::cycle::RequestFields;
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

/// The files of a testbench for a core in a socket: their names, and what is in them.
///
/// ```
/// use silicabac::cosim::{Direction, socket::testbench};
/// let files = testbench(Direction::Encoder, &silicabac::stress::smoke(), false)?;
/// let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
/// assert_eq!(names, [
///     "encoder_tb.sv", "encoder_config.vh", "encoder_names.vh", "encoder_requests.hex", "encoder_bytes.hex",
///     "cabac_encoder_socket.sv",
/// ]);
/// # Ok::<(), silicabac::cosim::socket::TestbenchError>(())
/// ```
///
/// # Errors
/// [`TestbenchError`].
pub fn testbench(
    kind: Direction,
    vectors: &[Vector],
    initialises: bool,
) -> Result<Vec<(String, String)>, TestbenchError> {
    let played: Vec<&Vector> = vectors.iter().filter(|vector| plays(kind, vector, initialises)).collect();
    match played.len() {
        0 => return Err(TestbenchError::NoVector(kind)),
        1..=MOST_VECTORS => {}
        many => return Err(TestbenchError::Vectors(many)),
    }
    let script = Script::new(kind, &played, initialises);
    let longest = script.requests.len().max(script.bytes.len());
    if longest > MOST_WORDS {
        return Err(TestbenchError::Words(longest));
    }
    let name = kind.name();
    let (text, (template_path, template)) = match kind {
        Direction::Encoder => (include_str!("encoder_tb.sv"), rtl::SOCKETS[0]),
        Direction::Decoder => (include_str!("decoder_tb.sv"), rtl::SOCKETS[1]),
    };
    let mut files = vec![
        (format!("{name}_tb.sv"), text.to_owned()),
        (format!("{name}_config.vh"), config(&script)),
        (format!("{name}_names.vh"), names(&played)),
        (format!("{name}_requests.hex"), lines(&script.requests, |asked| request(&script, asked))),
        (format!("{name}_bytes.hex"), lines(&script.bytes, byte)),
    ];
    if kind == Direction::Decoder {
        files.push((
            format!("{name}_answers.hex"),
            lines(&script.answers, |answer| self::answer(&script, answer)),
        ));
    }
    files.push((rtl::file_name(template_path).to_owned(), template.to_owned()));
    Ok(files)
}

fn config(script: &Script<'_>) -> String {
    let Script { requests, bytes, answers, .. } = script;
    let (requests, bytes, answers) = (requests.len(), bytes.len(), answers.len());
    format!("`define REQUESTS {requests}\n`define TOTAL_BYTES {bytes}\n`define ANSWERS {answers}\n")
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

fn lines<T>(items: &[T], word: impl Fn(&T) -> u64) -> String {
    items.iter().map(|item| format!("{:x}\n", word(item))).collect()
}

/// vector `[63:44]`, slice header `[41:29]`, kind `[28:26]`, bin `[25]`, ctx_idx `[24:15]`, model `[14:8]`, data.
fn request(script: &Script<'_>, asked: &Asked) -> u64 {
    let RequestFields { kind, bin, ctx_idx, data } = asked.request.fields();
    let model = u32::from(asked.model.bits());
    let data = if asked.request.is_raw() { data } else { 0 };
    let header = script.init(asked.vector).map_or(0, header);
    (asked.vector as u64) << 44
        | u64::from(header) << 29
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
fn byte(byte: &Byte) -> u64 {
    (byte.vector as u64) << 12 | u64::from(byte.last) << 8 | u64::from(byte.data)
}

/// vector `[63:44]`, bits `[43:12]`, error `[11:10]`, raw byte `[9:2]`, whether it is one `[1]`, bin `[0]`.
fn answer(script: &Script<'_>, answer: &Answer) -> u64 {
    let asked = script.requests[answer.request];
    (asked.vector as u64) << 44
        | u64::from(rsp_bits(answer.bits)) << 12
        | u64::from(answer.error) << 10
        | u64::from(answer.data) << 2
        | u64::from(asked.request.is_raw()) << 1
        | u64::from(answer.bin)
}
