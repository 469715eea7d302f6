//! The headers of a stream as FFmpeg reads them.

use std::{path::Path, process::Command};

/// An element as FFmpeg shows it: its position, its name and its value.
pub type Shown = (u64, String, i64);

/// The headers of the NAL units of a stream, as FFmpeg's filter `trace_headers` shows them.
pub fn shown(ffmpeg: &Path, format: &str, stream: &Path) -> Vec<Vec<Shown>> {
    let run = Command::new(ffmpeg)
        .args(["-hide_banner", "-f", format, "-i"])
        .arg(stream)
        .args(["-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    let (_, packets) = text.split_once("] Packet:").unwrap_or_else(|| panic!("{}: {text}", stream.display()));
    let mut units = Vec::new();
    for line in packets.lines().filter_map(|line| line.split_once("[trace_headers @ ")?.1.split_once("] ")) {
        let words: Vec<&str> = line.1.split_whitespace().collect();
        let [bit, name, .., "=", value] = words[..] else { continue };
        let Ok(bit) = bit.parse() else { continue };
        if name == "forbidden_zero_bit" {
            units.push(Vec::new());
        }
        // A number in brackets is the index among elements with the same name.
        let name = name.split('[').next().unwrap();
        let name = match name {
            "gaps_in_frame_num_allowed_flag" => "gaps_in_frame_num_value_allowed_flag",
            "chroma_offset_l0" if format == "hevc" => "delta_chroma_offset_l0",
            "chroma_offset_l1" if format == "hevc" => "delta_chroma_offset_l1",
            name => name,
        };
        if let Some(unit) = units.last_mut() {
            unit.push((bit, name.to_owned(), value.parse().unwrap()));
        }
    }
    units
}
