//! The ports of the top module, read from the header that Verilator writes: one `VL_IN8(&name,7,0);` per port.

use crate::SimError;

/// A port of the top module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its direction.
    pub direction: Direction,
    /// Its width in bits.
    pub width: usize,
}

/// The direction of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the module.
    Input,
    /// Out of the module.
    Output,
}

impl Port {
    /// The number of 32-bit words that it takes; the lowest word comes first.
    pub fn words(&self) -> usize {
        self.width.div_ceil(32)
    }
}

/// The ports of module `top` in the order of the header.
///
/// A port of any other form is an error: if it were skipped, it would silently remain undriven.
pub(crate) fn parse(top: &str, header: &str) -> Result<Vec<Port>, SimError> {
    let is_port = |line: &&str| ["VL_IN", "VL_OUT"].iter().any(|begin| line.starts_with(begin));
    let lines = header.lines().map(str::trim).filter(is_port);
    lines
        .map(|line| {
            port(line).ok_or_else(|| SimError::Port {
                top: top.to_owned(),
                what: format!(
                    "a port is neither input nor output, or no plain vector [n:m], n >= m >= 0: {line}"
                ),
            })
        })
        .collect()
}

/// `VL_IN8(&name,7,0);`, `VL_OUTW(&name,95,0,3);` and the like.
fn port(line: &str) -> Option<Port> {
    let (kind, rest) = line.split_once('(')?;
    let direction = match kind.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'W') {
        "VL_IN" => Direction::Input,
        "VL_OUT" => Direction::Output,
        _ => return None,
    };
    // An array would continue after the parenthesis.
    let (arguments, ";") = rest.split_once(')')? else { return None };
    let mut arguments = arguments.split(',').map(str::trim);
    let name = arguments.next()?.strip_prefix('&')?.to_owned();
    let (msb, lsb): (usize, usize) = (arguments.next()?.parse().ok()?, arguments.next()?.parse().ok()?);
    Some(Port { name, direction, width: msb.checked_sub(lsb)? + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lines() {
        let header = "class Vsim {\n  VL_IN8(&clk,0,0);\n    VL_OUTW(&debug,218,0,7);\n  VL_IN64(&x,40,1);\n void eval();";
        let ports = parse("top", header).unwrap();
        let found: Vec<_> =
            ports.iter().map(|p| (p.name.as_str(), p.direction, p.width, p.words())).collect();
        use Direction::{Input, Output};
        assert_eq!(found, [("clk", Input, 1, 1), ("debug", Output, 219, 7), ("x", Input, 40, 2)]);
        for odd in ["VL_INOUT8(&pad,0,0);", "VL_IN8((&a)[4],7,0);", "VL_IN8(&a,-1,-8);"] {
            assert!(parse("top", odd).is_err(), "{odd}");
        }
    }
}
