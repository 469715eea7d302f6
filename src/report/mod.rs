//! All HTML pages that the tool makes: verdicts on a core, a slice bin by bin, coverage, mutants, campaigns.
//!
//! Invariant: a page needs no other file. Its policy (a `meta` element) lets it load nothing. Its data is one JSON text in the page,
//! in which every `<` is replaced, so that no name can end the element that contains it. All numbers of the coder are the oracle's. The
//! script only draws them and repeats none of the coder's arithmetic, except that it shows RenormE step by step, which a test compares with
//! the oracle.
//!
//! There is no crate for templates here. A page is a skeleton of a dozen lines with three holes: a title, a style sheet and a script. A
//! page can have a hundred thousand rows, which are drawn only where they are looked at; this is the script's task in any case, and one way
//! to make elements is better than two.

mod clocks;
mod elements;
mod slice;

use serde_json::{Value, json};

pub use clocks::{Clocks, ClocksError};
pub use elements::{Elements, SliceError};
pub use slice::{MOST_REQUESTS, Slice, TooLong};

use crate::mutation;

/// A page that can be written as HTML.
///
/// ```
/// use silicabac::{bin::Event, report::{Page, Slice}, vectors::Vector};
/// let vector = Vector::encoded("end", "</script>", &[], vec![Event::Terminate { bin: true }]);
/// let html = Page::slice(Slice::new(&vector)?).to_html();
/// assert!(html.contains("terminate") && !html.contains("\"</script>"));
/// # Ok::<(), silicabac::report::TooLong>(())
/// ```
#[derive(Clone, Debug)]
pub struct Page {
    title: String,
    data: Value,
}

const SKELETON: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = concat!(
    include_str!("page.js"),
    include_str!("slice.js"),
    include_str!("picture.js"),
    include_str!("clocks.js"),
    include_str!("verdicts.js"),
    include_str!("coverage.js"),
    include_str!("mutation.js"),
    include_str!("campaign.js"),
);

impl Page {
    fn new(kind: &str, title: String, mut data: Value) -> Page {
        data["page"] = kind.into();
        data["tool"] = concat!("silicabac ", env!("CARGO_PKG_VERSION")).into();
        Page { title, data }
    }

    /// A slice bin by bin: a vector, a failure, a recorded slice.
    pub fn slice(slice: Slice) -> Page {
        Page::new("slice", slice.title().to_owned(), slice.into_json())
    }

    /// The verdicts on a core, from the JSON of `cosim`. `failures` has the smallest failure of each cause bin by bin, if it is known.
    pub fn verdicts(report: Value, failures: Vec<Option<Slice>>) -> Page {
        let top = report["top"].as_str().unwrap_or("cores").to_owned();
        let failures: Vec<Value> =
            failures.into_iter().map(|slice| slice.map_or(Value::Null, Slice::into_json)).collect();
        let verdict = if report["pass"] == true { "passes" } else { "fails" };
        Page::new("verdicts", format!("{top} {verdict}"), json!({ "report": report, "failures": failures }))
    }

    /// Coverage, from the JSON of `vectors coverage` and `stream coverage`. `of` says what was played.
    pub fn coverage(report: Value, of: &str) -> Page {
        Page::new("coverage", "Coverage".into(), json!({ "report": report, "of": of }))
    }

    /// The fates of mutants.
    pub fn mutation(report: &mutation::Report) -> Page {
        Page::new("mutation", "Mutants".into(), json!({ "report": report.to_json() }))
    }

    /// The results of a campaign.
    #[cfg(feature = "campaign")]
    pub fn campaign(summary: &crate::campaign::Summary) -> Page {
        let name = summary.of["name"].as_str().unwrap_or("campaign").to_owned();
        Page::new("campaign", name, json!({ "report": summary }))
    }

    /// The fates of wrong designs.
    pub fn designs(report: &mutation::DesignReport) -> Page {
        Page::new("designs", "Wrong designs".into(), json!({ "report": report }))
    }

    /// The page as HTML.
    pub fn to_html(&self) -> String {
        let title = self.title.replace('&', "&amp;").replace('<', "&lt;");
        // The holes are filled in this order, and text that was put in is not searched again.
        let (head, rest) = SKELETON.split_once("{{style}}").unwrap_or((SKELETON, ""));
        let (body, rest) = rest.split_once("{{data}}").unwrap_or((rest, ""));
        let (between, end) = rest.split_once("{{script}}").unwrap_or((rest, ""));
        let data = self.data.to_string().replace('<', "\\u003c");
        [&head.replace("{{title}}", &title), STYLE, body, &data, between, SCRIPT, end].concat()
    }
}
