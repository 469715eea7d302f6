//! What C writes is what the engine writes; and what a program does wrong is refused.

mod common;

use std::thread;

use silicabac::bin::{BinCoder, Encode};
use silicabac::context::{AvcInit, ContextModel, CtxIdx};
use silicabac::engine;
use silicabac_capi as c;

/// The walk of `abi.c`.
fn walk(coder: &mut impl BinCoder) {
    for ctx in (0..).map_while(CtxIdx::new) {
        if let Some(model) = ContextModel::avc(ctx, AvcInit::Inter0, 26) {
            coder.load(ctx, model);
        }
    }
    let ctx = |i: u32| CtxIdx::new((i * 7 % 460) as u16).unwrap();
    let (bin, bypass) = (|i: u32| i * i % 11 < 3, |i: u32| i / 3 % 2 == 1);
    for i in 0..3000 {
        coder.context(ctx(i), bin(i));
        coder.bypass(bypass(i));
    }
    coder.bypass_bits(10, 0x2a5);
    coder.terminate(false);
    coder.align();
    coder.terminate(true);
    coder.raw(&mut [1, 2, 3]);
    coder.start();
    for i in 0..3000 {
        coder.context(ctx(i), bin(i));
    }
    for i in 0..3000 {
        coder.bypass(bypass(i));
    }
    coder.terminate(true);
}

#[test]
fn c_writes_what_the_engine_writes() {
    let Some(program) = common::Program::compile(&common::root().join("tests/abi.c")) else { return };
    let mut encoder = engine::Encoder::new();
    walk(&mut encoder);
    let bytes: String = encoder.finish().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(program.prints(&[]), bytes);
}

/// Two threads with one handle: each call is done whole, or the handle was busy.
#[test]
fn a_handle_in_two_threads_is_noticed() {
    let mut coder = std::ptr::null_mut();
    // SAFETY: all pointers are valid.
    assert_eq!(unsafe { c::silicabac_meter_create(&mut coder) }, c::Status::Ok);
    let address = coder.expose_provenance();
    let counts = thread::scope(|scope| {
        let ask = || {
            let coder = std::ptr::with_exposed_provenance_mut(address);
            let mut done = 0;
            for _ in 0..2000 {
                let mut bins = [1; 64];
                // SAFETY: all pointers are valid.
                match unsafe { c::silicabac_coder_bypasses(coder, bins.as_mut_ptr(), bins.len()) } {
                    c::Status::Ok => done += 1,
                    other => assert_eq!(other, c::Status::Busy),
                }
            }
            done
        };
        let threads = [scope.spawn(ask), scope.spawn(ask)];
        threads.map(|thread| thread.join().unwrap()).into_iter().sum::<u64>()
    });
    let mut cost = 0;
    // SAFETY: all pointers are valid.
    unsafe {
        assert_eq!(c::silicabac_meter_cost(coder, &mut cost), c::Status::Ok);
        assert_eq!(c::silicabac_coder_destroy(coder), c::Status::Ok);
    }
    assert_eq!(cost, counts * 64 * 32_768);
}

/// The oracle gives each byte as soon as a bin decides it, as the oracle of the library does; the other coders refuse to be asked.
#[test]
fn the_oracle_says_what_each_bin_decides() {
    let (mut oracle, mut encoder) = (std::ptr::null_mut(), std::ptr::null_mut());
    let mut right = silicabac::spec::Encoder::new();
    let (mut given, mut bytes, mut length) = (Vec::new(), [0; 3], 0);
    // SAFETY: all pointers are valid.
    unsafe {
        assert_eq!(c::silicabac_oracle_create(&mut oracle), c::Status::Ok);
        assert_eq!(c::silicabac_encoder_create(&mut encoder), c::Status::Ok);
        for i in 0..2000_u32 {
            let mut bin = u8::from(i * i % 11 < 3);
            right.context(CtxIdx::new((i % 7) as u16).unwrap(), bin == 1);
            assert_eq!(c::silicabac_coder_context(oracle, i % 7, &mut bin), c::Status::Ok);
            loop {
                let from = given.len() as u64;
                let status =
                    c::silicabac_oracle_bytes(oracle, from, bytes.as_mut_ptr(), bytes.len(), &mut length);
                assert_eq!(status, c::Status::Ok);
                given.extend_from_slice(&bytes[..length]);
                if length == 0 {
                    break;
                }
            }
            assert_eq!(given, right.bytes());
            let mut state = std::mem::MaybeUninit::uninit();
            assert_eq!(c::silicabac_oracle_registers(oracle, state.as_mut_ptr()), c::Status::Ok);
            let state = state.assume_init();
            let found = (state.cod_i_range, state.cod_i_low, state.bits_outstanding, state.first_bit_flag);
            let is_first = right.first_bit_flag().into();
            assert_eq!(
                found,
                (right.cod_i_range(), right.cod_i_low_10(), right.bits_outstanding(), is_first)
            );
        }
        let beyond = given.len() as u64 + 1;
        let mut ask =
            |coder, from| c::silicabac_oracle_bytes(coder, from, bytes.as_mut_ptr(), 3, &mut length);
        assert_eq!(ask(oracle, beyond), c::Status::Argument);
        assert_eq!(ask(encoder, 0), c::Status::State);
        assert_eq!(c::silicabac_coder_destroy(oracle), c::Status::Ok);
        assert_eq!(c::silicabac_coder_destroy(encoder), c::Status::Ok);
    }
}
