//! Checkpoints of PyTorch, made instruction by instruction.

use super::made::floats;

/// A pickle as `torch.save` writes it, instruction by instruction.
#[derive(Clone, Default)]
pub(crate) struct Pickle(pub(crate) Vec<u8>);

impl Pickle {
    pub(crate) fn new() -> Pickle {
        Pickle(vec![0x80, 2])
    }

    pub(crate) fn op(mut self, bytes: impl AsRef<[u8]>) -> Pickle {
        self.0.extend(bytes.as_ref());
        self
    }

    pub(crate) fn text(self, text: &str) -> Pickle {
        self.op(b"X").op((text.len() as u32).to_le_bytes()).op(text)
    }

    pub(crate) fn number(self, number: u64) -> Pickle {
        match number {
            0..0x100 => self.op(b"K").op([number as u8]),
            0x100..0x1_0000 => self.op(b"M").op((number as u16).to_le_bytes()),
            _ => self.op([0x8a, 8]).op(number.to_le_bytes()),
        }
    }

    pub(crate) fn tuple(self, numbers: &[u64]) -> Pickle {
        numbers.iter().fold(self.op(b"("), |pickle, &number| pickle.number(number)).op(b"t")
    }

    pub(crate) fn storage(self, class: &str, key: &str, count: u64) -> Pickle {
        let pickle = self.op(b"(").text("storage").op(format!("ctorch\n{class}\n"));
        pickle.text(key).text("cpu").number(count).op(b"tQ")
    }

    /// A tensor that begins at an element of a storage.
    pub(crate) fn tensor(
        self,
        class: &str,
        key: &str,
        count: u64,
        from: u64,
        shape: &[u64],
        strides: &[u64],
    ) -> Pickle {
        let pickle = self.op(b"ctorch._utils\n_rebuild_tensor_v2\nq\x00(").storage(class, key, count);
        let pickle = pickle.number(from).tuple(shape).tuple(strides);
        pickle.op(b"\x89ccollections\nOrderedDict\n)RtR")
    }

    pub(crate) fn whole(self, class: &str, key: &str, shape: &[u64]) -> Pickle {
        let mut strides: Vec<u64> = shape
            .iter()
            .skip(1)
            .rev()
            .scan(1, |all, size| {
                *all *= size;
                Some(*all)
            })
            .collect();
        strides.reverse();
        strides.extend((!shape.is_empty()).then_some(1));
        self.tensor(class, key, shape.iter().product(), 0, shape, &strides)
    }
}

/// A state dict of layers, with a parameter, tensors that share a storage, views, and other objects of checkpoints.
pub(crate) fn sample_pickle() -> Vec<u8> {
    Pickle::new()
        .op(b"}q\x01(")
        .text("model")
        .op(b"ccollections\nOrderedDict\n)Rq\x02(")
        .text("layers.0.weight")
        .whole("FloatStorage", "0", &[4, 5])
        .text("layers.0.bias")
        .op(b"ctorch._utils\n_rebuild_parameter\n(")
        .whole("HalfStorage", "1", &[7])
        .op(b"\x88ccollections\nOrderedDict\n)RtR")
        .text("embed")
        .whole("BFloat16Storage", "2", &[3, 1, 2])
        .text("tied")
        .whole("BFloat16Storage", "2", &[3, 1, 2])
        .text("steps")
        .whole("LongStorage", "3", &[])
        .text("empty")
        .whole("FloatStorage", "4", &[0, 2])
        .op(b"u}")
        .text("_metadata")
        .op(b"ccollections\nOrderedDict\n)Rsb")
        .text("parts")
        .op(b"](")
        .tensor("FloatStorage", "5", 6, 0, &[2, 3], &[1, 2])
        .tensor("FloatStorage", "6", 6, 2, &[4], &[1])
        .whole("FloatStorage", "7", &[2, 3])
        .whole("FloatStorage", "7", &[6])
        .storage("FloatStorage", "8", 2)
        .op(b"e")
        .number(12)
        .whole("FloatStorage", "9", &[2])
        .text("lr")
        .op(b"G\x3f\x50\x62\x4d\xd2\xf1\xa9\xfcJ\xff\xff\xff\xffNN0u.")
        .0
}

pub(crate) fn checkpoint_entries(pickle: Vec<u8>, byteorder: &str) -> Vec<(String, Vec<u8>)> {
    let mut entries = vec![
        ("m/data.pkl".to_string(), pickle),
        ("m/.format_version".to_string(), b"1".to_vec()),
        ("m/byteorder".to_string(), byteorder.into()),
    ];
    for (number, length) in [80, 14, 12, 8, 0, 24, 24, 24, 8, 8, 5].into_iter().enumerate() {
        entries.push((format!("m/data/{number}"), floats(20)[..length].to_vec()));
    }
    entries.push(("m/version".to_string(), b"3\n".to_vec()));
    entries
}

/// An archive as `torch.save` writes it: checksums and lengths after the data, and data at multiples of 64.
pub(crate) fn checkpoint(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let at = bytes.len() as u32;
        let padding = (64 - (bytes.len() + 30 + name.len() + 4) % 64) % 64;
        let (crc, length) = (crc32fast::hash(data), data.len() as u32);
        let flags = if data.is_empty() { 0x800 } else { 0x808 };
        bytes.extend(b"PK\x03\x04");
        bytes.extend(words(&[0, flags, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        bytes.extend(words(&[name.len() as u16, padding as u16 + 4]));
        bytes.extend(name.bytes().chain(*b"FB").chain((padding as u16).to_le_bytes()));
        bytes.extend(vec![b'Z'; padding]);
        bytes.extend(data);
        if !data.is_empty() {
            bytes.extend(b"PK\x07\x08");
            bytes.extend([crc, length, length].iter().flat_map(|word| word.to_le_bytes()));
        }
        directory.extend(b"PK\x01\x02");
        directory.extend(words(&[0, 0, flags, 0, 0, 0]));
        directory.extend([crc, length, length].iter().flat_map(|word| word.to_le_bytes()));
        directory.extend(words(&[name.len() as u16, 0, 0, 0, 0, 0, 0]));
        directory.extend(at.to_le_bytes().into_iter().chain(name.bytes()));
    }
    let (count, at) = (entries.len() as u16, bytes.len() as u32);
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06");
    bytes.extend(words(&[0, 0, count, count]));
    bytes.extend((directory.len() as u32).to_le_bytes().into_iter().chain(at.to_le_bytes()));
    bytes.extend([0, 0]);
    bytes
}

pub(crate) fn sample_checkpoint() -> Vec<u8> {
    checkpoint(&checkpoint_entries(sample_pickle(), "little"))
}
