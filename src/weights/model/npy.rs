//! The header of a `.npy` array: a magic, a version, and a Python dictionary of the type, the order and the shape.
//!
//! Only the fields that determine the length of the data are read: the header is kept as it is, and with it the order (Fortran's or C's),
//! which makes no difference to raw bytes.

use std::collections::HashMap;
use std::io::Read;

use super::{Format, ModelError, Type};

/// The longest header; NumPy itself refuses to read more than 10000 bytes unless told otherwise.
const MAX_HEADER: u32 = 1 << 20;

pub(super) struct Header {
    /// The whole header, from the magic on.
    pub(super) bytes: Vec<u8>,
    pub(super) element: Type,
    /// The size of an element in bits, if the type says it.
    pub(super) bits: Option<u64>,
    pub(super) shape: Vec<u64>,
}

/// Reads the header at the beginning of an entry of a zip archive; `None` if it is not an array.
pub(super) fn header(entry: &mut impl Read, name: &str) -> Result<Option<Header>, ModelError> {
    let mut bytes = Vec::new();
    entry.by_ref().take(8).read_to_end(&mut bytes)?;
    let size = match bytes[..] {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _] => 2,
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _] => 4,
        _ => return Ok(None),
    };
    let mut length = [0; 4];
    entry.read_exact(&mut length[..size])?;
    bytes.extend(&length[..size]);
    let length = u32::from_le_bytes(length);
    let damaged =
        |what| ModelError::damaged(Format::Npz, format_args!("the header of array {name:?} {what}"));
    if length > MAX_HEADER {
        return Err(damaged("is longer than 1 MiB"));
    }
    let start = bytes.len();
    bytes.resize(start + length as usize, 0);
    entry.read_exact(&mut bytes[start..])?;

    let text = String::from_utf8_lossy(&bytes[start..]);
    let inner = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let fields = split(inner.ok_or_else(|| damaged("is not a dictionary"))?, b',');
    let mut values = HashMap::new();
    for field in fields {
        if let [key, value] = split(field, b':')[..]
            && let Some(key) = unquoted(key.trim())
            && values.insert(key, value.trim()).is_some()
        {
            return Err(damaged("has a key twice"));
        }
    }
    let field = |key: &str| values.get(key).copied();
    let descr = field("descr").ok_or_else(|| damaged("has no type"))?;
    let element = match unquoted(descr) {
        Some("<f4") => Type::F32,
        Some("<f2") => Type::F16,
        Some("<f8") => Type::F64,
        _ => Type::Other,
    };
    let shape = field("shape").and_then(shape).ok_or_else(|| damaged("has no correct shape"))?;
    let bits = unquoted(descr).and_then(bits);
    Ok(Some(Header { bytes, element, bits, shape }))
}

/// Splits Python text at a separator that is outside of quotes and brackets.
fn split(text: &str, separator: u8) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begin, mut depth) = (0, 0u32);
    let mut quote = None;
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if byte == b'\\' => is_escaped = true,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'\'' | b'"') => quote = Some(byte),
            None if matches!(byte, b'(' | b'[' | b'{') => depth += 1,
            None if matches!(byte, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            None if byte == separator && depth == 0 => {
                pieces.push(&text[begin..at]);
                begin = at + 1;
            }
            None => {}
        }
    }
    pieces.push(&text[begin..]);
    pieces
}

/// The content of a quoted string without escapes.
fn unquoted(text: &str) -> Option<&str> {
    ['\'', '"'].iter().find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote))
}

/// A tuple of numbers, such as `(2, 3)`, `(4,)`, `()`, or `(4L,)` of Python 2.
fn shape(text: &str) -> Option<Vec<u64>> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let numbers = inner.split(',').map(|number| number.trim().trim_end_matches('L'));
    numbers.filter(|number| !number.is_empty()).map(|number| number.parse().ok()).collect()
}

/// The size of an element in bits by its type, such as `<f4`, `|b1`, `<U10`, `<M8[ns]`; objects have none.
fn bits(descr: &str) -> Option<u64> {
    let descr = descr.trim_start_matches(['<', '>', '|', '=']);
    let kind = descr.chars().next().filter(char::is_ascii)?;
    let digits = &descr[1..];
    let end = digits.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(digits.len());
    let size: u64 = digits[..end].parse().ok()?;
    match kind {
        'b' | 'i' | 'u' | 'f' | 'c' | 'S' | 'a' | 'V' | 'm' | 'M' => size.checked_mul(8),
        'U' => size.checked_mul(32),
        _ => None,
    }
}
