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
