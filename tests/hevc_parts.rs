//! Substreams of a slice segment that are read at once: whatever the entry points are and whatever is wrong with the data, observers, the
//! units that are shown and errors are the same as if one walk had read it all.

use std::{
    fs,
    sync::{Condvar, Mutex},
    time::Duration,
};

use crate::common::{Corpus, hevc_streams, segments::segments_of};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use silicabac::bin::{Decode, Element, Event, Place};
use silicabac::engine::Decoder;
use silicabac::hevc::{
    CodingTreeUnit, Content, DataError, Parameters, ReadParts, ReadUnit, SegmentEnd, Stream, StreamUnit,
    read_each, read_parts,
};
use silicabac::observed::{Observed, Observer};
use silicabac::syntax::{Helpers, work_in_order};

/// What an observer sees.
#[derive(Debug, PartialEq)]
enum What {
    Element(Element),
    Coded(Element, i32),
    Place(Place),
    Before(Event),
    After(Event),
}

/// An observer that records everything, with the registers of the decoder.
#[derive(Debug, Default, PartialEq)]
struct Seen(Vec<(What, u32, u32, u64)>);

impl Seen {
    fn push(&mut self, decoder: &impl Decode, what: What) {
        self.0.push((what, decoder.cod_i_range(), decoder.cod_i_offset(), decoder.position()));
    }
}

impl<C: Decode> Observer<C> for Seen {
    fn element(&mut self, decoder: &C, element: Element) {
        self.push(decoder, What::Element(element));
    }

    fn coded(&mut self, decoder: &C, element: Element, value: i32) {
        self.push(decoder, What::Coded(element, value));
    }

    fn place(&mut self, decoder: &C, place: Place) {
        self.push(decoder, What::Place(place));
    }

    fn before(&mut self, decoder: &C, request: Event) {
        self.push(decoder, What::Before(request));
    }

    fn after(&mut self, decoder: &C, coded: Event) {
        self.push(decoder, What::After(coded));
    }
}

/// A coding tree unit that a walk has shown, and the byte at which a substream begins after it.
#[derive(Clone, Debug, PartialEq)]
struct Unit {
    ctb_addr: u32,
    luma_position: [u32; 2],
    is_last: bool,
    next_substream: Option<usize>,
    unit: CodingTreeUnit,
}

fn unit(read_unit: &ReadUnit<'_, Observed<Decoder<'_>, Seen>>) -> Unit {
    Unit {
        ctb_addr: read_unit.ctb_addr,
        luma_position: read_unit.luma_position,
        is_last: read_unit.is_last,
        next_substream: read_unit
            .next_begins_substream
            .then(|| (read_unit.decoder.position() / 8) as usize - 1),
        unit: read_unit.coding_tree_unit.clone(),
    }
}

/// Everything that reading a slice segment gives.
#[derive(Debug, PartialEq)]
struct Read {
    seen: Seen,
    shown: Vec<Unit>,
    position: u64,
    end: Result<SegmentEnd, DataError>,
}

impl Read {
    fn starts(&self) -> Vec<usize> {
        self.shown.iter().filter_map(|unit| unit.next_substream).collect()
    }
}

/// A slice segment: what it depends on, the state at the end of the one before it, its data.
type Segment<'a> = (&'a Parameters, Option<&'a SegmentEnd>, &'a [u8]);

fn as_a_whole((parameters, before, data): Segment<'_>) -> Read {
    let mut shown = Vec::new();
    let observed = Observed { coder: Decoder::new(data), observer: Seen::default() };
    let (observed, end) = read_each(parameters, before, observed, |read_unit| shown.push(unit(&read_unit)));
    Read { position: observed.position(), seen: observed.observer, shown, end }
}

/// The result of several walks, put together; and how many walks there were.
fn in_parts((parameters, before, data): Segment<'_>, starts: &[usize], free: usize) -> (Read, usize) {
    let show = |units: &mut Vec<Unit>, read_unit: ReadUnit<'_, _>| units.push(unit(&read_unit));
    let ReadParts { parts, position, end } =
        read_parts::<Seen, _>(parameters, before, data, starts, &Helpers::new(free), show);
    let count = parts.len();
    let (mut seen, mut shown) = (Seen::default(), Vec::new());
    for (more_seen, more_shown) in parts {
        seen.0.extend(more_seen.0);
        shown.extend(more_shown);
    }
    (Read { seen, shown, position, end }, count)
}

/// Wrong entry points.
fn wrong(mut starts: Vec<usize>, random: &mut ChaCha8Rng, end: usize) -> Vec<usize> {
    let mut below = |count: usize| random.next_u32() as usize % count.max(1);
    for _ in 0..=below(2) {
        let at = below(starts.len());
        match below(4) {
            0 => starts.insert(at, below(end)),
            _ if starts.is_empty() => {}
            1 => _ = starts.remove(at),
            2 => starts[at] = (starts[at] + below(5)).saturating_sub(2),
            _ => starts[at] = below(end + 2),
        }
    }
    starts
}

#[test]
fn made_up_segments_are_read_in_parts_as_a_whole() {
    let [mut several, mut fewer, mut damaged] = [0; 3];
    for seed in 0..150 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for (parameters, before, _, mut data) in segments_of(seed, 16) {
            let whole = as_a_whole((&parameters, before.as_ref(), &data));
            let starts = whole.starts();
            for free in [0, 1, 2, 7] {
                let segment = (&parameters, before.as_ref(), &data[..]);
                let (read, parts) = in_parts(segment, &starts, free);
                assert!(read == whole, "seed {seed}, {free} free");
                assert_eq!(parts, starts.len() + 1, "seed {seed}");
                several += usize::from(parts > 1);
                let wrong = wrong(starts.clone(), &mut random, data.len());
                let (read, parts) = in_parts(segment, &wrong, free);
                assert!(read == whole, "seed {seed}, {free} free, {wrong:?} instead of {starts:?}");
                fewer += usize::from(parts <= starts.len());
            }
            let at = random.next_u32() as usize % data.len();
            data[at] ^= 1 << (random.next_u32() % 8);
            let segment = (&parameters, before.as_ref(), &data[..]);
            let whole = as_a_whole(segment);
            damaged += usize::from(whole.end.is_err() && whole.shown.len() > 1);
            for free in [0, 1, 7] {
                assert!(in_parts(segment, &starts, free).0 == whole, "seed {seed}, {free} free, bit {at}");
            }
        }
    }
    let counts = (several, fewer, damaged);
    assert!(several > 300 && fewer > 300 && damaged > 100, "only {counts:?}");
}

fn stream(name: &str) -> Vec<StreamUnit> {
    let path = hevc_streams().into_iter().find(|path| path.to_string_lossy().contains(name)).unwrap();
    units(&fs::read(path).unwrap())
}

fn units(bytes: &[u8]) -> Vec<StreamUnit> {
    Stream::new(bytes).map(|unit| unit.unwrap()).collect()
}

/// A count that other threads wait for, with a time limit.
#[derive(Default)]
struct Count(Mutex<u32>, Condvar);

impl Count {
    fn add(&self) {
        *self.0.lock().unwrap() += 1;
        self.1.notify_all();
    }

    fn wait_for(&self, count: u32) {
        let waited = |now: &mut u32| *now < count;
        let waited = self.1.wait_timeout_while(self.0.lock().unwrap(), Duration::from_secs(60), waited);
        assert!(!waited.unwrap().1.timed_out(), "nobody else has begun");
    }
}

/// No tile goes on before all have begun.
#[test]
fn tiles_are_read_at_once() {
    let units = stream("tiles2x2");
    let unit = units.iter().find(|unit| unit.segment().is_some()).unwrap();
    let (parameters, before, data) = unit.segment().unwrap();
    let begun = Count::default();
    let show = |is_first: &mut Option<()>, _: ReadUnit<'_, _>| {
        if is_first.replace(()).is_none() {
            begun.add();
            begun.wait_for(4);
        }
    };
    let starts = unit.signalled_starts();
    read_parts::<(), _>(parameters, before, data, &starts, &Helpers::new(3), show).end.unwrap();
}

/// The end of a row waits for the beginning of the next.
#[test]
fn rows_are_read_at_once() {
    let units = stream("wpp_aq");
    let unit = units.iter().find(|unit| unit.segment().is_some()).unwrap();
    let (parameters, before, data) = unit.segment().unwrap();
    let begun = Count::default();
    let show = |_: &mut (), read_unit: ReadUnit<'_, _>| {
        if read_unit.luma_position[0] == 0 {
            begun.add();
        }
        if read_unit.next_begins_substream {
            begun.wait_for((read_unit.luma_position[1] >> parameters.sps.ctb_log2_size) + 2);
        }
    };
    let starts = unit.signalled_starts();
    assert_eq!(starts.len(), 4);
    read_parts::<(), _>(parameters, before, data, &starts, &Helpers::new(1), show).end.unwrap();
}

/// Entry points count emulation prevention bytes.
#[test]
fn signalled_starts_are_where_substreams_begin() {
    let corpus = Corpus::find().map_or(vec![], |corpus| corpus.hevc_streams());
    let mut substreams = 0;
    for path in hevc_streams().into_iter().chain(corpus) {
        for unit in units(&fs::read(&path).unwrap()) {
            if unit.entry_point_note().is_some() {
                continue;
            }
            let Some(segment) = unit.segment() else { continue };
            let whole = as_a_whole(segment);
            if whole.end.is_ok() {
                assert_eq!(unit.signalled_starts(), whole.starts(), "{}, {}", path.display(), unit.number);
                substreams += whole.starts().len();
            }
        }
    }
    assert!(substreams > 10, "only {substreams} substreams");
}

/// All messages about a unit.
fn told(unit: &StreamUnit) -> String {
    let trace = unit.trace().map(|trace| trace.map(|trace| (trace.slice, trace.elements, trace.units)));
    format!("{:?} {:?} {trace:?}", unit.info(), unit.lines(true))
}

fn told_at_once(units: &[StreamUnit], jobs: usize) -> Vec<String> {
    let mut all = Vec::new();
    let sink = |_, told| {
        all.push(told);
        Ok::<(), std::io::Error>(())
    };
    work_in_order(units.iter().map(Ok), jobs, |unit| unit.is_dependent(), |unit| told(unit), sink).unwrap();
    all
}

/// The committed streams; those with substreams also with some bits flipped, and with other entry points.
#[test]
fn with_any_number_of_jobs_the_same_is_told() {
    for path in hevc_streams() {
        let bytes = fs::read(&path).unwrap();
        let mut streams = vec![units(&bytes)];
        let has_substreams = streams[0].iter().any(|unit| !unit.signalled_starts().is_empty());
        for seed in 0..if has_substreams { 20 } else { 0 } {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut damaged = bytes.clone();
            for _ in 0..=seed % 3 {
                let at = random.next_u32() as usize % damaged.len();
                damaged[at] ^= 1 << (random.next_u32() % 8);
            }
            streams.push(units(&damaged));
            let mut otherwise = units(&bytes);
            for unit in &mut otherwise {
                let length = unit.rbsp.len();
                if let Content::Segment { entry_points, .. } = &mut unit.content {
                    let points = entry_points.iter().map(|point| *point as usize).collect();
                    let points = wrong(points, &mut random, length).into_iter();
                    *entry_points = points.map(|point| point as u64).collect();
                }
            }
            streams.push(otherwise);
        }
        for units in streams {
            let in_order: Vec<String> = units.iter().map(told).collect();
            for jobs in [2, 3, 8] {
                assert!(told_at_once(&units, jobs) == in_order, "{}, {jobs} jobs", path.display());
            }
        }
    }
}
