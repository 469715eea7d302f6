//! The ports of the top module, read from the header that Verilator writes: one `VL_IN8(&name,7,0);` each.

use crate::SimError;

/// A port of the top module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Its width in bits.
    pub width: usize,
}

/// Which way a port goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the module.
    Input,
    /// Out of the module.
    Output,
}

impl Port {
    /// How many 32-bit words it takes, the low one first.
    pub fn words(&self) -> usize {
        self.width.div_ceil(32)
    }
}

/// The ports of module `top` in the order of the header.
pub(crate) fn parse(top: &str, header: &str) -> Result<Vec<Port>, SimError> {
    header
        .lines()
        .filter_map(|line| line.trim().strip_prefix("VL_"))
        .filter_map(|line| port(top, line))
        .collect()
}

/// `IN8(&name,7,0);`, `OUTW(&name,95,0,3);` and their kin; anything else is no port.
fn port(top: &str, line: &str) -> Option<Result<Port, SimError>> {
    let (macro_name, arguments) = line.split_once('(')?;
    let mut arguments = arguments.split([',', ')']).map(str::trim);
    let name = arguments.next()?.strip_prefix('&')?.to_owned();
    let (msb, lsb): (usize, usize) = (arguments.next()?.parse().ok()?, arguments.next()?.parse().ok()?);
    let direction = match macro_name.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'W') {
        "IN" => Direction::Input,
        "OUT" => Direction::Output,
        _ => {
            let what = format!("port {name} goes both ways, which cannot be driven from here");
            return Some(Err(SimError::Port { top: top.to_owned(), what }));
        }
    };
    Some(Ok(Port { name, direction, width: msb - lsb + 1 }))
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
        assert!(parse("top", "VL_INOUT8(&pad,0,0);").is_err());
    }
}
