//! The published streams show errors in tables: if an encoder has one entry of a table wrong, FFmpeg reports an error or decodes other
//! pictures. An entry of which that is true has teeth.
//!
//! The bins of each slice are recorded and written again by a coder that has one thing wrong, in the whole stream: an initial state follows
//! from another m, n or initValue, a ctxIdx stands for another one, or a bin in a row of a binarisation is inverted. So a decoder with that
//! entry wrong does not decode these streams.
//!
//! `cargo test --test all teeth:: -- --ignored` tests a sample; with `SILICABAC_TEETH=all` every entry that the streams reach, which takes half
//! an hour.

mod recorded;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::common::program;
use recorded::{Change, Recorded};
use silicabac::bin::Event;
use silicabac::context::Codec;
use silicabac::dream::suite::Manifest;

/// FFmpeg, and the directory for its streams.
struct Judge {
    ffmpeg: PathBuf,
    format: &'static str,
    directory: tempfile::TempDir,
}

impl Judge {
    /// The pictures of a stream; `None` if FFmpeg reports an error.
    fn pictures(&self, stream: &[u8], name: &str) -> Option<Vec<u8>> {
        let path = self.directory.path().join(name);
        fs::write(&path, stream).unwrap();
        let mut command = Command::new(&self.ffmpeg);
        command.args([
            "-v",
            "warning",
            "-threads",
            "1",
            "-xerror",
            "-err_detect",
            "explode",
            "-f",
            self.format,
            "-i",
        ]);
        command.arg(&path).args(["-fps_mode", "passthrough", "-f", "framemd5", "-"]);
        let output = command.output().unwrap();
        (output.status.success() && output.stderr.is_empty()).then_some(output.stdout)
    }
}

/// An entry of a table: the ways in which it can be wrong, in the order in which they are tried, and the streams that use it, those that
/// use it most first.
struct Entry {
    name: String,
    /// The context whose initial state it is, or that another one is used for.
    ctx: Option<usize>,
    changes: Vec<Change>,
    streams: Vec<usize>,
}

/// In how many streams, and in how many ways in each, an entry may be wrong without being noticed before it counts as one without teeth.
const TRIES: usize = 4;

/// How often streams use each of these.
type Uses<K> = BTreeMap<K, BTreeMap<usize, usize>>;

fn most_first(uses: &BTreeMap<usize, usize>) -> Vec<usize> {
    let mut streams: Vec<usize> = uses.keys().copied().collect();
    streams.sort_by_key(|stream| std::cmp::Reverse(uses[stream]));
    streams
}

/// Every entry that the streams reach.
fn entries(all: &[Recorded]) -> Vec<Entry> {
    let (mut initial, mut contexts, mut rows): (Uses<_>, Uses<_>, Uses<_>) = Default::default();
    // For each element the contexts of its bins.
    let mut shared: BTreeMap<&str, BTreeMap<usize, usize>> = BTreeMap::new();
    for (stream, recorded) in all.iter().enumerate() {
        for slice in &recorded.slices {
            for event in &slice.events {
                if let Event::Context { ctx, .. } = event {
                    *initial.entry((ctx.get(), slice.column)).or_default().entry(stream).or_default() += 1;
                    *contexts.entry(ctx.get()).or_default().entry(stream).or_default() += 1;
                }
            }
            for element in &slice.elements {
                if slice.can_flip(element) {
                    let key = (element.name, element.value);
                    *rows.entry(key).or_default().entry(stream).or_default() += 1;
                }
                for event in &slice.events[element.events.clone()] {
                    if let Event::Context { ctx, .. } = event {
                        *shared.entry(element.name).or_default().entry(ctx.get()).or_default() += 1;
                    }
                }
            }
        }
    }
    let mut entries = Vec::new();
    for ((ctx, column), uses) in &initial {
        let name = format!("initial state of context {ctx}, column {column}");
        let changes = (0..8).map(|bit| Change::Initial { ctx: *ctx, column: *column, bit }).collect();
        entries.push(Entry { name, ctx: Some(*ctx), changes, streams: most_first(uses) });
    }
    for (from, uses) in &contexts {
        // Another context of the same element, or, if it has only one, of any.
        let same = shared.values().filter(|used| used.contains_key(from)).flatten();
        let mut others: Vec<(usize, usize)> =
            same.chain(shared.values().flatten()).map(|(ctx, count)| (*ctx, *count)).collect();
        others.retain(|(ctx, _)| ctx != from);
        let mut changes: Vec<Change> = Vec::new();
        for (to, _) in others {
            let change = Change::Context { from: *from, to };
            if changes.len() < TRIES && !changes.contains(&change) {
                changes.push(change);
            }
        }
        entries.push(Entry {
            name: format!("ctxIdx {from}"),
            ctx: Some(*from),
            changes,
            streams: most_first(uses),
        });
    }
    for ((element, value), uses) in &rows {
        if value.unsigned_abs() < 64 {
            let name = format!("binarisation of {element} {value}");
            let row = |before| Change::Row { element, value: *value, before };
            let changes = (0..TRIES).map(row).collect();
            entries.push(Entry { name, ctx: None, changes, streams: most_first(uses) });
        }
    }
    entries
}

/// The published streams of a standard that FFmpeg decodes without a message, with their pictures.
fn published(codec: Codec, judge: &Judge) -> (Vec<Recorded>, Vec<Vec<u8>>) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/dreams.json");
    let manifest: Manifest = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    let name = if codec == Codec::Avc { "h264" } else { "h265" };
    let mut all = Vec::new();
    for stream in manifest.streams.iter().filter(|stream| stream.codec == name) {
        let bytes = stream.make().unwrap();
        let recorded = Recorded::new(codec, &bytes);
        // Without an error the same stream is written.
        assert_eq!(recorded.written(None), bytes, "{}", stream.file);
        all.extend(judge.pictures(&bytes, "control").map(|pictures| (recorded, pictures)));
    }
    all.into_iter().unzip()
}

/// Whether FFmpeg notices that an entry is wrong.
fn bites(judge: &Judge, (streams, pictures): (&[Recorded], &[Vec<u8>]), entry: &Entry, name: &str) -> bool {
    entry.changes.iter().any(|change| {
        entry.streams.iter().take(TRIES).any(|&stream| {
            let written = streams[stream].written(Some(change));
            judge.pictures(&written, name).as_ref() != Some(&pictures[stream])
        })
    })
}

/// Checks that all entries, or one of `one_in`, have teeth with few exceptions: an entry that is used in a single place can be wrong
/// without being noticed. But every context has teeth, with the initial states of one of its columns or when another one is used for it.
fn all_bite(codec: Codec, format: &'static str, one_in: usize) {
    let Some(ffmpeg) = program("ffmpeg", "ffmpeg") else { return };
    let judge = Judge { ffmpeg, format, directory: tempfile::tempdir().unwrap() };
    let (streams, pictures) = published(codec, &judge);
    let is_all = std::env::var_os("SILICABAC_TEETH").is_some_and(|wanted| wanted == "all");
    let mut entries = entries(&streams);
    if !is_all {
        let is_chosen = |(number, entry): (usize, &Entry)| entry.ctx.unwrap_or(number).is_multiple_of(one_in);
        let chosen: Vec<bool> = entries.iter().enumerate().map(is_chosen).collect();
        let mut chosen = chosen.into_iter();
        entries.retain(|_| chosen.next() == Some(true));
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = format!("{:?}", thread::current().id());
            found.push((entry, bites(&judge, (&streams, &pictures), entry, &name)));
        }
        found
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let found: Vec<(&Entry, bool)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let mut contexts: BTreeMap<usize, bool> = BTreeMap::new();
    for (entry, bites) in &found {
        if let Some(ctx) = entry.ctx {
            *contexts.entry(ctx).or_default() |= bites;
        }
    }
    let bare: Vec<usize> = contexts.iter().filter(|(_, bites)| !**bites).map(|(ctx, _)| *ctx).collect();
    assert_eq!(bare, [0_usize; 0], "of {} contexts", contexts.len());
    let mut without: Vec<&str> =
        found.iter().filter(|(_, bites)| !bites).map(|(entry, _)| entry.name.as_str()).collect();
    without.sort_unstable();
    assert!(!without.iter().any(|name| name.starts_with("ctxIdx")), "{without:?}");
    let count = found.len();
    assert!(count > 40, "{count}");
    assert!(without.len() <= 1 + count / 100, "{} of {count}: {without:?}", without.len());
}

#[test]
#[ignore = "long"]
fn every_context_of_h264_that_is_wrong_is_noticed() {
    all_bite(Codec::Avc, "h264", 97);
}

#[test]
#[ignore = "long"]
fn every_context_of_h265_that_is_wrong_is_noticed() {
    all_bite(Codec::Hevc, "hevc", 17);
}
