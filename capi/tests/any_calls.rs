//! Calls in any order, with any numbers, and bytes that are no stream: each has a status, and none is a panic.

mod common;

use std::mem::MaybeUninit;
use std::ptr::null_mut;

use common::lists::Lists;
use silicabac_capi as c;

/// Numbers without a pattern.
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// Mostly what is legal, sometimes anything.
    fn below(&mut self, bound: u32) -> u32 {
        if self.next().is_multiple_of(9) { self.next() } else { self.next() % bound }
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// A call that a coder gets.
fn call(random: &mut Random, coder: *mut c::Coder) -> c::Status {
    let mut bin = random.below(2) as u8;
    let mut bins = [0, 1, 1, 0, random.below(2) as u8];
    let contexts: [u16; 5] = std::array::from_fn(|_| random.below(1024) as u16);
    let (mut value, mut length) = (random.below(64), 0);
    let (mut registers, mut state) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let count = random.next() as usize % 6;
    let (first, qp) = (random.below(1024), random.below(52) as i32);
    let init = c::SliceInit {
        codec: random.below(2),
        slice_type: random.below(3),
        slice_qp_y: qp,
        index: random.below(3),
    };
    // SAFETY: all pointers are valid, and no buffer is shorter than is said.
    unsafe {
        match random.next() % 17 {
            0 | 1 => c::silicabac_coder_context(coder, contexts[0].into(), &mut bin),
            2 => c::silicabac_coder_bypass(coder, &mut bin),
            3 => c::silicabac_coder_bypass_bits(coder, random.below(33), &mut value),
            4 => c::silicabac_coder_terminate(coder, &mut bin),
            5 => c::silicabac_coder_align(coder),
            6 => c::silicabac_coder_padding(coder, &mut bin),
            7 => c::silicabac_coder_raw(coder, bins.as_mut_ptr(), count.min(5)),
            8 | 9 => c::silicabac_coder_start(coder),
            10 => c::silicabac_coder_contexts(coder, contexts.as_ptr(), bins.as_mut_ptr(), count.min(5)),
            11 => c::silicabac_coder_bypasses(coder, bins.as_mut_ptr(), count.min(5)),
            12 => c::silicabac_coder_initialise(coder, &init),
            13 => c::silicabac_coder_load(coder, first, bins.as_ptr(), count.min(5)),
            14 => {
                let first = random.below(9).into();
                c::silicabac_oracle_bytes(coder, first, bins.as_mut_ptr(), count.min(5), &mut length)
            }
            15 => c::silicabac_oracle_registers(coder, state.as_mut_ptr()),
            _ => {
                c::silicabac_coder_save(coder, first, bins.as_mut_ptr(), count.min(5));
                c::silicabac_encoder_bytes(coder, bins.as_mut_ptr(), bins.len(), &mut length);
                c::silicabac_coder_registers(coder, registers.as_mut_ptr())
            }
        }
    }
}

#[test]
fn coders_are_asked_for_anything() {
    let mut random = Random(1);
    for round in 0..300 {
        let bytes = random.bytes(round % 40);
        let mut coder = null_mut();
        // SAFETY: all pointers are valid, and the bytes outlive the coder.
        unsafe {
            let created = match round % 5 {
                0 => c::silicabac_encoder_create(&mut coder),
                1 => c::silicabac_meter_create(&mut coder),
                2 => c::silicabac_oracle_create(&mut coder),
                3 => c::silicabac_oracle_decoder_create(bytes.as_ptr(), bytes.len(), &mut coder),
                _ => c::silicabac_decoder_create(bytes.as_ptr(), bytes.len(), &mut coder),
            };
            assert_eq!(created, c::Status::Ok);
            for _ in 0..200 {
                let status = call(&mut random, coder);
                let known = [c::Status::Ok, c::Status::Argument, c::Status::State];
                assert!(known.contains(&status), "{round}: {status:?}");
            }
            assert_eq!(c::silicabac_coder_destroy(coder), c::Status::Ok);
        }
    }
}

#[test]
fn streams_and_containers_are_given_anything() {
    let mut random = Random(2);
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/streams");
    for name in
        ["x264_gray_qcif.264", "x264_main_mbaff_qcif_lowqp.264", "hm_wpp_depslices.265", "hm_tiles2x2.265"]
    {
        let whole = std::fs::read(dir.join(name)).unwrap();
        for round in 0..12 {
            let mut bytes = whole.clone();
            for _ in 0..=round {
                let at = random.next() as usize % bytes.len();
                bytes[at] = random.next() as u8;
            }
            bytes.truncate(bytes.len() - random.next() as usize % 100);
            let codec = random.below(3);
            read_all(&mut random, codec, &bytes);
        }
    }
    for round in 0..200 {
        let bytes = [&b"SBW2"[..], &random.bytes(round)].concat();
        let mut weights = null_mut();
        // SAFETY: all pointers are valid.
        let status = unsafe { c::silicabac_weights_create(bytes.as_ptr(), bytes.len(), &mut weights) };
        assert_ne!(status, c::Status::Panic);
    }
}

/// Makes a value of a list another one, or the list shorter.
fn disturb(random: &mut Random, lists: &mut Lists) {
    fn anywhere<T: Copy>(random: &mut Random, list: &mut Vec<T>) {
        if list.is_empty() {
            return;
        }
        if random.next().is_multiple_of(4) {
            list.truncate(random.next() as usize % list.len());
            return;
        }
        let (at, byte) = (random.next() as usize % list.len(), random.next() as usize % size_of::<T>());
        // SAFETY: the byte is within the value, which consists of integers, so that any bytes are a value.
        unsafe { std::ptr::from_mut(&mut list[at]).cast::<u8>().add(byte).write(random.next() as u8 % 8) };
    }
    match random.next() % 8 {
        0 => anywhere(random, &mut lists.coding_units),
        1 => anywhere(random, &mut lists.prediction_units),
        2 => anywhere(random, &mut lists.transform_nodes),
        3 => anywhere(random, &mut lists.blocks),
        4 => anywhere(random, &mut lists.levels),
        5 => anywhere(random, &mut lists.pcm),
        6 => lists.head.sao[random.next() as usize % 3].type_idx = random.below(3) as u8,
        _ => lists.head.sao_merge = random.below(3) as u8,
    }
}

/// Reads all units as both standards' slices, and writes them, some with other values.
fn read_all(random: &mut Random, codec: u32, bytes: &[u8]) {
    let mut stream = null_mut();
    let (mut macroblock, mut tree) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let (mut unit, mut length, mut room) = (MaybeUninit::uninit(), 0, vec![0; 1 << 16]);
    let check = |status| {
        assert!(!matches!(status, c::Status::Panic | c::Status::Broken), "{status:?}");
        status == c::Status::Ok
    };
    // SAFETY: all pointers are valid, and what is put has been read.
    unsafe {
        if !check(c::silicabac_stream_create(codec, bytes.as_ptr(), bytes.len(), &mut stream)) {
            return;
        }
        while check(c::silicabac_stream_next(stream, unit.as_mut_ptr())) {
            while check(c::silicabac_stream_macroblock(stream, macroblock.as_mut_ptr())) {
                check(c::silicabac_stream_put_macroblock(stream, macroblock.as_ptr()));
            }
            while check(c::silicabac_stream_coding_tree_unit(stream, tree.as_mut_ptr())) {
                let mut lists = Lists::of(tree.assume_init_ref());
                if random.next().is_multiple_of(16) {
                    disturb(random, &mut lists);
                }
                check(c::silicabac_stream_put_coding_tree_unit(stream, &lists.as_c()));
            }
            check(c::silicabac_stream_write(stream, room.as_mut_ptr(), room.len(), &mut length));
        }
        assert_eq!(c::silicabac_stream_destroy(stream), c::Status::Ok);
    }
}
