//! The coders without the standard library: encodes a slice, decodes it, and prints the memory that this takes.
//!
//! On a microcontroller the entry point, the panic handler and the way to print come from the crates of Cortex-M. On other targets the
//! standard library has them; the rest is the same, including the allocator.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

mod slice;

#[cfg(not(target_os = "none"))]
use std::println;

#[cfg(target_os = "none")]
use {
    cortex_m_semihosting::{debug, hprintln as println},
    panic_semihosting as _,
};

/// The size of the arena in bytes, in which coders keep their context variables, and an encoder its bytes.
const ARENA: usize = if cfg!(target_os = "none") { 10 << 10 } else { 1 << 20 };

#[global_allocator]
static HEAP: emballoc::Allocator<ARENA> = emballoc::Allocator::new();

fn work() {
    let report = slice::round_trip(ARENA);
    println!("{} bins in {} bytes, FNV-1a {:08x}", slice::BINS, report.bytes, report.hash);
    println!(
        "decoder: {} bytes of heap, {} in registers or on the stack",
        report.decoder.heap, report.decoder.own
    );
    println!(
        "encoder: {} bytes of heap, {} in registers or on the stack",
        report.encoder.heap, report.encoder.own
    );
}

#[cfg(target_os = "none")]
#[cortex_m_rt::entry]
fn main() -> ! {
    work();
    debug::exit(debug::EXIT_SUCCESS);
    // Without a debugger the program has nothing to return to.
    loop {
        core::hint::spin_loop();
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    work();
}
