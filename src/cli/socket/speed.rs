//! How fast a core is, for people.

use std::io::{self, Write};

use silicabac::cosim::{Latency, LongestWait, Slow, Stretch, Throughput};

use crate::cli::print::counted;

/// Prints how many clocks a core takes when nothing outside makes it wait, and for a clock of this frequency how many bins a second that
/// is.
pub(super) fn print(out: &mut impl Write, throughput: &Throughput, mhz: Option<f64>) -> io::Result<()> {
    let columns = ["when nothing waits", "requests", "clocks", "a clock", "longest"];
    writeln!(
        out,
        "\n{:<18} {:>10} {:>12} {:>8} {:>8}",
        columns[0], columns[1], columns[2], columns[3], columns[4]
    )?;
    for (kind, of) in throughput.kinds() {
        let (requests, clocks, longest) = (of.requests, of.clocks().round(), of.longest);
        writeln!(out, "  {kind:<16} {requests:>10} {clocks:>12} {:>8.4} {longest:>8}", of.per_clock())?;
    }
    let waits: Vec<String> = throughput
        .waits()
        .filter(|(.., count)| *count > 0)
        .map(|(from, to, count)| match from == to {
            true => format!("{from}: {count}"),
            false => format!("{from}-{to}: {count}"),
        })
        .collect();
    writeln!(out, "  waits, in clocks: {}", waits.join(", "))?;
    if let Some(LongestWait { clocks, kind, after, vector, bin }) = throughput.longest_wait() {
        let after = after.map(|after| format!(" after {after}")).unwrap_or_default();
        writeln!(out, "  the longest: {kind}{after} for {clocks}, at bin {bin} of {vector}")?;
    }
    if let Some(Latency { of, min, mean, max, .. }) = throughput.latency() {
        writeln!(out, "  from requests to {of}: {min} to {max} clocks, {mean:.2} in the mean")?;
    }
    if let Some(Slow { vector, bins, raw, clocks, clocks_each }) = throughput.slowest_vector() {
        let (what, raw) = match raw {
            0 => ("bin", String::new()),
            raw => ("bin or raw byte", format!(" and {raw} raw bytes")),
        };
        writeln!(
            out,
            "  the slowest vector: {clocks_each:.4} clocks a {what}, {clocks} for {}{raw} of {vector}",
            counted(*bins as usize, "bin")
        )?;
    }
    if let Some(Stretch { length, clocks, vector, bin, .. }) = throughput.slowest_stretch() {
        let pace = *clocks as f64 / *length as f64;
        writeln!(
            out,
            "  the slowest {length} bins, alignments or raw bytes: {pace:.4} clocks each, {clocks} from bin {bin} of {vector} on"
        )?;
    }
    if let Some(mhz) = mhz {
        write!(out, "  at {mhz} MHz: {:.2} million bins a second", mhz * throughput.bins_per_clock())?;
        if let Some(Slow { clocks_each, raw: 0, .. }) = throughput.slowest_vector() {
            write!(out, ", {:.2} in the slowest vector", mhz / clocks_each)?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}
