fn main() {
    for f in std::env::args().skip(1) {
        let t = silicabac::trace::Trace::read(f.as_ref());
        let t = match t { Ok(t) => t, Err(e) => { println!("{f}: {e}"); continue } };
        let mut bins = 0;
        for (i, s) in t.slices.iter().enumerate() {
            if let Err(d) = silicabac::replay::replay(s) { println!("{f}: slice {i}: {d}"); break; }
            bins += s.segments.iter().map(|s| s.events.len()).sum::<usize>();
        }
        println!("{f} {} {bins}", t.slices.len());
    }
}
