//! What the fuzz targets do with their input. Tests do the same with the files in `tests/crashes/`, so that whatever a fuzzer has found
//! once is tested from then on.

use std::convert::Infallible;
use std::io::Cursor;

use serde_json::{Value, json};
use silicabac::avc::{SliceData, Stream};
use silicabac::bin::{BinCoder, Decode, DecodeError, Encode, Event};
use silicabac::context::{Codec, ContextModel, CtxIdx};
use silicabac::cores;
use silicabac::cosim::{Play, Stalls};
use silicabac::dream::reduce::{self, Left};
use silicabac::hevc;
use silicabac::stream::{self, LineReader};
use silicabac::syntax::Helpers;
use silicabac::trace::Trace;
use silicabac::vectors::{self, Vector};
use silicabac::weights::{
    container::{Coding, Container},
    decompress::levels,
    levels::{Layout, MAX_ABS_GR},
};
use silicabac::{engine, replay, spec};

/// Any bytes, with any requests: oracle, engine and twin read the same bins, raise the same error at the same bin, and have read equally
/// many bits, after every request.
pub fn decoders(data: &[u8]) {
    let Some((&count, data)) = data.split_first() else { return };
    let (asked, bytes) = data.split_at((usize::from(count) * 2).min(data.len()));
    let asked: Vec<Event> = asked.chunks_exact(2).map(|pair| event(pair[0], pair[1])).collect();

    let mut spec = spec::Decoder::new(bytes);
    let mut engine = engine::Decoder::new(bytes);
    for &request in &asked {
        assert_eq!(spec.code(request), engine.code(request));
        assert_eq!(place(&spec), place(&engine));
    }
    let vector = Vector::decoded("fuzz", "", &[], bytes.to_vec(), asked);
    assert_eq!(vectors::check(&vector), Ok(()));
    // A core never gets a slice without a byte.
    if !bytes.is_empty() {
        play("decoder", &vector, Stalls::ALL[usize::from(count) % Stalls::ALL.len()]);
    }
}

/// Any bins: oracle, engine and twin write the same bytes, which decode to the same bins.
pub fn encoders(data: &[u8]) {
    let mut events: Vec<Event> = Vec::new();
    for pair in data.chunks_exact(2) {
        let event = event(pair[0], pair[1]);
        let between_engine_runs =
            events.last().is_some_and(|last| last.ends_engine_run() || matches!(last, Event::Raw(_)));
        if between_engine_runs || !matches!(event, Event::Raw(_)) {
            events.push(event);
        }
    }
    events.push(Event::Terminate { bin: true });
    let (mut spec, mut engine) = (spec::Encoder::new(), engine::Encoder::new());
    for event in &events {
        let _ = (spec.play(&[*event]), engine.play(&[*event]));
        assert_eq!((spec.cod_i_range(), spec.cod_i_low()), (engine.cod_i_range(), engine.cod_i_low()));
    }
    assert_eq!(spec.finish(), engine.finish());
    let vector = Vector::encoded("fuzz", "", &[], events);
    assert_eq!(vectors::check(&vector), Ok(()));
    play("encoder", &vector, Stalls::ALL[data.len() / 2 % Stalls::ALL.len()]);
}

/// An unpacked trace: either it is refused, or every slice can be replayed, and it is written as it was read.
pub fn traces(data: &[u8]) {
    let Ok(trace) = Trace::from_unpacked(data) else { return };
    for slice in &trace.slices {
        let _ = replay::replay(slice);
        let _ = slice.events();
    }
    let written = trace.to_unpacked().expect("what was read can be written");
    assert_eq!(Trace::from_unpacked(&written).expect("what was written can be read"), trace);
}

/// Any bytes as an H.264 stream: what can be read is written as the same bytes, and everything else is passed through.
pub fn streams(data: &[u8]) {
    for unit in Stream::new(data) {
        let unit = unit.expect("memory can be read");
        let Some((parameters, slice)) = unit.slice() else { continue };
        if let Ok(read) = SliceData::read(parameters, slice) {
            let written = read.write(parameters).expect("what was read can be written");
            // Only a stop bit of 0 before PCM samples is not written again as it was.
            let has_pcm = read.macroblocks.iter().any(|macroblock| !macroblock.pcm.is_empty());
            assert!(written == slice || has_pcm && written.len() == slice.len());
            assert_eq!(SliceData::read(parameters, &written).as_ref(), Ok(&read));
            assert!(unit.rewrite().is_ok());
        }
    }
}

/// Any bytes as an H.265 stream: what can be read is written as the same bytes, and everything else is passed through. With any entry
/// points, segments end as they do without.
pub fn hevc(data: &[u8]) {
    for unit in hevc::Stream::new(data) {
        let unit = unit.expect("memory can be read");
        let Some((parameters, before, segment)) = unit.segment() else { continue };
        let end = hevc::read_each(parameters, before, engine::Decoder::new(segment), |_| {}).1;
        let (starts, helpers) = (unit.signalled_starts(), Helpers::new(0));
        let show = |(): &mut (), _: hevc::ReadUnit<'_, _>| {};
        let parts = hevc::read_parts::<(), _>(parameters, before, segment, &starts, &helpers, show);
        assert_eq!(parts.end, end);
        let Ok(read) = hevc::SegmentData::read(parameters, before, segment) else { continue };
        let (written, _) = read.write(parameters, before).expect("what was read can be written");
        // Only a stop bit of 0 before samples or a substream is not written again as it was.
        assert!(written == segment || written.len() == segment.len());
        assert_eq!(hevc::SegmentData::read(parameters, before, &written).as_ref(), Ok(&read));
        assert!(unit.rewrite().is_ok());
    }
}

/// Any bytes as a stream of either standard that is made smaller, with any answers to whether it fails.
pub fn reduce(data: &[u8]) {
    let Some((&seed, data)) = data.split_first() else { return };
    // Whether a stream fails is an arbitrary function of its bytes; with many tries some are skipped.
    let (mut tries, mut chance) = (0_u32, u32::from(seed));
    let mut fails = |stream: &[u8], left: &Left| {
        assert_eq!(stream.len(), left.bytes);
        tries += 1;
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Ok::<_, Infallible>(tries < 200 && chance >> 31 == 1)
    };
    let Ok((small, _)) = reduce::reduce(data, &mut fails);
    for unit in Stream::new(&small[..]) {
        // What is left of a damaged stream may still be damaged.
        let _ = unit.expect("memory can be read").rewrite();
    }
    let Ok((small, _)) = reduce::reduce_hevc(data, &mut fails);
    for unit in hevc::Stream::new(&small[..]) {
        // What is left of a damaged stream may still be damaged.
        let _ = unit.expect("memory can be read").rewrite();
    }
}

/// Any bytes as a stream of either standard: the lines of its headers are the same stream, whatever they contain.
pub fn headers(data: &[u8]) {
    for codec in [Codec::Avc, Codec::Hevc] {
        for has_data in [false, true] {
            let (mut bytes, mut text) = (Vec::new(), String::new());
            for unit in stream::Stream::new(codec, data) {
                let unit = unit.expect("memory can be read");
                bytes.extend([&unit.unit().prefix[..], &unit.unit().bytes].concat());
                let lines = unit.lines(has_data);
                let line = serde_json::to_string(&lines.unit).expect("a line is JSON");
                assert_eq!(lines.unit, serde_json::from_str(&line).expect("a line can be read"));
                text += &(line + "\n");
                for line in &lines.data {
                    text += &(serde_json::to_string(line).expect("a line is JSON") + "\n");
                }
            }
            let written: Result<Vec<_>, _> = LineReader::new(text.as_bytes()).collect();
            assert!(written.expect("what was read can be written").concat() == bytes);
        }
    }
}

/// Any bytes as a stream of levels and as a container of weights: either refused, or levels that come back.
pub fn weights(data: &[u8]) {
    if let Ok(mut container) = Container::open(Cursor::new(data)) {
        for (number, tensor) in container.index().tensors.clone().iter().enumerate() {
            for slice in 0..tensor.parts().count() {
                let is_read = levels(&mut container, number, slice).is_ok();
                // Packed levels may claim any length, and the damage is the same for all of their parts.
                if !is_read && matches!(tensor.coding, Coding::Packed { .. }) {
                    break;
                }
            }
        }
    }
    let [abs_gr, columns, count, flags, stream @ ..] = data else { return };
    let layout = Layout {
        abs_gr: abs_gr % MAX_ABS_GR + 1,
        sign_contexts: flags & 1 != 0,
        suffix_contexts: flags >> 1 & 1 << 1,
        row_flags: flags & 8 != 0,
        columns: usize::from(*columns) + 1,
    };
    if let Ok(mut levels) = layout.decode(stream, usize::from(*count) * 16) {
        let again = layout.encode(&mut levels.clone());
        // A row of zeros can be coded in two ways.
        assert!(again.len() == stream.len() || layout.row_flags);
        assert_eq!(layout.decode(&again, levels.len()), Ok(std::mem::take(&mut levels)));
    }
}

/// A vector file with corrected checksums: either it is refused, or it can be checked, and comes back as it was.
pub fn vectors(data: &[u8]) {
    let _ = vectors::read_json(data);
    let Ok(mut file) = serde_json::from_slice::<Value>(data) else { return };
    for vector in file.get_mut("vectors").and_then(Value::as_array_mut).into_iter().flatten() {
        let field = |name: &str| vector.get(name).map_or("null".into(), Value::to_string);
        let what = ["id", "comment", "flags", "coders", "bins"].map(field).join(",");
        let expected = ["requests", "bytes", "position", "error"].map(field).join(",");
        let crc32 = crc32fast::hash(format!("[[{what}],[{expected}]]").as_bytes());
        if let Some(vector) = vector.as_object_mut() {
            vector.insert("crc32".into(), json!(format!("{crc32:08x}")));
        }
    }
    let Ok((suite, vectors)) = vectors::read_json(file.to_string().as_bytes()) else { return };
    for vector in &vectors {
        let _ = vectors::check(vector);
        vectors::trail(vector).for_each(drop);
    }
    let (mut written, mut hex) = (Vec::new(), Vec::new());
    vectors::write_json(&suite, &vectors, &mut written).expect("a vector is written to memory");
    vectors::write_hex(&vectors, &mut hex).expect("a vector is written to memory");
    assert_eq!(vectors::read_json(&written).expect("what was written can be read"), (suite, vectors));
}

fn event(a: u8, b: u8) -> Event {
    // Few contexts, so that each is used often, and the last one.
    let ctx = CtxIdx::new([0, 1, 2, 1023][usize::from(a >> 4 & 3)]).unwrap_or_default();
    let bin = b & 1 != 0;
    match a & 15 {
        0..=6 => Event::Context { ctx, bin },
        7..=9 => Event::Bypass { bin },
        10 => Event::Terminate { bin: false },
        11 => Event::Terminate { bin: b < 64 },
        12 if a & 128 != 0 => Event::Start,
        12 => Event::Align,
        13 => Event::Raw(b),
        _ => Event::Load { ctx, model: ContextModel::from_bits(b & 127).unwrap_or_default() },
    }
}

fn place(decoder: &impl Decode) -> (u32, u32, u64, Option<DecodeError>) {
    (decoder.cod_i_range(), decoder.cod_i_offset(), decoder.position(), decoder.error())
}

/// Plays a vector twice in a row to the twin of a core, and compares it with the oracle.
fn play(core: &str, vector: &Vector, stalls: Stalls) {
    let core = cores::by_name(core).expect("a core");
    let twice = [vector, vector];
    let played = core.play_twin(&Play { stalls, seed: 1, ..Play::flowing(&twice) }, &mut |_| ());
    assert!(played.is_ok(), "{stalls:?}: {}", played.unwrap_err());
}
