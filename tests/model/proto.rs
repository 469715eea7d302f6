//! Protobufs of ONNX, made field by field.

use super::made::floats;

/// A protobuf, field by field.
#[derive(Default)]
pub(crate) struct Proto(pub(crate) Vec<u8>);

impl Proto {
    pub(crate) fn raw_varint(mut self, mut value: u64) -> Proto {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    pub(crate) fn varint(self, field: u64, value: u64) -> Proto {
        self.raw_varint(field << 3).raw_varint(value)
    }

    pub(crate) fn bytes(self, field: u64, bytes: impl AsRef<[u8]>) -> Proto {
        let bytes = bytes.as_ref();
        let mut proto = self.raw_varint(field << 3 | 2).raw_varint(bytes.len() as u64);
        proto.0.extend(bytes);
        proto
    }

    pub(crate) fn message(self, field: u64, message: Proto) -> Proto {
        self.bytes(field, message.0)
    }

    /// Fields that no version of ONNX has: a varint, both fixed numbers, a run of bytes, nested groups.
    pub(crate) fn unknown(self) -> Proto {
        let mut proto = self.varint(1000, 7).bytes(1001, b"unknown").raw_varint(1002 << 3 | 1);
        proto.0.extend(8u64.to_le_bytes());
        proto = proto.raw_varint(1003 << 3 | 5);
        proto.0.extend(4u32.to_le_bytes());
        proto
            .raw_varint(900 << 3 | 3)
            .raw_varint(5 << 3 | 3)
            .varint(1, 2)
            .raw_varint(5 << 3 | 4)
            .raw_varint(900 << 3 | 4)
    }
}

pub(crate) fn tensor(name: &str, data_type: u64, shape: &[u64], field: u64, data: &[u8]) -> Proto {
    let proto = shape.iter().fold(Proto::default(), |proto, &size| proto.varint(1, size));
    proto.varint(2, data_type).bytes(field, data).bytes(8, name)
}

pub(crate) fn constant(output: &str, value: Proto) -> Proto {
    let attribute = Proto::default().bytes(1, "value").message(5, value).varint(20, 4);
    // The output comes after the attribute, which is allowed.
    Proto::default().bytes(4, "Constant").message(5, attribute).bytes(2, output)
}

pub(crate) fn sample_graph() -> Proto {
    let inner = Proto::default()
        .message(1, constant("inner constant", tensor("", 1, &[20], 9, &floats(20))))
        .message(5, tensor("inner", 1, &[16], 9, &floats(16)));
    let branch = Proto::default()
        .bytes(2, "branch result")
        .bytes(4, "If")
        .message(5, Proto::default().bytes(1, "then_branch").message(6, inner))
        .unknown();
    let data_first =
        Proto::default().bytes(9, floats(64)).varint(2, 10).bytes(1, [128, 1]).bytes(8, "packed shape");
    let halves = Proto::default()
        .bytes(4, floats(8))
        .bytes(4, floats(8))
        .varint(1, 16)
        .varint(2, 1)
        .bytes(8, "in two");
    Proto::default()
        .bytes(2, "graph")
        .message(5, tensor("weight", 1, &[5, 10], 9, &floats(50)).unknown())
        .message(1, constant("constant", tensor("its own name", 16, &[2, 32], 9, &floats(32))))
        .message(1, branch)
        .message(5, tensor("as floats", 1, &[25], 4, &floats(25)))
        .message(5, data_first)
        .message(5, halves)
        .message(5, tensor("bytes", 3, &[100], 9, &[1; 100]))
        .message(5, tensor("scalar", 1, &[], 9, &floats(1)))
        .message(5, tensor("empty", 1, &[0], 9, &[]))
        .message(15, Proto::default().message(1, tensor("sparse", 1, &[30], 9, &floats(30))).varint(3, 900))
        .unknown()
}

pub(crate) fn sample_onnx(graph: Proto) -> Vec<u8> {
    Proto::default()
        .varint(1, 8)
        .bytes(2, "hand")
        .message(7, graph)
        .message(8, Proto::default().varint(2, 17))
        .unknown()
        .0
}
