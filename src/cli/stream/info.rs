//! `silicabac stream info`

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use serde::Serialize;
use silicabac::context::{CONTEXTS, Codec};
use silicabac::syntax::{Damaged, Info};
use silicabac::tables::hevc_contexts;

use super::{Done, Input, Selection, for_each, open};
use crate::cli::{
    Failure, Verdict,
    print::{Format, out, unless_closed},
};

pub(super) fn info(input: &Input, format: Format) -> Result<Verdict, Failure> {
    let mut total = Info::default();
    let opened = open(&input.path)?;
    let codec = opened.codec;
    let count = for_each(
        input,
        &Selection::ALL,
        opened,
        |unit| {
            let info = unit.info();
            let damage = info.first_damaged.first().map(|damaged| damaged.error.clone());
            Done { result: info, damage }
        },
        |_, info| {
            total.add(info);
            Ok(true)
        },
    )?;
    unless_closed(print(&input.path, &Report { codec, info: &total }, format))?;
    Ok(count.verdict())
}

#[derive(Serialize)]
struct Report<'a> {
    codec: Codec,
    #[serde(flatten)]
    info: &'a Info,
}

fn print(path: &Path, report: &Report<'_>, format: Format) -> io::Result<()> {
    let mut out = out();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, report)?;
        return writeln!(out);
    }
    let Report { codec, info } = *report;
    let (standard, contexts) = match codec {
        Codec::Avc => ("H.264", CONTEXTS),
        Codec::Hevc => ("H.265", hevc_contexts::ELEMENTS.iter().map(|element| element.flat.len()).sum()),
    };
    writeln!(out, "{}: {standard}, {} bytes", path.display(), info.bytes)?;
    let rows = [
        ("NAL units", named(&info.units)),
        ("sequences", named(&info.sequences)),
        ("slices", named(&info.slices)),
        ("pictures", named(&info.pictures)),
        ("passed on", named(&info.passed_through)),
        ("tolerated", named(&info.tolerated)),
        ("macroblocks", named(&info.macroblocks)),
        ("coding units", named(&info.coding_units)),
    ];
    for (title, counts) in rows.into_iter().filter(|(_, counts)| !counts.is_empty()) {
        writeln!(out, "{title:<12} {}", list(counts))?;
    }
    let bins = info.bins;
    writeln!(
        out,
        "{:<12} {}: {} context, {} bypass, {} terminate",
        "bins",
        bins.total(),
        bins.context,
        bins.bypass,
        bins.terminate
    )?;
    writeln!(out, "{:<12} {} of {contexts}", "contexts", info.contexts.used())?;
    if info.damaged > 0 {
        writeln!(out, "{:<12} {}", "damaged", info.damaged)?;
    }
    for Damaged { nal_unit, offset, error, .. } in &info.first_damaged {
        writeln!(out, "{:<12} NAL unit {nal_unit} at byte {offset}: {error}", "")?;
    }
    match info.damaged - info.first_damaged.len() as u64 {
        0 => Ok(()),
        more => writeln!(out, "{:<12} and {more} more", ""),
    }
}

fn named<K: ToString>(counts: &BTreeMap<K, u64>) -> Vec<(String, u64)> {
    counts.iter().map(|(name, count)| (name.to_string(), *count)).collect()
}

/// The most frequent first, and no more than a few of them.
fn list(mut counts: Vec<(String, u64)>) -> String {
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let rest = counts.split_off(counts.len().min(12));
    let mut each: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    if !rest.is_empty() {
        let more = rest.iter().map(|(_, count)| count).sum::<u64>();
        each.push(format!("{more} of {} more kinds (--format json has them)", rest.len()));
    }
    each.join(", ")
}
