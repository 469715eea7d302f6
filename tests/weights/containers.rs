//! Containers: damage costs only what it hits, nothing that cannot be read is written, and xz is never smaller.

use std::{
    fs,
    io::{Cursor, Write},
};

use silicabac::weights::{
    compress::{Coder, Options},
    container::{Coding, Container, ContainerError, Index, Stream, Tensor},
    decompress, packed,
    plan::{Rule, Treatment},
    quantise::Values,
};

use super::made::{Made, compressed, made_up, noise, safetensors, typed, weights_of};

#[test]
fn damage_costs_the_tensor_alone_that_it_is_in() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = compressed(&made_up(dir.path()), &Options::default());
    let whole = Container::open(Cursor::new(&bytes)).unwrap();
    let streams: u64 = whole.index().tensors.iter().map(|tensor| tensor.stored()).sum();
    let first = bytes.len() - streams as usize;
    // Any single byte of the index or before it is corrected; with two wrong bytes nothing can be read, and none goes unnoticed.
    assert!(!whole.is_repaired());
    for at in 0..first {
        for by in [1, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= by;
            let container = Container::open(Cursor::new(&damaged));
            let container = container.unwrap_or_else(|error| panic!("byte {at}: {error}"));
            let is_version = at == 3 && damaged[3] == b'1';
            assert!(container.is_repaired() != is_version && container.index() == whole.index(), "byte {at}");
            damaged[(at + 1) % first] ^= 0x55;
            assert!(Container::open(Cursor::new(damaged)).is_err(), "bytes {at} and the next");
        }
    }
    // Nothing can follow the end.
    let error = Container::open(Cursor::new([&bytes[..], b"more"].concat())).unwrap_err();
    assert!(matches!(error, ContainerError::Trailing(4)), "{error}");
    // A byte of the first stream.
    let mut damaged = bytes.clone();
    damaged[first + 5] ^= 1;
    let mut container = Container::open(Cursor::new(damaged)).unwrap();
    let error = container.stream(0, 0).unwrap_err().to_string();
    assert!(error.contains("tensor a.weight, slice 0: its checksum is wrong"), "{error}");
    assert!(container.stream(2, 1).is_ok());
    // The end is missing.
    let mut container = Container::open(Cursor::new(&bytes[..bytes.len() - 1])).unwrap();
    assert!(container.stream(0, 0).is_ok());
    assert!(matches!(container.stream(2, 2), Err(ContainerError::Stream { .. })));
    for length in 0..first {
        assert!(Container::open(Cursor::new(&bytes[..length])).is_err());
    }
}

/// Tensors that share a stream do not lose it by one wrong byte: two checksums find it, that of the stream and that of its contents.
#[test]
fn a_byte_of_packed_levels_is_put_right() {
    let dir = tempfile::tempdir().unwrap();
    let rows = |count: usize| noise(64).into_iter().cycle().take(64 * count).collect::<Vec<f32>>();
    let model = safetensors(dir.path(), &[("a", &[64, 64], rows(64)), ("b", &[80, 64], rows(80))]);
    let bytes = compressed(&model, &Options { coder: Coder::Smallest, ..Options::default() });
    let all = |bytes: &[u8]| {
        let mut container = Container::open(Cursor::new(bytes.to_vec())).unwrap();
        let levels = [0, 1].map(|number| decompress::levels(&mut container, number, 0));
        (levels, container)
    };
    let ([a, b], whole) = all(&bytes);
    let [a, b] = [a, b].map(|levels| levels.unwrap().unwrap());
    let tensors = &whole.index().tensors;
    assert!(
        tensors.iter().all(|tensor| matches!(tensor.coding, Coding::Packed { .. })) && !whole.is_repaired()
    );
    let first = bytes.len() - tensors.iter().map(Tensor::stored).sum::<u64>() as usize;
    for at in first..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x24;
        let ([again, other], container) = all(&damaged);
        assert!(
            container.is_repaired() && again.unwrap().unwrap() == a && other.unwrap().unwrap() == b,
            "byte {at}"
        );
        let second = if at + 1 < bytes.len() { at + 1 } else { first };
        damaged[second] ^= 0x42;
        let ([again, other], container) = all(&damaged);
        for (levels, name) in [(again, "a"), (other, "b")] {
            let error = levels.unwrap_err().to_string();
            assert!(error.contains(&format!("tensor {name}, slice 0: its checksum is wrong")), "{error}");
        }
        assert!(!container.is_repaired());
    }
}

/// A container of one tensor with packed levels, of this shape, and its stream.
fn packed_alone(shape: &[u64], stream: &[u8], said: u64) -> Vec<u8> {
    let values = Values::Grid { step: 1.0 };
    let tensor = Tensor {
        name: "w".into(),
        element: 1,
        shape: shape.into(),
        bytes: 2 * shape.iter().product::<u64>(),
        coding: Coding::Packed { width: 1, owns_xz_file: true, values },
        streams: vec![Stream { len: said, crc32: crc32fast::hash(stream) }],
    };
    let mut bytes = Vec::new();
    let index = Index { format: 0, skeleton: vec![], tensors: vec![tensor] };
    index.write(&mut bytes, &mut &*stream).unwrap();
    bytes
}

/// More than 64 MiB of levels are never held at once, even if they are one stream, and damage in them is corrected.
#[test]
fn levels_of_more_than_64_mib_are_read_as_they_are_asked_for() {
    let (rows, columns) = (65, 1 << 20);
    let mut xz = packed::encoder(Vec::new(), rows * columns).unwrap();
    let level = |row: u64| (row % 100) as u8;
    (0..rows).for_each(|row| xz.write_all(&vec![level(row); columns as usize]).unwrap());
    let stream = xz.finish().unwrap();
    let mut bytes = packed_alone(&[rows, columns], &stream, stream.len() as u64);
    for is_damaged in [false, true] {
        let at = bytes.len() - stream.len() / 2;
        bytes[at] ^= if is_damaged { 0x18 } else { 0 };
        let mut container = Container::open(Cursor::new(&bytes)).unwrap();
        for row in [0, 1, rows - 1, 7] {
            let levels = decompress::levels(&mut container, 0, row as usize).unwrap().unwrap();
            assert!(levels == vec![i32::from(level(row)); columns as usize], "row {row}");
        }
        assert_eq!(container.is_repaired(), is_damaged);
    }
    // One level more or less is damage.
    for rows in [rows - 1, rows + 1] {
        let bytes = packed_alone(&[rows, columns], &stream, stream.len() as u64);
        let mut container = Container::open(Cursor::new(&bytes)).unwrap();
        let last = decompress::levels(&mut container, 0, rows as usize - 1).unwrap_err().to_string();
        assert!(last.contains("it does not unpack"), "{last}");
    }
}

/// Few bytes cannot claim to hold more than they can.
#[test]
fn levels_that_few_bytes_cannot_hold_are_no_container() {
    let stream = [0; 100];
    let open = |elements, said| Container::open(Cursor::new(packed_alone(&[elements], &stream, said)));
    for elements in [8_192 * 100 + 1, 1 << 40, 1 << 62] {
        let error = open(elements, 100).unwrap_err().to_string();
        assert!(error.contains("contradict"), "{elements}: {error}");
    }
    let mut container = open(8_192 * 100, 100).unwrap();
    let error = decompress::levels(&mut container, 0, 0).unwrap_err().to_string();
    assert!(error.contains("it does not unpack"), "{error}");
    // Nor may bytes be missing.
    let mut container = open(1 << 40, 1 << 28).unwrap();
    let error = decompress::levels(&mut container, 0, 3).unwrap_err().to_string();
    assert!(error.contains("the file ends before it does"), "{error}");
}

/// An index that could not be read is not written.
#[test]
fn an_index_that_is_too_long_is_refused() {
    let index = Index { format: 0, skeleton: vec![0; 1 << 29], tensors: vec![] };
    let mut bytes = Vec::new();
    let refused = index.write(&mut bytes, &mut std::io::empty()).unwrap_err();
    assert!(refused.to_string().contains("too long") && bytes.is_empty(), "{refused}");
}

/// All levels as one file of xz are never smaller than the container.
#[test]
fn xz_is_never_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let rows =
        |count: usize| (0..count).flat_map(|row| noise(50 + row % 7).into_iter().cycle().take(64)).collect();
    let models: [Vec<Made<'_>>; 3] = [
        vec![("a", &[64, 64], noise(4_096)), ("b", &[64, 64], noise(4_096))],
        vec![("a", &[64, 64], rows(64)), ("short", &[3], noise(3)), ("b", &[80, 64], rows(80))],
        vec![("a", &[64, 64], noise(4_096).iter().map(|x| x * x * x).collect()), ("b", &[10, 64], rows(10))],
    ];
    for tensors in &models {
        let model = safetensors(dir.path(), tensors);
        let stored = |coder| {
            let bytes = compressed(&model, &Options { coder, ..Options::default() });
            let mut container = Container::open(Cursor::new(&bytes)).unwrap();
            let tensors = container.index().tensors.clone();
            let mut all = Vec::new();
            for (number, tensor) in tensors.iter().enumerate() {
                for part in 0..tensor.parts().count() {
                    all.extend(decompress::levels(&mut container, number, part).unwrap().unwrap_or_default());
                }
            }
            let coded = tensors.iter().filter(|tensor| tensor.coding.values().is_some());
            (coded.map(Tensor::stored).sum::<u64>(), all)
        };
        let ((cabac, levels), (smallest, same)) = (stored(Coder::Cabac), stored(Coder::Smallest));
        assert_eq!(levels, same);
        let mut xz = packed::encoder(Vec::new(), levels.len() as u64).unwrap();
        xz.write_all(&packed::bytes_of(&levels, 1)).unwrap();
        let xz = xz.finish().unwrap().len() as u64;
        assert!(smallest <= cabac.min(xz), "{smallest}: {cabac} {xz}");
    }
}

/// Many levels are packed in blocks, by one processor or by two, which takes no more bytes than one block.
#[test]
fn blocks_of_levels_are_packed_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let rows = |count: usize| noise(1_024).into_iter().cycle().take(1_024 * count).collect::<Vec<f32>>();
    let tensors: Vec<Made<'_>> = vec![
        ("a", &[4_200, 1_024], rows(4_200)),
        ("b", &[64, 64], noise(4_096)),
        ("c", &[90, 1_024], rows(90)),
    ];
    let model = safetensors(dir.path(), &tensors);
    let options = Options { coder: Coder::Smallest, ..Options::default() };
    let by = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| compressed(&model, &options))
    };
    let bytes = by(1);
    assert!(bytes == by(2));
    let mut container = Container::open(Cursor::new(&bytes)).unwrap();
    let is_packed = |tensor: &Tensor| matches!(tensor.coding, Coding::Packed { .. });
    assert!(is_packed(&container.index().tensors[0]) && is_packed(&container.index().tensors[2]));
    let mut xz = packed::encoder(Vec::new(), 1 << 23).unwrap();
    for (number, (.., weights)) in tensors.iter().enumerate() {
        let parts = container.index().tensors[number].parts().count();
        let levels = |part| decompress::levels(&mut container, number, part).unwrap().unwrap();
        let levels: Vec<i32> = (0..parts).flat_map(levels).collect();
        assert_eq!(levels.len(), weights.len());
        xz.write_all(&packed::bytes_of(&levels, 1)).unwrap();
    }
    // Rows that are repeated are found once in each block, or once in all.
    let stored: u64 = container.index().tensors.iter().map(Tensor::stored).sum();
    let xz = xz.finish().unwrap().len() as u64;
    assert!(stored <= xz, "{stored} {xz}");
}

/// A tensor that is there twice costs once, at any distance.
#[test]
fn what_comes_again_far_away_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (tied, other) = (noise(1 << 20), noise(5 << 20)[1 << 20..].to_vec());
    let rows: &[u64] = &[1_024, 1_024];
    let model = safetensors(
        dir.path(),
        &[("embed", rows, tied.clone()), ("w", &[4_096, 1_024], other), ("head", rows, tied)],
    );
    let bytes = |coder| {
        let all = compressed(&model, &Options { coder, ..Options::default() });
        let container = Container::open(Cursor::new(&all)).unwrap();
        let first = container.index().tensors[0].stored();
        (all.len() as u64, first)
    };
    let (cabac, embed) = bytes(Coder::Cabac);
    let (smallest, _) = bytes(Coder::Smallest);
    assert!(smallest < cabac - embed * 9 / 10, "{smallest} {cabac} {embed}");
}

/// A tensor that is kept has the bytes of its elements in planes if that is shorter: for numbers it is, for text it is not.
#[test]
fn what_is_kept_is_in_planes() {
    let dir = tempfile::tempdir().unwrap();
    let text = "in the beginning was the word. ".bytes().cycle().take(1 << 16).collect::<Vec<u8>>();
    let types: [(&str, usize, Vec<u8>); 5] = [
        ("F32", 4, noise(1 << 14).iter().flat_map(|weight| weight.to_le_bytes()).collect()),
        ("F64", 8, noise(1 << 14).iter().flat_map(|weight| f64::from(*weight).to_le_bytes()).collect()),
        (
            "BF16",
            2,
            noise(1 << 14).iter().flat_map(|weight| half::bf16::from_f32(*weight).to_le_bytes()).collect(),
        ),
        (
            "I64",
            8,
            (0..1 << 14_i64).flat_map(|number: i64| (number * number % 9_973).to_le_bytes()).collect(),
        ),
        ("U8", 1, text),
    ];
    for (dtype, width, data) in types {
        let elements = (data.len() / width) as u64;
        let model = typed(&dir.path().join("m.safetensors"), dtype, &[elements], &data);
        let names = glob::Pattern::new("w").unwrap();
        let keep = Rule { names, what: Treatment::Keep };
        let bytes = compressed(&model, &Options { rules: vec![keep], ..Options::default() });
        let mut container = Container::open(Cursor::new(&bytes)).unwrap();
        let planes = if width == 1 { 1 } else { width as u8 };
        assert_eq!(container.index().tensors[0].coding, Coding::Lossless { planes }, "{dtype}");
        let plain = zstd::bulk::compress(&data, 19).unwrap().len() as u64;
        assert!(container.index().tensors[0].stored() <= plain, "{dtype}");
        let again = dir.path().join("again.safetensors");
        decompress::decompress(&mut container, fs::File::create(&again).unwrap(), &mut Err, &|_| ()).unwrap();
        assert!(fs::read(&again).unwrap() == fs::read(&model).unwrap(), "{dtype}");
    }
}

/// The longest skeleton that a model can have is read again.
#[test]
fn the_longest_skeleton_comes_back() {
    let index = Index { format: 0, skeleton: vec![7; 1 << 28], tensors: vec![lossless("a", 0, vec![])] };
    let mut bytes = Vec::new();
    index.write(&mut bytes, &mut std::io::empty()).unwrap();
    assert!(*Container::open(Cursor::new(bytes)).unwrap().index() == index);
}

/// A container of version 1 from that time can be read.
#[test]
fn a_container_of_the_first_version_opens() {
    let bytes = fs::read("tests/crashes/weights/lenet300-2-bits").unwrap();
    assert!(bytes.starts_with(b"SBW1"));
    let mut container = Container::open(Cursor::new(&bytes)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let again = dir.path().join("again.safetensors");
    decompress::decompress(&mut container, fs::File::create(&again).unwrap(), &mut Err, &|_| ()).unwrap();
    assert!(!container.is_repaired());
    let before = weights_of("examples/models/lenet300.safetensors".as_ref());
    let tensors = container.index().tensors.clone();
    for ((tensor, before), after) in tensors.iter().zip(before).zip(weights_of(&again)) {
        let values = tensor.coding.values();
        let expected = before.iter().map(|weight| match values {
            Some(values) => values.value(values.nearest(*weight)),
            None => *weight,
        });
        assert!(expected.eq(after.iter().copied()), "{}", tensor.name);
    }
}

/// A tensor that is kept lossless.
fn lossless(name: &str, bytes: u64, streams: Vec<Stream>) -> Tensor {
    Tensor {
        name: name.into(),
        element: 3,
        shape: vec![bytes],
        bytes,
        coding: Coding::Lossless { planes: 1 },
        streams,
    }
}

#[test]
fn two_tensors_of_one_name_are_no_container() {
    let index = |names: [&str; 2]| Index {
        format: 0,
        skeleton: vec![],
        tensors: names.map(|name| lossless(name, 0, vec![])).into(),
    };
    let mut bytes = Vec::new();
    let refused = index(["aa", "aa"]).write(&mut bytes, &mut std::io::empty()).unwrap_err();
    assert!(refused.to_string().contains("two tensors are called \"aa\"") && bytes.is_empty(), "{refused}");
    index(["aa", "ab"]).write(&mut bytes, &mut std::io::empty()).unwrap();
    Container::open(Cursor::new(&bytes)).unwrap();
    let mut unpacked = zstd::decode_all(&bytes[12..]).unwrap();
    let second = unpacked.windows(2).position(|name| name == b"ab").unwrap();
    unpacked[second + 1] = b'a';
    let packed = zstd::encode_all(&*unpacked, 1).unwrap();
    let head = [(packed.len() as u32).to_le_bytes(), crc32fast::hash(&packed).to_le_bytes()].concat();
    let twice = [&b"SBW1"[..], &head, &packed].concat();
    let error = Container::open(Cursor::new(&twice)).unwrap_err().to_string();
    assert!(error.contains("two tensors have one name"), "{error}");
}

#[test]
fn a_stream_beyond_4_gib_is_found_in_a_container() {
    use std::io::{Seek, SeekFrom, Write};
    let slices = 20;
    let bytes = b"beyond";
    let hole = vec![Stream { len: 1 << 28, crc32: 0 }; slices];
    let beyond = vec![Stream { len: bytes.len() as u64, crc32: crc32fast::hash(bytes) }];
    let tensors = vec![lossless("hole", (slices as u64) << 22, hole), lossless("beyond", 9, beyond)];
    let index = Index { format: 0, skeleton: vec![], tensors };
    let dir = tempfile::tempdir().unwrap();
    let mut file =
        fs::File::options().read(true).write(true).create_new(true).open(dir.path().join("far.sbw")).unwrap();
    let start = index.write(&mut file, &mut std::io::empty()).unwrap();
    file.seek(SeekFrom::Start(start + ((slices as u64) << 28))).unwrap();
    file.write_all(bytes).unwrap();
    let mut container = Container::open(file).unwrap();
    assert_eq!(container.stream(1, 0).unwrap(), bytes);
}
