//! Codes a number of bins, for a tool that counts instructions: the difference between two numbers of bins shows what a bin takes, without
//! what a start takes. `peers/instructions` runs it.

use std::{env, path::Path, process::ExitCode};

use silicabac_peers::{Engine, Sequence};

const USAGE: &str = "usage: instructions context|mix|bypass|bytes|avc|hevc decode|encode REPEATS";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kind, direction, repeats] = &arguments[..] else { return usage() };
    let sequence = match kind.as_str() {
        "context" => Sequence::context(400, 0.7),
        "mix" => Sequence::mix(400, 0.7),
        "bypass" => Sequence::bypass(),
        "bytes" => Sequence::bypass_bytes(),
        "avc" | "hevc" => {
            let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden");
            Sequence::slices(&golden.join(format!("{kind}.cbt.zst")))
        }
        _ => return usage(),
    };
    let Ok(repeats) = repeats.parse::<usize>() else { return usage() };
    let written = sequence.write::<Engine>();
    match direction.as_str() {
        "decode" => (0..repeats).for_each(|_| assert_eq!(sequence.read::<Engine>(&written), 0)),
        "encode" => (0..repeats).for_each(|_| assert_eq!(sequence.write::<Engine>(), written)),
        _ => return usage(),
    }
    println!("{}", sequence.bins());
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}
