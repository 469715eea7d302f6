//! How fast the calls are, beside the engine and the walks that are behind them: `cargo run --release -p silicabac-capi --example speed`.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::time::Instant;

use silicabac::bin::{BinCoder, Encode};
use silicabac::context::CtxIdx;
use silicabac::stream::StreamUnit;
use silicabac::{avc, engine, hevc};
use silicabac_capi as c;

const BINS: usize = 1 << 20;

/// The quickest of some runs, in nanoseconds for each of many.
fn best(count: usize, mut run: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_nanos() as f64 / count as f64
    };
    (0..15).map(time).fold(f64::INFINITY, f64::min)
}

fn main() {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let contexts: Vec<u16> = (0..BINS).map(|_| (random() % 460) as u16).collect();
    let bins: Vec<u8> = (0..BINS).map(|_| u8::from(random() % 100 < 15)).collect();
    let mut encoder = engine::Encoder::new();
    for (ctx, bin) in contexts.iter().zip(&bins) {
        encoder.context(CtxIdx::new(*ctx).unwrap(), *bin != 0);
    }
    encoder.terminate(true);
    let bytes = encoder.finish();

    let mut read = vec![0; BINS];
    let engine = best(BINS, || {
        let mut decoder = engine::Decoder::new(&bytes);
        for (ctx, bin) in contexts.iter().zip(&mut read) {
            *bin = u8::from(decoder.context(CtxIdx::new(*ctx).unwrap(), false));
        }
        black_box(&read);
    });
    assert_eq!(read, bins);
    let with_decoder = |code: &mut dyn FnMut(*mut c::Coder)| {
        let mut coder = null_mut();
        // SAFETY: all pointers are valid.
        unsafe {
            assert_eq!(c::silicabac_decoder_create(bytes.as_ptr(), bytes.len(), &mut coder), c::Status::Ok);
            code(coder);
            assert_eq!(c::silicabac_coder_destroy(coder), c::Status::Ok);
        }
    };
    // SAFETY: all pointers are valid.
    let bulk = best(BINS, || {
        with_decoder(&mut |coder| unsafe {
            c::silicabac_coder_contexts(coder, contexts.as_ptr(), read.as_mut_ptr(), BINS);
        });
    });
    assert_eq!(read, bins);
    let single = best(BINS, || {
        with_decoder(&mut |coder| {
            for (ctx, bin) in contexts.iter().zip(&mut read) {
                // SAFETY: all pointers are valid.
                unsafe { c::silicabac_coder_context(coder, (*ctx).into(), bin) };
            }
        });
    });
    assert_eq!(read, bins);
    println!(
        "decoding a bin: engine {engine:.2} ns, bulk {bulk:.2} ns ({:.2}), a call {single:.2} ns",
        engine / bulk
    );

    for name in ["x264_high_mbaff_cif.264", "x265_main_wpp_cif.265", "hm_rext444_ccp_rdpcm.265"] {
        let path = format!("{}/../tests/streams/{name}", env!("CARGO_MANIFEST_DIR"));
        let stream = std::fs::read(path).unwrap();
        let codec = silicabac::stream::codec_of(&stream).unwrap();
        let walk = best(stream.len(), || {
            for unit in silicabac::stream::Stream::new(codec, &stream[..]) {
                match unit.unwrap() {
                    StreamUnit::Avc(unit) => {
                        unit.observe((), |read_unit: avc::ReadUnit<'_, _>| {
                            _ = black_box(read_unit.macroblock)
                        });
                    }
                    StreamUnit::Hevc(unit) => {
                        unit.observe((), |read_unit: hevc::ReadUnit<'_, _>| {
                            _ = black_box(read_unit.coding_tree_unit)
                        });
                    }
                }
            }
        });
        let calls = best(stream.len(), || read_all(&stream));
        println!("{name}: walk {walk:.2} ns a byte, calls {calls:.2} ns ({:.2})", walk / calls);
    }
}

/// Every macroblock and coding tree unit of a stream, by calls.
fn read_all(stream: &[u8]) {
    let mut handle = null_mut();
    let mut unit = MaybeUninit::<c::Unit>::uninit();
    let (mut macroblock, mut tree) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: all pointers are valid, and a unit is written where the status is `Ok`.
    unsafe {
        c::silicabac_stream_create(c::SILICABAC_CODEC_UNKNOWN, stream.as_ptr(), stream.len(), &mut handle);
        while c::silicabac_stream_next(handle, unit.as_mut_ptr()) == c::Status::Ok {
            let unit = unit.assume_init_ref();
            if unit.state != c::SILICABAC_UNIT_SLICE {
                continue;
            }
            if unit.codec == c::SILICABAC_CODEC_AVC {
                while c::silicabac_stream_macroblock(handle, macroblock.as_mut_ptr()) == c::Status::Ok {}
            } else {
                while c::silicabac_stream_coding_tree_unit(handle, tree.as_mut_ptr()) == c::Status::Ok {}
            }
        }
        c::silicabac_stream_destroy(handle);
    }
}
