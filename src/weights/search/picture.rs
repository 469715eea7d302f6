//! A picture of a search: size against accuracy.

use std::fmt::Write as _;

use super::{Outcome, best};

/// The picture as SVG: a dot for each trial, size against accuracy; the dots that keep the accuracy are filled, the best one has its name.
pub fn svg(outcomes: &[Outcome], original: (u64, f64), least: f64) -> String {
    const WIDTH: f64 = 860.0;
    const HEIGHT: f64 = 520.0;
    const LEFT: f64 = 80.0;
    const RIGHT: f64 = 30.0;
    const TOP: f64 = 56.0;
    const BOTTOM: f64 = 64.0;
    let best = best(outcomes, least);
    let sizes = || outcomes.iter().map(|outcome| outcome.bytes.max(1) as f64);
    let (small, large) = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(1.0, f64::max));
    // Trials far below the required accuracy are left out of the picture.
    let span = (original.1 - least).abs().max(original.1.abs() * 0.001);
    let (low, high) = (original.1 - 12.0 * span, original.1 + 4.0 * span);
    let x =
        |bytes: f64| LEFT + (bytes / small).ln() / (large / small).max(1.0001).ln() * (WIDTH - LEFT - RIGHT);
    let y = |accuracy: f64| TOP + (high - accuracy.clamp(low, high)) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let mut text = |at: (f64, f64), anchor: &str, fill: &str, words: &str| {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{words}</text>",
            at.0, at.1
        );
    };
    text((LEFT, 26.0), "start", "#111", "Accuracy against size: a dot a setting");
    text(
        (LEFT, 44.0),
        "start",
        "#666",
        "filled: keeps the accuracy; circles: nearest level, diamonds: with a price on bits, or pruned",
    );
    for i in 0..=4 {
        let bytes = small * (large / small).powf(f64::from(i) / 4.0);
        text((x(bytes), HEIGHT - BOTTOM + 20.0), "middle", "#444", &bytes_in_words(bytes));
        let accuracy = low + (high - low) * f64::from(i) / 4.0;
        text((LEFT - 8.0, y(accuracy) + 4.0), "end", "#444", &format!("{accuracy:.2}"));
    }
    text((LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 16.0), "middle", "#444", "size of the container");
    for (accuracy, colour) in [(original.1, "#2a7"), (least, "#b50")] {
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{1:.1}\" y2=\"{1:.1}\" stroke=\"{colour}\" stroke-dasharray=\"5 4\"/>",
            WIDTH - RIGHT,
            y(accuracy)
        );
    }
    let _ = writeln!(
        out,
        "<path d=\"M{LEFT} {TOP}V{0:.1}H{1:.1}\" fill=\"none\" stroke=\"#444\"/>",
        HEIGHT - BOTTOM,
        WIDTH - RIGHT
    );
    for outcome in outcomes {
        let (x, y) = (x(outcome.bytes.max(1) as f64), y(outcome.tuning));
        let fill = if outcome.tuning >= least { "#3366cc" } else { "none" };
        let shape = if outcome.trial.price > 0.0 {
            format!("M{:.1} {y:.1}l5 -5l5 5l-5 5z", x - 5.0)
        } else {
            format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", x - 4.0)
        };
        let _ = writeln!(
            out,
            "<path d=\"{shape}\" fill=\"{fill}\" fill-opacity=\"0.75\" stroke=\"#3366cc\"><title>{} {}, {}: {} bytes, {}</title></path>",
            outcome.trial.method.name(),
            outcome.trial.size,
            outcome.trial.price,
            outcome.bytes,
            outcome.tuning
        );
    }
    let mut label = |at: (f64, f64), fill: &str, words: &str| {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{fill}\" stroke=\"#fff\" stroke-width=\"5\" \
             paint-order=\"stroke\">{words}</text>",
            at.0, at.1
        );
    };
    let words = format!("original: {:.2}, {}", original.1, bytes_in_words(original.0 as f64));
    label((WIDTH - RIGHT, TOP + 4.0), "#2a7", &words);
    label((WIDTH - RIGHT, y(least) + 18.0), "#b50", &format!("least: {least:.2}"));
    if let Some(best) = best {
        let (x, y) = (x(best.bytes.max(1) as f64), y(best.tuning));
        label((x - 14.0, y - 8.0), "#c00", &format!("best: {} bytes, {:.2}", best.bytes, best.tuning));
        let _ = writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\" fill=\"none\" stroke=\"#c00\" stroke-width=\"2\"/>"
        );
    }
    out + "</svg>\n"
}

fn bytes_in_words(bytes: f64) -> String {
    match bytes {
        1e6.. => format!("{:.1} MB", bytes / 1e6),
        1e4.. => format!("{:.0} kB", bytes / 1e3),
        1e3.. => format!("{:.1} kB", bytes / 1e3),
        _ => format!("{bytes:.0} B"),
    }
}
